"""What a border must be before it is stored: valid, inside the city, over nobody else's ground, without a gap.

Areas are measured in metres (EPSG:4549); below `TOLERANCE_M2` two borders are the same border, computed twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GeometryCollection, GEOSException, GEOSGeometry, MultiPolygon, Polygon
from django.db import connection
from django.utils.translation import gettext as _

from addresses.choices import AreaKind
from addresses.selectors.topology import TILING_KINDS, TOLERANCE_M2, area_m2_sql
from common.errors import DomainError
from common.geometry import SRID, in_laizhou_box

MAX_POINTS = 20_000
# What the geometry library calls a fault → in words.
_FAULTS = {
    "Self-intersection": "边线自相交",
    "Ring Self-intersection": "边线在一点自相接",
    "Hole lies outside shell": "空洞在范围之外",
    "Holes are nested": "空洞互相套叠",
    "Interior is disconnected": "范围被空洞隔断",
    "Nested shells": "范围互相套叠",
    "Duplicate Rings": "边线重复",
    "Too few points": "角点太少",
    "Invalid Coordinate": "坐标无效",
    "Ring is not closed": "边线没有闭合",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of ground that goes from one grid to another: what of `geom` lies in `from_id` is given to `to_id`."""

    geom: GEOSGeometry
    from_id: int
    to_id: int


def fault_in_words(geom: GEOSGeometry) -> str:
    """What is wrong with a polygon and where; "" when it is valid."""
    if geom.valid:
        return ""
    reason, _bracket, place = str(geom.valid_reason).partition("[")
    words = _FAULTS.get(reason.strip(), "图形无效")
    return f"{words}（{place.rstrip(']').replace(' ', ', ')}）" if place else words


def read_polygon(geometry: object) -> MultiPolygon:
    """A polygon of a file or of the drawing tool as the column takes it.

    Raises:
        DomainError: not a polygon, outside the county's box, too many points, invalid.
    """
    try:
        geom = GEOSGeometry(json.dumps(geometry), srid=SRID)
    except (ValueError, TypeError, GEOSException, GDALException) as error:
        raise DomainError("BORDER_UNREADABLE", "图形无法读取，应为 GeoJSON 的 Polygon 或 MultiPolygon。") from error
    if not isinstance(geom, Polygon | MultiPolygon) or geom.empty:
        raise DomainError("BORDER_NOT_POLYGON", "图形不是多边形，请至少画三个角点。")
    if geom.num_coords > MAX_POINTS:
        raise DomainError("BORDER_TOO_FINE", f"图形超过 {MAX_POINTS:,} 个角点，请先简化。")
    west, south, east, north = geom.extent
    if not (in_laizhou_box(west, south) and in_laizhou_box(east, north)):
        raise DomainError("BORDER_OUTSIDE", "图形不在莱州范围内。坐标应为 WGS84 经纬度，请检查是否写反。")
    if fault := fault_in_words(geom):
        raise DomainError("BORDER_INVALID", f"图形无效：{fault}。请重画。")
    return geom if isinstance(geom, MultiPolygon) else MultiPolygon(geom, srid=SRID)


def borders_after(pieces: Sequence[Piece], present: Mapping[int, MultiPolygon]) -> dict[int, MultiPolygon]:
    """New borders of the grids that the pieces touch, one piece after the other; a tiling stays one by construction.

    Raises:
        DomainError: unknown grid, a piece that does not lie in the grid it is taken from, a grid that is left with nothing.
    """
    borders: dict[int, GEOSGeometry] = {}
    for number, piece in enumerate(pieces, start=1):
        if piece.from_id == piece.to_id or piece.from_id not in present or piece.to_id not in present:
            raise DomainError("BORDER_PIECE", f"第 {number} 块：划出、划入的网格无效，应为两个不同的现行网格。")
        gives = borders.get(piece.from_id, present[piece.from_id])
        takes = borders.get(piece.to_id, present[piece.to_id])
        given = gives.intersection(piece.geom)
        if _polygons(given).empty:
            raise DomainError("BORDER_PIECE_OUTSIDE", f"第 {number} 块不在划出的网格内，没有可划的范围。请重画。")
        rest = _polygons(gives.difference(piece.geom))
        if rest.empty:
            raise DomainError(
                "BORDER_NOTHING_LEFT", f"第 {number} 块把划出的网格整个划走了。网格不能为空，请缩小范围。"
            )
        borders[piece.from_id] = rest
        borders[piece.to_id] = _polygons(takes.union(given))
    return {area_id: _polygons(geom) for area_id, geom in borders.items()}


