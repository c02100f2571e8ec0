"""The page of one standard address: what it is, was and holds; its changes with preview, confirmation and undo."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views import View

from addresses.choices import AddressLevel, AddressState
from addresses.models import AddressChange, StandardAddress
from addresses.parsing.components import LEVELS
from addresses.selectors.address_then import NotYet, address_then
from addresses.selectors.history import changes_of, known_address
from addresses.services.registry_changes_ledger import may_change_registry
from addresses.services.registry_changes_undo import undo_change
from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scrub import scrub
from console import address_forms as forms
from console.selectors import address as selectors

_ACTS: dict[str, tuple[Any, type[forms.ChangeForm], Any]] = {
    "renumber": (gettext_lazy("改号"), forms.RenumberForm, gettext_lazy("换门牌、路名、小区或上级；下级全称随之重写，旧写法继续有效。")),
    "merge": (gettext_lazy("并入另一地址"), forms.MergeForm, gettext_lazy("两处其实是一处：本地址停用并指向另一处，下级归过去，同名的逐级合并。")),
    "split": (gettext_lazy("拆分"), forms.SplitForm, gettext_lazy("一处其实是几处：下级分给新地址；只写到本级的地址文本退回待核。")),
    "retire": (pgettext_lazy("address", "停用"), forms.RetireForm, gettext_lazy("已经不存在。还有下级或地址文本时，须指定由哪处接替。")),
    "certify": (gettext_lazy("转正"), forms.CertifyForm, gettext_lazy("上级部门已认定：临时地址成为正式地址。")),
}  # fmt: skip
_STATES = {AddressState.ACTIVE: "ok", AddressState.MERGED: "note", AddressState.RETIRED: "idle"}
_TYPED = 60


def _crumbs() -> list[dict[str, str]]:
    return [{"label": pgettext("list", "标准地址"), "url": reverse("console:addresses")}]


def _require_writer(request: HttpRequest) -> None:
    if not may_change_registry(request.user):
        raise NotAllowed


def _acts_for(address: StandardAddress, user: Any) -> list[dict[str, Any]]:
    """What this user may do with it now."""
    is_open = address.state == AddressState.ACTIVE and address.level > AddressLevel.VILLAGE
    if not is_open or not may_change_registry(user):
        return []
    names = [name for name in _ACTS if name != "certify" or (address.is_provisional and user.scope.all_blocks)]
    return [
        {"label": _ACTS[name][0], "url": reverse("console:address-change", args=[address.code, name])} for name in names
    ]


class AddressPageView(LoginRequiredMixin, View):
    """GET: one address; `on` asks what it was at the end of that day."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        address = known_address(code, request.user)
        children, child_count = selectors.children_of(address, request.user)
        changes = changes_of(address)
        actors = selectors.actor_names(
            {one.change.actor_id for one in changes} | {one.change.undone_by for one in changes}
        )
        request.navigation_path = reverse("console:addresses")
        block = address.block
        context = {
            "page_title": address.full_text, "breadcrumbs": _crumbs(), "address": address,
            "state_level": _STATES[AddressState(address.state)], "children": children, "child_count": child_count,
            "former": selectors.former_writings(address, request.user),
            "carried": selectors.carried_by(address, request.user), "acts": _acts_for(address, request.user),
            "areas": [area.name for area in (block and block.parent, block) if area],
            "components": [
                {"label": AddressLevel[level.upper()].label, "value": value}
                for level in LEVELS if (value := forms.value_of(address, level))
            ],
            "changes": [_change_row(one, actors, request.user) for one in changes], **_day(request, address),
        }  # fmt: skip
        return render(request, "console/address.html", context)


def _change_row(one: Any, actors: dict[int, str], user: Any) -> dict[str, Any]:
    change: AddressChange = one.change
    return {
        "change": change, "words": one.words, "actor": actors.get(change.actor_id or 0, ""),
        "undone_by": actors.get(change.undone_by or 0, ""),
        "may_undo": change.state == "DONE" and may_change_registry(user),
    }  # fmt: skip


