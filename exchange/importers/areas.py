"""Polygons of a geographic file, read by the same closed child as every import; for borders, not for elements."""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import DomainError
from exchange.importers.geofiles import geofile_kind, read_geofile

MAX_AREAS = 200


@dataclass(frozen=True, slots=True)
class DrawnArea:
    """One polygon as the file has it, in the datum of the file.

    Attributes:
        wkt: POLYGON or MULTIPOLYGON, degrees.
        values: attribute → text, names in lower case.
    """

    wkt: str
    values: dict[str, str]


def read_areas(data: bytes, name: str) -> list[DrawnArea]:
    """The polygons of a GeoJSON, a GeoPackage or a zipped Shapefile.

    Raises:
        DomainError: empty, another format, hostile, no polygon, too many; says what to do.
    """
    if not data.strip():
        raise DomainError("FILE_EMPTY", "文件是空的。请检查是否导出成功。")
    kind = geofile_kind(data, name)
    if kind is None:
        raise DomainError("FILE_KIND", "边界只能从 GeoJSON、GPKG 或压缩的 Shapefile 导入。请重新导出。")
    rows = read_geofile(data, kind, areas=True).rows
    names = [header.strip().lower() for header in next(rows)]
    areas = [DrawnArea(row[0], dict(zip(names[1:], row[1:], strict=True))) for row in rows if row[0]]
    if len(areas) > MAX_AREAS:
        raise DomainError("BORDER_TOO_MANY", f"文件里有 {len(areas):,} 个面，最多 {MAX_AREAS} 个。请只留要调整的网格。")
    return areas
