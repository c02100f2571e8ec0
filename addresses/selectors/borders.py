"""Borders as they are, were and are to be."""

from __future__ import annotations

from datetime import date

from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import Q, QuerySet

from addresses.choices import AreaKind
from addresses.models import Area
from addresses.models.border import BorderMove
from common.errors import NotAllowed, NotVisible
from common.geometry import SRID
from common.scope import Actor, Right

MAX_NEIGHBOURS = 60


def require_configure(user: Actor) -> None:
    """Borders are a setting of the whole platform: one right opens them, no area narrows it.

    Raises:
        NotAllowed: no post of the user carries it.
    """
    if Right.CONFIGURE not in user.scope.rights:
        raise NotAllowed


def borders_sql(kind: str = "%(kind)s") -> str:
    """SQL of (area_id, geom): the border in force on `%(day)s` of every area of a kind that was in force on that day."""
    in_force = f"""a.kind = {kind} AND NOT a.is_pseudo AND a.valid_from <= %(day)s
                   AND (a.valid_to IS NULL OR a.valid_to > %(day)s)"""
    was_in_force = "b.valid_from <= %(day)s AND b.valid_to > %(day)s"
    return f"""
        SELECT a.id AS area_id, a.geom FROM addresses_area a
        WHERE {in_force} AND NOT EXISTS (SELECT 1 FROM addresses_areaborder b WHERE b.area_id = a.id AND {was_in_force})
        UNION ALL
        SELECT a.id, b.geom FROM addresses_areaborder b JOIN addresses_area a ON a.id = b.area_id
        WHERE {in_force} AND {was_in_force}"""


def block_at(point: Point, day: date, kind: AreaKind = AreaKind.GRID) -> int | None:
    """Id of the area of a kind that the point belonged to on a day, by the border in force then; None outside all."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT b.area_id FROM ({borders_sql()}) b
                WHERE ST_Covers(b.geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), {SRID})) ORDER BY b.area_id LIMIT 1""",
            {"day": day, "kind": kind.value, "lon": point.x, "lat": point.y},
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def movable_grids(day: date) -> QuerySet[Area]:
    """Grids whose border can be moved: in force, with a border."""
    in_force = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    return Area.objects.filter(in_force, kind=AreaKind.GRID, is_pseudo=False)


def border_moves(user: Actor) -> QuerySet[BorderMove]:
    """Changes of borders, the latest first."""
    require_configure(user)
    return BorderMove.objects.order_by("-pk")


def border_move(user: Actor, move_id: int) -> BorderMove:
    """One change of borders.

    Raises:
        NotVisible: there is none.
    """
    move = border_moves(user).filter(pk=move_id).first()
    if move is None:
        raise NotVisible
    return move


_FEATURES = """
    SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object(
        'type', 'Feature', 'id', f.id,
        'properties', json_build_object('id', f.id, 'code', f.code, 'name', f.name, 'role', f.role),
        'geometry', ST_AsGeoJSON(f.geom, {digits})::json) ORDER BY f.role, f.code), '[]'))::text FROM ({rows}) f"""


def neighbours_document(user: Actor, *, code: str, day: date) -> str:
    """GeoJSON of a grid (`role` grid) and of those beside it (`role` neighbour), uncut, to be drawn on.

    Every digit is there: a corner that nobody moves comes back as it is stored.

    Raises:
        NotVisible: no such grid in force.
    """
    require_configure(user)
    grid = movable_grids(day).filter(code=code).values_list("pk", flat=True).first()
    if grid is None:
        raise NotVisible
    rows = """
        SELECT a.id, a.code, a.name, a.geom, CASE WHEN a.id = g.id THEN 'grid' ELSE 'neighbour' END AS role
        FROM addresses_area g JOIN addresses_area a ON a.geom && ST_Expand(g.geom, 0.00001)
        WHERE g.id = %(grid)s AND a.kind = 'GRID' AND NOT a.is_pseudo AND a.valid_from <= %(day)s
          AND (a.valid_to IS NULL OR a.valid_to > %(day)s) AND ST_DWithin(a.geom, g.geom, 0.00001)
        ORDER BY a.id LIMIT %(limit)s"""
    with connection.cursor() as cursor:
        cursor.execute(_FEATURES.format(rows=rows, digits=15), {"grid": grid, "day": day, "limit": MAX_NEIGHBOURS + 1})
        return str(cursor.fetchone()[0])


def new_borders_document(user: Actor, move: BorderMove) -> str:
    """GeoJSON of the new borders of a move alone, with every digit and the `code` of each grid, as an import takes them."""
    require_configure(user)
    rows = """
        SELECT a.id, a.code, a.name, i.geom, 'after' AS role FROM addresses_bordermoveitem i
        JOIN addresses_area a ON a.id = i.area_id WHERE i.move_id = %(move)s"""
    with connection.cursor() as cursor:
        cursor.execute(_FEATURES.format(rows=rows, digits=15), {"move": move.pk})
        return str(cursor.fetchone()[0])


def move_document(user: Actor, move: BorderMove) -> str:
    """GeoJSON of a move: `role` before (the border that was, or still is) and after (the new one) of each grid."""
    require_configure(user)
    rows = """
        SELECT a.id, a.code, a.name, coalesce(b.geom, a.geom) AS geom, 'before' AS role FROM addresses_bordermoveitem i
        JOIN addresses_area a ON a.id = i.area_id
        LEFT JOIN addresses_areaborder b ON b.area_id = a.id AND b.move_id = i.move_id WHERE i.move_id = %(move)s
        UNION ALL
        SELECT a.id, a.code, a.name, i.geom, 'after' FROM addresses_bordermoveitem i
        JOIN addresses_area a ON a.id = i.area_id WHERE i.move_id = %(move)s"""
    with connection.cursor() as cursor:
        cursor.execute(_FEATURES.format(rows=rows, digits=6), {"move": move.pk})
        return str(cursor.fetchone()[0])
