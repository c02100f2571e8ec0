"""The page of chains: an enterprise by what it owned on the day, its roads and severities, refusals, the file, numbers of queries."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from elements.choices import KeyScheme
from elements.models import Element
from exchange.importers.lines import parse_line
from tests.factories.claims import claim, submit
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import citizen_id, file_number, plate, uscc, vin
from tests.factories.places import point_in
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

PAGE = "/analysis/chains/"


@pytest.fixture(scope="module")
def module_users(module_city):
    """The enterprise 试验物流 owned vehicle 1 at all times, 2 until fifteen days ago, 3 only since five days ago.

    accidents     1 on road 甲 (fatal, 30 days ago) and 乙 (20), 2 on 丙 (25) and 丙 (10: sold by then), 3 on 甲 (8: not yet bought);
                  1 on 乙 far in the west of the other squadron (12); the driver of 1 is person 1, twice
    """
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="试验物流", state="存续", grid=0))
    for number, period in ((1, {}), (2, {"valid_to": _day(15)}), (3, {"valid_from": _day(5)})):
        submit("TMRI_VEHICLE", "VEHICLE", claim(
            1, vin=vin(number), plate_number=plate(number), plate_type="02", grid=0, relations=[_owned(**period)]
        ))  # fmt: skip
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张试验", grid=0))
    for number, grid, name in ((1, 0, "甲路"), (2, 1, "乙路"), (3, 2, "丙路")):
        (west, lat), (east, _lat) = point_in(grid, 0.1), point_in(grid, 0.9)
        drawn, _problem = parse_line(f"LINESTRING ({west} {lat}, {east} {lat})", "WGS84")
        submit("HIGHWAY", "ROAD", claim(1, number=f"R{number}", grid=grid, name=name, road_class="13", is_section=False, **drawn))  # fmt: skip
    happened = [(1, "甲路", 0, 30, 1), (1, "乙路", 1, 20, 1), (2, "丙路", 2, 25, None), (2, "丙路", 2, 10, None),
                (3, "甲路", 0, 8, None), (1, "", 5, 12, None)]  # fmt: skip
    report("ACCIDENT", *(
        row("ACCIDENT", f"C{n}", grid=grid, road_name=road, occurred_at=days_ago(days), accident_type="1" if n == 0 else "4", deaths=int(n == 0))
        for n, (_vehicle, road, grid, days, _driver) in enumerate(happened)
    ))  # fmt: skip
    report("PARTY", *(
        row("PARTY", f"C{n}/1", accident_number=f"C{n}", plate_number=plate(vehicle), plate_type="02",
            **({"citizen_id": citizen_id(driver), "person_name": "张试验"} if driver else {}))
        for n, (vehicle, _road, _grid, _days, driver) in enumerate(happened)
    ))  # fmt: skip
    return make_users(module_city)


def _day(days: int) -> str:
    return days_ago(days).date().isoformat()


def _owned(**period: str) -> dict[str, Any]:
    return {
        "type": "OWNED_BY",
        "kind": "UNIT",
        "scheme": int(KeyScheme.USCC),
        "value": uscc(1),
        "label": "试验物流",
        **period,
    }


def rows(client, query: str = "") -> dict[str, list[dict[str, Any]]]:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return {str(group["title"]): group["rows"] for group in answer.context["groups"]}


def test_same_enterprise_four_accidents_three_roads(users):
    found = rows(signed_in(users["brigade"]))
    (unit,) = found["单位（名下车辆）"]
    assert (unit["chain"].label, unit["chain"].count) == ("试验物流", 4)
    assert [(one["name"], one["count"]) for one in unit["roads"]] == [("甲路", 1), ("乙路", 1), ("丙路", 1)]
    assert [(str(one["label"]), one["count"]) for one in unit["severities"]] == [("死亡事故", 1), ("财产损失事故", 3)]
    assert [day.date() for day in unit["chain"].days] == [days_ago(30).date(), days_ago(12).date()]
    assert [one["chain"].count for one in found["人员"]] == [2]
    assert {one["chain"].label: one["chain"].count for one in found["机动车"]} == {plate(1): 3, plate(2): 2}


def test_each_sees_the_accidents_of_his_scope_and_the_least_number_narrows(users):
    assert [one["chain"].count for one in rows(signed_in(users["officer-1"]))["单位（名下车辆）"]] == [2]
    assert rows(signed_in(users["officer-2"]))["单位（名下车辆）"] == []
    assert rows(signed_in(users["brigade"]), "?least=4")["机动车"] == []
    since = f"?occurred_from={days_ago(22):%Y-%m-%d}&occurred_to={days_ago(0):%Y-%m-%d}"
    assert [one["chain"].count for one in rows(signed_in(users["brigade"]), since)["单位（名下车辆）"]] == [2]


def test_a_thing_outside_the_scope_has_no_name(users, city):
    Element.objects.filter(label="试验物流").update(block_id=city.grids[5].pk)
    text = signed_in(users["officer-1"]).get(PAGE).content.decode()
    assert "试验物流" not in text and "不在您的管辖范围" in text


def test_the_file_says_the_same_and_needs_the_right(users):
    client = signed_in(users["brigade"])
    answer = client.get("/lists/accident-chains/export/?least=2&format=csv")
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert lines[1][:3] == ["单位（名下车辆）", "试验物流", "4"]
    assert signed_in(users["admin"]).get(PAGE).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_accidents(users):
    client = signed_in(users["brigade"])
    client.get(PAGE)
    measured = {"brigade: analysis chains": _counted(client)}
    assert measured == recorded_counts(measured)
    report(
        "ACCIDENT", *(row("ACCIDENT", f"M{n}", grid=0, occurred_at=days_ago(n), accident_type="4") for n in range(20))
    )
    report("PARTY", *(row("PARTY", f"M{n}/1", accident_number=f"M{n}", plate_number=plate(n % 3 + 1), plate_type="02") for n in range(20)))  # fmt: skip
    assert {"brigade: analysis chains": _counted(client)} == measured


def _counted(client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(PAGE).status_code == 200
    return len(queries)
