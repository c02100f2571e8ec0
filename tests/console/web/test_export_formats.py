"""Every format holds the rows of the list: its order, filter, scope, masks and marks, and opens in what it is made for."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pyogrio
import pytest
import python_calamine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.choices import RIGHTS_BY_ROLE, Role
from common.models import AuditRow
from common.scope import Right
from elements.models import Element, Source
from elements.registries import REGISTRIES
from elements.selectors.columns import COLUMNS
from elements.services.claims import submit_claims
from exchange.exporters import elements_table
from exchange.exporters.elements_formats import FORMATS
from tests.factories.numbers import citizen_id, plate
from tests.factories.registries import NOW, World, signed_in, vehicle_claim

pytestmark = pytest.mark.django_db

QUERIES = ("", "use_nature=A", "place=UNPLACED", "use_nature=F&sort=-inspection_valid_to", "conflict=true&use_nature=B")
MASKED = "assistant-1"


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen rows are several chunks, the last one not full."""
    monkeypatch.setattr(elements_table, "CHUNK_ROWS", 5)


@pytest.fixture
def masked_reader_exports(monkeypatch: pytest.MonkeyPatch) -> None:
    """No role may both take lists out and not read names; the masks must hold if one day one may."""
    monkeypatch.setitem(RIGHTS_BY_ROLE, Role.ASSISTANT, RIGHTS_BY_ROLE[Role.ASSISTANT] | {Right.EXPORT})


def answer_of(client: Client, extension: str, query: str = "", registry: str = "vehicles") -> Any:
    return client.get(f"{reverse('console:export', args=[registry])}?{query}&format={extension}")


def content_of(client: Client, extension: str, query: str = "", registry: str = "vehicles") -> bytes:
    answer = answer_of(client, extension, query, registry)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def rows_of(extension: str, content: bytes, folder: Path) -> list[dict[str, str]]:
    """Rows of a file by heading, every value as text, blanks as ""."""
    if extension == "csv":
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    if extension == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        head, *body = sheet.iter_rows(values_only=True)
        rows = [dict(zip(head, row, strict=True)) for row in body]
    elif extension == "geojson":
        rows = [feature["properties"] for feature in json.loads(content)["features"]]
    else:
        frame = opened(content, folder / "read.gpkg")
        rows = frame.drop(columns="geometry").to_dict("records")
    return [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]


def opened(content: bytes, path: Path) -> geopandas.GeoDataFrame:
    path.write_bytes(content)
    return geopandas.read_file(path)


def listed(client: Client, query: str, registry: str = "vehicles") -> list[tuple[str, str]]:
    answer = client.get(f"{reverse('elements:list', args=[registry])}?{query}&filter=none")
    assert answer.status_code == 200
    return [(str(row["id"]), row["row"]["label"]) for row in answer.context["rows"]]


@pytest.mark.usefixtures("masked_reader_exports")
@pytest.mark.parametrize("reader", ["brigade", "officer-2", MASKED])
def test_every_format_is_the_list(world: World, tmp_path: Path, reader: str) -> None:
    client = signed_in(world, reader)
    sizes = set()
    for query in QUERIES:
        expected = listed(client, query)
        sizes.add(len(expected))
        files = {one: rows_of(one, content_of(client, one, query), tmp_path) for one in FORMATS}
        for one, rows in files.items():
            assert [(row["平台编号"], row["号牌号码"]) for row in rows] == expected, (one, query)
            assert rows == files["csv"], (one, query)
    assert max(sizes) > 4 and 0 in sizes


@pytest.mark.usefixtures("masked_reader_exports")
@pytest.mark.parametrize("extension", FORMATS)
def test_scope_and_masks_hold_in_every_format(world: World, tmp_path: Path, extension: str) -> None:
    east, west = (
        rows_of(extension, content_of(signed_in(world, name), extension), tmp_path) for name in (MASKED, "officer-2")
    )
    assert {row["责任块"] for row in east} == {"东网格"}
    assert {row["责任块"] for row in west} == {"西网格"}
    assert all(row["号牌号码"].startswith("鲁F***") for row in east)
    assert {row["所有人"] for row in east} == {"张*"}
    assert {row["号牌号码"] for row in west} == {plate(n) for n in range(1, 11, 2)}
    content = content_of(signed_in(world, MASKED), extension)
    if extension == "xlsx":
        content = json.dumps(rows_of(extension, content, tmp_path), ensure_ascii=False).encode()
    assert "东网格".encode() in content
    assert not [n for n in range(12) if plate(n).encode() in content]
    assert "张试验".encode() not in content


