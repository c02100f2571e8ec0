"""Tiles: the same dots as the table, with the scope, at every zoom."""

from __future__ import annotations

import math
import random

import pytest
from django.contrib.gis.geos import Point
from django.db import connection

from addresses.choices import MapLayer
from addresses.models.map import MapFeature
from addresses.selectors import tiles
from addresses.selectors.tiles import DotFilter, SubjectFilter, TileAddress, TileState, counts_by_kind, fetch_tile
from addresses.services.map_features import raise_layer_version, rebuild_pyramid
from common.errors import DomainError
from common.geometry import SRID
from tests.console.web.vector_tile import read_tile

pytestmark = pytest.mark.django_db
BOX = (119.9, 37.1, 120.0, 37.2)  # west, south, east, north


def column_row(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Slippy-map formula, written apart from the product's."""
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom
    return int(x), int(y)


def addresses_of_box(zoom: int) -> list[TileAddress]:
    left, bottom = column_row(BOX[0], BOX[1], zoom)
    right, top = column_row(BOX[2], BOX[3], zoom)
    return [TileAddress(zoom, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


@pytest.fixture
def dots() -> list[MapFeature]:
    draw = random.Random(20261124)
    rows = [
        MapFeature(
            layer=MapLayer.ELEMENT,
            subject_id=number,
            kind=draw.choice(["PERSON", "VEHICLE", "UNIT"]),
            block_id=draw.randrange(1, 6),
            geom=Point(draw.uniform(BOX[0], BOX[2]), draw.uniform(BOX[1], BOX[3]), srid=SRID),
        )
        for number in range(1, 401)
    ]
    MapFeature.objects.bulk_create(rows)
    rebuild_pyramid(MapLayer.ELEMENT)
    return rows


def expected(rows: list[MapFeature], blocks: set[int] | None = None, kinds: set[str] | None = None) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        if (blocks is None or row.block_id in blocks) and (kinds is None or row.kind in kinds):
            counts[row.kind] = counts.get(row.kind, 0) + 1
    return counts


def cells(zoom: int, dot_filter: DotFilter) -> dict[str, int]:
    counts: dict[str, int] = {}
    for address in addresses_of_box(zoom):
        for dot in read_tile(fetch_tile(address, dot_filter).content):
            assert dot.layer == "cells"
            counts[dot.properties["kind"]] = counts.get(dot.properties["kind"], 0) + dot.properties["count"]
    return counts


@pytest.mark.parametrize("zoom", [0, 8, 9, 10, 11, 12])
@pytest.mark.parametrize(
    ("blocks", "kinds"), [(None, None), ((2, 4), None), (None, ("UNIT",)), ((1,), ("PERSON", "UNIT"))]
)
def test_cells_sum_up_to_the_dots(dots, zoom, blocks, kinds):
    found = cells(zoom, DotFilter(MapLayer.ELEMENT, blocks, kinds))

    assert found == expected(dots, set(blocks) if blocks else None, set(kinds) if kinds else None)


@pytest.mark.parametrize("zoom", [8, 12])
def test_a_live_filter_counts_the_same_cells_at_the_same_places_as_the_pyramid(dots, zoom):
    every = SubjectFilter.of_compiled("SELECT generate_series(%s, %s) WHERE '5%%' <> ''", (1, 400))

    for address in addresses_of_box(zoom):
        pyramid = read_tile(fetch_tile(address, DotFilter(MapLayer.ELEMENT, (1, 3))).content)
        live = read_tile(fetch_tile(address, DotFilter(MapLayer.ELEMENT, (1, 3), None, every)).content)
        key = lambda dot: (dot.x, dot.y, dot.properties["kind"], dot.properties["count"])  # noqa: E731
        assert sorted(map(key, live)) == sorted(map(key, pyramid))


@pytest.mark.parametrize("zoom", [13, 15])
def test_dots_of_the_tiles_are_the_dots_of_the_blocks(dots, zoom):
    found = [
        dot
        for address in addresses_of_box(zoom)
        for dot in read_tile(fetch_tile(address, DotFilter(MapLayer.ELEMENT, (1, 2))).content)
    ]

    assert sorted(dot.id for dot in found) == sorted(row.subject_id for row in dots if row.block_id in {1, 2})
    assert {dot.id: dot.properties for dot in found} == {
        row.subject_id: {"kind": row.kind} for row in dots if row.block_id in {1, 2}
    }


def test_a_dot_lies_where_its_point_is(dots):
    row = dots[0]
    zoom = 16
    x, y = column_row(row.geom.x, row.geom.y, zoom)
    content = fetch_tile(TileAddress(zoom, x, y), DotFilter(MapLayer.ELEMENT, None)).content
    dot = next(dot for dot in read_tile(content) if dot.id == row.subject_id)

    lon = (x + dot.x / 4096) / 2**zoom * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + dot.y / 4096) / 2**zoom))))
    # A unit of a z16 tile is 0.12 m here.
    assert (lon, lat) == pytest.approx((row.geom.x, row.geom.y), abs=2e-6)


