"""Areas of the demonstration: brigade, squadrons, police districts and one duty grid per village.

Built upward. All lines (city limits, town cells, Voronoi edges of the villages) are noded together on a grid
of 1e-7 degrees, cut into faces, and every face is given to one village; districts, squadrons and the brigade
are unions of grids. So every level tiles the city without gap or overlap by construction, and a parent is its
children.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from console.city.draws import Draw
from console.city.plane import (
    METRES_PER_DEGREE_LAT,
    METRES_PER_DEGREE_LON,
    geometry_to_degrees,
    geometry_to_plane,
    to_degrees,
    to_plane,
)
from console.city.reference_data import Town, Village, boundary, load_toml, towns, villages

SNAP_DEG = 1e-7
BRIGADE_CODE = "370683000000"
_COMMUNITY_SPREAD_M = 1_150.0
# Villages keep apart (best of many candidates), communities crowd together (best of few).
_VILLAGE_CANDIDATES = 14
_COMMUNITY_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Area:
    """One area.

    Attributes:
        kind: BRIGADE, SQUADRON, DISTRICT or GRID.
        parent: code of the area above, "" for the brigade.
        division: 12-digit village code of a grid, else "".
        polygon: degrees, WGS84, on the snapping grid.
    """

    kind: str
    code: str
    name: str
    parent: str
    urban: bool
    division: str
    polygon: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Geography:
    """Areas and the village points they were grown from.

    Attributes:
        areas: all areas, from the brigade down.
        points: village code → (longitude, latitude), degrees, inside its grid.
        grids: village code → its grid.
        seats: town code → code of the village nearest to the seat of the town.
    """

    areas: list[Area]
    points: dict[str, tuple[float, float]]
    grids: dict[str, Area]
    seats: dict[str, str]
    valid_from: str


@lru_cache(maxsize=1)
def build_geography(seed: int) -> Geography:
    """Places the villages and cuts the city into areas. Depends on the seed alone, so that months agree.

    Kept for the last seed: the months of one city share it.
    """
    points = _village_points(seed)
    cells = _village_cells(points)
    seats = {
        town.code: min(_villages_of(town.code), key=lambda v: _distance_m(points[v.code], town.seat)).code
        for town in towns()
    }
    plan = load_toml("areas.toml")
    areas = _assemble(plan, points, cells, seats)
    grids = {area.division: area for area in areas if area.kind == "GRID"}
    return Geography(areas, points, grids, seats, plan["valid_from"])


def areas_document(geography: Geography) -> dict[str, Any]:
    """GeoJSON of all areas, parents before children."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "kind": area.kind,
                "code": area.code,
                "name": area.name,
                "parent": area.parent or None,
                "urban": area.urban,
                "division": area.division or None,
                "valid_from": geography.valid_from,
            },
            "geometry": _rounded_mapping(area.polygon),
        }
        for area in geography.areas
    ]
    return {"type": "FeatureCollection", "features": features}


@cache
def _villages_of(town_code: str) -> tuple[Village, ...]:
    return tuple(village for village in villages() if village.town_code == town_code)


def _distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot((a[0] - b[0]) * METRES_PER_DEGREE_LON, (a[1] - b[1]) * METRES_PER_DEGREE_LAT)


def _village_points(seed: int) -> dict[str, tuple[float, float]]:
    """Best-candidate points: communities about the seat, villages over the whole cell, well apart."""
    city = geometry_to_plane(boundary())
    placed: dict[str, tuple[float, float]] = {}
    for town in towns():
        draw = Draw(seed, "village points", town.code)
        # The margin keeps points off the border, where rounding could put them into the neighbour's cell.
        room = geometry_to_plane(town.cell).intersection(city).buffer(-60.0)
        seat = to_plane(np.array([town.seat]))[0]
        taken = np.empty((0, 2))
        for village in sorted(_villages_of(town.code), key=lambda v: (not v.is_community, v.code)):
            candidates = _candidates(room, seat, draw, about_seat=village.is_community)
            chosen = candidates[0] if not len(taken) else candidates[_farthest(candidates, taken)]
            taken = np.vstack([taken, chosen])
            lon, lat = to_degrees(chosen[None, :]).round(7)[0]
            placed[village.code] = (float(lon), float(lat))
    return placed


def _candidates(
    room: shapely.Geometry, seat: NDArray[np.float64], draw: Draw, *, about_seat: bool
) -> NDArray[np.float64]:
    shapely.prepare(room)
    west, south, east, north = room.bounds
    found: list[tuple[float, float]] = []
    wanted = _COMMUNITY_CANDIDATES if about_seat else _VILLAGE_CANDIDATES
    while len(found) < wanted:
        if about_seat:
            x, y = draw.normal(seat[0], _COMMUNITY_SPREAD_M), draw.normal(seat[1], _COMMUNITY_SPREAD_M)
        else:
            x, y = draw.uniform(west, east), draw.uniform(south, north)
        if shapely.contains_xy(room, x, y):
            found.append((x, y))
    return np.array(found)


def _farthest(candidates: NDArray[np.float64], taken: NDArray[np.float64]) -> int:
    gaps = np.hypot(candidates[:, None, 0] - taken[None, :, 0], candidates[:, None, 1] - taken[None, :, 1])
    return int(gaps.min(axis=1).argmax())


