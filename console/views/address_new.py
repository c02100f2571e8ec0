"""A provisional address by hand: the form, what it would become while one types, the names to choose from."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views import View

from addresses.choices import AreaKind
from addresses.models import StandardAddress
from addresses.parsing.components import LEVELS, Components
from addresses.services.registry_changes_ledger import may_change_registry
from common import clock
from common.errors import DomainError, NotAllowed
from common.scrub import scrub
from console.address_forms import FIELD_OF_REFUSAL, NewAddressForm
from console.selectors.address import page_url
from console.selectors.address_new import block_of, new_place, place_names

_TYPED = 60


def _require_writer(request: HttpRequest) -> None:
    if not may_change_registry(request.user):
        raise NotAllowed


class AddressNewView(LoginRequiredMixin, View):
    """GET: the form of a provisional address. POST: makes it and leads to its page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        _require_writer(request)
        return self._page(request, NewAddressForm(initial=request.GET.dict()))

    def post(self, request: HttpRequest) -> HttpResponse:
        _require_writer(request)
        form = NewAddressForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=400)
        try:
            change = form.act(request.user, clock.now())()
        except DomainError as error:
            form.add_error(FIELD_OF_REFUSAL.get(error.code, lambda _form: None)(form), error.message)
            return self._page(request, form, status=error.status)
        made = StandardAddress.objects.filter(changes__change=change, changes__before__isnull=True).order_by("-level")
        messages.success(request, _("已新增临时地址，等待转正。"))
        return HttpResponseRedirect(page_url(made[0]))

    def _page(self, request: HttpRequest, form: NewAddressForm, status: int = 200) -> HttpResponse:
        request.navigation_path = reverse("console:addresses")
        kind = AreaKind.SQUADRON if request.user.scope.all_blocks else AreaKind.GRID
        context = {
            "page_title": _("新增临时地址"), "form": form, "areas_url": reverse("map:areas", args=[kind.value]),
            "breadcrumbs": [{"label": pgettext("list", "标准地址"), "url": reverse("console:addresses")}],
            "names": place_names(str(form["town"].value() or "")), **_look(form, request.user),
        }  # fmt: skip
        return render(request, "console/address_new.html", context, status=status)


class AddressLookView(LoginRequiredMixin, View):
    """POST the form as it is → fragment: the address that it would make and what is there already. Nothing is stored."""

    def post(self, request: HttpRequest) -> HttpResponse:
        _require_writer(request)
        return render(request, "console/address_look.html", _look(NewAddressForm(request.POST), request.user))


class AddressNamesView(LoginRequiredMixin, View):
    """GET `town` → fragment: lists of its villages, roads and estates."""

    def get(self, request: HttpRequest) -> HttpResponse:
        _require_writer(request)
        names = place_names(request.GET.get("town", "")[:_TYPED].replace("\x00", ""))
        return render(request, "console/address_names.html", {"names": names})


def _look(form: NewAddressForm, user: Any) -> dict[str, Any]:
    typed = [scrub(str(form[level].value() or "")[:_TYPED]).replace("\x00", "").strip() for level in LEVELS]
    point = form.point()
    grid, is_own = block_of(*point, user, clock.today()) if point else (None, True)
    return {
        "place": new_place(Components(*typed), user) if typed[0] and any(typed[1:]) else None,
        "point": point, "grid": grid, "is_own": is_own,
    }  # fmt: skip
