"""A registry as an Excel workbook: numbers are numbers, all else is text, so that 18 digits do not become 3.7E+17.

openpyxl writes row by row with the memory of one chunk; the file must be whole before its first byte can leave, and has no
name on disk meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from exchange.exporters.elements_table import Cell
from exchange.exporters.list_table import Table

# Of the format, beside the heading.
MAX_ROWS = 1_048_575
_PIECE_BYTES = 1 << 18


def export_xlsx(table: Table) -> Iterator[bytes]:
    """Chunks of the file; of at most `MAX_ROWS` rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.title[:31])
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    # The mark stands at the foot of every printed page too; "&" begins a command there.
    sheet.oddFooter.left.text = table.mark.replace("&", "&&")
    sheet.oddFooter.right.text = "&P / &N"
    for number, heading in enumerate(table.headings, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(12, len(heading) * 2 + 4)
    bold = Font(bold=True)
    heads = [WriteOnlyCell(sheet, heading) for heading in table.headings]
    for head in heads:
        head.font = bold
    sheet.append(heads)
    # One cell a column, filled anew for each row: it is written when it is appended.
    texts = [WriteOnlyCell(sheet) for _ in table.headings]
    for text in texts:
        text.number_format = "@"
    for rows in table.chunks():
        for row in rows:
            sheet.append([written(cell, text) for cell, text in zip(row, texts, strict=True)])
    yield from pieces(book)


def pieces(book: Workbook) -> Iterator[bytes]:
    """The file of a workbook that is filled."""
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            yield piece


def written(cell: Cell, text: WriteOnlyCell) -> Cell | WriteOnlyCell | None:
    """What is appended for a cell: text in the column's own cell, all else as it is."""
    if not isinstance(cell, str):
        return cell
    if not cell:
        return None
    # Text that begins like a formula has an apostrophe already, see `safe_cell`.
    text.value = ILLEGAL_CHARACTERS_RE.sub("", cell)
    return text
