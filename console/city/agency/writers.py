"""Writes agency files as bytes that depend on their content alone."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import NamedStyle
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from console.city.agency.records import AgencyFile, Cell

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")


def file_bytes(file: AgencyFile) -> bytes:
    """The content of the file in its own form."""
    return _xlsx_bytes(file) if file.form == "xlsx" else _csv_bytes(file)


def _csv_bytes(file: AgencyFile) -> bytes:
    text = io.StringIO(newline="")
    # The systems run on Windows.
    writer = csv.writer(text, delimiter=file.delimiter, lineterminator="\r\n")
    writer.writerow(file.columns)
    writer.writerows([_as_text(row.cells[column]) for column in file.columns] for row in file.rows)
    return text.getvalue().encode(file.encoding)


def _as_text(cell: Cell) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _xlsx_bytes(file: AgencyFile) -> bytes:
    # Row by row: a sheet in memory looks for its last row again with every style that is set.
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    book.add_named_style(NamedStyle(name="day", number_format="yyyy/m/d"))
    sheet.append(list(file.columns))
    for row in file.rows:
        sheet.append([_as_excel(sheet, row.cells[column]) for column in file.columns])
    raw = io.BytesIO()
    book.save(raw)
    return _without_clock(raw.getvalue())


def _as_excel(sheet: WriteOnlyWorksheet, cell: Cell) -> str | int | float | WriteOnlyCell | None:
    if isinstance(cell, date):
        dated = WriteOnlyCell(sheet, datetime(cell.year, cell.month, cell.day))
        dated.style = "day"
        return dated
    return None if cell == "" else cell


def _without_clock(archive: bytes) -> bytes:
    """The same workbook without times of writing, and stored: compressors differ between versions."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>2000-01-01T00:00:00Z\3", content)
            target.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content)
    return out.getvalue()
