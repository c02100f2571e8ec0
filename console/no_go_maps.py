"""Small drawings of no-go rules: their ground on the roads of the city, as SVG paths in metres. No tiles, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from common.geometry import METRIC_SRID
from common.scope import Actor
from elements.models import Element, NoGoRule

_SHAPES = f"""
    SELECT r.id, ST_AsSVG(ST_SimplifyPreserveTopology(g.geom, 10), 0, 0), ST_XMin(g.geom), ST_YMin(g.geom), ST_XMax(g.geom),
           ST_YMax(g.geom), r.area IS NOT NULL
    FROM elements_nogorule r LEFT JOIN elements_road l ON l.element_id = r.road_id
    CROSS JOIN LATERAL (SELECT ST_Transform(coalesce(r.area, l.line), {METRIC_SRID}) AS geom) g
    WHERE r.id = ANY(%s) AND g.geom IS NOT NULL"""
_ROADS = f"""
    SELECT ST_AsSVG(ST_Simplify(ST_Transform(l.line, {METRIC_SRID}), 60), 0, 0) FROM elements_road l
    WHERE l.element_id = ANY(%s) AND l.line IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class RuleMap:
    """Path and frame of one drawing."""

    path: str
    view_box: str
    is_area: bool


def rule_maps(rules: Sequence[NoGoRule]) -> dict[int, RuleMap]:
    """A drawing by rule: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SHAPES, [[rule.pk for rule in rules]])
        return {
            row[0]: RuleMap(path=row[1], view_box=_frame(*row[2:6]), is_area=row[6]) for row in cursor.fetchall() if row[1]
        }  # fmt: skip


def city_roads(user: Actor) -> str:
    """One path of the visible whole roads, drawn below every rule: two queries."""
    ids = list(
        Element.objects.visible_to(user).standing().filter(kind="ROAD").exclude(road__is_section=True).values_list("pk", flat=True)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ROADS, [ids])
        return " ".join(row[0] for row in cursor.fetchall() if row[0])


def _frame(west: float, south: float, east: float, north: float) -> str:
    """The shape with as much again around it; y grows downwards in a drawing."""
    side = max(east - west, (north - south) * 1.5, 1000.0)
    width, height = side * 1.6, side * 1.6 / 1.5
    left, top = (west + east - width) / 2, -(south + north + height) / 2
    return f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}"


def road_lines(user: Actor) -> dict[str, Any]:
    """GeoJSON of the visible whole roads within about 5 m, to draw against and to snap to: one query."""
    roads = Element.objects.visible_to(user).standing().filter(kind="ROAD", road__line__isnull=False)
    rows = roads.exclude(road__is_section=True).select_related("road").only("label", "road__line")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"label": one.label},
                "geometry": {
                    "type": "LineString",
                    "coordinates": [[round(x, 6), round(y, 6)] for x, y in one.road.line.simplify(0.00005).coords],
                },
            }
            for one in rows
        ],
    }
