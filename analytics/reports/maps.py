"""Maps of reports from the platform's own data: outlines of the areas, a dot for each placed event. No base map from elsewhere.

A block keeps outlines and dots as numbers, since borders move and an archived report does not.
"""

from __future__ import annotations

from math import cos, radians
from typing import Any

from django.contrib.gis.geos import MultiPolygon

from addresses.choices import AreaKind
from addresses.models import Area
from addresses.selectors.blocks import current_areas
from analytics.query import Query
from analytics.reports.drawing import Dot, Drawing, Path, Text
from analytics.reports.figures import READER, count
from common import clock
from events.choices import EventPlaceQuality

WIDTH, HEIGHT, _MARGIN = 600, 440, 14
# Dots beyond this many say no more; a village's middle is no place of an accident.
MOST_DOTS = 3_000
PLACED = [EventPlaceQuality.EXACT, EventPlaceQuality.NUMBER, EventPlaceQuality.ROAD]
_TOLERANCE_DEG = 0.0008
_FILL, _BORDER, _DOT, _GRAVE = "#eef2f8", "#8b99ad", "#1c4fa1", "#b3201f"


def map_values(query: Query, area: Area | None) -> dict[str, Any]:
    """Outlines as rings of (lon, lat), dots as (lon, lat, 1 where somebody died), how many are placed and the list of them."""
    placed = query.narrowed(place=[str(one) for one in PLACED])
    deaths = "deaths" if query.name == "accidents" else "pk"
    rows = placed.rows(READER).filter(point__isnull=False).order_by("-occurred_at", "-pk")
    dots = [
        [round(point.x, 5), round(point.y, 5), int(deaths == "deaths" and (grave or 0) > 0)]
        for point, grave in rows.values_list("point", deaths)[:MOST_DOTS]
    ]
    return {"outlines": _outlines(area), "dots": dots, "placed": count(placed), "url": placed.url}


def _outlines(area: Area | None) -> list[dict[str, Any]]:
    kind = AreaKind.SQUADRON if area is None else AreaKind.DISTRICT if area.kind == AreaKind.SQUADRON else None
    areas = current_areas(clock.today()).filter(geom__isnull=False)
    if kind is None and area is not None:
        areas = areas.filter(parent=area, is_pseudo=False)
    else:
        areas = areas.filter(kind=kind)
        areas = areas.filter(parent=area) if area else areas
    return [_outline(one) for one in areas.order_by("code")]


def _outline(area: Area) -> dict[str, Any]:
    """The name without what stands in brackets, and a point inside for it."""
    shape: Any = area.geom
    middle = shape.point_on_surface
    name = area.name.partition("（")[0]
    return {"name": name, "at": [round(middle.x, 4), round(middle.y, 4)], "rings": _rings(shape)}


def _rings(geom: MultiPolygon) -> list[list[list[float]]]:
    simple = geom.simplify(_TOLERANCE_DEG, preserve_topology=True)
    parts: Any = simple if isinstance(simple, MultiPolygon) else [simple]
    return [[[round(x, 4), round(y, 4)] for x, y in part.exterior_ring.coords] for part in parts]


def drawing_of(block: dict[str, Any]) -> Drawing:
    """The drawing of a map block."""
    drawing = Drawing(WIDTH, HEIGHT, block["title"])
    corners = [point for one in block["outlines"] for ring in one["rings"] for point in ring] or block["dots"]
    if not corners:
        drawing.shapes.append(Text(WIDTH / 2, HEIGHT / 2, "没有可以画出的位置", 14, "middle"))
        return drawing
    place = _placer([float(one[0]) for one in corners], [float(one[1]) for one in corners])
    for one in block["outlines"]:
        for ring in one["rings"]:
            drawing.shapes.append(Path(tuple(place(*point) for point in ring), _BORDER, 1, _FILL))
    for lon, lat, grave in sorted(block["dots"], key=lambda one: one[2]):
        x, y = place(lon, lat)
        drawing.shapes.append(Dot(x, y, 4 if grave else 2.6, _GRAVE if grave else _DOT, bool(grave)))
    _names(drawing, block["outlines"], place)
    _legend(drawing, any(one[2] for one in block["dots"]))
    return drawing


def _placer(lons: list[float], lats: list[float]) -> Any:
    """Degrees to the drawing, as wide as high on the ground."""
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    shrink = cos(radians((south + north) / 2))
    wide, high = max(1e-6, (east - west) * shrink), max(1e-6, north - south)
    factor = min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN - 22) / high)
    left = (WIDTH - wide * factor) / 2
    top = _MARGIN + (HEIGHT - 2 * _MARGIN - 22 - high * factor) / 2

    def place(lon: float, lat: float) -> tuple[float, float]:
        return left + (lon - west) * shrink * factor, top + (north - lat) * factor

    return place


def _names(drawing: Drawing, outlines: list[dict[str, Any]], place: Any) -> None:
    for one in outlines:
        x, y = place(*one["at"])
        drawing.shapes.append(Text(x, y, one["name"], 12, "middle", "#3a4657"))


def _legend(drawing: Drawing, has_grave: bool) -> None:
    y = HEIGHT - 12
    drawing.shapes += [Dot(_MARGIN + 5, y - 4, 3.2, _DOT), Text(_MARGIN + 14, y, "事件位置", 11)]
    if has_grave:
        drawing.shapes += [Dot(_MARGIN + 85, y - 4, 4, _GRAVE, True), Text(_MARGIN + 95, y, "有人死亡", 11)]
    drawing.shapes.append(Text(WIDTH - _MARGIN, y, "边界和位置来自本平台", 11, "end", "#4c596b"))
