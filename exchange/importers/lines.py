"""The line of a road from a file: WKT → what the claim states of it, in WGS84."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely import LineString, MultiLineString

from common import geometry

MAX_VERTICES = 20_000
# Sections of one road may be drawn in pieces; what does not join within this distance is two roads.
_JOIN_M = 1.0


@cache
def _to_metres() -> Transformer:
    return Transformer.from_crs(geometry.SRID, geometry.METRIC_SRID, always_xy=True)


def parse_line(text: str, datum: str) -> tuple[dict[str, Any], str | None]:
    """Values `line`, `point` (its middle) and `length_m`, or the code of what is wrong.

    Args:
        text: WKT of one line, or of several that join.
        datum: of the coordinates (WGS84, GCJ02, BD09).
    """
    try:
        with np.errstate(invalid="ignore"):  # "nan" is refused below
            shape = shapely.from_wkt(text)
    except shapely.GEOSException:
        return {}, "LINE_UNREADABLE"
    if isinstance(shape, MultiLineString):
        shape = shapely.line_merge(shape)
    if not isinstance(shape, LineString) or shape.is_empty:
        return {}, "LINE_NOT_ONE"
    coordinates = shapely.get_coordinates(shape)
    if len(coordinates) > MAX_VERTICES or not all(map(_is_finite, coordinates)):
        return {}, "LINE_UNREADABLE"
    if all(geometry.in_laizhou_box(lat, lon) for lon, lat in coordinates):
        return {}, "COORDINATES_SWAPPED"
    shifted = [geometry.to_wgs84(lon, lat, datum) for lon, lat in coordinates]
    if not all(geometry.in_laizhou_box(lon, lat) for lon, lat in shifted):
        return {}, "LINE_OUTSIDE"
    line = LineString(shifted)
    lons, lats = zip(*shifted, strict=True)
    metric = LineString(np.column_stack(_to_metres().transform(np.array(lons), np.array(lats))))
    if metric.length < _JOIN_M:
        return {}, "LINE_UNREADABLE"
    return {
        "line": _hex(line),
        "point": _hex(line.interpolate(0.5, normalized=True)),
        "length_m": round(metric.length),
    }, None


def _is_finite(coordinate: Any) -> bool:
    return all(abs(value) <= 180 for value in coordinate)


def _hex(shape: Any) -> str:
    """EWKB in hex, as COPY takes it."""
    return str(shapely.to_wkb(shapely.set_srid(shape, geometry.SRID), hex=True, include_srid=True))
