"""A border changed vertex by vertex, or from a file: what the neighbours take and give, what is refused, the way back out."""

from __future__ import annotations

import json

import pytest
from django.contrib.gis.geos import GEOSGeometry, LineString, Polygon
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from shapely import from_wkt

from accounts.models import Post
from addresses.models import BorderMove
from common import clock
from common.geometry import wgs84_to_gcj02
from common.jobs import UnwatchedRun
from common.models import AuditRow
from elements.models import Road
from elements.services.sections import cut_roads
from tests.factories.borders import NOW, TODAY, box
from tests.factories.claims import claim, submit
from tests.factories.geofiles import feature, geojson_file, geojson_text, gpkg_file, layer, shapefile
from tests.factories.places import point_in
from tests.factories.users import signed_in

pytestmark = pytest.mark.usefixtures("city")
WRITERS = {"b.geojson": geojson_file, "b.gpkg": gpkg_file, "b.zip": shapefile}
# The outline of G-2 with its east border drawn back to 1.6 and its west border pushed out to 0.9.
SHIFTED = box(0.9, 1.6)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def admin(users) -> Client:
    return signed_in(users["admin"])


def form(**values) -> dict:
    return {
        "grid": "G-2", "name": "改边线", "reason": "大队会议", "effective_on": TODAY.isoformat(), "tool": "outline", **values
    }  # fmt: skip


def file_of(content: bytes, name: str = "b.geojson") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def drawn(geom, *codes: str) -> object:
    """A layer of polygons, with a code each where codes are given."""
    shapes = [from_wkt(geom.wkt)] * max(1, len(codes))
    return layer({"code": list(codes)} if codes else {"名称": ["新边界"]}, shapes)


def new_borders() -> dict[str, tuple[float, ...]]:
    """Code → west and east in shares of the row of grids, of the only move."""
    items = BorderMove.objects.get().items.select_related("area")
    return {item.area.code: sides(item.geom) for item in items}


def sides(geom: GEOSGeometry) -> tuple[float, float]:
    west, _south, east, _north = geom.extent
    return round((west - 119.86) / 0.02, 4), round((east - 119.86) / 0.02, 4)


def test_ground_inside_the_outline_is_taken_and_ground_outside_goes_to_the_neighbour(admin):
    answer = admin.post(reverse("console:border-new"), form(outline=SHIFTED.geojson))

    move = BorderMove.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("console:border-move", args=[move.pk]))
    assert new_borders() == {"G-1": (0, 0.9), "G-2": (0.9, 1.6), "G-3": (1.6, 3)}
    assert move.counts["addresses"] == 1
    assert AuditRow.objects.filter(verb="BORDER_DRAFTED", subject_id=move.pk).count() == 1


def test_a_corner_that_stays_put_moves_nothing_of_a_neighbour(admin):
    # A wedge is cut from the east border; the rest is as stored, digit by digit, as the map got it.
    answer = admin.get(reverse("console:border-neighbours"), {"grid": "G-2"}).json()
    (own,) = [one for one in answer["features"] if one["properties"]["role"] == "grid"]
    ring = own["geometry"]["coordinates"][0][0][:-1]
    wedge = list(point_in(1, 0.7))
    at = next(i for i, corner in enumerate(ring) if corner[0] > 119.89 and ring[i - 1][0] > 119.89)
    ring = [*ring[:at], wedge, *ring[at:]]

    admin.post(
        reverse("console:border-new"), form(outline=json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}))
    )

    move = BorderMove.objects.get()
    assert sorted(item.area.code for item in move.items.all()) == ["G-2", "G-3"]


def test_who_gets_what_is_given_up_can_be_said(city, admin):
    admin.post(reverse("console:border-new"), form(outline=box(1, 1.6).geojson, takes=city.grids[0].pk))

    assert new_borders() == {"G-1": (0, 2), "G-2": (1, 1.6)}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"outline": box(1, 2).geojson}, "边线和现在的一样"),
        ({"outline": box(1, 2, 0, 1.2).geojson}, "平方米超出所有网格的范围"),
        ({"outline": "[[["}, "改过的边线无法读取"),
        ({"outline": "[" * 100_000}, "改过的边线无法读取"),
        ({"outline": json.dumps({"type": "Point", "coordinates": [119.9, 37.17]})}, "不是多边形"),
        ({"outline": box(4, 5).geojson}, "整个划走了"),
        ({"outline": SHIFTED.geojson, "grid": "G-99"}, "没有代码为“G-99”的现行网格"),
        ({"outline": SHIFTED.geojson, "takes": 999_999}, "划出、划入的网格无效"),
    ],
)  # fmt: skip
def test_an_outline_that_does_not_fit_is_told_and_nothing_is_kept(admin, values, told):
    answer = admin.post(reverse("console:border-new"), form(**values))

    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert BorderMove.objects.count() == 0


