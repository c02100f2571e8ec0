"""Rows of a batch, page by page, with what the planned import would change on their elements or events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import QuerySet

from common.scope import Actor
from elements.kinds import KINDS, Kind
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.wording import worded as worded_value
from events.kinds import EVENT_TABLES
from exchange.models import LandingBatch, LandingRow
from exchange.problems import worded
from exchange.selectors.event_rows import add_events
from exchange.selectors.row_changes import RowOnPage, field_changes

PAGE_ROWS = 50
_Values = dict[int, dict[str, Any]]


@dataclass(slots=True)
class RowPage:
    """A page of rows by row number, and where the next and the previous begin."""

    rows: list[RowOnPage] = field(default_factory=list)
    next_after: int | None = None
    previous_before: int | None = None


def row_page(
    batch: LandingBatch,
    user: Actor,
    *,
    outcome: str = "",
    problem: str = "",
    after: int | None = None,
    before: int | None = None,
    with_changes: bool = False,
    size: int = PAGE_ROWS,
) -> RowPage:
    """One page, by row number: at most six queries however many rows.

    Args:
        batch: already narrowed to what the user may see.
        user: whose scope and masks apply to elements.
        outcome: one of LandingRow.Outcome, or "" for all.
        problem: code of a problem that the rows must have, or "".
        after, before: the page begins after this row number, or ends before it.
        with_changes: read the plan; it exists between preview and import.
        size: rows of the page.
    """
    rows = chosen_rows(batch, outcome=outcome, problem=problem)
    is_back = before is not None
    if is_back:
        rows = rows.filter(row_number__lt=before).order_by("-row_number")
    else:
        rows = rows.filter(row_number__gt=after or 0).order_by("row_number")
    read = list(rows.defer("raw", "row_hash").select_related("mended_by_row__batch")[: size + 1])
    has_more = len(read) > size
    read = read[:size][:: -1 if is_back else 1]
    page = RowPage()
    if read:
        page.next_after = read[-1].row_number if is_back or has_more else None
        page.previous_before = read[0].row_number if (has_more if is_back else after) else None
    page.rows = _shown(batch, user, read, with_changes)
    return page


def chosen_rows(batch: LandingBatch, *, outcome: str, problem: str) -> QuerySet[LandingRow]:
    """Rows of the batch with that outcome and a problem of that code; "" = any."""
    rows = batch.rows.all()
    if outcome:
        rows = rows.filter(outcome=outcome)
    if problem:
        rows = rows.filter(problems__contains=[{"code": problem.replace("\x00", "")}])
    return rows


def _shown(batch: LandingBatch, user: Actor, rows: Iterable[LandingRow], with_changes: bool) -> list[RowOnPage]:
    pairs = [(row, _on_page(row)) for row in rows]
    if batch.kind in EVENT_TABLES:
        add_events(batch, user, pairs, with_changes=with_changes)
    elif batch.kind in KINDS:
        _add_elements(batch, user, pairs, with_changes)
    return [item for _row, item in pairs]


def _on_page(row: LandingRow) -> RowOnPage:
    return RowOnPage(
        row_number=row.row_number,
        outcome=row.outcome or "",
        outcome_label=str(row.get_outcome_display() or "等待试算"),
        problems=[worded(problem) for problem in row.problems],
        mended_by=row.mended_by_row.batch_id if row.mended_by_row else None,
    )


def _add_elements(
    batch: LandingBatch, user: Actor, pairs: Iterable[tuple[LandingRow, RowOnPage]], with_changes: bool
) -> None:
    kind, in_full = KINDS[batch.kind], may_read_names(user)
    element_ids = {row.element_id for row, _item in pairs if row.element_id}
    known = set(Element.objects.filter(pk__in=element_ids).values_list("pk", flat=True)) if element_ids else set()
    visible = dict(Element.objects.visible_to(user).filter(pk__in=known).values_list("pk", "label")) if known else {}
    plans, current = _planned(kind, batch, element_ids, set(visible)) if with_changes else ({}, {})
    for row, item in pairs:
        if row.element_id in visible:
            item.element_id = item.page_id = row.element_id
            item.element_label = (
                shown_label(batch.kind, visible[row.element_id], in_full=in_full) or f"#{row.element_id}"
            )
        if with_changes and item.outcome in {"CREATED", "UPDATED"}:
            _add_changes(item, row, kind, plans, current, known, in_full)


def _planned(kind: Kind, batch: LandingBatch, element_ids: set[int], visible: set[int]) -> tuple[_Values, _Values]:
    """Element id → planned values, and element id → values now of the visible ones."""
    planned = kind.plan_model.objects.filter(job_id=batch.pk, element_id__in=element_ids)  # type: ignore[attr-defined]
    plans = {row.pop("element_id"): row for row in planned.values("element_id", *kind.fields)}
    current: _Values = {element_id: {} for element_id in visible}
    for part in kind.parts:
        details = part.model.objects.filter(element_id__in=visible)  # type: ignore[attr-defined]
        for row in details.values("element_id", *part.fields):
            current[row.pop("element_id")].update(row)
    return plans, current


def _add_changes(
    item: RowOnPage, row: LandingRow, kind: Kind, plans: _Values, current: _Values, known: set[int], in_full: bool
) -> None:
    element_id = row.element_id or 0
    if element_id in known and element_id not in current:
        item.note = "该对象不在您的辖区内，不显示其内容"
        return
    if element_id not in plans:
        item.note = "取值不变，只增加一条来源记录"
        return
    word = partial(worded_value, kind, in_full=in_full)
    item.changes = list(field_changes(kind, current.get(element_id, {}), plans[element_id], word))
    if not item.changes:
        item.note = "取值不变，只增加一条来源记录"
