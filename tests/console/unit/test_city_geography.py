"""Areas tile the city; addresses lie where they say; names stand for places that exist."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from console.city.areas import Geography, areas_document, build_geography
from console.city.names import build_names
from console.city.plane import geometry_to_plane
from console.city.reference_data import boundary, towns, villages
from console.city.roads import Road, build_roads
from console.city.standard_addresses import AddressBook, address_code

SEED = 5
TOTAL = 9_000
KINDS = ("BRIGADE", "SQUADRON", "DISTRICT", "GRID")


@pytest.fixture(scope="module")
def geography() -> Geography:
    return build_geography(SEED)


@pytest.fixture(scope="module")
def roads() -> list[Road]:
    return build_roads(SEED)


@pytest.fixture(scope="module")
def book(geography: Geography, roads: list[Road]) -> AddressBook:
    return AddressBook(SEED, geography, roads, TOTAL)


@pytest.fixture(scope="module")
def written_areas(geography: Geography) -> dict[str, dict[str, tuple[dict, shapely.Geometry]]]:
    """kind → code → (properties, polygon), as a reader of the file sees them."""
    read: dict[str, dict[str, tuple[dict, shapely.Geometry]]] = defaultdict(dict)
    for feature in areas_document(geography)["features"]:
        properties = feature["properties"]
        read[properties["kind"]][properties["code"]] = (properties, shape(feature["geometry"]))
    return read


def test_numbers_of_areas(written_areas) -> None:
    assert [len(written_areas[kind]) for kind in KINDS] == [1, 6, 42, 1000]


@pytest.mark.parametrize("kind", KINDS)
def test_each_level_is_a_valid_coverage_of_the_city(written_areas, kind: str) -> None:
    polygons = [polygon for _, polygon in written_areas[kind].values()]
    assert all(polygon.is_valid for polygon in polygons)
    assert shapely.coverage_is_valid(polygons)
    whole = geometry_to_plane(shapely.union_all(polygons))
    area_m2 = sum(geometry_to_plane(polygon).area for polygon in polygons)
    assert abs(whole.area - area_m2) < 1.0
    # Against the city limits: only the rounding to 1e-7 degrees along 200 km of border.
    assert whole.symmetric_difference(geometry_to_plane(boundary())).area < 1_500.0


@pytest.mark.parametrize(("parent_kind", "child_kind"), list(pairwise(KINDS)))
def test_children_are_their_parent(written_areas, parent_kind: str, child_kind: str) -> None:
    children = defaultdict(list)
    for properties, polygon in written_areas[child_kind].values():
        children[properties["parent"]].append(polygon)
    assert set(children) == set(written_areas[parent_kind])
    for code, (_, polygon) in written_areas[parent_kind].items():
        difference = shapely.union_all(children[code]).symmetric_difference(polygon)
        assert geometry_to_plane(difference).area < 1.0


def test_a_grid_is_one_village_and_a_district_lies_in_one_town(written_areas, geography: Geography) -> None:
    towns_of: dict[str, set[str]] = defaultdict(set)
    for properties, polygon in written_areas["GRID"].values():
        assert polygon.contains(shapely.Point(geography.points[properties["division"]]))
        towns_of[properties["parent"]].add(properties["division"][:9])
    assert {properties["division"] for properties, _ in written_areas["GRID"].values()} == {v.code for v in villages()}
    assert {len(found) for found in towns_of.values()} == {1}


def test_communities_are_urban_and_another_seed_moves_the_villages(geography: Geography) -> None:
    assert all(geography.grids[village.code].urban for village in villages() if village.is_community)
    assert sum(area.urban for area in geography.grids.values()) < 100
    assert Counter(area.urban for area in geography.areas if area.kind == "DISTRICT")[True] == 9
    assert len(geography.points) == 1000


def test_addresses_are_as_many_as_wanted_with_unique_codes(book: AddressBook) -> None:
    assert len(book.rows) == TOTAL
    assert len({row.code for row in book.rows}) == TOTAL
    assert len({row[1:9] for row in book.rows}) == TOTAL
    assert all(re.fullmatch(r"LZD[A-Z2-7]{10}", row.code) for row in book.rows)


def test_a_code_depends_on_its_path_alone() -> None:
    path = ("370683001012", "文化西路", "128", "", "", "", "")
    assert address_code(path) == "LZD6THFOSWOW5"
    assert address_code(path) != address_code((*path[:2], "128-1", *path[3:]))


def test_addresses_lie_in_the_grid_of_their_village(book: AddressBook, geography: Geography) -> None:
    town_name = {town.code: town.name for town in towns()}
    code_of = {(town_name[village.town_code], village.name): village.code for village in villages()}
    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in book.rows:
        places[code_of[(row.town, row.village)]].append((row.lon, row.lat))
    for code, points in places.items():
        at = np.array(points)
        assert shapely.contains_xy(geography.grids[code].polygon, at[:, 0], at[:, 1]).all(), code


def test_values_are_canonical(book: AddressBook) -> None:
    for row in book.rows:
        assert re.fullmatch(r"(\d+(-\d+)?|\d+组\d+)?", row.number)
        assert re.fullmatch(r"\d*", row.building + row.unit)
        assert re.fullmatch(r"(\d{1,2}\d{2})?", row.room)
        assert bool(row.building) == bool(row.estate) == bool(row.room)
    assert {bool(row.unit) for row in book.rows if row.room} == {True, False}
    assert any("组" in row.number for row in book.rows)
    assert any("-" in row.number for row in book.rows)


def test_numbers_rise_along_a_street(book: AddressBook, roads: list[Road]) -> None:
    street = next(road for road in roads if road.name == "文昌路")
    rows = [row for row in book.rows if row.road == "文昌路" and not row.estate and "-" not in row.number]
    along = [(int(row.number), street.line.project(geometry_to_plane(shapely.Point(row.lon, row.lat)))) for row in rows]
    odd = [distance for number, distance in sorted(along) if number % 2]
    assert len(odd) > 5
    assert odd == sorted(odd)


def test_names_stand_for_existing_places(book: AddressBook, roads: list[Road]) -> None:
    names = build_names(SEED, roads, book.estates)
    town_names = {town.name for town in towns()}
    code_to_town = {town.code: town.name for town in towns()}
    village_names = {(code_to_town[village.town_code], village.name) for village in villages()}
    estates = {estate.name for estate in book.estates}
    streets = {road.name for road in roads}
    assert {name.kind for name in names} == {"short", "alias", "old"}
    for name in names:
        assert name.surface
        assert not name.town or name.town in town_names
        assert not name.village or (name.town, name.village) in village_names
        assert not name.road or name.road in streets
        assert not name.estate or name.estate in estates
        assert name.kind != "old" or name.valid_to
    assert {"西由镇", "大原镇"} <= {name.surface for name in names}
    assert len(set(names)) == len(names)
