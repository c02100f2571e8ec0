"""Where events happened and how sure that is."""

from __future__ import annotations

import pytest

from elements.models import Element
from events.models import Accident, Violation
from exchange.problems import sentence
from tests.factories.claims import claim, submit
from tests.factories.event_files import land
from tests.factories.places import point_in

pytestmark = pytest.mark.usefixtures("city")


def a_road(
    number: str, name: str, route: str, *points: tuple[float, float], stakes: tuple[int, int] = (0, 10_000)
) -> Element:
    """A road drawn through the points, with stakes from end to end."""
    from django.contrib.gis.geos import LineString

    line = LineString(*points, srid=4326)
    values = {
        "name": name,
        "line": line.hexewkb.decode(),
        "stake_from_m": stakes[0],
        "stake_to_m": stakes[1],
        "is_section": False,
    }
    submit("HIGHWAY", "ROAD", claim(0, number=number, **values, **({"route_code": route} if route else {})))
    return Element.objects.get(kind="ROAD", label=name)


def placed(text: str = "", **cells: str) -> Accident:
    land("ACCIDENT", {"事故编号": "P", "事故时间": "2026-03-05 14:20", "事故地点": text} | cells)
    return Accident.objects.get(number="P")


def test_coordinates_are_exact_and_find_grid_and_road(city):
    road = a_road("1", "试验路", "", point_in(0), point_in(5))
    lon, lat = point_in(2)
    accident = placed("说不清", 经度=f"{lon:.6f}", 纬度=f"{lat:.6f}")

    assert (accident.place_quality, accident.block, accident.road) == ("EXACT", city.grids[2], road)
    assert accident.point.distance(accident.point.__class__(lon, lat, srid=4326)) < 1e-6


def test_a_stake_is_a_point_along_its_road(city):
    road = a_road("1", "G206烟汕线", "G206", point_in(0), point_in(4), stakes=(236_000, 240_000))

    for text in ("G206线K238+000处", "烟汕线238公里", "沙河镇G206K238"):
        accident = placed(text)
        assert (accident.place_quality, accident.road) == ("NUMBER", road), text
        assert accident.point.x == pytest.approx(point_in(2)[0], abs=1e-4)
        assert accident.block == city.grids[2]
    columns = placed("", 路号="G206", 公里数="K237+000")
    assert (columns.place_quality, columns.block) == ("NUMBER", city.grids[1])


def test_a_stake_beyond_its_road_is_the_road_alone(city):
    road = a_road("1", "G206烟汕线", "G206", point_in(0), point_in(4), stakes=(236_000, 240_000))
    accident = placed("G206线K12+300")

    assert (accident.place_quality, accident.road, accident.point, accident.block) == (
        "ROAD",
        road,
        None,
        city.unplaced,
    )


def test_a_crossing_is_where_the_two_roads_meet(city):
    a_road("1", "东西路", "", point_in(0), point_in(5))
    a_road("2", "南北路", "", point_in(3, 0.5, 0.1), point_in(3, 0.5, 0.9))
    accident = placed("东西路与南北路交叉口")

    assert (accident.place_quality, accident.block) == ("NUMBER", city.grids[3])
    assert accident.point.x == pytest.approx(point_in(3)[0], abs=1e-5)


def test_two_roads_of_one_name_are_no_road(city):
    a_road("1", "试验路", "", point_in(0), point_in(1))
    submit("FACILITY_LEDGER", "ROAD", claim(0, number="x", name="试验路", is_section=False))
    accident = placed("试验路")

    assert (accident.road, accident.place_quality) == (None, "UNKNOWN")


def test_an_address_is_read_by_the_engine(city):
    number = placed(city.text(4))
    assert (number.place_quality, number.block, number.address_id) == ("NUMBER", city.grids[4], city.address(4).pk)

    beside = placed(f"{city.text(4)}门前")
    assert (beside.place_quality, beside.address_id) == ("NUMBER", city.address(4).pk)

    village = placed(city.text(4).removesuffix("3号"))
    assert (village.place_quality, village.block) == ("VILLAGE", city.grids[4])


def test_what_cannot_be_placed_lies_in_the_unplaced_block_of_its_town_or_city(city):
    town = placed("沙河镇某处")
    assert (town.place_quality, town.point, town.block) == ("UNKNOWN", None, city.unplaced_towns[1])
    nowhere = placed("看不清")
    assert (nowhere.place_quality, nowhere.block) == ("UNKNOWN", city.unplaced)


def test_zero_swapped_and_foreign_coordinates_are_not_used(city):
    batch = land(
        "VIOLATION",
        {"违法编号": "1", "违法时间": "2026-03-05 10:00", "经度": "0", "纬度": "0", "违法地点": city.text(1)},
        {"违法编号": "2", "违法时间": "2026-03-05 10:00", "经度": "37.18", "纬度": "119.94", "违法地点": city.text(1)},
        {"违法编号": "3", "违法时间": "2026-03-05 10:00", "经度": "116.4", "纬度": "39.9", "违法地点": city.text(1)},
    )
    said = {row.row_number: (row.outcome, sentence(row.problems)) for row in batch.rows.all()}

    assert said[2] == ("TO_REVIEW", "“经度”“纬度”经纬度写反了，请对调")
    assert said[3] == ("CREATED", "“经度”不在莱州范围内，坐标未采用")
    assert said[1][0] == "CREATED"
    assert {v.number: v.place_quality for v in Violation.objects.all()} == {"1": "NUMBER", "3": "NUMBER"}
