"""Layers of a map on their whole way: facilities in their blocks, roads with their lines, and back."""

from __future__ import annotations

import pytest
from shapely import LineString, Point

from common import geometry
from common.errors import DomainError
from elements.models import Element, Facility, Road
from exchange.models import LandingBatch, Upload
from exchange.problems import sentence
from tests.factories.dumps import dump_elements
from tests.factories.files import bring_in, receive, take_back
from tests.factories.geofiles import geojson_file, gpkg_file, layer, shapefile
from tests.factories.places import point_in

pytestmark = pytest.mark.usefixtures("city")

WRITERS = {"设施.geojson": geojson_file, "设施.gpkg": gpkg_file, "设施.zip": shapefile}
SIGNALS = layer(
    {"编号": ["S1", "S2", "S3"], "设施类型": ["信号灯", "标志", "信号灯"], "名称": ["某路口信号灯", "某标志", "远处"]},
    [Point(*point_in(2)), Point(*point_in(5), 12.0), Point(100.0, 30.0)],
)


def roads():
    (west, lat), (east, _) = point_in(0, 0.5), point_in(3, 0.5)
    return layer({"道路编号": ["R1"], "道路名称": ["某国道"]}, [LineString([(west, lat, 1), (east, lat, 2)])])


def bring(data: bytes, name: str, kind: str, **options):
    source = "HIGHWAY" if kind == "ROAD" else "DANGER_LEDGER"
    return bring_in(data, source=source, kind=kind, name=name, **options)


@pytest.mark.parametrize("name", WRITERS)
def test_points_become_facilities_in_their_blocks(city, name):
    batch = bring(WRITERS[name](SIGNALS), name, "FACILITY")

    assert (batch.counts["received"], batch.counts["created"]) == (3, 3)
    assert {row.row_number: sentence(row.problems) for row in batch.rows.exclude(problems=[])}.keys() == {3}
    found = {facility.element.label: facility for facility in Facility.objects.all()}
    assert found["某路口信号灯"].facility_type == "01"
    assert (found["某路口信号灯"].element.block, found["某标志"].element.block) == (city.grids[2], city.grids[5])
    lon, lat = point_in(2)
    assert found["某路口信号灯"].element.point.coords == (pytest.approx(lon, abs=1e-8), pytest.approx(lat, abs=1e-8))


@pytest.mark.parametrize("name", WRITERS)
def test_lines_become_roads(city, name):
    batch = bring(WRITERS[name](roads()), name, "ROAD")

    assert batch.counts["created"] == 1
    road = Road.objects.get()
    assert road.line.coords[0] == pytest.approx(point_in(0, 0.5), abs=1e-8)
    assert 5_250 < road.length_m < 5_400
    assert road.element.block in (city.grids[1], city.grids[2])


def test_the_datum_of_the_page_shifts_the_layer(city):
    bring(geojson_file(SIGNALS), "a.geojson", "FACILITY", datum="GCJ02")

    lon, lat = geometry.to_wgs84(*point_in(2), "GCJ02")
    signal = Facility.objects.get(element__label="某路口信号灯").element.point
    assert (signal.x, signal.y) == (pytest.approx(lon, abs=1e-8), pytest.approx(lat, abs=1e-8))
    assert abs(signal.x - point_in(2)[0]) > 0.003


def test_the_same_layer_in_another_format_changes_nothing_and_undo_restores(city):
    batches = [bring(geojson_file(SIGNALS), "a.geojson", "FACILITY")]
    full = dump_elements()
    batches += [bring(WRITERS[name](SIGNALS), name, "FACILITY") for name in WRITERS]

    assert [batch.counts["unchanged"] for batch in batches] == [0, 3, 3, 3]
    assert dump_elements() == full
    for batch in reversed(batches):
        take_back(batch)
    assert Element.objects.standing().filter(is_owned=True).count() == 0


def test_a_refused_layer_leaves_nothing_behind(city):
    with pytest.raises(DomainError, match="FILE_KIND"):
        receive(geojson_file(SIGNALS), kind="FACILITY", source="DANGER_LEDGER", name="a.csv")

    assert (LandingBatch.objects.count(), Upload.objects.count()) == (0, 0)
