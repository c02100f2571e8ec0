"""Files → header and rows of text, whatever their encoding, delimiter or format; hostile ones are refused with a reason."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from common.errors import DomainError
from common.identifiers import PROVINCES
from exchange.importers.geofiles import geofile_kind, read_geofile
from exchange.importers.json_lines import RowTable, is_json, is_no_map, read_json_rows
from exchange.importers.workbook import read_workbook
from exchange.importers.xml_rows import declared_encoding, read_xml_rows

MAX_COLUMNS = 500
MAX_CELL = 2_000
DELIMITERS = ",;\t|，"
csv.field_size_limit(1_000_000)
# Twenty lines of any real file; a large one is not cut into all its lines for them.
_HEAD_LETTERS = 2_000_000
_CHINESE = re.compile("[\u4e00-\u9fff]")
# A plate that stands by itself, as people write it.
_PLATE = re.compile(rf"(?<!\w)[{PROVINCES}][ .-]?[A-Za-z][ .-]?[A-Za-z0-9]{{4,6}}[挂学警港澳使领]?(?!\w)")


@dataclass(slots=True)
class Table:
    """A file as rows of text.

    Attributes:
        headers: first row that holds anything, blanks cut.
        rows: (row number, cells); 1 is the first row below the header. Wholly blank rows are passed over.
        encoding, delimiter, sheet: how it was read, to be shown.
        doubtful_cells: (row number, column index) of numbers that lost digits in a spreadsheet.
    """

    headers: list[str]
    rows: Iterator[tuple[int, list[str]]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    doubtful_cells: set[tuple[int, int]] = field(default_factory=set)


def read_table(data: bytes, name: str) -> Table:
    """Reads CSV (UTF-8 with or without BOM, UTF-16 with BOM, GB18030; any usual delimiter), XLSX, a layer of a map,
    JSON (an array, or an object a line) or XML of flat rows.

    Raises:
        DomainError: empty, unreadable, hostile, no header, header twice; says where and what to do.
    """
    if not data.strip():
        raise DomainError("FILE_EMPTY", "文件是空的。请检查是否导出成功。")
    start = _start(data)
    if not is_no_map(start, name) and (kind := geofile_kind(data, name)):
        layer = read_geofile(data, kind)
        table = _table(layer.rows)
        table.encoding, table.doubtful_cells = layer.encoding, layer.doubtful_cells
        return table
    if data[:4] == b"PK\x03\x04":
        workbook = read_workbook(data)
        table = _table(iter(workbook.rows))
        table.sheet, table.doubtful_cells = workbook.sheet, workbook.doubtful_cells
        return table
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise DomainError(
            "FILE_XLS", "这是旧版 .xls 或加密的表格。请在 WPS/Excel 中另存为不加密的 .xlsx 或 CSV 后再导入。"
        )
    if data[:4] in {b"%PDF", b"\x89PNG", b"\xff\xd8\xff\xe0"} or name.lower().endswith((".doc", ".docx", ".pdf")):
        raise DomainError("FILE_KIND", "只能导入 CSV、XLSX、JSON、XML、GeoJSON、GPKG 或压缩的 Shapefile。")
    if start.startswith("<"):
        text, encoding = decode(data, declared_encoding(data))
        return _row_table(read_xml_rows(text), encoding)
    text, encoding = decode(data)
    if is_json(start):
        return _row_table(read_json_rows(text), encoding)
    delimiter = find_delimiter(text)
    table = _table(_csv_rows(text, delimiter))
    table.encoding, table.delimiter = encoding, delimiter
    return table


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """Text and name of its encoding; strict, since a guessed letter would be a wrong name.

    Args:
        declared: encoding that the file itself names; a byte order mark knows better, nothing else is tried.

    Raises:
        DomainError: neither UTF-8 nor GB18030, or not what it declares; names the line where it breaks.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        candidates = ["utf-16"]
    elif data[:3] == b"\xef\xbb\xbf":
        candidates = ["utf-8-sig"]
    elif declared:
        candidates = [declared]
    else:
        candidates = ["utf-8", "gb18030"]
    line = 1
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            # The encoding that read furthest is the likely one.
            line = max(line, data[: error.start].count(b"\n") + 1)
            continue
        if encoding == "utf-8" and not declared and (plates := _plates_in_gb18030(data, text)):
            text, encoding = plates, "gb18030"
        if "\x00" in text:
            row = text[: text.index("\x00")].count("\n") + 1
            raise DomainError("FILE_BINARY", f"第 {row} 行含有二进制内容（NUL），这不是文本表格。", {"line": row})
        return text, encoding
    if declared:
        raise DomainError(
            "FILE_ENCODING", f"文件声明的编码是 {declared.upper()}，第 {line} 行起却不是。请对方按声明的编码重新导出。", {"line": line}
        )  # fmt: skip
    raise DomainError(
        "FILE_ENCODING",
        f"文件编码无法识别（第 {line} 行起不是 UTF-8 也不是 GB18030/GBK）。请另存为 UTF-8 的 CSV。",
        {"line": line},
    )


