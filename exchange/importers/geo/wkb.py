"""WKB, as GeoPackage and GDAL give it, to the text of points and lines, or of polygons."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import shapely

from exchange.importers.geo.layer import Shape, degrees, refuse_geometry

_AREAS = frozenset({"Polygon", "MultiPolygon"})


def shapes_of_wkb(blobs: Iterable[bytes | None], *, areas: bool = False) -> list[Shape]:
    """Points and lines of WKB, or with `areas` polygons; height and measure are dropped."""
    shapes: list[Shape] = []
    for shape in shapely.from_wkb(list(blobs)):
        if shape is None or shape.is_empty:
            shapes.append(None)
            continue
        if shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
            shape = shape.geoms[0]
        if areas != (shape.geom_type in _AREAS):
            refuse_geometry(shape.geom_type, areas=areas)
        if shape.geom_type == "Point":
            shapes.append((degrees(shape.x), degrees(shape.y)))
        elif shape.geom_type in {"LineString", "MultiLineString", *_AREAS}:
            if not np.isfinite(shapely.get_coordinates(shape)).all():
                degrees(math.nan)
            shapes.append(shapely.to_wkt(shape, rounding_precision=8, output_dimension=2))
        else:
            refuse_geometry(shape.geom_type)
    return shapes
