"""Whether the areas of a kind tile the brigade's area: no gap, no overlap, nothing outside, nothing invalid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import connection

from addresses.choices import AreaKind
from common.errors import NotAllowed
from common.geometry import METRIC_SRID
from common.scope import Actor, Right

TILING_KINDS = (AreaKind.SQUADRON, AreaKind.DISTRICT, AreaKind.GRID)
TOLERANCE_M2 = 1.0
STEP_DEG = 0.0002  # some 20 m: a border of 10 km is off by 0.1 m²
# More faults than this are one fault of the data: a whole layer is shifted.
FAULT_LIMIT = 500


class FaultKind(StrEnum):
    INVALID = "INVALID"
    OVERLAP = "OVERLAP"
    GAP = "GAP"
    OUTSIDE = "OUTSIDE"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a tiling.

    Attributes:
        kind: what is wrong.
        area_kind: of which areas.
        names: the areas that overlap, border on the gap or lie outside.
        area_m2: how much; 0 for an invalid border.
        lon, lat: a point inside it, WGS84 degrees.
    """

    kind: FaultKind
    area_kind: AreaKind
    names: tuple[str, ...]
    area_m2: float
    lon: float
    lat: float


def area_m2_sql(geometry: str) -> str:
    """SQL of the square metres of the polygons of a geometry in degrees; 0 when it has none.

    A line that is straight in degrees is bent in metres: 7 mm on 700 m. Where one border has a corner and its neighbour has
    none, that alone would be square metres; short steps keep both sides of such a sliver together.
    """
    steps = f"ST_Segmentize(ST_CollectionExtract({geometry}, 3), {STEP_DEG})"
    return f"coalesce(ST_Area(ST_Transform({steps}, {METRIC_SRID})), 0)"


# An invalid border is told of by itself; here it is mended, so that one fault does not hide the others.
_TILES = """
    tile AS MATERIALIZED (
        SELECT a.id, a.code || ' ' || a.name AS name, ST_IsValid(a.geom) AS is_valid,
               CASE WHEN ST_IsValid(a.geom) THEN a.geom ELSE ST_CollectionExtract(ST_MakeValid(a.geom), 3) END AS geom
        FROM addresses_area a
        WHERE a.kind = %(kind)s AND NOT a.is_pseudo AND a.valid_from <= %(day)s
          AND (a.valid_to IS NULL OR a.valid_to > %(day)s))"""

_OVERLAPS = f"""
    WITH {_TILES},
    pair AS (
        SELECT a.name, b.name AS other, ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3) AS geom
        FROM tile a JOIN addresses_area o ON o.geom && a.geom AND o.id > a.id JOIN tile b ON b.id = o.id
        WHERE ST_Intersects(a.geom, b.geom))
    SELECT 'OVERLAP', ARRAY[name, other], {area_m2_sql("geom")} AS area_m2, ST_PointOnSurface(geom) AS point
    FROM pair WHERE {area_m2_sql("geom")} > {TOLERANCE_M2}
    UNION ALL
    SELECT 'INVALID', ARRAY[name], 0, ST_PointOnSurface(geom) FROM tile WHERE NOT is_valid
    ORDER BY area_m2 DESC LIMIT {FAULT_LIMIT}"""

_GAPS = f"""
    WITH {_TILES},
    city AS MATERIALIZED (
        SELECT ST_Union(geom) AS geom FROM addresses_area a
        WHERE a.kind = '{AreaKind.BRIGADE.value}' AND NOT a.is_pseudo AND a.valid_from <= %(day)s
          AND (a.valid_to IS NULL OR a.valid_to > %(day)s)),
    covered AS MATERIALIZED (SELECT ST_Union(geom) AS geom FROM tile),
    piece AS (
        SELECT 'GAP' AS fault, (ST_Dump(ST_CollectionExtract(ST_Difference(c.geom, t.geom), 3))).geom FROM city c, covered t
        UNION ALL
        SELECT 'OUTSIDE', (ST_Dump(ST_CollectionExtract(ST_Difference(t.geom, c.geom), 3))).geom FROM city c, covered t),
    large AS MATERIALIZED (
        SELECT fault, geom, {area_m2_sql("geom")} AS area_m2 FROM piece WHERE {area_m2_sql("geom")} > {TOLERANCE_M2}
        ORDER BY area_m2 DESC LIMIT {FAULT_LIMIT})
    SELECT l.fault, coalesce((SELECT array_agg(t.name ORDER BY t.name) FROM tile t
                              WHERE t.geom && ST_Expand(l.geom, 0.00001) AND ST_DWithin(t.geom, l.geom, 0.00001)), '{{}}'),
           l.area_m2, ST_PointOnSurface(l.geom) AS point
    FROM large l ORDER BY l.area_m2 DESC"""


def tiling_faults(*, kind: AreaKind, day: date, user: Actor | None = None) -> list[Fault]:
    """Faults of the areas of a kind in force on a day, the largest of each sort first.

    Args:
        kind: GRID, DISTRICT or SQUADRON.
        day: when.
        user: who asks; None is a command on the server.

    Raises:
        NotAllowed: the user may not configure.
    """
    if user is not None and Right.CONFIGURE not in user.scope.rights:
        raise NotAllowed
    found = []
    with connection.cursor() as cursor:
        for statement in (_OVERLAPS, _GAPS):
            cursor.execute(
                f"SELECT f.*, ST_X(point), ST_Y(point) FROM ({statement}) f", {"kind": kind.value, "day": day}
            )
            found += [
                Fault(FaultKind(fault), kind, tuple(names), area_m2, lon, lat)
                for fault, names, area_m2, _point, lon, lat in cursor.fetchall()
            ]
    return found
