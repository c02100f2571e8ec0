"""Pieces of ground and new borders in the squares of the small city."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.contrib.gis.geos import MultiPolygon, Polygon

from addresses.models import Area, BorderMove
from addresses.services.borders import draft_move
from addresses.services.topology import Piece, borders_after
from tests.factories.places import SIDE_DEG, SOUTH_DEG, WEST_DEG, SmallCity

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 27)


def box(grid: float, to: float, south: float = 0, north: float = 1) -> Polygon:
    """From one share of the row of grids to another, e.g. 1.6 to 2: the east of the second grid."""
    return Polygon.from_bbox(
        (
            WEST_DEG + grid * SIDE_DEG,
            SOUTH_DEG + south * SIDE_DEG,
            WEST_DEG + to * SIDE_DEG,
            SOUTH_DEG + north * SIDE_DEG,
        )
    )


def square(*parts: Polygon) -> MultiPolygon:
    return MultiPolygon(*parts, srid=4326)


def move_piece(
    city: SmallCity, piece: Polygon, gives: int, takes: int, *, actor, on: date = TODAY, now: datetime = NOW
) -> BorderMove:
    """A draft that gives a piece of one grid to another."""
    present = dict(Area.objects.filter(pk__in=[g.pk for g in city.grids]).values_list("pk", "geom"))
    borders = borders_after([Piece(piece, city.grids[gives].pk, city.grids[takes].pk)], present)
    return draft_move(name="试调整", reason="大队会议", effective_on=on, borders=borders, actor=actor, now=now)
