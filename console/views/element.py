"""The page of one element, its card for the map's drawer, and its places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from common import clock
from console.element_page import card_fields, claim_rows, conflict_rows, field_rows, frame_of, tabs
from console.selectors.building import sheet_codes
from elements.models import Element
from elements.selectors import detail
from elements.selectors.dues import dues_of
from elements.selectors.history import history
from elements.selectors.provenance import provenance


class ElementView(LoginRequiredMixin, View):
    """GET: one tab of the page; which one stands in the URL. A foreign element answers like a missing one."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = detail.visible_element(element_id, request.user)
        tab = request.GET.get("tab", "")
        make = self.TABS.get(tab, ElementView._overview)
        frame = frame_of(element, request.user)
        request.navigation_path = reverse("elements:list", args=[frame["registry"].name])
        context = frame | {"tabs": tabs(tab if tab in self.TABS else "overview")}
        return render(request, "console/element.html", context | make(self, element, request.user))

    def _overview(self, element: Element, user: Any) -> dict[str, Any]:
        log = list(detail.claim_log(element))
        addresses = detail.addresses(element)
        return {
            "panel": "console/element_overview.html",
            "fields": field_rows(element, provenance(element, log), user),
            "addresses": addresses,
            "sheet_codes": sheet_codes(addresses, user),
            "relations": detail.relations(element, user),
            "dues": dues_of(element, detail.folded_values(element), clock.today()),
            "findings": detail.findings(element, user),
            "geometry_url": reverse("console:element-places", args=[element.pk]),
        }

    def _values(self, element: Element, user: Any) -> dict[str, Any]:
        log = list(detail.claim_log(element))
        return {
            "panel": "console/element_values.html",
            "values": conflict_rows(element, provenance(element, log), user),
        }

    def _claims(self, element: Element, user: Any) -> dict[str, Any]:
        return {"panel": "console/element_claims.html", "claims": claim_rows(element, detail.claim_log(element), user)}

    def _history(self, element: Element, user: Any) -> dict[str, Any]:
        return {"panel": "console/element_history.html", "changes": history(element, user)}

    TABS: dict[str, Callable[..., dict[str, Any]]] = {
        "overview": _overview, "values": _values, "claims": _claims, "history": _history,
    }  # fmt: skip


class ElementCardView(LoginRequiredMixin, View):
    """GET: the element in short, a fragment for the drawer of the map."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = detail.visible_element(element_id, request.user)
        context = frame_of(element, request.user) | {
            "fields": card_fields(element, request.user),
            "addresses": detail.addresses(element),
        }
        return render(request, "console/element_card.html", context)


class ElementPlacesView(LoginRequiredMixin, View):
    """GET: GeoJSON of the element's point, its addresses and its block."""

    def get(self, request: HttpRequest, element_id: int) -> JsonResponse:
        element = detail.visible_element(element_id, request.user)
        response = JsonResponse(detail.places(element))
        response["Cache-Control"] = "private, no-cache"
        return response