def _plates_in_gb18030(data: bytes, text: str) -> str:
    """The text by GB 18030 where a few Chinese bytes happen to be UTF-8 (鲁 is C2 B3, as is ³); "" where it is UTF-8.

    Plates tell: in UTF-8 there is no Chinese letter at all, in GB 18030 a plate stands there. An accent alone is believed.
    """
    if text.isascii() or _CHINESE.search(text):
        return ""
    try:
        other = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return other if _PLATE.search(other) else ""


def find_delimiter(text: str) -> str:
    """The delimiter that the first lines agree on; a comma when there is only one column."""
    # A line that csv refuses is refused when the rows are read, with its reason.
    lines = [
        line for line in text[:_HEAD_LETTERS].splitlines()[:20] if line.strip() and len(line) <= csv.field_size_limit()
    ]
    best, best_score = ",", 0
    for delimiter in DELIMITERS:
        counts = [len(next(csv.reader([line], delimiter=delimiter))) - 1 for line in lines]
        common, agreeing = Counter(counts).most_common(1)[0] if counts else (0, 0)
        score = counts[0] * 100 + common * 10 + agreeing if counts and counts[0] else 0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _start(data: bytes) -> str:
    """The first letters, whatever the encoding: enough to tell a format by its first marks."""
    is_utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    start = data[:200].decode("utf-16" if is_utf16 else "utf-8", "ignore")
    return start.lstrip("\ufeff \t\r\n")


def _row_table(found: RowTable, encoding: str) -> Table:
    table = _table(itertools.chain([found.headers], found.rows))
    table.encoding, table.doubtful_cells = encoding, found.doubtful_cells
    return table


def _csv_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise DomainError("FILE_CSV", f"CSV 无法读取：{error}。请检查引号是否成对。") from error


def _is_blank(cells: list[str]) -> bool:
    return not any(map(str.strip, cells))


def _table(rows: Iterator[list[str]]) -> Table:
    header_at = 0
    for header_at, cells in enumerate(rows, start=1):  # noqa: B007 - the last value is the header's line
        if not _is_blank(cells):
            headers = [cell.strip().lstrip("\ufeff") for cell in cells]
            break
    else:
        raise DomainError("FILE_EMPTY", "文件里没有任何内容。请检查是否导出成功。")
    while headers and not headers[-1]:
        headers.pop()
    _check_headers(headers)
    return Table(headers, ((n, cells) for n, cells in enumerate(rows, start=1) if not _is_blank(cells)))


def _check_headers(headers: list[str]) -> None:
    if len(headers) > MAX_COLUMNS:
        raise DomainError("TOO_MANY_COLUMNS", f"表头有 {len(headers):,} 列，最多 {MAX_COLUMNS} 列。请检查分隔符。")
    blank = [str(i) for i, header in enumerate(headers, start=1) if not header]
    if blank:
        raise DomainError("HEADER_BLANK", f"第 {'、'.join(blank[:10])} 列没有列名。请在第一行补上列名，或删去空列。")
    seen: dict[str, int] = {}
    for position, header in enumerate(headers, start=1):
        if header in seen:
            raise DomainError(
                "HEADER_TWICE",
                f"列名“{header}”重复（第 {seen[header]} 列和第 {position} 列）。请改名或删去一列。",
                {"columns": [seen[header], position]},
            )
        seen[header] = position
    if all(header.replace(".", "").isdigit() for header in headers):
        raise DomainError("HEADER_MISSING", "第一行像是数据而不是列名。请在第一行加上列名。")