@pytest.mark.parametrize("extension", FORMATS)
def test_personal_numbers_are_masked_in_every_format(world: World, tmp_path: Path, extension: str) -> None:
    rows = rows_of(extension, content_of(signed_in(world, "brigade"), extension, "", "drivers"), tmp_path)
    assert len(rows) == 6
    assert {row["公民身份号码"][6:14] for row in rows} == {"********"}
    assert {row["联系电话"][3:7] for row in rows} == {"****"}
    assert not {row["公民身份号码"] for row in rows} & {citizen_id(n) for n in range(6)}


@pytest.mark.parametrize("extension", FORMATS)
def test_no_cell_runs_and_every_row_is_marked(world: World, tmp_path: Path, extension: str) -> None:
    claim = vehicle_claim(103, lon=119.9, owner_name="=1+1", registered_address='@SUM("甲<乙>&丙")\x0b')
    source = Source.objects.get(code="TMRI_VEHICLE")
    submit_claims(source=source, kind_code="VEHICLE", claims=[claim], actor=None, now=NOW)
    rows = rows_of(extension, content_of(signed_in(world, "officer-1"), extension), tmp_path)
    (row,) = (row for row in rows if row["号牌号码"] == plate(103))
    assert (row["所有人"], row["地址"].rstrip("\x0b")) == ("'=1+1", '\'@SUM("甲<乙>&丙")')
    assert {row["导出标记"][:12] for row in rows} == {"officer-1 20"}


def test_workbook_keeps_text_as_text_and_numbers_as_numbers(world: World) -> None:
    content = content_of(signed_in(world, "brigade"), "xlsx", "sort=points", "drivers")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    head = [cell.value for cell in sheet[1]]
    points = [row[head.index("累积记分")] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in points] == list(range(6))
    assert {cell.data_type for cell in points} == {"n"}
    name = sheet.cell(2, 1)
    assert (name.data_type, name.number_format, sheet.freeze_panes) == ("s", "@", "A2")
    assert sheet.title == "实有驾驶人"
    assert sheet.oddFooter.left.text.startswith("brigade 20")
    # A reader of another make sees the same.
    body = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert body[0] == head
    assert [row[head.index("累积记分")] for row in body[1:]] == [float(n) for n in range(6)]


def test_geojson_and_geopackage_open_with_their_places(world: World, tmp_path: Path) -> None:
    client = signed_in(world, "brigade")
    points = {e.pk: e.point.coords if e.point else None for e in world.elements("VEHICLE")}
    assert len(points) == 12 and list(points.values()).count(None) == 1
    for extension in ("geojson", "gpkg"):
        frame = opened(content_of(client, extension), tmp_path / f"read.{extension}")
        shapes = {
            int(n): shape.coords[0] if shape else None
            for n, shape in zip(frame["平台编号"], frame.geometry, strict=True)
        }
        assert shapes == {pk: pytest.approx(place, abs=1e-7) if place else None for pk, place in points.items()}
        assert frame.crs.to_epsg() == 4326


def test_geojson_is_one_of_rfc_7946(world: World) -> None:
    content = content_of(signed_in(world, "brigade"), "geojson")
    document = json.loads(content)
    assert (document["type"], document["name"]) == ("FeatureCollection", "实有机动车")
    assert document["made"].startswith("brigade 20")
    assert "crs" not in document
    assert {feature["type"] for feature in document["features"]} == {"Feature"}
    assert [feature["id"] for feature in document["features"]] == [
        f["properties"]["平台编号"] for f in document["features"]
    ]
    empty = json.loads(
        content_of(signed_in(world, "brigade"), "geojson", "conflict=true&use_nature=F&sort=id&place=UNPLACED")
    )
    assert empty["features"] == []


