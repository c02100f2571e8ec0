"""A ledger as an Excel workbook that prints as it is: A4 lying, title, borders, headings on every sheet, the mark at the foot.

The platform's number and the mark stand behind the printed columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from exchange.exporters.elements_table import Cell
from exchange.exporters.elements_xlsx import pieces, written
from exchange.exporters.ledger_table import LedgerTable

# Title, what and whose, headings: above the first row.
HEAD_ROWS = 3
_A4 = 9
_UNPRINTED = 2
# The face of official titles; a machine without it shows its usual one.
_TITLE = Font(name="方正小标宋简体", size=18, bold=True)
_SAID = Font(name="仿宋", size=10)
_HEAD = Font(name="黑体", size=10, bold=True)
_BODY = Font(name="仿宋", size=10)
_LINE = Side(style="thin", color="808080")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_GREY = PatternFill("solid", fgColor="E6E9EE")


def export_ledger_xlsx(table: LedgerTable) -> Iterator[bytes]:
    """Chunks of the file; of at most `elements_xlsx.MAX_ROWS` rows less the head."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.title[:31])
    _prepare(sheet, table)
    _head(sheet, table)
    # One cell a column, filled anew for each row: it is written when it is appended.
    texts = [_cell(sheet, font=_BODY) for _ in table.headings]
    numbers = [_cell(sheet, font=_BODY) for _ in table.headings]
    for text in texts:
        text.number_format = "@"
    last = HEAD_ROWS
    for rows in table.chunks():
        last += len(rows)
        for row in rows:
            sheet.append([_boxed(cell, *pair) for cell, *pair in zip(row, texts, numbers, strict=True)])
    sheet.print_area = f"A1:{_last_printed(table)}{last}"
    yield from pieces(book)


def _last_printed(table: LedgerTable) -> str:
    return get_column_letter(len(table.headings) - _UNPRINTED)


def _prepare(sheet: Any, table: LedgerTable) -> None:
    printed = _last_printed(table)
    sheet.freeze_panes = f"A{HEAD_ROWS + 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    sheet.print_title_rows = f"1:{HEAD_ROWS}"
    sheet.print_title_cols = None
    sheet.merged_cells.add(f"A1:{printed}1")
    sheet.merged_cells.add(f"A2:{printed}2")
    # "&" begins a command at the foot of a page.
    sheet.oddFooter.left.text = table.mark.replace("&", "&&")
    sheet.oddFooter.right.text = "&P / &N"
    for number, width in enumerate(table.widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.column_dimensions[get_column_letter(len(table.headings))].width = max(24, len(table.mark) + 2)


def _head(sheet: Any, table: LedgerTable) -> None:
    title = _cell(sheet, table.title, font=_TITLE, boxed=False, centred=True)
    said = _cell(sheet, f"{table.said}　{table.mark}", font=_SAID, boxed=False)
    sheet.row_dimensions[1].height = 30
    sheet.append([title])
    sheet.append([said])
    heads = [_cell(sheet, heading, font=_HEAD, centred=True) for heading in table.headings]
    for head in heads:
        head.fill = _GREY
    sheet.append(heads)


def _cell(sheet: Any, value: Any = None, *, font: Font, boxed: bool = True, centred: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.font = font
    cell.alignment = Alignment(horizontal="center" if centred else None, vertical="center", wrap_text=True)
    if boxed:
        cell.border = _BOX
    return cell


def _boxed(cell: Cell, text: WriteOnlyCell, number: WriteOnlyCell) -> WriteOnlyCell:
    """The cell with its box: an empty one is there to be written into by hand."""
    shown = written(cell, text)
    if shown is text:
        return text
    number.value = shown
    return number