def test_a_border_that_crosses_itself_is_refused_in_words(admin):
    west, south = point_in(1, 0.1, 0.1)
    bow = Polygon(
        ((west, south), (west + 0.01, south + 0.01), (west + 0.01, south), (west, south + 0.01), (west, south))
    )

    answer = admin.post(reverse("console:border-new"), form(outline=bow.geojson))

    assert answer.status_code == 400
    assert "边线自相交" in answer.content.decode()
    # What was drawn comes back with the page.
    assert "outline" in answer.context["form"].data
    assert BorderMove.objects.count() == 0


@pytest.mark.parametrize("name", WRITERS)
def test_one_polygon_of_a_file_is_the_new_border_of_the_grid(admin, name):
    admin.post(reverse("console:border-new"), form(file=file_of(WRITERS[name](drawn(SHIFTED)), name)))

    assert new_borders() == {"G-1": (0, 0.9), "G-2": (0.9, 1.6), "G-3": (1.6, 3)}


def test_several_polygons_carry_the_codes_of_their_grids(admin):
    frame = layer({"Code": ["G-1", "G-2"]}, [from_wkt(box(0, 0.8).wkt), from_wkt(box(0.8, 2).wkt)])

    admin.post(reverse("console:border-new"), form(grid="", file=file_of(gpkg_file(frame), "b.gpkg")))

    assert new_borders() == {"G-1": (0, 0.8), "G-2": (0.8, 2)}


def test_a_file_drawn_on_a_web_map_is_shifted(admin):
    ring = [wgs84_to_gcj02(lon, lat) for lon, lat in SHIFTED.coords[0]]
    content = geojson_text(feature({"type": "Polygon", "coordinates": [ring]}))

    admin.post(reverse("console:border-new"), form(file=file_of(content), datum="GCJ02"))
    assert new_borders() == {"G-1": (0, 0.9), "G-2": (0.9, 1.6), "G-3": (1.6, 3)}

    # Taken for WGS84 it lies hundreds of metres away, beyond the city.
    answer = admin.post(reverse("console:border-new"), form(file=file_of(content)))
    assert "平方米超出所有网格的范围" in answer.content.decode()
    assert BorderMove.objects.count() == 1


