"""Trust 27, maps: hostile GeoJSON, GeoPackage and Shapefile are refused with their code within limits, and read nothing else."""

from __future__ import annotations

import io
import json
import resource
import sqlite3
import stat
import struct
import time
import zipfile

import pytest
from shapely import LineString, Point, Polygon

from common.errors import DomainError
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

SENTINEL = "哨兵-7f3a9c"
PLACE = {"type": "Point", "coordinates": [119.9, 37.17]}
GOOD = layer({"编号": ["S1"]}, [Point(119.9, 37.17)])
ABROAD = layer({"编号": ["S1"]}, [Point(13346000, 4460000)], crs=3857)
AREA = layer({"编号": ["S1"]}, [Polygon([(119.9, 37.1), (119.91, 37.1), (119.9, 37.11)])])
MIXED = layer({"编号": ["S1", "R1"]}, [Point(119.9, 37.17), LineString([(119.9, 37.1), (119.95, 37.1)])])
NONE = layer({"编号": []}, [])
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource relativeToVRT="0">{path}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


def vrt(path: str = "/etc/passwd") -> bytes:
    return VRT.format(path=path).encode()


def number_in(data: bytes, at: int, form: str, value: int) -> bytes:
    """Another number in the header."""
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


def shapefile_with(**changed: bytes | None) -> bytes:
    """The good Shapefile with other parts; None leaves one out."""
    parts = shapefile_parts(GOOD) | {
        f"layer.{suffix}": content for suffix, content in changed.items() if content is not None
    }
    return zipped({name: content for name, content in parts.items() if changed.get(name[6:], b"") is not None})


def part(suffix: str) -> bytes:
    return shapefile_parts(GOOD)[f"layer.{suffix}"]


def with_link() -> bytes:
    entry = zipfile.ZipInfo("layer.dbf")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    stream = io.BytesIO(
        zipped({name: content for name, content in shapefile_parts(GOOD).items() if name != "layer.dbf"})
    )
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    return stream.getvalue()


def encrypted(data: bytes) -> bytes:
    raw = bytearray(data)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := raw.find(signature, start)) >= 0:
            raw[start + at] |= 1
            start += 4
    return bytes(raw)


def sized(data: bytes, name: bytes, size: int) -> bytes:
    """Another inflated size of an entry in both directories."""
    raw = bytearray(data)
    for signature, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        start = 0
        while (start := raw.find(signature, start)) >= 0:
            if raw[start + name_at : start + name_at + len(name)] == name:
                raw[start + size_at : start + size_at + 4] = struct.pack("<I", size)
            start += 4
    return bytes(raw)


def sql(*statements: str) -> bytes:
    """The good GeoPackage after these statements."""

    def spoil(base: sqlite3.Connection) -> None:
        base.executescript(";".join(statements))

    return gpkg_file(GOOD, spoil=spoil)


