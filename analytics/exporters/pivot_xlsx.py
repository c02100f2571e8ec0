"""A cross table as an Excel workbook, with the question that it answers printed on it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from analytics.selectors.counting import Cross


def pivot_xlsx(cross: Cross, *, title: str, question: Sequence[tuple[str, str]], mark: str) -> bytes:
    """The file: the question line by line, then the table with its sums.

    Args:
        cross: what was counted.
        title: of sheet and table.
        question: (condition, value) pairs.
        mark: who took it out when; stands at the foot of each page as well.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.page_setup.orientation = "landscape"
    sheet.oddFooter.left.text = mark.replace("&", "&&")
    sheet.column_dimensions["A"].width = 28
    for number in range(2, len(cross.columns) + 3):
        sheet.column_dimensions[get_column_letter(number)].width = 12
    sheet.append([_text(sheet, title, is_bold=True)])
    for label, value in [*question, ("", mark)]:
        sheet.append([_text(sheet, label), _text(sheet, value)])
    sheet.append([])
    sheet.append([_text(sheet, one, is_bold=True) for one in ("", *(cell.label for cell in cross.columns), "合计")])
    for row in cross.rows:
        counts = [cross.counts.get((row.value, column.value), 0) for column in cross.columns]
        sheet.append([_text(sheet, row.label), *counts, row.count])
    sheet.append([_text(sheet, "合计", is_bold=True), *(one.count for one in cross.columns), cross.total.count])
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _text(sheet: WriteOnlyWorksheet, text: str, *, is_bold: bool = False) -> WriteOnlyCell:
    """Text that stays text: a name that begins like a formula is none."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    cell.number_format = "@"
    if is_bold:
        cell.font = Font(bold=True)
    return cell
