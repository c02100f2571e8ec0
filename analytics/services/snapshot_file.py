"""Earlier figures as files bring them: the cells of a CSV or XLSX as text."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

from common.errors import DomainError

COLUMNS = ("指标", "日期", "责任区代码", "分子", "分母")
MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 20_000
Cells = tuple[str, ...]


def read_cells(content: bytes) -> list[tuple[int, Cells]]:
    """(row of the file, cells in the order of `COLUMNS`); blank rows are left out, the order of the columns is free.

    Raises:
        DomainError: too large, no CSV or XLSX, or a column is missing or unknown.
    """
    if len(content) > MAX_BYTES:
        raise DomainError("FILE_TOO_LARGE", "文件超过 2 MB。请按年度拆分后分次上传。")
    table = _workbook(content) if content.startswith(b"PK") else _csv(content)
    heads = [head.strip() for head in table[0]] if table else []
    missing = [column for column in COLUMNS if column not in heads]
    if missing:
        raise DomainError(
            "COLUMNS_MISSING", f"缺少列：{'、'.join(missing)}。第一行应为：{','.join(COLUMNS)}。请补齐后重新上传。"
        )
    unknown = [head for head in heads if head and head not in COLUMNS]
    if unknown:
        raise DomainError("COLUMNS_UNKNOWN", f"不认识的列：{'、'.join(unknown[:5])}。请改正列名或删去该列后重新上传。")
    places = [heads.index(column) for column in COLUMNS]
    found = [
        (number, tuple(row[place].strip() if place < len(row) else "" for place in places))
        for number, row in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in row)
    ]
    if not found:
        raise DomainError("NO_ROWS", "文件里没有数据行。请在标题行下面填写后重新上传。")
    if len(found) > MAX_ROWS:
        raise DomainError("TOO_MANY_ROWS", f"超过 {MAX_ROWS:,} 行。请按年度拆分后分次上传。")
    return found


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            return list(csv.reader(io.StringIO(text.replace("，", ","), newline="")))
        except csv.Error:
            break
    raise DomainError("NOT_A_TABLE", "文件不是 CSV 或 XLSX。请用表格软件另存为其中一种后重新上传。")


def _workbook(content: bytes) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except (CalamineError, ValueError, OSError) as error:
        raise DomainError("NOT_A_TABLE", "工作簿打不开。请用表格软件另存为 XLSX 或 CSV 后重新上传。") from error


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