@pytest.mark.parametrize("zoom", [9, 14])
def test_no_block_and_no_kind_give_nothing(dots, zoom):
    for dot_filter in (
        DotFilter(MapLayer.ELEMENT, ()),
        DotFilter(MapLayer.ELEMENT, None, ()),
        DotFilter(MapLayer.ADDRESS, None),
    ):
        assert all(fetch_tile(address, dot_filter) == tiles.EMPTY for address in addresses_of_box(zoom))


def test_counts_by_kind_come_from_the_blocks_asked_for(dots):
    counts = counts_by_kind(MapLayer.ELEMENT, None)

    assert counts == expected(dots)
    assert counts_by_kind(MapLayer.ELEMENT, (3,)) == expected(dots, {3})
    assert counts_by_kind(MapLayer.ELEMENT, (99,)) == {}


def test_too_many_dots_are_thinned_and_the_same_ones_stay(dots, monkeypatch):
    address = TileAddress(13, *column_row(119.95, 37.15, 13))
    everything = {dot.id for dot in read_tile(fetch_tile(address, DotFilter(MapLayer.ELEMENT, None)).content)}
    monkeypatch.setattr(tiles, "POINT_LIMIT", 20)
    thinned = fetch_tile(address, DotFilter(MapLayer.ELEMENT, None))

    assert len(everything) > 20
    assert (thinned.state, len(read_tile(thinned.content))) == (TileState.THINNED, 20)
    assert {dot.id for dot in read_tile(thinned.content)} < everything
    assert fetch_tile(address, DotFilter(MapLayer.ELEMENT, None)).content == thinned.content


def test_a_filter_beyond_the_budget_says_narrow_and_shows_nothing(dots, monkeypatch):
    monkeypatch.setattr(tiles, "ROW_BUDGET", 399)
    every = SubjectFilter.of_compiled("SELECT generate_series(1, 400)", ())
    fewer = SubjectFilter.of_compiled("SELECT generate_series(1, 399)", ())
    address = addresses_of_box(9)[0]

    narrow = fetch_tile(address, DotFilter(MapLayer.ELEMENT, None, None, every))
    assert (narrow.content, narrow.state) == (b"", TileState.NARROW)
    assert fetch_tile(address, DotFilter(MapLayer.ELEMENT, None, None, fewer)).state == TileState.COMPLETE


@pytest.mark.parametrize(("zoom", "x", "y"), [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_a_tile_outside_the_grid_is_refused(zoom, x, y):
    with pytest.raises(DomainError):
        TileAddress(zoom, x, y)


def test_the_bounds_of_a_tile_are_those_of_postgis():
    address = TileAddress(11, 1706, 796)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e), ST_XMin(d), ST_YMin(d), ST_XMax(d), ST_YMax(d)
               FROM (SELECT ST_TileEnvelope(11, 1706, 796) AS e,
                            ST_Transform(ST_TileEnvelope(11, 1706, 796), 4326) AS d) t"""
        )
        row = cursor.fetchone()

    assert address.bounds_m() == pytest.approx(row[:4], abs=1e-6)
    assert address.bounds_deg() == pytest.approx(row[4:], abs=1e-12)


def test_the_version_rises_with_a_change(dots):
    before = tiles.layer_version(MapLayer.ELEMENT)
    with connection.cursor() as cursor:
        raise_layer_version(cursor, MapLayer.ELEMENT)

    assert tiles.layer_version(MapLayer.ELEMENT) == before + 1
