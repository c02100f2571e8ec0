"""Decisions about address texts: the list, undo, and the file of labelled examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views import View

from addresses.choices import DecisionState
from addresses.models import AddressDecision
from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from console.address_text_page import may_decide, number_in, undone_words, worklist_url
from console.selectors import address_worklist as worklist
from console.selectors import decision_list
from console.selectors.decision_list import decision_rows, examples
from console.views.streaming import send_file
from elements.list_view import ListColumn, ListView
from elements.selectors.address_texts import batch_of, visible_decisions
from elements.services.address_decisions import undo_text_decision, undo_text_decisions


class DecisionListView(ListView):
    """GET: decisions in scope, the latest first; `?state=CONFLICT` those that disagree. Conflicts are named on top."""

    title, list_name, export = gettext_lazy("地址裁定"), decision_list.LIST_NAME, decision_list.LIST_NAME
    template_name, rows_template = "console/address_decisions.html", "console/address_decision_rows.html"
    extra = {
        "filter_template": "",
        "empty_title": gettext_lazy("还没有裁定过地址文本"),
        "empty_text": gettext_lazy("在“地址待核”里给文本定下结论后，这里留有依据，可以撤销。"),
    }
    columns = (
        ListColumn("text", gettext_lazy("地址文本"), is_locked=True),
        ListColumn("verdict", gettext_lazy("结论")),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("who", gettext_lazy("裁定人")),
        ListColumn("at", gettext_lazy("时间")),
        ListColumn("engine", gettext_lazy("引擎原说")),
        ListColumn("undo", gettext_lazy("撤销"), is_locked=True),
    )

    read_page = staticmethod(decision_list.read_page)

    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[AddressDecision], None]:
        return decision_list.filtered_decisions(user, data.get("state", "")), None

    def rows(self, found: Sequence[AddressDecision], user: Any) -> list[dict[str, Any]]:
        return decision_rows(found)

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        user, asked = request.user, request.GET.get("state", "")
        conflicts = visible_decisions(user).filter(state=DecisionState.CONFLICT)
        top: list[dict[str, Any]] = []
        if not asked and not request.GET.get("cursor"):
            top = decision_rows(list(conflicts.select_related("address").order_by("normalised", "pk")[:50]))
        return super().listed(request) | {
            "may_decide": may_decide(user), "may_export": Right.EXPORT in user.scope.rights, "conflicts": top,
            "state": asked, "states": [(value, label) for value, label in DecisionState.choices],
        }  # fmt: skip


class UndoDecisionView(LoginRequiredMixin, View):
    """POST: takes a decision back. The worklist gets its card again (`text`), the list of decisions a redirect."""

    def post(self, request: HttpRequest, decision_id: int) -> HttpResponse:
        try:
            undone = undo_text_decision(decision_id=decision_id, actor=request.user, now=clock.now())
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            if request.headers.get("HX-Request"):
                raise
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("console:address-decisions"))
        text_id = request.POST.get("text", "")
        if request.headers.get("HX-Request") and text_id.isascii() and text_id.isdigit() and len(text_id) < 19:
            return self._card(request, int(text_id))
        messages.success(request, f"已撤销，{len(undone.text_ids)} 条地址文本恢复。")
        return HttpResponseRedirect(reverse("console:address-decisions"))

    def _card(self, request: HttpRequest, text_id: int) -> HttpResponse:
        card = worklist.card_of(request.user, text_id)
        if card is None:
            return HttpResponse(headers={"HX-Redirect": worklist_url("")})
        context = {"card": card, "may_decide": may_decide(request.user), "is_back": True}
        return render(request, "console/address_text_card.html", context)


class UndoBatchView(LoginRequiredMixin, View):
    """POST `batch_of` (id of one decision), `query?`: takes back all that were made in one act with it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not may_decide(request.user):
            raise NotAllowed
        decision_id = number_in(request.POST.get("batch_of", ""))
        batch = batch_of(request.user, decision_id) if decision_id else []
        if not batch:
            raise NotVisible
        undone = undo_text_decisions(decision_ids=batch, actor=request.user, now=clock.now())
        told = messages.warning if undone.left else messages.success
        told(request, undone_words(undone))
        if "query" in request.POST:
            return HttpResponseRedirect(worklist_url(request.POST["query"]))
        return HttpResponseRedirect(reverse("console:address-decisions"))


class ExamplesExportView(LoginRequiredMixin, View):
    """GET: standing decisions as labelled examples, one JSON object a line. The audit row stands before a byte leaves."""

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        user, now = request.user, clock.now()
        if Right.EXPORT not in user.scope.rights:
            raise NotAllowed
        standing = visible_decisions(user).filter(state=DecisionState.STANDING)
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table="addresses_addressdecision", subject_id="examples",
            count=standing.count(), now=now,
        )  # fmt: skip
        return send_file(
            request, lambda _mark: self._lines(user), title="地址样本", extension="jsonl",
            content_type="application/x-ndjson; charset=utf-8", now=now,
        )  # fmt: skip

    def _lines(self, user: Any) -> Iterator[bytes]:
        for example in examples(user):
            yield orjson.dumps(example) + b"\n"
