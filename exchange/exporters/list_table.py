"""A list that is no registry on its way out: cells made safe, with who took it out and when at the end of every row.

`elements_csv.export_csv` and `elements_xlsx.export_xlsx` write it as they write a registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from exchange.exporters.elements_table import Cell, safe_cell


class Table(Protocol):
    """What the writers of CSV and XLSX need to know of rows."""

    title: str
    headings: list[str]
    mark: str

    def chunks(self) -> Iterator[list[list[Cell]]]: ...


class ListTable:
    """Rows of values as one reader may take them out; text that a spreadsheet would run is made safe."""

    def __init__(
        self, pages: Iterable[Sequence[Sequence[Any]]], *, title: str, headings: Sequence[str], mark: str
    ) -> None:
        """A table that has read nothing yet; `pages` are rows of as many values as there are headings."""
        self._pages = pages
        self.title, self.mark = title, mark
        self.headings = [*headings, "导出标记"]

    def chunks(self) -> Iterator[list[list[Cell]]]:
        """Cells of some rows at a time; memory stays that of one page."""
        mark = safe_cell(self.mark)
        for page in self._pages:
            yield [[*(safe_cell(value) for value in row), mark] for row in page]
