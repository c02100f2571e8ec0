"""Landed rows about events, with what the planned import would change: the event as it is beside the event as it will be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from common.scope import Actor
from elements.selectors.masking import may_read_names
from events.choices import EventKind
from events.kinds import EVENT_TABLES, VOID, EventTable
from events.models import EventKey
from events.selectors.labels import event_labels
from events.selectors.wording import worded_event
from exchange.importers.mapping import EXTRA_FIELDS
from exchange.models import LandingBatch, LandingRow
from exchange.selectors.row_changes import FieldChange, RowOnPage, field_changes

_Values = dict[int, dict[str, Any]]
# The working table keeps where the event was placed apart from the point that the row states.
_PLACED = "placed_point"


def add_events(
    batch: LandingBatch, user: Actor, pairs: Sequence[tuple[LandingRow, RowOnPage]], *, with_changes: bool
) -> None:
    """Gives each row its event and, where the plan stands, the changes: at most four queries.

    Args:
        batch: of a kind of event.
        user: whose scope and masks apply.
        pairs: landed rows with what is shown of them so far; changed.
        with_changes: read the plan.
    """
    kind = EVENT_TABLES[batch.kind]
    labels = event_labels(kind, {row.element_id for row, _item in pairs if row.element_id}, user)
    plans = _planned(kind, batch, [row.row_number for row, _item in pairs]) if with_changes else {}
    current = _current(kind, labels.visible) if with_changes else {}
    for row, item in pairs:
        if row.element_id in labels.visible:
            item.element_id, item.element_label = row.element_id, labels.visible[row.element_id]
            item.page_id = labels.pages[row.element_id]
        if with_changes and item.outcome in {"CREATED", "UPDATED"}:
            _add_changes(item, row, kind, plans, current, labels.known, may_read_names(user))


def _planned(kind: EventTable, batch: LandingBatch, row_numbers: list[int]) -> _Values:
    """Row number → the event as it will be, for the rows that speak."""
    staged = kind.stage_model._default_manager.filter(
        job_id=batch.pk, row_number__in=row_numbers, outcome__in=["NEW", "CHANGED"]
    )
    columns = (*kind.fields, "takes_back", _PLACED)
    return {row.pop("row_number"): _as_event(kind, row) for row in staged.values("row_number", *columns)}


def _as_event(kind: EventTable, row: dict[str, Any]) -> dict[str, Any]:
    placed = row.pop(_PLACED)
    return row | {"point": placed} if kind.has_place else row


def _current(kind: EventTable, visible: Iterable[int]) -> _Values:
    """Event id → its fields now."""
    if kind.is_observation:
        return {}
    moments = dict(EventKey.objects.filter(pk__in=visible).values_list("pk", "occurred_at"))
    found = kind.model._default_manager.filter(pk__in=moments)
    if kind.code != EventKind.PARTY:
        found = found.filter(occurred_at__in=set(moments.values()))
    rows = found.values("pk", "is_withdrawn", *kind.fields)
    return {row.pop("pk"): row | {"takes_back": row.pop("is_withdrawn")} for row in rows}


def _add_changes(
    item: RowOnPage, row: LandingRow, kind: EventTable, plans: _Values, current: _Values, known: frozenset[int],
    in_full: bool,
) -> None:  # fmt: skip
    event_id = row.element_id or 0
    if event_id in known and event_id not in current:
        item.note = "该事件不在您的辖区内，不显示其内容"
        return
    after = plans.get(row.row_number)
    if after is None:
        item.note = "内容不变，只增加一条来源记录"
        return
    before = current.get(event_id, {})
    if kind.code == EventKind.PARTY and after["occurred_at"] is None:
        # A party was there when its accident was: the row need not say it.
        after["occurred_at"] = before.get("occurred_at")
    item.changes = [
        *field_changes(kind, before, after, partial(worded_event, kind, in_full=in_full)),
        *_taken_back(kind, before, after),
    ]
    if not item.changes:
        item.note = "内容不变，只增加一条来源记录"


def _taken_back(kind: EventTable, before: dict[str, Any], after: dict[str, Any]) -> Iterable[FieldChange]:
    was, will = bool(before.get("takes_back")), after["takes_back"]
    if was != will:
        yield FieldChange(EXTRA_FIELDS[kind.code][VOID], _yes_no(was), _yes_no(will))


def _yes_no(value: bool) -> str:
    return str(_("是") if value else _("否"))