def _day(request: HttpRequest, address: StandardAddress) -> dict[str, Any]:
    asked = request.GET.get("on", "")
    if not asked:
        return {}
    try:
        day = date.fromisoformat(asked[:10])
    except ValueError:
        return {"day_text": asked[:10], "day_error": _("日期应为 2026-11-27 的形式。")}
    shown = {"day": day, "day_text": day.isoformat()}
    try:
        return shown | {"past": address_then(address.code, day, request.user)}
    except NotYet as error:
        return shown | {"not_yet": error.message}


class AddressChangeView(LoginRequiredMixin, View):
    """GET: the form of an act. POST: its preview; with `confirm` the act itself."""

    def get(self, request: HttpRequest, code: str, act: str) -> HttpResponse:
        address, form = self._form(request, code, act)
        return _change_page(request, address, act, form)

    def post(self, request: HttpRequest, code: str, act: str) -> HttpResponse:
        address, form = self._form(request, code, act)
        if not form.is_valid():
            return _change_page(request, address, act, form, status=400)
        to_do = form.act(request.user, clock.now())
        try:
            # Only what was previewed is done: a form that was changed since is previewed again.
            if "confirm" not in request.POST or request.POST.get("previewed") != _print_of(request):
                return _change_page(request, address, act, form, effects=selectors.effects_of(to_do, request.user))
            to_do()
        except DomainError as error:
            form.add_error(None, error.message)
            return _change_page(request, address, act, form, status=error.status)
        address.refresh_from_db(fields=["code"])
        messages.success(request, _("已完成：%(act)s。可在“变更”中撤销。") % {"act": _ACTS[act][0]})
        return HttpResponseRedirect(selectors.page_url(address))

    def _form(self, request: HttpRequest, code: str, act: str) -> tuple[StandardAddress, forms.ChangeForm]:
        _require_writer(request)
        address = known_address(code, request.user)
        if act not in _ACTS or address.state != AddressState.ACTIVE:
            raise NotVisible
        children = (
            address.children.filter(state=AddressState.ACTIVE).order_by(Length("full_text"), "full_text", "pk")
            if act == "split"
            else ()
        )
        return address, _ACTS[act][1](request.POST or None, address=address, children=list(children))


def _print_of(request: HttpRequest) -> str:
    """Short text that is equal for equal forms."""
    aside = {"csrfmiddlewaretoken", "confirm", "previewed", "typed"}
    filled = sorted((name, values) for name, values in request.POST.lists() if name not in aside)
    return hashlib.sha256(repr(filled).encode()).hexdigest()[:16]


def _change_page(
    request: HttpRequest,
    address: StandardAddress,
    act: str,
    form: forms.ChangeForm,
    *,
    effects: Any = None,
    status: int = 200,
) -> HttpResponse:
    label, _form, words = _ACTS[act]
    request.navigation_path = reverse("console:addresses")
    into = form["into"].value() if "into" in form.fields else None
    chosen = selectors.visible_addresses(request.user).filter(code=into).first() if into else None
    context = {
        "page_title": label, "act_words": words, "address": address, "form": form, "effects": effects, "chosen": chosen,
        "has_search": "into" in form.fields, "act": act,
        "previewed": _print_of(request) if effects else "",
        "breadcrumbs": [*_crumbs(), {"label": address.full_text, "url": selectors.page_url(address)}],
    }  # fmt: skip
    return render(request, "console/address_change.html", context, status=status)


class AddressSearchView(LoginRequiredMixin, View):
    """POST `typed`: addresses of the same level to choose from, a fragment."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        address = known_address(code, request.user)
        typed = scrub(request.POST.get("typed", "")[:_TYPED]).replace("\x00", "").strip()
        found = selectors.merge_candidates(typed, address, request.user)
        return render(request, "console/address_candidates.html", {"found": found, "typed": typed, "address": address})


class UndoAddressChangeView(LoginRequiredMixin, View):
    """POST `code`: takes a change back and leads to the page of the address, or to the list when it is gone."""

    def post(self, request: HttpRequest, change_id: int) -> HttpResponse:
        _require_writer(request)
        try:
            undo_change(change_id=change_id, actor=request.user, now=clock.now())
        except NotVisible:
            raise
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("已撤销这次变更。"))
        here = request.POST.get("address", "")
        address = StandardAddress.objects.filter(pk=here).first() if here.isascii() and here.isdigit() else None
        return HttpResponseRedirect(selectors.page_url(address) if address else reverse("console:addresses"))
