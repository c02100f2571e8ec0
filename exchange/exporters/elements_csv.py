"""A registry as CSV: UTF-8 with a byte order mark, so that Excel and WPS open it rightly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from exchange.exporters.list_table import Table

BYTE_ORDER_MARK = "\ufeff"


def export_csv(table: Table) -> Iterator[bytes]:
    """Chunks of the file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(table.headings)
    for rows in table.chunks():
        writer.writerows(rows)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    # An empty list still has its headings.
    if text := buffer.getvalue():
        yield text.encode()
