"""The worklist of address texts: groups of equal texts, what a decision would touch, deciding, accepting many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from addresses.models import AddressText
from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from console import address_text_page as page
from console.address_text_exports import TOP
from console.forms import AddressTextFilterForm, valid_filter
from console.selectors import address_worklist as worklist
from console.views.list_export import list_export_url
from console.views.places import filter_chips, require_read
from elements.list_page import page_size_of, pager
from elements.selectors.address_texts import carried_texts, effect_on
from elements.selectors.open_text_pages import GroupPage, read_groups
from elements.services.address_decisions import accept_proposals, decide_texts
from elements.services.provisional import create_and_link


class WorklistView(LoginRequiredMixin, View):
    """GET: groups of open texts in scope, those on top about which operators disagree."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_read(request)
        form = AddressTextFilterForm(request.GET)
        values = valid_filter(form)
        size, cursor = page_size_of(request.GET), request.GET.get("cursor", "")
        asked = worklist.asked_texts(values)
        found = read_groups(request.user, asked, size=size, cursor=cursor)
        top = [] if cursor else worklist.conflicting_groups(request.user, asked, TOP)
        shown = {card["id"] for card in top}
        context = {
            "page_title": _("地址待核"), "list_name": "address-texts", "form": form,
            "pager": pager(found.page, request.GET, size),
            "rows": top + worklist.group_cards(request.user, [g for g in found.page.rows if g["first"] not in shown]),
            "chips": filter_chips(form, values, request.GET, request.user), "clear_url": "?",
            "filter_template": "console/place_filters.html", "count_text": _count_text(found),
            "export_url": list_export_url(request, "address-texts"), "export_is_table": True,
            "may_decide": page.may_decide(request.user), "query": request.GET.urlencode(),
            "may_relink": page.may_relink(request.user), "done_today": worklist.decided_today(request.user, clock.now()),
            "accepted": page.offered_undo(request),
        }  # fmt: skip
        return render(request, "console/address_worklist.html", context)


def _count_text(found: GroupPage) -> str:
    words = _("至少 %(count)s 条待核") if found.is_capped else _("%(count)s 条待核")
    return words % {"count": f"{found.number:,}"}


def _visible_text(request: HttpRequest, text_id: int) -> AddressText:
    if not page.may_decide(request.user):
        raise NotAllowed
    text = carried_texts(request.user).filter(pk=text_id).first()
    if text is None:
        raise NotVisible
    return text


class EffectView(LoginRequiredMixin, View):
    """GET `verdict`, `code?`, `county?`: what this decision would touch, with samples; a fragment with the button."""

    def get(self, request: HttpRequest, text_id: int) -> HttpResponse:
        return self.shown(request, _visible_text(request, text_id), request.GET)

    def shown(self, request: HttpRequest, text: AddressText, data: QueryDict, error: str = "") -> HttpResponse:
        asked = page.asked_of(data)
        context = {
            "text_id": text.pk, "asked": asked, "error": error, "effect": effect_on(request.user, [text.normalised]),
            "words": page.asked_words(asked), **worklist.samples(request.user, text),
        }  # fmt: skip
        return render(request, "console/address_text_effect.html", context)


class DecideView(EffectView):
    """POST `verdict`, `code?`, `county?`, `note?`, `texts`, `elements` (as shown): decides; the card becomes what was done."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text_id: int) -> HttpResponse:
        text = _visible_text(request, text_id)
        try:
            ruling = page.ruling_of(text_id, request.POST)
            decided = decide_texts(
                rulings=[ruling], expected=page.effect_shown(request.POST), actor=request.user, now=clock.now()
            )
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            answer = self.shown(request, text, request.POST, error=error.message)
            return page.beside(answer, text_id)
        return page.done(request, text_id, decided)


class AcceptView(LoginRequiredMixin, View):
    """POST `proposal` (`id:code`, several): what accepting them would touch; with `texts`, `elements` it is done."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not page.may_decide(request.user):
            raise NotAllowed
        query = request.POST.get("query", "")
        try:
            proposals = page.proposals_of(request.POST)
            if "texts" not in request.POST:
                return render(request, "console/address_accept.html", self._preview(request, proposals, query))
            decided = accept_proposals(
                proposals=proposals, expected=page.effect_shown(request.POST), actor=request.user, now=clock.now()
            )
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, page.accepted_words(decided))
            page.offer_undo(request, decided)
        return HttpResponseRedirect(page.worklist_url(query))

    def _preview(self, request: HttpRequest, proposals: list[tuple[int, str]], query: str) -> dict[str, Any]:
        rows, forms = worklist.proposed(request.user, proposals)
        return {
            "page_title": _("接受首选候选"), "proposals": rows, "effect": effect_on(request.user, forms), "query": query,
            "breadcrumbs": [{"label": _("地址待核"), "url": page.worklist_url(query)}],
            "shown": rows[:TOP], "more": max(len(rows) - TOP, 0),
        }  # fmt: skip


class ProvisionalView(LoginRequiredMixin, View):
    """GET: the form of a provisional address, filled with what the text says. POST: makes it and links the texts to it."""

    def get(self, request: HttpRequest, text_id: int) -> HttpResponse:
        text = _visible_text(request, text_id)
        return self._form(request, text, page.provisional_defaults(request.user, text))

    def post(self, request: HttpRequest, text_id: int) -> HttpResponse:
        text = _visible_text(request, text_id)
        try:
            components, point, reason = page.provisional_of(request.POST)
            decided = create_and_link(
                text_id=text_id, components=components, point=point, reason=reason,
                expected=page.effect_shown(request.POST), actor=request.user, now=clock.now(),
            )  # fmt: skip
        except NotVisible:
            raise
        except DomainError as error:
            answer = self._form(request, text, request.POST.dict(), error=error.message)
            return page.beside(answer, text_id)
        return page.done(request, text_id, decided)

    def _form(self, request: HttpRequest, text: AddressText, values: dict[str, Any], error: str = "") -> HttpResponse:
        context = {
            "text_id": text.pk, "fields": page.provisional_fields(values), "values": values, "error": error,
            "effect": effect_on(request.user, [text.normalised]),
        }  # fmt: skip
        return render(request, "console/address_text_provisional.html", context)
