"""The ledger of merges (合并台账) as CSV: UTF-8 with a byte order mark, one row a merge, masked as the reader sees it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from exchange.exporters.elements_csv import BYTE_ORDER_MARK
from exchange.exporters.elements_table import Cell, safe_cell

HEADINGS = (
    "合并编号", "种类", "保留要素", "保留要素编号", "并入要素", "并入要素编号", "理由", "转移内容", "决定人", "决定时间", "撤销人", "撤销时间",
    "导出标记",
)  # fmt: skip


def merge_cells(
    *,
    number: int,
    kind: str,
    keep: tuple[str, int],
    drop: tuple[str, int],
    reason: str,
    moved: str,
    decided: tuple[str, datetime],
    undone: tuple[str, datetime | None],
    mark: str,
) -> list[Cell]:
    """Cells of one merge; texts that a spreadsheet would run are made safe.

    Args:
        number: of the merge.
        kind: what both are.
        keep: label and number of what stays.
        drop: label and number of what went.
        reason: why.
        moved: what moved, in words.
        decided: by whom and when.
        undone: by whom and when it was undone.
        mark: who took the file out and when.
    """
    return [safe_cell(value) for value in (number, kind, *keep, *drop, reason, moved, *decided, *undone, mark)]


def export_merges(chunks: Iterable[list[list[Cell]]]) -> Iterator[bytes]:
    """Chunks of the file from chunks of cells."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(HEADINGS)
    for rows in chunks:
        writer.writerows(rows)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    if text := buffer.getvalue():
        yield text.encode()
