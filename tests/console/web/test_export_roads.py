"""Exports of kinds that are more, or less, than a point with an address."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import geopandas
import pyogrio
import pytest
from django.test import Client
from django.urls import reverse

from elements.registries import REGISTRIES
from exchange.exporters.elements_formats import FORMATS
from tests.factories.files import bring_in, csv_file
from tests.factories.places import SmallCity, point_in
from tests.factories.users import make_users

HEADERS = ["道路编号", "路线编号", "道路名称", "技术等级", "起点桩号", "终点桩号", "WKT"]


@pytest.fixture
def client(city: SmallCity) -> Client:
    """A reader of the whole city, in which one road has a line and another has none."""
    line = f"LINESTRING ({', '.join(f'{lon} {lat}' for lon, lat in ENDS)})"
    rows = [
        ["R1", "G206", "某国道", "二级公路", "K0+000", "K5.3", line],
        ["R2", "X901", "某县道", "三级公路", "K0+000", "K1.0", ""],
    ]
    bring_in(csv_file([HEADERS, *rows]), source="HIGHWAY", kind="ROAD")
    client = Client()
    client.force_login(make_users(city)["brigade"])
    return client


ENDS = (point_in(0, 0.5), point_in(3, 0.5))


def content_of(client: Client, registry: str, extension: str) -> bytes:
    answer = client.get(f"{reverse('console:export', args=[registry])}?format={extension}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("extension", ["geojson", "gpkg"])
def test_a_road_goes_out_with_its_line(client: Client, tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"roads.{extension}"
    path.write_bytes(content_of(client, "roads", extension))
    frame = geopandas.read_file(path)
    shapes = dict(zip(frame["路线编号"], frame.geometry, strict=True))
    assert shapes.keys() == {"G206", "X901"}
    assert list(shapes["G206"].coords) == [pytest.approx(place, abs=1e-7) for place in ENDS]
    assert shapes["X901"] is None
    assert frame.crs.to_epsg() == 4326
    assert set(frame["终点桩号"]) == {"K5+300", "K1+000"}
    # Lines and points may stand in one layer of roads, and it says so.
    assert extension == "geojson" or pyogrio.list_layers(path).tolist() == [["elements", "Unknown"]]


def test_a_road_without_an_address_is_in_the_table(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(content_of(client, "roads", "csv").decode("utf-8-sig"))))
    assert sorted((row["路线编号"], row["地址"]) for row in rows) == [("G206", ""), ("X901", "")]


@pytest.mark.parametrize("registry", REGISTRIES)
def test_every_registry_goes_out_in_every_format(client: Client, registry: str) -> None:
    files = {extension: content_of(client, registry, extension) for extension in FORMATS}
    document = json.loads(files["geojson"])
    assert len(document["features"]) == (2 if registry == "roads" else 0)
    starts = {
        "csv": b"\xef\xbb\xbf",
        "xlsx": b"PK",
        "geojson": b'{"type":"FeatureCollection"',
        "gpkg": b"SQLite format 3",
    }
    assert [extension for extension, start in starts.items() if not files[extension].startswith(start)] == []
