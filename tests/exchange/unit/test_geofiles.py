"""Layers of a map become the same table as a CSV."""

from __future__ import annotations

import subprocess
import sys

import pytest
from shapely import LineString, MultiLineString, MultiPoint, Point, from_wkt, line_merge

from common.closed_child import ENVIRONMENT, ROOT
from common.errors import DomainError
from elements.kinds import KINDS
from exchange.importers.geofiles import _ENVIRONMENT
from exchange.importers.mapping import suggest
from exchange.importers.reading import read_table
from tests.factories.geofiles import (
    feature,
    geojson_file,
    geojson_text,
    gpkg_file,
    layer,
    shapefile,
    shapefile_parts,
    zipped,
)

POINTS = layer(
    {"编号": ["S1", "S2"], "设施类型": ["信号灯", None], "数量": [3, 4], "高": [2.5, 7.0]},
    [Point(119.9, 37.17), Point(119.9123456789, 37.18, 12.5)],
)
WRITERS = {"a.geojson": geojson_file, "a.JSON": geojson_file, "a.gpkg": gpkg_file, "a.zip": shapefile}


def cells(data: bytes, name: str) -> list[dict[str, str]]:
    table = read_table(data, name)
    return [dict(zip(table.headers, row, strict=True)) for _, row in table.rows]


@pytest.mark.parametrize("name", WRITERS)
def test_points_become_longitude_latitude_and_text(name):
    first, second = cells(WRITERS[name](POINTS), name)

    assert list(first)[:2] == ["经度", "纬度"]
    assert (first["经度"], first["纬度"]) == ("119.90000000", "37.17000000")
    assert (second["经度"], second["纬度"]) == ("119.91234568", "37.18000000")
    assert (first["编号"], first["设施类型"], first["数量"], first["高"]) == ("S1", "信号灯", "3", "2.5")
    assert (second["设施类型"], second["数量"]) == ("", "4")


@pytest.mark.parametrize("name", WRITERS)
def test_lines_become_wkt_whatever_their_parts_and_height(name):
    lines = layer(
        {"编号": ["R1", "R2"]},
        [
            LineString([(119.9, 37.17, 3), (119.95, 37.17, 4)]),
            MultiLineString([[(119.9, 37.1), (119.91, 37.1)], [(119.91, 37.1), (119.92, 37.1)]]),
        ],
    )
    first, second = cells(WRITERS[name](lines), name)

    drawn = [line_merge(from_wkt(row["WKT"])) for row in (first, second)]
    assert [list(line.coords) for line in drawn] == [
        [(119.9, 37.17), (119.95, 37.17)], [(119.9, 37.1), (119.91, 37.1), (119.92, 37.1)],
    ]  # fmt: skip
    assert second["编号"] == "R2"


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("keeps_cpg", [True, False])
def test_chinese_of_a_shapefile_is_read_with_and_without_its_note(encoding, keeps_cpg):
    text = "".join(chr(letter) for letter in range(0x4E00, 0x4E00 + 24))
    frame = layer({"名称": [text, "莱州镕喆"]}, [Point(119.9, 37.17)] * 2)
    parts = shapefile_parts(frame, encoding=encoding)
    if not keeps_cpg:
        del parts["layer.cpg"]

    assert [row["名称"] for row in cells(zipped(parts), "a.zip")] == [text, "莱州镕喆"]


def test_days_and_truths_are_written_as_people_write_them():
    frame = layer({"ok": [True, False], "n": [1.0, None]}, [Point(119.9, 37.17)] * 2)

    assert [(row["ok"], row["n"]) for row in cells(shapefile(frame), "a.zip")] == [("是", "1"), ("否", "")]


@pytest.mark.parametrize("crs", [4326, 4490])
@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.zip"])
def test_wgs84_and_cgcs2000_are_known(name, crs):
    frame = layer({"编号": ["S1"]}, [Point(119.9, 37.17)], crs=crs)

    assert cells(WRITERS[name](frame), name)[0]["经度"] == "119.90000000"


def test_a_single_point_of_many_and_a_missing_place_are_no_obstacle():
    frame = layer({"编号": ["S1", "S2"]}, [MultiPoint([(119.9, 37.17)]), None])
    for name in ("a.geojson", "a.gpkg"):
        first, second = cells(WRITERS[name](frame), name)
        assert (first["经度"], second["经度"], second["编号"]) == ("119.90000000", "", "S2")


