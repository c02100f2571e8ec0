"""New borders as outlines: of the vertex tool, or of a file; and the lines that a vertex may snap to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Polygon

from addresses.selectors.borders import movable_grids, require_configure
from addresses.services.outlines import pieces_of_outline
from addresses.services.topology import MAX_POINTS, borders_after, read_polygon
from common.errors import DomainError, NotVisible
from common.geometry import to_wgs84
from common.scope import Actor
from elements.models import Element
from exchange.importers.areas import DrawnArea, read_areas

_CODE_NAMES = ("code", "网格代码", "代码")
_SNAP_MARGIN_DEG = 0.002
_MAX_SECTIONS = 500


def borders_of_outline(text: str, *, code: str, takes_id: int | None, day: date) -> dict[int, MultiPolygon]:
    """New borders of a grid and of those around it from the outline that was drawn: a GeoJSON geometry.

    Raises:
        DomainError: unreadable, no such grid, beyond the city, a part for which there is no taker.
    """
    try:
        geometry = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DomainError("BORDER_UNREADABLE", "改过的边线无法读取，请刷新页面后重新改。") from error
    return _around(read_polygon(geometry), code=code, takes_id=takes_id, day=day)


def borders_of_file(
    content: bytes, name: str, *, datum: str, code: str, takes_id: int | None, day: date
) -> dict[int, MultiPolygon]:
    """New borders from a file: several polygons with the code of their grids, or one, the new outline of grid `code`.

    Raises:
        DomainError: unreadable or hostile, unknown or repeated code, polygons without a code.
    """
    areas = read_areas(content, name)
    codes = [_code_of(area) for area in areas]
    if len(areas) == 1 and code and codes[0] in ("", code):
        return _around(_polygon(areas[0], datum), code=code, takes_id=takes_id, day=day)
    if not all(codes):
        raise DomainError("BORDER_FILE", _unnamed(len(areas), code))
    grids = dict(movable_grids(day).filter(code__in=codes).values_list("code", "pk"))
    if unknown := [one for one in codes if one not in grids]:
        raise DomainError("BORDER_CODE", f"没有代码为“{unknown[0][:24]}”的现行网格。请核对属性 code。")
    if len(set(codes)) < len(codes):
        raise DomainError("BORDER_CODE_TWICE", "文件里同一个网格出现了两次。请合并为一个要素。")
    return {grids[one]: _polygon(area, datum) for one, area in zip(codes, areas, strict=True)}


def outline_of_file(user: Actor, content: bytes, name: str, *, datum: str, code: str, day: date) -> dict[str, Any]:
    """The GeoJSON geometry of the one polygon that a file has for grid `code`, to go on from on the map.

    Raises:
        NotVisible: no such grid.
        DomainError: unreadable or hostile, or not one polygon for this grid.
    """
    require_configure(user)
    if not movable_grids(day).filter(code=code).exists():
        raise NotVisible
    areas = read_areas(content, name)
    own = [area for area in areas if _code_of(area) == code] or [area for area in areas if not _code_of(area)]
    if len(own) != 1:
        raise DomainError("BORDER_FILE_ONE", _not_one(len(own), code))
    geometry: dict[str, Any] = json.loads(_polygon(own[0], datum).json)
    return geometry


def sections_beside(user: Actor, *, code: str, day: date) -> dict[str, Any]:
    """GeoJSON of the visible road sections at a grid, as lines to snap to: two queries.

    Raises:
        NotVisible: no such grid.
    """
    require_configure(user)
    border = movable_grids(day).filter(code=code).values_list("geom", flat=True).first()
    if border is None:
        raise NotVisible
    west, south, east, north = border.extent
    ground = Polygon.from_bbox(
        (west - _SNAP_MARGIN_DEG, south - _SNAP_MARGIN_DEG, east + _SNAP_MARGIN_DEG, north + _SNAP_MARGIN_DEG)
    )
    ground.srid = border.srid
    sections = Element.objects.visible_to(user).standing().filter(kind="ROAD", road__line__bboverlaps=ground)
    rows = sections.filter(road__is_section=True).order_by("pk").values_list("label", "road__line")[:_MAX_SECTIONS]
    features = [
        {"type": "Feature", "properties": {"name": label}, "geometry": json.loads(line.json)} for label, line in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def _around(outline: MultiPolygon, *, code: str, takes_id: int | None, day: date) -> dict[int, MultiPolygon]:
    grid_id = movable_grids(day).filter(code=code).values_list("pk", flat=True).first()
    if grid_id is None:
        raise DomainError("BORDER_CODE", f"没有代码为“{code[:24]}”的现行网格。请先打开要调整的网格。")
    pieces = pieces_of_outline(grid_id=grid_id, outline=outline, takes_id=takes_id, day=day)
    if not pieces:
        raise DomainError("BORDER_UNCHANGED", "边线和现在的一样，没有要调整的地。请拖动角点，或换一个文件。")
    ids = {pk for piece in pieces for pk in (piece.from_id, piece.to_id)}
    return borders_after(pieces, dict(movable_grids(day).filter(pk__in=ids).values_list("pk", "geom")))


def _polygon(area: DrawnArea, datum: str) -> MultiPolygon:
    """The polygon in WGS84, whatever web map it was drawn on."""
    try:
        shape = GEOSGeometry(area.wkt)
    except (ValueError, GEOSException) as error:
        raise DomainError("BORDER_UNREADABLE", "文件里的面无法读取，请用软件重新导出。") from error
    if shape.num_coords > MAX_POINTS:
        raise DomainError("BORDER_TOO_FINE", f"图形超过 {MAX_POINTS:,} 个角点，请先简化。")
    document = json.loads(shape.json)
    document["coordinates"] = _shifted(document["coordinates"], datum)
    return read_polygon(document)


def _shifted(coordinates: Sequence[Any], datum: str) -> Any:
    if coordinates and isinstance(coordinates[0], float | int):
        return to_wgs84(coordinates[0], coordinates[1], datum)
    return [_shifted(part, datum) for part in coordinates]


def _code_of(area: DrawnArea) -> str:
    return next((area.values[name].strip() for name in _CODE_NAMES if area.values.get(name, "").strip()), "")


def _unnamed(count: int, code: str) -> str:
    if not code:
        return "文件里的面没有网格代码。请先打开要调整的网格，或给每个面加上属性 code（网格代码）。"
    return f"文件里有 {count} 个面，有的没有网格代码。请只留一个面，或给每个面加上属性 code（网格代码）。"


def _not_one(count: int, code: str) -> str:
    if count:
        return f"文件里有 {count} 个面可作“{code}”的新边界，不知道用哪一个。请只留一个面。"
    return f"文件里没有“{code}”的面：每个面的 code 都是别的网格。请核对属性 code，或删去它。"
