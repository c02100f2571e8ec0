"""What list, page and boxes of findings about events show beside their rows, and the list as a file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.scope import Right
from console.list_source import ListSource, Rows
from elements.list_view import ListColumn
from elements.selectors.keyset_pages import every_page
from events.choices import EventFindingState
from events.finding_filters import filtered_findings
from events.models import Capture, EventFinding
from events.selectors.finding_list import LIST_NAME, evidence_words, finding_rows, order_of, read_page, state_word
from events.selectors.plate_suggestions import PlateSuggestion, plate_suggestions
from exchange.exporters.elements_table import CHUNK_ROWS

ANSWERS = [
    (state.value, state.label)
    for state in (EventFindingState.CLONED, EventFindingState.MISREAD, EventFindingState.EXPLAINED)
]
COLUMNS = (
    ListColumn("occurred_at", _("时间"), is_locked=True, is_sortable=True, is_best_first=True),
    ListColumn("kind", _("疑点种类")),
    ListColumn("plate", _("号牌号码")),
    ListColumn("evidence", _("依据")),
    ListColumn("captures", _("过车记录")),
    ListColumn("block", _("责任块")),
    ListColumn("state", _("核查状态")),
    ListColumn("note", _("核查依据")),
)


def may_settle(user: Any) -> bool:
    """Whether the reader's posts carry the right to settle findings."""
    return Right.CORRECT in user.scope.rights


def finding_context(finding: EventFinding, user: Any) -> dict[str, Any]:
    """One finding for its page."""
    row = finding_rows([finding], user)[0]
    return {"page_title": row["kind"], "row": row, "may_settle": may_settle(user), "answers": ANSWERS}


def capture_boxes(capture: Capture, findings: Iterable[dict[str, Any]], user: Any) -> dict[str, Any]:
    """The boxes of a capture's page: its findings with what was compared, and the plates that it may have been."""
    return {
        "findings": [one | _beside(one["finding"], user) for one in findings],
        "answers": ANSWERS,
        "suggestions": [_suggestion(one) for one in plate_suggestions(capture, user)],
        "has_looks": bool(capture.colour or capture.vehicle_type),
    }


def _beside(finding: EventFinding, user: Any) -> dict[str, Any]:
    scope = user.scope
    return {
        "evidence": evidence_words(finding),
        "state": state_word(finding),
        "may_settle": may_settle(user) and (scope.all_blocks or finding.block_id in scope.block_ids),
    }


def _suggestion(one: PlateSuggestion) -> dict[str, Any]:
    """The score as whole percent, for bar and number alike."""
    return {
        "label": one.label,
        "percent": round(one.score * 100),
        "element_id": one.element_id,
        "is_like": one.is_like_register,
    }


def _rows(found: QuerySet[EventFinding], data: QueryDict, user: Any) -> Rows:
    read = partial(read_page, found, order=order_of(data.get("sort", "")), size=CHUNK_ROWS)
    pages = every_page(lambda cursor: read(cursor=cursor))
    return ([_cells(row) for row in finding_rows(page, user)] for page in pages)


def _cells(row: dict[str, Any]) -> list[Any]:
    finding = row["finding"]
    return [
        finding.occurred_at, row["kind"], row["plate"], row["evidence"], row["block"], row["state"], finding.note,
        finding.closed_at, row["event_id"], row["other_id"], finding.pk,
    ]  # fmt: skip


SOURCES = {
    LIST_NAME: ListSource(
        title="事件疑点",
        table="events_eventfinding",
        headings=(
            "时间", "疑点种类", "号牌号码", "依据", "责任块", "核查状态", "核查依据", "了结时间", "过车记录编号", "另一过车记录编号",
            "疑点编号",
        ),
        filtered=filtered_findings,
        rows=_rows,
    )
}  # fmt: skip