def _polygons(geom: GEOSGeometry) -> MultiPolygon:
    """The polygons of a result; lines and points where borders only touch are no ground."""
    parts: list[GEOSGeometry] = list(geom) if isinstance(geom, GeometryCollection) else [geom]
    return MultiPolygon([part for part in parts if isinstance(part, Polygon) and not part.empty], srid=SRID)


def area_faults(
    *, geom: MultiPolygon, kind: str, valid_from: date, valid_to: date | None, area_id: int | None
) -> list[str]:
    """Why an area may not have this border: what it overlaps, where it leaves the city, which hole nobody fills."""
    if fault := fault_in_words(geom):
        return [_("范围无效：%(fault)s。请改正边线后再保存。") % {"fault": fault}]
    if kind not in TILING_KINDS:
        return []
    parameters = {
        "geom": geom.ewkt, "kind": kind, "from": valid_from, "to": valid_to, "own": area_id or 0, "least": TOLERANCE_M2,
    }  # fmt: skip
    return [*_overlaps(parameters), *_outside(parameters), *_open_holes(parameters)]


_IN_PERIOD = """a.id <> %(own)s AND NOT a.is_pseudo AND a.valid_from < coalesce(%(to)s::date, 'infinity')
    AND coalesce(a.valid_to, 'infinity') > %(from)s"""


def _overlaps(parameters: dict[str, Any]) -> list[str]:
    shared = area_m2_sql("ST_Intersection(a.geom, n.geom)")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH n AS (SELECT ST_GeomFromEWKT(%(geom)s) AS geom)
                SELECT a.name, {shared} FROM addresses_area a, n
                WHERE a.kind = %(kind)s AND {_IN_PERIOD} AND a.geom && n.geom AND {shared} > %(least)s
                ORDER BY 2 DESC, 1 LIMIT 5""",
            parameters,
        )
        return [
            _("与“%(name)s”重叠 %(area)s 平方米。请把边线改到共同边界上。") % {"name": name, "area": f"{area:,.0f}"}
            for name, area in cursor.fetchall()
        ]


def _outside(parameters: dict[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {area_m2_sql("ST_Difference(ST_GeomFromEWKT(%(geom)s), city.geom)")}
                FROM (SELECT ST_Union(a.geom) AS geom FROM addresses_area a
                      WHERE a.kind = '{AreaKind.BRIGADE.value}' AND {_IN_PERIOD}) city WHERE city.geom IS NOT NULL""",
            parameters,
        )
        row = cursor.fetchone()
    if row is None or row[0] <= TOLERANCE_M2:
        return []
    return [_("有 %(area)s 平方米超出大队辖区。请把边线改到辖区以内。") % {"area": f"{row[0]:,.0f}"}]


