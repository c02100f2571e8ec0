"""The formats that a registry can be taken out in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from exchange.exporters.elements_csv import export_csv
from exchange.exporters.elements_geojson import export_geojson
from exchange.exporters.elements_gpkg import export_gpkg
from exchange.exporters.elements_table import ElementTable
from exchange.exporters.elements_xlsx import MAX_ROWS, export_xlsx


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        extension: of the file, and its name in URLs.
        content_type: of the response.
        write: table → chunks of the file.
        max_rows: more than these it cannot hold; None = as many as there are.
    """

    extension: str
    content_type: str
    write: Callable[[ElementTable], Iterator[bytes]]
    max_rows: int | None = None


FORMATS: dict[str, Format] = {
    one.extension: one
    for one in (
        Format("csv", "text/csv; charset=utf-8", export_csv),
        Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", export_xlsx, MAX_ROWS),
        Format("geojson", "application/geo+json", export_geojson),
        Format("gpkg", "application/geopackage+sqlite3", export_gpkg),
    )
}
