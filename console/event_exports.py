"""Lists of events as tables to take out: the filter, order, words and masks of the page."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import override

from console.list_source import ListSource, Rows
from elements.selectors.columns import Column
from events.filters import filtered_events
from events.list_kinds import EVENT_LISTS, EventList
from events.selectors.columns import COLUMNS
from events.selectors.lists import every_row, order_of, shown_rows, worded_cell
from exchange.exporters.elements_table import CHUNK_ROWS


def _rows(found: QuerySet[Any], data: QueryDict, user: Any, *, chosen: EventList) -> Rows:
    order = order_of(chosen, data.get("sort", ""))
    pages = every_row(found, chosen=chosen, order=order, size=CHUNK_ROWS)
    return ([_cells(chosen, row) for row in shown_rows(chosen, page, user)] for page in pages)


def _cells(chosen: EventList, row: dict[str, Any]) -> list[Any]:
    cells = [_cell(column, row[column.name]) for column in COLUMNS[chosen.code]]
    return [*cells, *([_cell(None, row["is_withdrawn"])] if chosen.is_recorded else []), row["id"]]


def _cell(column: Column | None, value: Any) -> Any:
    """Moments stay moments, for a sheet to sort by."""
    if isinstance(value, bool):
        return "是" if value else ""
    return value if column is None or isinstance(value, datetime) else worded_cell(column, value)


def _headings(chosen: EventList) -> tuple[str, ...]:
    mark = ["已撤回"] if chosen.is_recorded else []
    # Files are Chinese, whatever language the process was started in.
    with override(None):
        return (*(str(column.label) for column in COLUMNS[chosen.code]), *mark, "平台编号")


SOURCES = {
    chosen.export_name: ListSource(
        title=str(chosen.label),
        table=chosen.table.table,
        headings=_headings(chosen),
        filtered=partial(filtered_events, chosen),
        rows=partial(_rows, chosen=chosen),
    )
    for chosen in EVENT_LISTS.values()
}
