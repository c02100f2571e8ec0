"""Made road lines: city streets, streets of towns, highways through the towns.

Names are real where `data/roads.toml` says so, geometry never is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from console.city.draws import Draw
from console.city.plane import geometry_to_degrees, geometry_to_plane, to_degrees, to_plane
from console.city.reference_data import Town, boundary, load_toml, towns

CITY_STREET, EXPRESSWAY = "城市道路", "高速"
_ORIGIN_TOWN = "文昌路街道"
_BEND_EVERY_M = 900.0


@dataclass(frozen=True, slots=True)
class Road:
    """A made road.

    Attributes:
        road_class: 高速, 国道, 省道, 县道, 乡道 or 城市道路.
        line: plane metres.
        is_numbered: whether houses carry numbers along it.
        town_code: town of a town street, "" for roads that cross towns.
        former_name: invented old name, or "".
    """

    name: str
    road_class: str
    line: shapely.LineString
    is_numbered: bool
    town_code: str = ""
    former_name: str = ""


def build_roads(seed: int) -> list[Road]:
    """All roads of the city, in the order of the table."""
    table = load_toml("roads.toml")
    seats = {town.name: to_plane(np.array([town.seat]))[0] for town in towns()}
    origin = seats[_ORIGIN_TOWN]
    roads = [
        Road(
            row["name"],
            CITY_STREET,
            _street_line(row["line"], origin),
            True,
            former_name=row.get("former", ""),
        )
        for row in table["street"]
    ]
    for row in table["route"]:
        corners = [seats[name] for name in row["through"]]
        line = _route_line(corners, row["offset_m"], Draw(seed, "route", row["name"]))
        roads.append(Road(row["name"], row["class"], line, False))
    for town in towns():
        if not town.is_street:
            roads += _town_streets(town, table["town_streets"], seats[town.name], Draw(seed, "streets", town.code))
    return roads


def _street_line(corners: list[list[float]], origin: np.ndarray) -> shapely.LineString:
    return shapely.LineString([(origin[0] + x, origin[1] + y) for x, y in corners])


def _route_line(corners: list[np.ndarray], offset_m: float, draw: Draw) -> shapely.LineString:
    """A bent line beside the corners: each leg wanders to a drawn side, least near its ends."""
    points: list[tuple[float, float]] = []
    for start, end in pairwise(corners):
        along = end - start
        length = float(np.hypot(*along))
        across = np.array([-along[1], along[0]]) / length
        steps = max(2, round(length / _BEND_EVERY_M))
        swing = draw.uniform(-0.06, 0.06) * length
        for step in range(steps):
            share = step / steps
            wander = offset_m + swing * math.sin(math.pi * share) + draw.uniform(-60.0, 60.0)
            x, y = start + along * share + across * wander
            points.append((float(x), float(y)))
    points.append((float(corners[-1][0]), float(corners[-1][1])))
    line = shapely.LineString(points).simplify(15.0)
    inside = line.intersection(geometry_to_plane(boundary()))
    # A leg that leaves the land is cut away; the longest piece is the road.
    return max(shapely.get_parts(inside), key=lambda part: part.length)


def _town_streets(town: Town, table: dict[str, Any], seat: np.ndarray, draw: Draw) -> list[Road]:
    names = [table["names"][0], *draw.sample(table["names"][1:], table["count"] - 1)]
    low, high = table["length_m"]
    streets = []
    for order, name in enumerate(names):
        half = draw.uniform(low, high) / 2
        shift = 0.0 if order < 2 else draw.uniform(150.0, 260.0)
        if order % 2 == 0:
            ends = [
                (seat[0] - half, seat[1] + shift),
                (seat[0] + half, seat[1] + shift + draw.uniform(-20, 20)),
            ]
        else:
            ends = [
                (seat[0] + shift, seat[1] + half),
                (seat[0] + shift + draw.uniform(-20, 20), seat[1] - half),
            ]
        streets.append(Road(name.format(town=town.short_name), CITY_STREET, shapely.LineString(ends), True, town.code))
    return streets


def base_document(roads: list[Road]) -> dict[str, Any]:
    """GeoJSON for the map's own vector base: roads and town seats, WGS84."""
    features: list[dict[str, Any]] = []
    for road in roads:
        line = to_degrees(shapely.get_coordinates(road.line)).round(6).tolist()
        features.append(
            {
                "type": "Feature",
                "properties": {"layer": "road", "name": road.name, "class": road.road_class, "made": True},
                "geometry": {"type": "LineString", "coordinates": line},
            }
        )
    features += [
        {
            "type": "Feature",
            "properties": {
                "layer": "town_seat",
                "name": town.name,
                "class": "town",
                "code": town.code,
                "made": False,
            },
            "geometry": {"type": "Point", "coordinates": list(town.seat)},
        }
        for town in towns()
    ]
    return {"type": "FeatureCollection", "features": features}


def line_in_degrees(road: Road) -> shapely.LineString:
    """The line of a road, WGS84."""
    return geometry_to_degrees(road.line)
