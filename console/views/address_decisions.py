"""Decisions about address texts: the list, undo, and the file of labelled examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views import View

from addresses.choices import DecisionState
from addresses.models import AddressDecision
from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from console.address_text_page import may_decide, worklist_url
from console.selectors import address_worklist as worklist
from console.selectors.decision_list import decision_rows, examples
from console.views.streaming import stream
from elements.list_view import ListColumn, ListView
from elements.selectors.address_texts import visible_decisions
from elements.selectors.keyset_pages import RowPage, read_models
from elements.selectors.lists import Order
from elements.services.address_decisions import undo_text_decision

LIST = "address-decisions"


class DecisionListView(ListView):
    """GET: decisions in scope, the latest first; `?state=CONFLICT` those that disagree. Conflicts are named on top."""

    title, list_name = gettext_lazy("地址裁定"), LIST
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

    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[AddressDecision], None]:
        decisions = visible_decisions(user).select_related("address")
        state = data.get("state", "")
        if state and state not in DecisionState.values:
            raise DomainError("BAD_FILTER", "筛选条件无效：状态。请改正或清除该条件。")
        return (decisions.filter(state=state) if state else decisions), None

    def read_page(self, queryset: QuerySet[AddressDecision], *, order: Order, size: int, cursor: str) -> RowPage[Any]:
        return read_models(queryset, list_name=self.list_name, shown=queryset, order=order, size=size, cursor=cursor)

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
        response = stream(request, self._lines(user), content_type="application/x-ndjson; charset=utf-8")
        name = quote(f"地址样本_{timezone.localtime(now):%Y%m%d-%H%M}_{user.get_username()}.jsonl")
        response["Content-Disposition"] = f"attachment; filename=\"examples.jsonl\"; filename*=UTF-8''{name}"
        response["Cache-Control"] = "no-store"
        return response

    def _lines(self, user: Any) -> Iterator[bytes]:
        for example in examples(user):
            yield orjson.dumps(example) + b"\n"