def test_a_package_left_in_write_ahead_mode_is_read():
    data = bytearray(gpkg_file(POINTS))
    data[18:20] = b"\x02\x02"

    assert len(cells(bytes(data), "a.gpkg")) == 2


def test_the_place_is_taken_from_the_shape_even_when_columns_say_one():
    point = {"type": "Point", "coordinates": [119.9, 37.17]}
    table = read_table(geojson_text(feature(point, **{"经度": "1", "LON": "2"})), "a.geojson")

    assert table.headers == ["经度", "纬度", "经度（属性）", "LON"]
    suggested = suggest(KINDS["FACILITY"], table.headers)
    assert (suggested["经度"], suggested["纬度"], suggested["经度（属性）"], suggested["LON"]) == ("lon", "lat", "", "")


def test_numbers_keep_their_digits_and_long_ones_are_doubted():
    data = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[119.9,37.1]},'
        b'"properties":{"n":370683199001011234,"s":"370683199001011234","v":1.10}}]}'
    )
    table = read_table(data, "a.geojson")

    assert next(table.rows) == (1, ["119.90000000", "37.10000000", "370683199001011234", "370683199001011234", "1.10"])
    assert table.doubtful_cells == {(1, 2)}


def test_a_byte_order_mark_and_a_lone_feature_are_read():
    lone = b"\xef\xbb\xbf" + geojson_text(feature({"type": "Point", "coordinates": [119.9, 37.17]}, a="x"))

    assert cells(lone, "a.geojson")[0]["a"] == "x"


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (geojson_file(POINTS), "a.csv", "改为 .geojson"),
        (gpkg_file(POINTS), "a", "改为 .gpkg"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.gpkg", "内容却是“图片”"),
        (gpkg_file(POINTS), "a.geojson", "内容却是“GeoPackage"),
        (shapefile(POINTS), "a.gpkg", "内容却是“压缩包”"),
        (b"a,b\n1,2\n", "a.geojson", "内容却是“其他内容”"),
        (shapefile_parts(POINTS)["layer.shp"], "a.shp", "压缩为一个 .zip"),
        (shapefile_parts(POINTS)["layer.shp"], "a.csv", "压缩为一个 .zip"),
    ],
)
def test_name_and_content_must_agree(data, name, says):
    with pytest.raises(DomainError) as refused:
        read_table(data, name)
    assert says in refused.value.message


def in_child(code: str) -> subprocess.CompletedProcess[str]:
    start = "import sys; sys.path.append(sys.argv[1]); from exchange.importers.geo import child\n"
    return subprocess.run(
        [sys.executable, "-I", "-c", start + code, str(ROOT)],
        capture_output=True, text=True, check=False, timeout=30, env=ENVIRONMENT | _ENVIRONMENT,
    )  # fmt: skip


@pytest.mark.parametrize(
    "opening",
    [
        "open('/etc/hostname')",
        "__import__('socket').socket()",
        "__import__('os').pipe()",
        "__import__('os').open('/', 0)",
    ],
)
def test_behind_the_closed_doors_nothing_opens(opening):
    module = opening.split("'")[1] if opening.startswith("__import__") else "os"
    before = in_child(f"import {module}; {opening}; print('open')")
    after = in_child(f"import {module}; child.close_doors(); {opening}; print('open')")

    assert before.stdout == "open\n"
    assert (after.returncode, after.stdout) == (1, "")
    assert "Too many open files" in after.stderr


def test_gdal_keeps_one_driver_and_is_loaded_for_shapefiles_only():
    kept = in_child("child.reader_of('shapefile'); import pyogrio; print(*pyogrio.list_drivers())")
    others = in_child("child.reader_of('geojson'); child.reader_of('gpkg'); print('pyogrio' in sys.modules)")

    assert kept.stdout == "ESRI Shapefile\n"
    assert others.stdout == "False\n"


def test_the_reader_may_not_use_more_than_its_memory():
    limits = "child.set_limits();"
    within, beyond = (in_child(f"{limits} len(bytearray({size} * 2**20)); print('done')") for size in (100, 600))

    assert within.stdout == "done\n"
    assert "MemoryError" in beyond.stderr