POINT = from_wkt("POINT (119.9 37.17)")
BAD_FILES = {
    "empty": (b"", "b.geojson", "文件是空的"),
    "table": (b"code,wkt\nG-1,x\n", "b.csv", "边界只能从 GeoJSON"),
    "KML called GeoJSON": (b"<?xml version='1.0'?><kml/>", "b.geojson", "内容却是"),
    "point in GeoJSON": (geojson_file(layer({"a": [1]}, [POINT])), "b.geojson", "文件里有“点”图形"),
    "point in a package": (gpkg_file(layer({"a": [1]}, [POINT])), "b.gpkg", "文件里有“点”图形"),
    "point in a Shapefile": (shapefile(layer({"a": [1]}, [POINT])), "b.zip", "文件里有“点”图形"),
    "other projection": (gpkg_file(layer({"a": [1]}, [from_wkt("POLYGON ((0 0, 1 0, 1 1, 0 0))")], crs=3857)), "b.gpkg", "EPSG:3857"),
    "ring of three": (geojson_text(feature({"type": "Polygon", "coordinates": [[[119.9, 37.17], [119.91, 37.17], [119.9, 37.17]]]})), "b.geojson", "少于四个点"),
    "open ring": (geojson_text(feature({"type": "Polygon", "coordinates": [[[119.9, 37.17], [119.91, 37.17], [119.91, 37.18], [119.92, 37.18]]]})), "b.geojson", "没有闭合"),
    "ring is text": (geojson_text(feature({"type": "Polygon", "coordinates": ["abcd"]})), "b.geojson", "少于四个点"),
    "no ring": (geojson_text(feature({"type": "MultiPolygon", "coordinates": [[]]})), "b.geojson", "少于四个点"),
    "elsewhere": (geojson_file(layer({"a": [1]}, [from_wkt("POLYGON ((1 1, 2 1, 2 2, 1 1))")])), "b.geojson", "不在莱州范围内"),
    "two without a code": (geojson_file(layer({"a": [1, 2]}, [from_wkt(box(0, 1).wkt)] * 2)), "b.geojson", "有的没有网格代码"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "name", "told"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_file_that_is_no_border_is_refused_by_both_ways_in(admin, content, name, told):
    answer = admin.post(reverse("console:border-new"), form(file=file_of(content, name)))
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert BorderMove.objects.count() == 0

    loaded = admin.post(reverse("console:border-outline"), {"grid": "G-2", "file": file_of(content, name)})
    assert loaded.status_code == 400
    assert told in loaded.json()["message"] or "2 个面可作" in loaded.json()["message"]


def test_a_file_over_the_limit_is_refused_before_it_is_read(admin, monkeypatch):
    monkeypatch.setattr("console.border_form.MAX_FILE_BYTES", 100)

    answer = admin.post(reverse("console:border-outline"), {"grid": "G-2", "file": file_of(b"x" * 101)})

    assert (answer.status_code, answer.json()["code"]) == (400, "FILE_TOO_LARGE")


def test_the_polygon_of_a_file_comes_to_the_map_and_nothing_is_stored(admin):
    frame = layer({"code": ["G-1", "G-2"]}, [from_wkt(box(0, 0.9).wkt), from_wkt(SHIFTED.wkt)])
    answer = admin.post(reverse("console:border-outline"), {"grid": "G-2", "file": file_of(geojson_file(frame))})

    assert answer.status_code == 200
    shape = GEOSGeometry(json.dumps(answer.json()))
    assert (shape.geom_type, sides(shape)) == ("MultiPolygon", (0.9, 1.6))
    assert BorderMove.objects.count() == 0
    missing = admin.post(reverse("console:border-outline"), {"grid": "G-99", "file": file_of(geojson_file(frame))})
    assert missing.status_code == 404
    nothing = admin.post(reverse("console:border-outline"), {"grid": "G-2"})
    assert (nothing.status_code, nothing.json()["message"]) == (400, "没有收到文件。请先选择新边界文件。")


def test_what_is_exported_can_be_imported_again(admin):
    admin.post(reverse("console:border-new"), form(outline=SHIFTED.geojson))
    move = BorderMove.objects.get()
    answer = admin.get(reverse("console:border-move-borders", args=[move.pk]), {"download": ""})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="borders-{move.pk}.geojson"'
    before = new_borders()
    BorderMove.objects.all().delete()

    admin.post(reverse("console:border-new"), form(grid="", file=file_of(answer.content)))

    assert new_borders() == before


def test_lines_to_snap_to_are_the_sections_that_the_reader_may_see(city, users, admin):
    line = LineString(point_in(0), point_in(5), srid=4326).hexewkb.decode()
    submit("HIGHWAY", "ROAD", claim(1, number="R1", name="试验路", route_code="X012", is_section=False, line=line))
    cut_roads(UnwatchedRun())
    assert Road.objects.filter(is_section=True).count() == 6
    url = reverse("console:border-sections")
    # The settings of the platform say nothing about elements.
    assert admin.get(url, {"grid": "G-2"}).json() == {"type": "FeatureCollection", "features": []}

    Post.objects.create(user=users["admin"], role="BRIGADE", valid_from="2020-01-01")
    both = signed_in(type(users["admin"]).objects.get(pk=users["admin"].pk))
    with CaptureQueriesContext(connection) as captured:
        sections = both.get(url, {"grid": "G-2"}).json()["features"]
    # Those of the grid and of the two beside it; the road as a whole and the sections farther off are not lines to snap to.
    assert sorted(sides(GEOSGeometry(json.dumps(one["geometry"]))) for one in sections) == [(0.5, 1), (1, 2), (2, 3)]
    assert {one["geometry"]["type"] for one in sections} == {"LineString"}
    assert len([query for query in captured if "elements_road" in query["sql"]]) == 1
    assert both.get(url, {"grid": "G-99"}).status_code == 404


@pytest.mark.parametrize("name", ["brigade", "squadron-1", "officer-1", "auditor", "nobody"])
def test_only_who_configures_comes_in(users, name):
    client = signed_in(users[name])
    content = geojson_file(drawn(SHIFTED))

    assert client.get(reverse("console:border-sections"), {"grid": "G-2"}).status_code == 403
    loaded = client.post(reverse("console:border-outline"), {"grid": "G-2", "file": file_of(content)})
    assert loaded.status_code == 403
    assert client.post(reverse("console:border-new"), form(outline=SHIFTED.geojson)).status_code == 403
    assert BorderMove.objects.count() == 0


def test_the_link_of_the_settings_opens_the_grid(city, admin):
    page = admin.get(reverse("console:border-new"), {"area": "G-2"}).content.decode()

    assert 'value="outline" checked' in page
    assert reverse("console:border-sections") + "?grid=G-2" in page