def _open_holes(parameters: dict[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH ring AS (SELECT (ST_DumpRings((ST_Dump(ST_GeomFromEWKT(%(geom)s))).geom)).*),
                hole AS (SELECT ST_MakePolygon(ST_ExteriorRing(geom)) AS geom FROM ring WHERE path[1] > 0),
                left_over AS (
                    SELECT ST_Difference(h.geom, coalesce(
                        (SELECT ST_Union(a.geom) FROM addresses_area a
                         WHERE a.kind = %(kind)s AND {_IN_PERIOD} AND a.geom && h.geom),
                        ST_GeomFromText('POLYGON EMPTY', {SRID}))) AS geom FROM hole h)
                SELECT {area_m2_sql("geom")} AS area, ST_X(ST_PointOnSurface(geom)), ST_Y(ST_PointOnSurface(geom))
                FROM left_over WHERE {area_m2_sql("geom")} > %(least)s ORDER BY 1 DESC LIMIT 5""",
            parameters,
        )
        return [
            _("范围内有 %(area)s 平方米的空洞（%(lon).5f, %(lat).5f），没有其他责任区填补。请先建立填补它的责任区。")
            % {"area": f"{area:,.0f}", "lon": lon, "lat": lat}
            for area, lon, lat in cursor.fetchall()
        ]


def check_move(move_id: int) -> None:
    """The new borders of a move must cover exactly what the old ones of the same grids cover, none over another.

    Raises:
        DomainError: names the grids and the square metres.
    """
    overlap = area_m2_sql("ST_Intersection(i.geom, j.geom)")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.name, b.name, {overlap} FROM addresses_bordermoveitem i
                JOIN addresses_bordermoveitem j ON j.move_id = i.move_id AND j.area_id > i.area_id AND i.geom && j.geom
                JOIN addresses_area a ON a.id = i.area_id JOIN addresses_area b ON b.id = j.area_id
                WHERE i.move_id = %(move)s AND {overlap} > %(least)s ORDER BY 3 DESC LIMIT 1""",
            {"move": move_id, "least": TOLERANCE_M2},
        )
        if row := cursor.fetchone():
            raise DomainError(
                "BORDER_OVERLAP", f"“{row[0]}”与“{row[1]}”的新边界重叠 {row[2]:,.0f} 平方米。请改正后再提交。"
            )
        cursor.execute(
            f"""WITH old AS (SELECT ST_Union(a.geom) AS geom FROM addresses_bordermoveitem i
                             JOIN addresses_area a ON a.id = i.area_id WHERE i.move_id = %(move)s),
                new AS (SELECT ST_Union(geom) AS geom FROM addresses_bordermoveitem WHERE move_id = %(move)s)
                SELECT {area_m2_sql("ST_Difference(old.geom, new.geom)")}, {area_m2_sql("ST_Difference(new.geom, old.geom)")},
                       (SELECT a.name FROM addresses_area a JOIN addresses_bordermoveitem i
                        ON i.area_id = a.id AND i.move_id = %(move)s
                        ORDER BY {area_m2_sql("ST_Intersection(a.geom, ST_Difference(old.geom, new.geom))")} DESC LIMIT 1),
                       (SELECT i.name FROM (SELECT a.name, i.geom FROM addresses_bordermoveitem i
                                            JOIN addresses_area a ON a.id = i.area_id WHERE i.move_id = %(move)s) i
                        ORDER BY {area_m2_sql("ST_Intersection(i.geom, ST_Difference(new.geom, old.geom))")} DESC LIMIT 1),
                       (SELECT max({area_m2_sql("ST_SymDifference(a.geom, i.geom)")}) FROM addresses_bordermoveitem i
                        JOIN addresses_area a ON a.id = i.area_id WHERE i.move_id = %(move)s)
                FROM old, new""",
            {"move": move_id},
        )
        gap, beyond, gap_of, beyond_of, changed = cursor.fetchone()
    if gap > TOLERANCE_M2:
        raise DomainError("BORDER_GAP", f"新边界留下 {gap:,.0f} 平方米无人负责，原属“{gap_of}”。请把它划给一个网格。")
    if beyond > TOLERANCE_M2:
        raise DomainError(
            "BORDER_BEYOND",
            f"“{beyond_of}”的新边界有 {beyond:,.0f} 平方米超出这些网格原来的范围。请把相邻网格也加入调整，或缩小范围。",
        )
    if changed is None or changed <= TOLERANCE_M2:
        raise DomainError("BORDER_UNCHANGED", "边界没有变化，无需调整。")