def as_virtual_table() -> bytes:
    """The layer's table is said to be a virtual one that reads a file."""
    return sql(
        "ALTER TABLE layer RENAME TO kept",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master VALUES ('table', 'layer', 'layer', 0,"
        " 'CREATE VIRTUAL TABLE layer USING csv(filename=''/etc/passwd'')')",
        "UPDATE gpkg_contents SET table_name = 'layer'",
    )


def raw_geometry(blob: bytes) -> bytes:
    return gpkg_file(GOOD, spoil=lambda base: base.execute("UPDATE layer SET geom = ?", [blob]))


def deep(depth: int) -> bytes:
    return geojson_text(feature(PLACE)).replace(
        b'"properties": {}', b'"properties": {"a":' + b"[" * depth + b"]" * depth + b"}"
    )


def crs(name: str) -> dict[str, object]:
    return {"type": "name", "properties": {"name": name}}


HOSTILE = {
    # GeoJSON
    "VRT called geojson": (vrt, "a.geojson", "FILE_KIND"),
    "KML called json": (lambda: b'<?xml version="1.0"?><kml/>', "a.json", "FILE_KIND"),
    "picture called gpkg": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(500), "a.gpkg", "FILE_KIND"),
    "0 byte": (lambda: b"", "a.geojson", "FILE_EMPTY"),
    "no feature": (geojson_text, "a.geojson", "FILE_NO_ROWS"),
    "no geometry": (lambda: geojson_text(feature(None, a=1)), "a.geojson", "GEO_NO_GEOMETRY"),
    "cut in half": (lambda: geojson_file(GOOD)[:150], "a.geojson", "GEOJSON_SYNTAX"),
    "depth 10,000": (lambda: deep(10_000), "a.geojson", "GEOJSON_DEPTH"),
    "depth 1,000,000": (lambda: deep(1_000_000), "a.geojson", "GEOJSON_DEPTH"),
    "nested attribute": (lambda: geojson_text(feature(PLACE, a={"b": 1})), "a.geojson", "GEO_NESTED"),
    "name twice": (lambda: geojson_text(feature(PLACE, a=1)).replace(b'"a": 1', b'"a": 1, "a": 2'), "a.geojson", "GEOJSON_NAMES"),
    "NaN": (lambda: geojson_text(feature({"type": "Point", "coordinates": [float("nan"), 1]})), "a.geojson", "GEO_COORDINATES"),
    "Infinity": (lambda: geojson_text(feature({"type": "Point", "coordinates": [float("inf"), 1]})), "a.geojson", "GEO_COORDINATES"),
    "1e999": (lambda: geojson_text(feature(PLACE)).replace(b"119.9", b"1e999"), "a.geojson", "GEO_COORDINATES"),
    "coordinates of text": (lambda: geojson_text(feature({"type": "Point", "coordinates": ["119", "37"]})), "a.geojson", "GEO_COORDINATES"),
    "line of one point": (lambda: geojson_text(feature({"type": "LineString", "coordinates": [[119, 37]]})), "a.geojson", "GEO_COORDINATES"),
    "geometry is a link": (lambda: geojson_text(feature({"type": "Point", "href": "file:///etc/passwd"})), "a.geojson", "GEO_LINK"),
    "crs is a link": (
        lambda: geojson_text(feature(PLACE), crs={"type": "link", "properties": {"href": "http://127.0.0.1/crs"}}), "a.geojson", "GEO_LINK",
    ),
    "crs named 3857": (lambda: geojson_text(feature(PLACE), crs=crs("urn:ogc:def:crs:EPSG::3857")), "a.geojson", "GEO_DATUM"),
    "crs of its own": (lambda: geojson_text(feature(PLACE), crs=crs("+proj=longlat +nadgrids=/etc/passwd")), "a.geojson", "GEO_DATUM"),
    "crs is a number": (lambda: geojson_text(feature(PLACE), crs=4326), "a.geojson", "GEO_LINK"),
    "areas": (lambda: geojson_file(AREA), "a.geojson", "GEO_GEOMETRY_KIND"),
    "mixed": (lambda: geojson_file(MIXED), "a.geojson", "GEO_MIXED"),
    "10,000 attributes": (lambda: geojson_text(feature(PLACE, **{f"c{i}": i for i in range(10_000)})), "a.geojson", "TOO_MANY_COLUMNS"),
    "an attribute of its own each": (
        lambda: geojson_text(*(feature(PLACE, **{f"c{i}": i}) for i in range(50_000))), "a.geojson", "TOO_MANY_COLUMNS",
    ),
    "attribute name of 1 MB": (lambda: geojson_text(feature(PLACE, **{"x" * 2**20: 1})), "a.geojson", "HEADER_LONG"),
    "NUL in an attribute": (lambda: geojson_text(feature(PLACE, a="x\0y")), "a.geojson", "FILE_BINARY"),
    "half a letter": (lambda: geojson_text(feature(PLACE, a="?")).replace(b'"?"', b'"\\ud800"'), "a.geojson", "FILE_BINARY"),
    "not UTF-8": (lambda: geojson_text(feature(PLACE, a="莱州")).decode().encode("gbk"), "a.geojson", "FILE_ENCODING"),
    "topology": (lambda: json.dumps({"type": "Topology", "objects": {}}).encode(), "a.geojson", "GEOJSON_KIND"),
    "features are no features": (lambda: geojson_text(1, "x"), "a.geojson", "GEOJSON_FEATURE"),
    "100 million brackets": (lambda: b'{"type":"FeatureCollection","features":[' + b"[]," * 30_000_000 + b"[]]}", "a.geojson", "FILE_DAMAGED"),
    # GeoPackage
    "plain SQLite": (lambda: sql("DROP TABLE gpkg_contents"), "a.gpkg", "GPKG_TABLES"),
    "truncated": (lambda: gpkg_file(GOOD)[:60_000], "a.gpkg", "FILE_DAMAGED"),
    "header alone": (lambda: gpkg_file(GOOD)[:100], "a.gpkg", "FILE_DAMAGED"),
    "layer is a view": (
        lambda: sql("ALTER TABLE layer RENAME TO kept", "CREATE VIEW layer AS SELECT * FROM kept"
                    , "UPDATE gpkg_contents SET table_name = 'layer'"), "a.gpkg", "GPKG_VIEW",
    ),
    "layer is a virtual table": (as_virtual_table, "a.gpkg", "GPKG_VIEW"),
    "contents are a view": (
        lambda: sql("ALTER TABLE gpkg_contents RENAME TO kept", "CREATE VIEW gpkg_contents AS SELECT * FROM kept"), "a.gpkg", "GPKG_TABLES",
    ),
    "layer that is not there": (lambda: sql("UPDATE gpkg_contents SET table_name = 'gone'"), "a.gpkg", "GPKG_VIEW"),
    "layer is the schema": (lambda: sql("UPDATE gpkg_contents SET table_name = 'sqlite_master'"), "a.gpkg", "GPKG_VIEW"),
    "function behind a column": (
        lambda: sql("ALTER TABLE layer ADD COLUMN evil AS (hex(zeroblob(90000000)))"), "a.gpkg", "FILE_DAMAGED",
    ),
    "two layers": (
        lambda: sql("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('b', 'features', 'b')"), "a.gpkg", "GEO_LAYERS",
    ),
    "no layer": (lambda: sql("DELETE FROM gpkg_contents"), "a.gpkg", "GEO_LAYERS"),
    "other coordinates": (lambda: gpkg_file(ABROAD), "a.gpkg", "GEO_DATUM"),
    "coordinates undefined": (lambda: sql("UPDATE gpkg_geometry_columns SET srs_id = 0"), "a.gpkg", "GEO_DATUM"),
    "coordinates redefined": (
        lambda: sql("UPDATE gpkg_spatial_ref_sys SET organization_coordsys_id = 32650 WHERE srs_id = 4326"), "a.gpkg", "GEO_DATUM",
    ),
    "geometry is text": (lambda: sql("UPDATE layer SET geom = '/etc/passwd'"), "a.gpkg", "FILE_DAMAGED"),
    "geometry lies about its points": (
        lambda: raw_geometry(b"GP\0\x01" + struct.pack("<i", 4326) + struct.pack("<BII", 1, 2, 2**31 - 1)), "a.gpkg", "FILE_DAMAGED",
    ),
    "geometry of NaN": (
        lambda: raw_geometry(b"GP\0\x01" + struct.pack("<iBIdd", 4326, 1, 1, float("inf"), 1.0)), "a.gpkg", "GEO_COORDINATES",
    ),
    "picture in a column": (
        lambda: sql("ALTER TABLE layer ADD COLUMN photo BLOB", "UPDATE layer SET photo = x'89504e47'"), "a.gpkg", "FILE_BINARY",
    ),
    "areas in a package": (lambda: gpkg_file(AREA), "a.gpkg", "GEO_GEOMETRY_KIND"),
    "mixed in a package": (lambda: gpkg_file(MIXED), "a.gpkg", "GEO_MIXED"),
    "no row in a package": (lambda: gpkg_file(NONE), "a.gpkg", "FILE_NO_ROWS"),
    "600 columns": (lambda: gpkg_file(layer({f"c{i}": ["x"] for i in range(600)}, [Point(119.9, 37.17)])), "a.gpkg", "TOO_MANY_COLUMNS"),
    # Shapefile
    ".shp alone": (lambda: part("shp"), "a.shp", "SHP_ALONE"),
    "no .dbf": (lambda: shapefile_with(dbf=None), "a.zip", "SHP_PARTS"),
    "no .prj": (lambda: shapefile_with(prj=None), "a.zip", "GEO_DATUM"),
    "other projection": (lambda: shapefile(ABROAD), "a.zip", "GEO_DATUM"),
    "projection that names a file": (lambda: shapefile_with(prj=b'+proj=longlat +nadgrids=/etc/passwd'), "a.zip", "GEO_DATUM"),
    "projected, from WGS84": (lambda: shapefile_with(prj=b'PROJCS["x",' + part("prj") + b"]"), "a.zip", "GEO_DATUM"),
    "length lies": (lambda: shapefile_with(shp=number_in(part("shp"), 24, ">i", 2**30)), "a.zip", "FILE_DAMAGED"),
    "magic lies": (lambda: shapefile_with(shp=number_in(part("shp"), 0, ">i", 1)), "a.zip", "FILE_DAMAGED"),
    "index points outside": (lambda: shapefile_with(shx=number_in(part("shx"), 100, ">i", 2**30)), "a.zip", "FILE_DAMAGED"),
    "record length lies": (lambda: shapefile_with(shp=number_in(part("shp"), 104, ">i", 2**30)), "a.zip", "FILE_DAMAGED"),
    "4 billion records": (lambda: shapefile_with(dbf=number_in(part("dbf"), 4, "<I", 2**32 - 1)), "a.zip", "FILE_DAMAGED"),
    "shape is VRT": (lambda: shapefile_with(shp=vrt()), "a.zip", "FILE_DAMAGED"),
    "table is VRT": (lambda: shapefile_with(dbf=vrt()), "a.zip", "FILE_DAMAGED"),
    "areas in a Shapefile": (lambda: shapefile(AREA), "a.zip", "GEO_GEOMETRY_KIND"),
    "no shape in a Shapefile": (lambda: shapefile_with(
        shp=number_in(part("shp")[:100], 24, ">i", 50), shx=number_in(part("shx")[:100], 24, ">i", 50),
        dbf=number_in(part("dbf"), 4, "<I", 0)), "a.zip", "FILE_NO_ROWS"),
    "stated encoding is not its own": (
        lambda: zipped(shapefile_parts(layer({"名称": ["莱州"]}, [Point(119.9, 37.17)])) | {"layer.cpg": b"UTF-8"}), "a.zip", "FILE_ENCODING",
    ),
    "slip": (lambda: zipped(shapefile_parts(GOOD) | {"../../etc/cron.d/x.shp": b"x"}), "a.zip", "ZIP_PATH"),
    "absolute path": (lambda: zipped(shapefile_parts(GOOD) | {"/etc/x.shp": b"x"}), "a.zip", "ZIP_PATH"),
    "drive path": (lambda: zipped(shapefile_parts(GOOD) | {"C:\\x.shp": b"x"}), "a.zip", "ZIP_PATH"),
    "symlink": (with_link, "a.zip", "ZIP_LINK"),
    "nested zip": (lambda: zipped({"inner.zip": shapefile(GOOD)}), "a.zip", "ZIP_NESTED"),
    "another file": (lambda: zipped(shapefile_parts(GOOD) | {"layer.vrt": vrt()}), "a.zip", "ZIP_CONTENT"),
    "two Shapefiles": (lambda: zipped(shapefile_parts(GOOD) | {"b.shp": part("shp")}), "a.zip", "GEO_LAYERS"),
    "zip bomb": (lambda: shapefile_with(dbf=bytes(101 * 2**20)), "a.zip", "FILE_BOMB"),
    "ratio": (lambda: shapefile_with(dbf=bytes(20 * 2**20)), "a.zip", "FILE_BOMB"),
    "directory lies about the size": (
        lambda: sized(shapefile_with(dbf=bytes(101 * 2**20)), b"layer.dbf", 1_000), "a.zip", "FILE_DAMAGED",
    ),
    "many entries": (lambda: zipped(shapefile_parts(GOOD) | {f"{i}.xml": b"" for i in range(30)}), "a.zip", "FILE_BOMB"),
    "locked zip": (lambda: encrypted(shapefile(GOOD)), "a.zip", "FILE_DAMAGED"),
    "half a zip": (lambda: shapefile(GOOD)[:500], "a.zip", "FILE_DAMAGED"),
    "zip of tables": (lambda: zipped({"a.csv": b"x,y"}), "a.zip", "ZIP_CONTENT"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "name", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_map_is_refused_with_its_code(make, name, code):
    data = make()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with pytest.raises(DomainError) as refused:
        list(read_table(data, name).rows)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert refused.value.code == code, refused.value.message
    # A sentence that ends in what to do.
    assert refused.value.message.count("。") + refused.value.message.count("请") >= 2
    # Limits, not speed. The peak is that of the highest child so far, which begins as a copy of this process.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 20.5
    assert time.monotonic() - began < 60
    assert after.ru_maxrss / 1024 < max(512, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + 1)


@pytest.fixture
def sentinel(tmp_path):
    """Files with a text that no import may ever show."""
    (tmp_path / "secret.csv").write_text(f"name\n{SENTINEL}\n", encoding="utf-8")
    (tmp_path / "secret.geojson").write_bytes(geojson_text(feature(PLACE, name=SENTINEL)))
    (tmp_path / "secret.gpkg").write_bytes(gpkg_file(layer({"name": [SENTINEL]}, [Point(119.9, 37.17)])))
    return tmp_path


def everything_said(data: bytes, name: str) -> str:
    """Headers and cells, or the refusal."""
    try:
        table = read_table(data, name)
        return "".join(table.headers) + "".join(cell for _, row in table.rows for cell in row)
    except DomainError as refused:
        return refused.message


def test_nothing_outside_the_file_is_read(sentinel):
    path = sentinel / "secret"
    tries = {
        "a.geojson": [
            vrt(f"{path}.geojson"),
            geojson_text(feature({"type": "Point", "href": f"file://{path}.geojson"})),
            geojson_text(feature(PLACE, name=f"{path}.csv"), crs={"type": "link", "properties": {"href": f"{path}.csv"}}),
            f"{path}.geojson".encode(),
        ],
        "a.gpkg": [
            vrt(f"{path}.gpkg"),
            sql("ALTER TABLE layer RENAME TO kept", f"CREATE VIEW layer AS SELECT readfile('{path}.csv') AS name"
                , "UPDATE gpkg_contents SET table_name = 'layer'"),
            sql(f"CREATE TRIGGER t AFTER INSERT ON layer BEGIN SELECT load_extension('{path}.csv'); END"),
            sql(f"UPDATE gpkg_contents SET table_name = 'x; ATTACH ''{path}.gpkg'' AS y'"),
            sql(f"UPDATE gpkg_contents SET table_name = '{path}.gpkg'"),
        ],
        "a.zip": [
            shapefile_with(shp=vrt(f"{path}.geojson")),
            shapefile_with(prj=f"{path}.csv".encode()),
            shapefile_with(cpg=f"/vsizip/{path}.csv".encode()),
            zipped({f"/vsimem{path}.shp": part("shp"), f"{path}.dbf": part("dbf")}),
        ],
        "a.shp": [part("shp")],
    }  # fmt: skip
    said = [everything_said(data, name) for name, datas in tries.items() for data in datas]

    assert len(said) == 14
    assert not [text for text in said if SENTINEL in text]


def test_the_sentinel_is_found_where_it_is_sent(sentinel):
    """The search above can find something."""
    for name in ("secret.geojson", "secret.gpkg"):
        assert SENTINEL in everything_said((sentinel / name).read_bytes(), name)


GOOD_TWINS = {
    "GeoJSON": (lambda: geojson_file(GOOD), "a.geojson"),
    "depth that people use": (lambda: geojson_text(feature(PLACE), bbox=[[[[1]]]]), "a.geojson"),
    "crs named 4490": (lambda: geojson_text(feature(PLACE), crs=crs("urn:ogc:def:crs:EPSG::4490")), "a.geojson"),
    "attribute called type, Feature": (lambda: geojson_text(feature(PLACE, type="Feature", href="x")), "a.geojson"),
    "right-to-left name": (lambda: geojson_text(feature(PLACE, a="\u202egnp.exe")), "a.geojson"),
    "command in an attribute": (lambda: geojson_text(feature(PLACE, a="=cmd|'/c calc'!A1")), "a.geojson"),
    "very long attribute": (lambda: geojson_text(feature(PLACE, a="y" * 3_000_000)), "a.geojson"),
    "400 attributes": (lambda: geojson_text(feature(PLACE, **{f"c{i}": i for i in range(400)})), "a.geojson"),
    "package with the triggers of its index": (lambda: gpkg_file(GOOD), "a.gpkg"),
    "package with a view beside": (lambda: sql("CREATE VIEW beside AS SELECT * FROM layer"), "a.gpkg"),
    "package with a trigger that would fail": (
        lambda: sql("CREATE TRIGGER t AFTER UPDATE ON layer BEGIN SELECT load_extension('/x'); END"),
        "a.gpkg",
    ),
    "Shapefile": (lambda: shapefile(GOOD), "a.zip"),
    "Shapefile in a folder": (
        lambda: zipped({f"设施/{name}": content for name, content in shapefile_parts(GOOD).items()}),
        "a.zip",
    ),
    "Shapefile packed on a Mac": (lambda: zipped(shapefile_parts(GOOD) | {"__MACOSX/._layer.shp": b"x"}), "a.zip"),
    "Shapefile with its index and metadata": (
        lambda: zipped(shapefile_parts(GOOD) | {"layer.qix": b"x", "layer.shp.xml": b"<x/>"}),
        "a.zip",
    ),
}


@pytest.mark.parametrize(("make", "name"), GOOD_TWINS.values(), ids=GOOD_TWINS.keys())
def test_a_harmless_twin_is_read(make, name):
    assert len(list(read_table(make(), name).rows)) == 1


def test_an_endless_attribute_costs_its_row_only():
    table = read_table(geojson_text(feature(PLACE, a="y" * 3_000_000), feature(PLACE, a="z")), "a.geojson")

    assert [len(row[2]) for _, row in table.rows] == [3_000_000, 1]
