"""A registry on its way out: the rows of the list in its order, in words, masked as the reader sees them.

Every file format writes this one table, so that none can differ from another or from the list. Text that a spreadsheet
would run is made safe here, for formats that no spreadsheet opens as well: people convert them. Every row ends with the
platform's number and with who took it out and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import AsGeoJSON, AsWKB
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from common.geometry import SRID
from common.scope import Actor
from elements.choices import ElementKind
from elements.models import Element
from elements.registries import Registry
from elements.selectors.columns import COLUMNS, Column
from elements.selectors.lists import read_rows
from elements.selectors.paging import Order

Cell = str | int | float | Decimal

# Rows written at a time: one write to the socket each.
CHUNK_ROWS = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# RFC 7946 asks for no more than what means something: 7 decimals are a centimetre.
_DECIMALS = 7


def safe_cell(value: Any) -> Cell:
    """The cell of a value; text that a spreadsheet would run gets an apostrophe in front. Numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) or text.startswith(_FORMULA_STARTS) else text


def _cell(column: Column, row: dict[str, Any]) -> Cell:
    value = row[column.name]
    if column.name == "address":
        return safe_cell(value["text"] if value else "")
    if column.name == "conflicts":
        return len(value)
    return safe_cell(column.worded(value))


class ElementTable:
    """The rows of a filtered list as one reader may take them out.

    Attributes:
        title: of the registry.
        headings: of the columns, then of the two that every file has.
        mark: last column of every row: who took it out and when.
        is_linear: some of the geometries are lines.
    """

    def __init__(self, queryset: QuerySet, *, registry: Registry, order: Order, user: Actor, mark: str) -> None:
        """A table that has read nothing yet.

        Args:
            queryset: from `filtered_elements`, so already inside the user's scope.
            registry: whose columns.
            order: of the list.
            user: reader, for the masks.
            mark: last column of every row.
        """
        self._columns = COLUMNS[registry.name]
        self._queryset, self._registry, self._order, self._user = queryset, registry, order, user
        self.title = str(registry.label)
        self.headings = [*(str(column.label) for column in self._columns), "平台编号", "导出标记"]
        self.mark = mark
        self.is_linear = registry.kind == ElementKind.ROAD

    def chunks(self) -> Iterator[list[list[Cell]]]:
        """Cells of some rows at a time, as many in each row as there are headings; memory stays that of one chunk."""
        mark = safe_cell(self.mark)
        rows = read_rows(self._queryset, registry=self._registry, order=self._order, user=self._user)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield [[*(_cell(column, row) for column in self._columns), row["id"], mark] for row in chunk]

    def placed_chunks(self, shape: type[AsGeoJSON | AsWKB]) -> Iterator[list[tuple[Any, list[Cell]]]]:
        """Like `chunks`, each row after its geometry in WGS 84: the line of a road, else the point, else None.

        Args:
            shape: what the database writes the geometry as.
        """
        for rows in self.chunks():
            shapes = self._shapes([row[-2] for row in rows], shape)
            yield [(shapes.get(row[-2]), row) for row in rows]

    def _shapes(self, ids: list[Cell], shape: type[AsGeoJSON | AsWKB]) -> dict[int, Any]:
        # Asked inside the scope again: whatever left it since the list was opened has no place any more.
        place: Any = F("point")
        if self.is_linear:
            place = Coalesce("road__line", "point", output_field=GeometryField(srid=SRID))
        written = shape(place, precision=_DECIMALS) if issubclass(shape, AsGeoJSON) else shape(place)
        return dict(Element.objects.visible_to(self._user).filter(pk__in=ids).values_list("pk", written))
