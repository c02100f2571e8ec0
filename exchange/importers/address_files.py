"""A file with addresses in some of its columns: read once, kept as plain CSV, its address columns guessed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from common.errors import DomainError
from exchange.importers.geofiles import geofile_kind
from exchange.importers.reading import MAX_CELL, read_table
from exchange.problems import WORDINGS

MAX_ROWS = 200_000
_HEADING = re.compile("地址|住址|住所|位置|地点|场所|address", re.IGNORECASE)
# Words that only addresses are full of.
_LOOKS = re.compile("[省市县区镇乡村路街巷号楼室组]")
_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class AddressFile:
    """A file as it is kept: UTF-8 CSV, the header first, every row as long as the header."""

    content: bytes
    headers: list[str]
    rows: int
    encoding: str


def read_address_file(data: bytes, name: str) -> AddressFile:
    """Reads what the import reads, tables only.

    Raises:
        DomainError: empty, unreadable, hostile, no table, too many rows, a row longer than the header.
    """
    if geofile_kind(data, name):
        raise DomainError("FILE_KIND", "批量解析只收 CSV 和 XLSX 表格。地图文件请从“导入”进入。")
    table = read_table(data, name)
    if not table.headers:
        raise DomainError("HEADER_MISSING", "第一行没有列名。请在第一行加上列名。")
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(table.headers)
    count = 0
    for number, cells in table.rows:
        count += 1
        if count > MAX_ROWS:
            raise DomainError("TOO_MANY_ROWS", f"一次最多 {MAX_ROWS:,} 行，请分成几份。", {"max_rows": MAX_ROWS})
        writer.writerow(_fitted(cells, table.headers, number))
    if not count:
        raise DomainError("FILE_EMPTY", "表头下面没有数据行。请检查是否导出成功。")
    return AddressFile(
        stream.getvalue().encode("utf-8", "surrogatepass"), table.headers, count, table.encoding or "XLSX"
    )


def _fitted(cells: Sequence[str], headers: Sequence[str], number: int) -> list[str]:
    extra = [cell for cell in cells[len(headers) :] if cell.strip()]
    if extra:
        text = WORDINGS["TOO_MANY_CELLS"].text
        raise DomainError("TOO_MANY_CELLS", f"第 {number} 行：{text}。请改正后再上传。", {"row": number})
    fitted = [*cells[: len(headers)], *[""] * (len(headers) - len(cells))]
    for header, cell in zip(headers, fitted, strict=True):
        if len(cell) > MAX_CELL:
            text = WORDINGS["CELL_TOO_LONG"].text.format(column=header)
            raise DomainError("CELL_TOO_LONG", f"第 {number} 行：{text}。请改正后再上传。", {"row": number})
    return fitted


def kept_rows(content: bytes) -> Iterator[list[str]]:
    """Rows of a kept file, the header first."""
    return csv.reader(io.StringIO(content.decode("utf-8", "surrogatepass"), newline=""))


def first_rows(content: bytes, count: int) -> tuple[list[str], list[list[str]]]:
    """Header and first rows of a kept file."""
    rows = kept_rows(content)
    return next(rows), list(islice(rows, count))


def guess_columns(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Positions of the columns that hold an address: the one whose name and cells say so most; none when none does."""
    scores = [_score(header, [row[at] for row in rows[:_SAMPLE]]) for at, header in enumerate(headers)]
    best = max(scores, default=0.0)
    return [scores.index(best)] if best >= 0.5 else []


def _score(header: str, cells: Sequence[str]) -> float:
    filled = [cell for cell in cells if cell.strip()]
    telling = sum(len(set(_LOOKS.findall(cell))) >= 2 for cell in filled)
    return (0.5 if _HEADING.search(header) else 0.0) + (telling / len(filled) if filled else 0.0)
