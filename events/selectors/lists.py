"""Pages of the lists of events: the newest first, by keyset over (time, id), reading only the parts that the rows lie in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from common.scope import Actor
from elements.selectors.columns import Column
from elements.selectors.keyset_pages import RowPage, every_page, order_among, read_tuples
from elements.selectors.masking import may_read_names
from elements.selectors.paging import Order, Place, read_slice
from events.choices import EventKind
from events.list_kinds import EventList
from events.selectors.columns import COLUMNS
from events.selectors.findings import ids_with_finding
from events.selectors.states import incident_state, vehicle_tie
from events.selectors.wording import moment_text, shown_value, violation_name

USUAL_ORDER = "-occurred_at"
# Read for each row beside its columns.
_EXTRA = {EventKind.VIOLATION: ("vehicle_id",), EventKind.INCIDENT: ("vehicle_id",), EventKind.CAPTURE: ("vehicle_id",)}
_MOMENTS = frozenset({"occurred_at", "processed_at", "dispatched_at", "arrived_at", "closed_at"})


def order_of(chosen: EventList, text: str) -> Order:
    """The order of rows that `sort=` asks for: by time alone, since the index over a reader's blocks holds that.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(chosen.table.model, text, usual=USUAL_ORDER, sortable=("occurred_at",))


def read_page(
    events: QuerySet[Any], *, chosen: EventList, order: Order, size: int, cursor: str
) -> RowPage[dict[str, Any]]:
    """One page as raw rows: which ones, then these with all that a row shows; findings of captures are one query more.

    Raises:
        DomainError: the cursor is not one of this list and order.
    """
    paths = ["pk", "occurred_at"]
    page = read_tuples(events, list_name=chosen.name, order=order, paths=paths, size=size, cursor=cursor)
    return RowPage(_read_rows(chosen, page.rows), page.next_cursor, page.previous_cursor)


def _read_rows(chosen: EventList, keys: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    if not keys:
        return []
    moments = [moment for _pk, moment in keys]
    paths = {column.name: column.path for column in COLUMNS[chosen.code] if column.path}
    # The time leads to the parts of the table.
    found = chosen.table.model._default_manager.filter(
        pk__in=[pk for pk, _moment in keys], occurred_at__gte=min(moments), occurred_at__lte=max(moments)
    )
    extra = [*_EXTRA.get(chosen.code, ()), *(["is_withdrawn"] if chosen.is_recorded else [])]
    by_id = {
        values[0]: dict(zip(("id", *paths, *extra), values, strict=True))
        for values in found.values_list("pk", *paths.values(), *extra)
    }
    rows = [by_id[pk] for pk, _moment in keys if pk in by_id]
    _complete(chosen, rows)
    return rows


def _complete(chosen: EventList, rows: list[dict[str, Any]]) -> None:
    """Adds what is no column of the table."""
    for row in rows:
        if chosen.code == EventKind.INCIDENT:
            row["state"] = incident_state(row)
        if "vehicle_id" in row:
            row["tie"] = vehicle_tie(row)
    if chosen.code == EventKind.CAPTURE:
        doubtful = ids_with_finding(row["id"] for row in rows)
        for row in rows:
            row["has_finding"] = row["id"] in doubtful


def shown_rows(chosen: EventList, rows: Iterable[dict[str, Any]], user: Actor) -> list[dict[str, Any]]:
    """{id, column: value} of each row as the reader may have it: codes as codes, names and plates masked."""
    in_full, names = may_read_names(user), ["id", *(column.name for column in COLUMNS[chosen.code])]
    if chosen.is_recorded:
        names.append("is_withdrawn")
    return [{name: shown_value(name, row[name], in_full=in_full) for name in names} for row in rows]


def worded_cell(column: Column, value: Any) -> Any:
    """A value in words, as cell of the list."""
    if column.name in _MOMENTS:
        return moment_text(value)
    if column.name == "code" and value:
        return violation_name(value)
    return column.worded(value)


def every_row(events: QuerySet[Any], *, chosen: EventList, order: Order, size: int) -> Iterator[list[dict[str, Any]]]:
    """All rows, a page at a time."""
    return every_page(lambda cursor: read_page(events, chosen=chosen, order=order, size=size, cursor=cursor))


def beside(events: QuerySet[Any], *, order: Order, event: Any) -> tuple[int | None, int | None]:
    """Ids of the rows before and after an event in a list: one query each."""
    found = []
    for is_back in (True, False):
        rows = read_slice(events, order, ["pk"], 1, Place(event.occurred_at, event.pk, is_back)).rows
        found.append(rows[0][0] if rows else None)
    return found[0], found[1]
