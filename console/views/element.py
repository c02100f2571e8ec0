"""The page of one element, its card for the drawers of map, graph and lists, and its places."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from console.element_card import card_of
from console.element_neighbours import bar_url, list_state
from console.element_page import frame_of
from console.element_tabs import OVERVIEW, tab_links, tabs_of
from console.selectors.merge_list import merge_frame
from elements.selectors import detail
from exchange.contracts import TOLD_SUBJECTS
from tagging.selectors.tag_panel import head_tags


class ElementView(LoginRequiredMixin, View):
    """GET: one tab of the page; which one stands in the URL. A foreign element answers like a missing one."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = detail.visible_element(element_id, request.user)
        frame = frame_of(element, request.user) | merge_frame(element, request.user)
        request.navigation_path = reverse("elements:list", args=[frame["registry"].name])
        available = tabs_of(element, request.user)
        shown = next((tab for tab in available if tab.key == request.GET.get("tab")), OVERVIEW)
        context = frame | {
            "tabs": tab_links(available, shown, list_state(request.GET)),
            "neighbours_url": bar_url(element.pk, request.GET),
            "panel": shown.template,
            "head_tags": head_tags(element, request.user),
            "told_subject": TOLD_SUBJECTS.get(element.kind, ""),
        }
        return render(request, "console/element.html", context | shown.context(element, request.user))


class ElementCardView(LoginRequiredMixin, View):
    """GET: the element in short, a fragment for a drawer; `list=<registry>` and the list's own parameters go into its links."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        element = detail.visible_element(element_id, request.user)
        return render(request, "console/element_card.html", card_of(element, request.GET, request.user))


class ElementPlacesView(LoginRequiredMixin, View):
    """GET: GeoJSON of the element's point, its addresses and its block."""

    def get(self, request: HttpRequest, element_id: int) -> JsonResponse:
        element = detail.visible_element(element_id, request.user)
        response = JsonResponse(detail.places(element))
        response["Cache-Control"] = "private, no-cache"
        return response
