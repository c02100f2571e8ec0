"""From the new outline of one grid to what it means for those around it: ground it takes, ground it gives up."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection

from addresses.selectors.topology import TOLERANCE_M2, area_m2_sql
from addresses.services.topology import Piece
from common.errors import DomainError

# Some 10 cm: what lies along a part that is given up, even where the corners of the two borders are not the same.
_COLLAR_DEG = 0.000001
# A strip narrower than 20 cm is the same border drawn twice, by another tool or on another datum.
_STRIP_DEG = 0.000001


def _body(geometry: str) -> str:
    """SQL of a polygon without its narrow strips; corners stay where they are."""
    mitre = "'join=mitre mitre_limit=50'"
    inner = f"ST_Buffer({geometry}, -{_STRIP_DEG}, {mitre})"
    return f"ST_CollectionExtract(ST_Intersection({geometry}, ST_Buffer({inner}, 2 * {_STRIP_DEG}, {mitre})), 3)"


def _rest(whole: str, rest: str) -> str:
    """SQL of the body of `whole` without the body of `rest`."""
    return _body(f"ST_CollectionExtract(ST_Difference({whole}, {_body(rest)}), 3)")


_PARTS = f"""
    WITH own AS (SELECT geom FROM addresses_area WHERE id = %(grid)s),
        drawn AS (SELECT ST_GeomFromEWKT(%(outline)s) AS geom),
        other AS (SELECT a.id, a.geom FROM addresses_area a, own, drawn
                  WHERE a.kind = 'GRID' AND NOT a.is_pseudo AND a.id <> %(grid)s AND a.valid_from <= %(day)s
                    AND (a.valid_to IS NULL OR a.valid_to > %(day)s)
                    AND a.geom && ST_Expand(ST_Collect(own.geom, drawn.geom), {_COLLAR_DEG})),
        taken AS (SELECT o.id, {_rest("o.geom", "ST_Difference(o.geom, drawn.geom)")} AS geom
                  FROM other o, drawn WHERE ST_Intersects(o.geom, drawn.geom)),
        given AS (SELECT (ST_Dump({_rest("own.geom", "ST_Intersection(own.geom, drawn.geom)")})).geom FROM own, drawn),
        beyond AS (SELECT ST_Difference(drawn.geom, (
                       SELECT ST_Union(o.geom) FROM (SELECT geom FROM other UNION ALL SELECT geom FROM own) o)) AS geom
                   FROM drawn),
        part AS (
            SELECT 'taken' AS way, t.id AS other_id, t.geom FROM taken t
            UNION ALL
            SELECT 'given', coalesce(%(takes)s::bigint, (
                SELECT o.id FROM other o, LATERAL (SELECT ST_Buffer(g.geom, {_COLLAR_DEG}) AS geom) collar
                WHERE ST_Intersects(o.geom, collar.geom)
                ORDER BY ST_Area(ST_Intersection(o.geom, collar.geom)) DESC, o.id LIMIT 1)), g.geom
            FROM given g
            UNION ALL
            SELECT 'beyond', NULL, {_body("b.geom")} FROM beyond b)
    SELECT way, other_id, ST_AsEWKB(geom), square_m FROM (
        SELECT way, other_id, geom, {area_m2_sql("geom")} AS square_m FROM part) measured
    WHERE square_m > {TOLERANCE_M2} ORDER BY way, other_id, square_m DESC"""


def pieces_of_outline(*, grid_id: int, outline: MultiPolygon, takes_id: int | None, day: date) -> list[Piece]:
    """Pieces that turn the present border of a grid into a drawn one.

    Ground of other grids that the outline covers goes to the grid. Each part that it no longer covers goes to `takes_id`, or
    to the grid with which the part has the longest border. Narrow strips and what is smaller than `TOLERANCE_M2` are the same border.

    Raises:
        DomainError: beyond the ground of all grids, or a part that no grid lies beside.
    """
    parameters: dict[str, Any] = {"grid": grid_id, "outline": outline.ewkt, "takes": takes_id, "day": day}
    pieces = []
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, parameters)
        rows = cursor.fetchall()
    for way, other_id, shape, square_m in rows:
        if way == "beyond":
            raise DomainError(
                "BORDER_BEYOND", f"有 {square_m:,.0f} 平方米超出所有网格的范围，不属于任何网格。请把边线改到辖区以内。"
            )
        if other_id is None:
            raise DomainError(
                "BORDER_GAP", f"让出的 {square_m:,.0f} 平方米旁边没有其他网格。请把边线改回，或指定让出的地归谁。"
            )
        geom = GEOSGeometry(memoryview(shape))
        takes = way == "taken"
        pieces.append(Piece(geom, other_id if takes else grid_id, grid_id if takes else other_id))
    return pieces
