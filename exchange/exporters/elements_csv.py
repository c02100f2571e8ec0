"""A registry as CSV: the rows of the list in its order, in words, masked as the reader sees them.

UTF-8 with a byte order mark, so that Excel and WPS open it rightly; no cell can be taken for a formula. Every row ends
with who took it out and when.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from common.scope import Actor
from elements.registries import Registry
from elements.selectors.columns import COLUMNS, Column
from elements.selectors.lists import read_rows
from elements.selectors.paging import Order

BYTE_ORDER_MARK = "\ufeff"
# Rows encoded at a time: one write to the socket each.
CHUNK_ROWS = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> str:
    """The text of a cell; text that a spreadsheet would run gets an apostrophe in front. Numbers and dates are safe."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date | int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) or text.startswith(_FORMULA_STARTS) else text


def _cell(column: Column, row: dict[str, Any]) -> str:
    value = row[column.name]
    if column.name == "address":
        return safe_cell(value["text"] if value else "")
    if column.name == "conflicts":
        return str(len(value))
    return safe_cell(column.worded(value))


def export_csv(queryset: QuerySet, *, registry: Registry, order: Order, user: Actor, mark: str) -> Iterator[bytes]:
    """Chunks of the file.

    Args:
        queryset: from `filtered_elements`, so already inside the user's scope.
        registry: whose columns.
        order: of the list.
        user: reader, for the masks.
        mark: last column of every row, e.g. who and when.
    """
    columns = COLUMNS[registry.name]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([*(str(column.label) for column in columns), "平台编号", "导出标记"])
    for number, row in enumerate(read_rows(queryset, registry=registry, order=order, user=user), start=1):
        writer.writerow([*(_cell(column, row) for column in columns), row["id"], safe_cell(mark)])
        if number % CHUNK_ROWS == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