def test_geopackage_says_what_it_is_and_leaves_nothing_behind(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    chunks = iter(answer_of(signed_in(world, "brigade"), "gpkg").streaming_content)
    first = next(chunks)
    assert list(folder.iterdir()) == []
    path = tmp_path / "read.gpkg"
    path.write_bytes(first + b"".join(chunks))
    assert pyogrio.list_layers(path).tolist() == [["elements", "Point"]]
    layer = pyogrio.read_info(path)
    assert (layer["crs"], layer["features"], layer["geometry_type"]) == ("EPSG:4326", 12, "Point")
    assert set(layer["ogr_types"]) == {"OFTString"}
    assert layer["layer_metadata"]["DESCRIPTION"].startswith("brigade 20")


@pytest.mark.parametrize(("extension", "kind"), [(one.extension, one.content_type) for one in FORMATS.values()])
def test_files_are_named_and_on_record(world: World, extension: str, kind: str) -> None:
    answer = answer_of(signed_in(world, "officer-1"), extension, "use_nature=F")
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith(f'attachment; filename="export.{extension}"')
    assert answer["Content-Disposition"].endswith(f"officer-1.{extension}")
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-store", "nosniff")
    # The row stands although not a byte was taken.
    row = AuditRow.objects.get(verb="EXPORTED")
    assert (row.actor_id, row.subject_id, row.fields) == (world.users["officer-1"].pk, "vehicles", ["use_nature"])
    assert row.count == len(rows_of("csv", content_of(signed_in(world, "officer-1"), "csv", "use_nature=F"), Path()))


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("reader", ["coordinator-1", "assistant-1", "auditor", "nobody"])
def test_no_format_without_the_right(world: World, reader: str, extension: str) -> None:
    assert answer_of(signed_in(world, reader), extension).status_code == 403
    assert not AuditRow.objects.filter(verb="EXPORTED").exists()


def test_what_cannot_be_written_is_refused_before_anything_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(world, "brigade")
    monkeypatch.setitem(FORMATS, "xlsx", replace(FORMATS["xlsx"], max_rows=6))
    refused = answer_of(client, "xlsx")
    assert (refused.status_code, "TOO_MANY_ROWS" in refused.content.decode()) == (400, True)
    unknown = answer_of(client, "exe")
    assert (unknown.status_code, "BAD_FORMAT" in unknown.content.decode()) == (400, True)
    assert not AuditRow.objects.filter(verb="EXPORTED").exists()
    assert answer_of(client, "xlsx", "use_nature=A").status_code == 200


def test_the_menu_offers_every_format_with_the_query_of_the_list(world: World) -> None:
    client = signed_in(world, "brigade")
    page = client.get(reverse("elements:list", args=["vehicles"]) + "?use_nature=A&sort=-label").content.decode()
    for extension in FORMATS:
        url = f"{reverse('console:export', args=['vehicles'])}?use_nature=A&amp;sort=-label&amp;format={extension}"
        assert f'href="{url}"' in page
    page = signed_in(world, "coordinator-1").get(reverse("elements:list", args=["vehicles"])).content.decode()
    assert "format=" not in page


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_two_headings_of_a_registry_are_alike(registry: str, language: str) -> None:
    """Properties and columns are called by them; SQLite does not tell capitals apart."""
    with translation.override(language):
        headings = [str(column.label).casefold() for column in COLUMNS[registry]]
    assert len(set(headings)) == len(headings)
    assert not {"fid", "geom"} & set(headings)


def test_places_are_those_of_the_readers_own_rows(world: World) -> None:
    document = json.loads(content_of(signed_in(world, "officer-1"), "geojson"))
    lons = {round(feature["geometry"]["coordinates"][0], 3) for feature in document["features"]}
    assert lons == {119.905}
    assert Element.objects.standing().filter(kind="VEHICLE").count() > len(document["features"]) > 0
