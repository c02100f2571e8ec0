"""Rows of the registry as they were at a moment, put together from what changes remember and from the events of the table.

A change remembers every row it touched before and after, and so does its undo. What came another way (a file that was
loaded, a border that moved) left an event with the row after it only. So there are moments of which the row is not known:
they are told apart, never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from addresses.choices import AddressChangeState
from addresses.models import AddressChangeItem, StandardAddress

Row = dict[str, Any]
_COLUMNS = [field.attname for field in StandardAddress._meta.concrete_fields]
_EVENTS = StandardAddress.pgh_event_model  # type: ignore[attr-defined]
# A chain of successors is as long as an address was merged again; a loop would be a fault of the data and ends here.
MAX_CHAIN = 20


@dataclass(frozen=True, slots=True)
class RowThen:
    """An address at a moment.

    Attributes:
        row: as it was; None when it did not exist.
        since: when it was made, as far as a change tells.
        is_first_record: nothing is recorded before that moment: this is the earliest that is known.
        is_overwritten: what it was is lost, the row is that after the loss.
    """

    row: Row | None
    since: datetime | None = None
    is_first_record: bool = False
    is_overwritten: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """A row became another. `was_known` is False when nobody wrote down what it was."""

    when: datetime
    order: tuple[int, int]
    before: Row | None
    after: Row | None
    was_known: bool = True


def rows_then(ids: Collection[int], moment: datetime) -> dict[int, RowThen]:
    """Addresses as they were at a moment, its own changes included: three queries."""
    current = list(StandardAddress.objects.filter(pk__in=ids))
    steps = _steps(ids)
    return {one.pk: _then(steps[one.pk], _row_of(one), moment) for one in current}


def _row_of(address: Any) -> Row:
    """A row or an event of one, equal to the JSON that a change remembers."""
    row = {name: getattr(address, name) for name in _COLUMNS}
    return row | {"point": row["point"].hexewkb.decode() if row["point"] is not None else None}


def _then(steps: list[_Step], current: Row, moment: datetime) -> RowThen:
    past = [step for step in steps if step.when <= moment]
    since = next((step.when for step in steps if step.was_known and step.before is None), None)
    if len(past) == len(steps):
        return RowThen(current, since, is_first_record=not steps)
    if past:
        return RowThen(past[-1].after, since)
    first = steps[0]
    if first.was_known:
        return RowThen(first.before, since, is_first_record=first.before is not None)
    return RowThen(first.after, since, is_first_record=True, is_overwritten=True)


def _steps(ids: Collection[int]) -> dict[int, list[_Step]]:
    steps: dict[int, list[_Step]] = defaultdict(list)
    images: dict[int, list[Row]] = defaultdict(list)
    items = AddressChangeItem.objects.filter(address__in=ids).select_related("change").order_by("change_id")
    for item in items:
        before, after = item.before["row"] if item.before else None, item.after["row"]
        change = item.change
        images[item.address_id] += [row for row in (before, after) if row]
        steps[item.address_id].append(_Step(change.done_at, (0, change.pk), before, after))
        if change.state == AddressChangeState.UNDONE and change.undone_at is not None:
            # Of several taken back at one moment the last done went first.
            steps[item.address_id].append(_Step(change.undone_at, (1, -change.pk), after, before))
    events = _EVENTS.objects.filter(pgh_obj_id__in=ids).order_by("pgh_id")
    for event in events:
        row = _row_of(event)
        # What a change wrote is told by the change, at its own time.
        if row not in images[event.pgh_obj_id]:
            steps[event.pgh_obj_id].append(_Step(event.pgh_created_at, (2, event.pgh_id), None, row, was_known=False))
    for found in steps.values():
        found.sort(key=lambda step: (step.when, step.order))
    return steps


def ever_successors(address_id: int) -> list[int]:
    """Ids of the address and of all that it, or what took its place, ever pointed at: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH RECURSIVE chain AS (
                   SELECT %(id)s::bigint AS id, 0 AS place
                   UNION
                   SELECT n.next, chain.place + 1 FROM chain CROSS JOIN LATERAL (
                       SELECT s.replaced_by_id FROM addresses_standardaddress s WHERE s.id = chain.id
                       UNION
                       SELECT (i.before->'row'->>'replaced_by_id')::bigint FROM addresses_addresschangeitem i
                       WHERE i.address_id = chain.id
                       UNION
                       SELECT (i.after->'row'->>'replaced_by_id')::bigint FROM addresses_addresschangeitem i
                       WHERE i.address_id = chain.id) AS n(next)
                   WHERE n.next IS NOT NULL AND chain.place < %(limit)s)
               SELECT DISTINCT id FROM chain""",
            {"id": address_id, "limit": MAX_CHAIN},
        )
        return [pk for (pk,) in cursor.fetchall()]


def chain_of(address_id: int, rows: dict[int, RowThen]) -> list[Row]:
    """The rows that had taken the place of an address, one after the other."""
    chain: list[Row] = []
    seen = {address_id}
    then = rows.get(address_id)
    while then and then.row and len(chain) < MAX_CHAIN:
        successor = then.row["replaced_by_id"]
        then = rows.get(successor)
        if then is None or then.row is None:
            break
        chain.append(then.row)
        if successor in seen:
            break
        seen.add(successor)
    return chain