def _village_cells(points: dict[str, tuple[float, float]]) -> dict[str, shapely.Geometry]:
    """Village code → polygon in degrees; the faces of one common linework, so borders are shared exactly."""
    lines = [boundary().boundary]
    for town in towns():
        cell = town.cell.intersection(boundary())
        seeds = to_plane(np.array([points[v.code] for v in _villages_of(town.code)]))
        edges = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=geometry_to_plane(cell), only_edges=True)
        lines += [cell.boundary, geometry_to_degrees(edges).intersection(cell)]
    linework = shapely.union_all([shapely.force_2d(line) for line in lines], grid_size=SNAP_DEG)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(linework)))
    faces = faces[np.argsort([face.representative_point().coords[0] for face in faces], axis=0)[:, 0]]
    owned: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for face in faces:
        inner = face.representative_point()
        if boundary().covers(inner):
            owned[_owner(inner, points)].append(face)
    return {code: shapely.coverage_union_all(parts) for code, parts in owned.items()}


def _owner(inner: shapely.Point, points: dict[str, tuple[float, float]]) -> str:
    # Slivers between two layers of the source lie in no town cell: the nearest one takes them.
    town = min(towns(), key=lambda candidate: (candidate.cell.distance(inner), candidate.code))
    at = (inner.x, inner.y)
    return min(_villages_of(town.code), key=lambda v: (_distance_m(points[v.code], at), v.code)).code


def _assemble(
    plan: dict[str, Any],
    points: dict[str, tuple[float, float]],
    cells: dict[str, shapely.Geometry],
    seats: dict[str, str],
) -> list[Area]:
    by_name = {town.name: town for town in towns()}
    squadrons, districts, grids = [], [], []
    for number, squadron in enumerate(plan["squadron"], start=1):
        squadron_code = f"3706830{number:02d}000"
        members: list[shapely.Geometry] = []
        serial = 0
        for town_name in squadron["towns"]:
            town = by_name[town_name]
            urban, rural = _urban_and_rural(town, plan["towns"][town_name]["urban_villages"], points)
            groups = _split(urban, plan["towns"][town_name]["urban"], points, is_urban=True)
            groups += _split(rural, plan["towns"][town_name]["rural"], points, is_urban=False)
            for order, (group, is_urban) in enumerate(groups, start=1):
                serial += 1
                district_code = f"3706830{number:02d}{serial:03d}"
                polygons = [cells[village.code] for village in group]
                name = f"{town.short_name}第{_CHINESE_DIGITS[order]}警务区"
                union = shapely.coverage_union_all(polygons)
                districts.append(Area("DISTRICT", district_code, name, squadron_code, is_urban, "", union))
                grids += [
                    Area(
                        "GRID",
                        village.code + "01",
                        f"{village.short_name}网格",
                        district_code,
                        is_urban or seats[town.code] == village.code,
                        village.code,
                        cells[village.code],
                    )
                    for village in group
                ]
                members += polygons
        union = shapely.coverage_union_all(members)
        squadrons.append(Area("SQUADRON", squadron_code, squadron["name"], BRIGADE_CODE, number == 1, "", union))
    whole = shapely.coverage_union_all(list(cells.values()))
    return [
        Area("BRIGADE", BRIGADE_CODE, plan["brigade"], "", False, "", whole),
        *squadrons,
        *districts,
        *grids,
    ]


_CHINESE_DIGITS = "〇一二三四五六七八九"


def _urban_and_rural(
    town: Town, urban_villages: int, points: dict[str, tuple[float, float]]
) -> tuple[list[Village], list[Village]]:
    members = _villages_of(town.code)
    near = sorted((v for v in members if not v.is_community), key=lambda v: _distance_m(points[v.code], town.seat))
    chosen = {v.code for v in near[:urban_villages]}
    urban = [v for v in members if v.is_community or v.code in chosen]
    return urban, [v for v in members if v not in urban]


def _split(
    group: list[Village], count: int, points: dict[str, tuple[float, float]], *, is_urban: bool
) -> list[tuple[list[Village], bool]]:
    """Halves the group along its longer side until there are `count` parts of about the same size."""
    if count <= 1:
        return [(sorted(group, key=lambda v: v.code), is_urban)] if group else []
    places = to_plane(np.array([points[v.code] for v in group]))
    axis = int(np.ptp(places, axis=0).argmax())
    order = np.argsort(places[:, axis], kind="stable")
    left_count = count // 2
    cut = round(len(group) * left_count / count)
    left, right = [group[i] for i in order[:cut]], [group[i] for i in order[cut:]]
    return _split(left, left_count, points, is_urban=is_urban) + _split(
        right, count - left_count, points, is_urban=is_urban
    )


def _rounded_mapping(polygon: shapely.Geometry) -> dict[str, Any]:
    """GeoJSON geometry with seven decimals: the snapping grid itself, so nothing moves."""
    mapping: dict[str, Any] = {"type": polygon.geom_type}
    parts = [polygon] if polygon.geom_type == "Polygon" else list(polygon.geoms)
    rings = [
        [[[round(x, 7), round(y, 7)] for x, y in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in parts
    ]
    mapping["coordinates"] = rings[0] if polygon.geom_type == "Polygon" else rings
    return mapping
