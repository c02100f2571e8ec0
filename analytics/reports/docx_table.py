"""The form of a table in DOCX: borders, widths by what stands in the columns, rows that stay whole, a head on every page."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

# Type area of GB/T 9704-2012, and half a sign of 10.5 pt.
WIDTH_MM, HALF_SIGN_MM = 156.0, 1.85
# Room at both sides of a cell, in half signs.
_MARGIN = 4


def lay_out(table: Any, texts: Sequence[Sequence[str]]) -> None:
    """Gives a table its form.

    Args:
        texts: the plain texts of its cells, the head first.
    """
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.shared import Mm

    _draw_borders(table)
    table.autofit = False
    widths = column_widths(texts)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        _mark(row, "cantSplit")
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width, cell.vertical_alignment = Mm(width), WD_CELL_VERTICAL_ALIGNMENT.CENTER
    _mark(table.rows[0], "tblHeader")


def column_widths(texts: Sequence[Sequence[str]]) -> list[float]:
    """Millimetres of each column: what its longest text needs; where all need more than there is, the widest give way."""
    needed = [max(_half_signs(text) for text in column) + _MARGIN for column in zip(*texts, strict=True)]
    most = max(needed)
    while sum(min(one, most) for one in needed) * HALF_SIGN_MM > WIDTH_MM and most > 1:
        most -= 1
    kept = [min(one, most) for one in needed]
    return [WIDTH_MM * one / sum(kept) for one in kept]


def _half_signs(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def _draw_borders(table: Any) -> None:
    """By itself: a foreign shell need not know a style for it."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)


def _mark(row: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))
