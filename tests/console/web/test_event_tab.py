"""The tab 事件 of vehicles, persons and roads: newest first, by keyset, counted by year, each event by its own block."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.jobs import UnwatchedRun
from elements.models import Element
from elements.services.sections import cut_roads
from tests.factories.events import days_ago, event, make_events, report, row
from tests.factories.numbers import citizen_id, plate
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def element(kind: str) -> Element:
    return Element.objects.standing().get(kind=kind)


def tab(client, kind: str, query: str = ""):
    return client.get(reverse("console:element-events", args=[element(kind).pk]) + query)


def words(answer) -> list[str]:
    assert answer.status_code == 200
    return [one["what"] for one in answer.context["event_rows"]]


def violation(number: str, grid: int, minutes: int = 0):
    at = days_ago(5) + timedelta(minutes=minutes)
    return row("VIOLATION", number, grid=grid, occurred_at=at, code="1625", plate_number=plate(1), plate_type="02")


def counts(answer) -> dict[str, int]:
    return {str(one["label"]): one["total"] for one in answer.context["event_counts"]}


def test_a_vehicle_shows_what_names_it_newest_first_with_counts_that_lead_to_the_rows(users):
    client = signed_in(users["brigade"])
    answer = client.get(reverse("console:element", args=[element("VEHICLE").pk]) + "?tab=events")
    assert words(answer) == ["卡口 KK01", "碰撞运动车辆", "违反禁令标志指示", "违反禁令标志指示"]
    links = [one["url"] for one in answer.context["event_rows"]]
    assert links[1] == reverse("console:event", args=["accidents", event("ACCIDENT", "A1").pk])
    assert client.get(links[1]).status_code == 200
    assert answer.context["event_rows"][1]["note"] == "全部责任"
    assert counts(answer) == {"交通事故（当事人）": 1, "交通违法": 2, "警情": 0, "过车记录": 1}
    assert answer.context["event_hidden"] == 0

    violations = next(one for one in answer.context["event_counts"] if one["label"] == "交通违法")
    in_2022 = next(cell for cell in violations["cells"] if cell["year"] == 2022)
    assert in_2022["count"] == 1
    assert [one["at"] for one in client.get(in_2022["url"]).context["event_rows"]] == ["2022-03-31 23:00"]


def test_a_person_shows_violations_and_accidents_and_a_road_what_happened_on_it(users):
    client = signed_in(users["brigade"])
    assert words(tab(client, "PERSON")) == ["碰撞运动车辆", "违反禁令标志指示"]
    on_road = tab(client, "ROAD", "?kind=ACCIDENT")
    assert words(on_road) == ["碰撞运动车辆"]
    assert list(counts(on_road)) == ["交通事故", "交通违法", "警情"]


def test_a_section_shows_what_happened_on_its_road_in_its_block(users):
    road = element("ROAD")
    cut_roads(UnwatchedRun())
    section = Element.objects.standing().get(kind="ROAD", road__is_section=True)
    elsewhere = row("ACCIDENT", "A8", grid=1, occurred_at=days_ago(2), accident_type="4", form="12", road_name="试验路")
    report("ACCIDENT", elsewhere)
    client = signed_in(users["brigade"])
    listed = {
        one.pk: words(client.get(reverse("console:element-events", args=[one.pk]) + "?kind=ACCIDENT"))
        for one in (road, section)
    }
    assert section.block_id == event("ACCIDENT", "A1").block_id != event("ACCIDENT", "A8").block_id
    assert (len(listed[road.pk]), listed[section.pk]) == (2, ["碰撞运动车辆"])


def test_an_event_outside_the_scope_is_counted_and_not_shown(users):
    report("VIOLATION", violation("V9", 5))
    client = signed_in(users["officer-1"])
    answer = tab(client, "VEHICLE", "?kind=VIOLATION")
    assert words(answer) == ["违反禁令标志指示", "违反禁令标志指示"]
    assert (counts(answer)["交通违法"], answer.context["event_hidden"]) == (2, 1)
    assert "辖区外 1 件" in answer.content.decode()
    assert tab(signed_in(users["brigade"]), "VEHICLE", "?kind=VIOLATION").context["event_hidden"] == 0
    assert tab(signed_in(users["officer-2"]), "VEHICLE").status_code == 404


def test_pages_follow_each_other_without_a_gap_also_where_events_share_a_moment(users):
    report("VIOLATION", *(violation(f"W{n}", 0, minutes=n // 4) for n in range(45)))
    client, seen, url = signed_in(users["brigade"]), [], ""
    first = tab(client, "VEHICLE")
    answer = first
    while True:
        seen += [(one["at"], one["url"]) for one in answer.context["event_rows"]]
        url = answer.context["older_url"]
        if not url:
            break
        answer = client.get(url)
    assert len(seen) == len({link for _at, link in seen}) == 49
    assert [at for at, _link in seen] == sorted((at for at, _link in seen), reverse=True)
    assert client.get(answer.context["newest_url"]).context["event_rows"] == first.context["event_rows"]


def test_what_cannot_be_is_refused_in_words(users):
    client = signed_in(users["brigade"])
    for query in ("?kind=CAPTURE", "?occurred_from=gestern", "?after=x", "?after=2026-01-01~0~1"):
        assert tab(client, "PERSON", query).status_code == 400, query
    assert words(tab(client, "PERSON", f"?occurred_to={days_ago(3):%Y-%m-%d}")) == []


def test_what_has_no_events_has_no_tab(users, city):
    from tests.factories.claims import claim, submit

    submit("SECURITY_HOUSE", "HOUSE", claim(1, number="H1", name="试验房", site_address=city.text(0)))
    client, house = signed_in(users["brigade"]), element("HOUSE")
    page = client.get(reverse("console:element", args=[house.pk]))
    assert "events" not in [one["key"] for one in page.context["tabs"]]
    assert client.get(reverse("console:element-events", args=[house.pk])).status_code == 404


def test_an_accident_that_is_not_known_yet_has_no_link_and_says_so(users):
    at = days_ago(6)
    report(
        "PARTY", row("PARTY", "X/1", accident_number="X", occurred_at=at, citizen_id=citizen_id(1), responsibility=None)
    )
    brigade = tab(signed_in(users["brigade"]), "PERSON", "?kind=PARTY")
    assert [(one["url"], one["note"]) for one in brigade.context["event_rows"]][1] == ("", "等待事故资料")


def test_the_tab_takes_as_many_queries_for_many_events_as_for_few(users):
    client = signed_in(users["brigade"])
    tab(client, "VEHICLE")
    taken = []
    for number in (0, 1):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tab(client, "VEHICLE")
        taken.append([one["sql"] for one in queries])
        report("VIOLATION", *(violation(f"Q{number}{n}", 0, n) for n in range(10)))
    assert len(taken[0]) == len(taken[1])
    assert sum("events_violation" in sql for sql in taken[1]) == 2
