"""Landed rows as people see them."""

from __future__ import annotations

import csv
import io

import orjson

from common.encryption import decrypt_bytes
from exchange.importers.mapping import REASON_COLUMN, ROW_COLUMN
from exchange.models import LandingBatch, LandingRow
from exchange.problems import sentence

_PURPOSE = "landing-row"


def raw_cells(row: LandingRow) -> list[str]:
    """The row's cells as received."""
    return orjson.loads(decrypt_bytes(_PURPOSE, row.raw))


def mend_file(batch: LandingBatch) -> bytes:
    """The rows that did not go in, as received, with row number and reason in front: to be mended and sent again.

    UTF-8 with BOM, so that WPS and Excel open it. Cells that a spreadsheet would run as a formula get a leading '.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    kept = [h for h in batch.headers if h not in {ROW_COLUMN, REASON_COLUMN}]
    positions = [batch.headers.index(h) for h in kept]
    writer.writerow([ROW_COLUMN, REASON_COLUMN, *kept])
    rows = batch.rows.filter(outcome__in=["TO_REVIEW", "REJECTED"], mended_by_row__isnull=True).order_by("row_number")
    for row in rows.iterator():
        cells = raw_cells(row)
        values = [cells[i] if i < len(cells) else "" for i in positions]
        writer.writerow([row.row_number, sentence(row.problems), *(as_text(v) for v in values)])
    return stream.getvalue().encode("utf-8-sig")


def as_text(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if value[:1] in {"=", "+", "-", "@", "\t", "\r"} and len(value) > 1 else value
