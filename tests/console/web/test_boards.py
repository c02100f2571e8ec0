"""看板 and 大屏: figures that open their rows, what a new event changes, what is old or unknown, and that nothing personal shows."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from addresses.choices import AreaKind
from addresses.models import Area
from analytics.models import IndicatorSnapshot, IndicatorTarget
from analytics.services.day_counts import count_stale_days
from analytics.services.snapshots import take_snapshots
from common import clock
from elements.models import Element
from events.models import Accident
from tests.factories import upkeep
from tests.factories.alerts import alert_on, alerting_tag, vehicle_at
from tests.factories.claims import vehicle_of
from tests.factories.events import days_ago, make_events, report, row
from tests.factories.indicators import inspected
from tests.factories.numbers import citizen_id, phone, plate, vin
from tests.factories.query_counts import recorded_counts
from tests.factories.users import SINCE, make_user, make_users, signed_in

LINK = re.compile(r'<a [^>]*href="([^"]+)"[^>]*data-count="(\d+)"')
READERS = ("brigade", "squadron-1", "officer-1", "analyst")
PAGES = ("/dashboard/", "/wall/")


@pytest.fixture(scope="module")
def module_users(module_city):
    """Events of the last days and of now, an alert in either squadron, an overdue order in the first."""
    make_events()
    report("ACCIDENT", row("ACCIDENT", "N1", grid=0, occurred_at=clock.now(), accident_type="2", form="11", injured=2))
    report("VIOLATION", row("VIOLATION", "N1", grid=5, occurred_at=clock.now(), code="1344"))
    made = make_users(module_city)
    inspected(3, 1, grid=0)
    tag = alerting_tag(name="年检逾期")
    alert_on(tag, vehicle_of(vin(1)))
    alert_on(tag, vehicle_at(12, grid=5), clock.now() - timedelta(hours=2))
    upkeep.dispatched(upkeep.report(upkeep.facility(1, grid=0), made["brigade"]), made["brigade"])
    return made


def shown(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def links(text: str) -> set[tuple[str, int]]:
    return {(unescape(url), int(count)) for url, count in LINK.findall(text)}


def figure(text: str, words: str) -> int:
    """The count of the first link to a URL with these words."""
    return next(count for url, count in sorted(links(text)) if words in url)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("reader", READERS)
def test_every_figure_opens_as_many_rows(users, reader, path):
    client = signed_in(users[reader])
    found = sorted(links(shown(client, path)), key=lambda one: -one[1])
    told = [one for one in found if one[1]]
    assert len(told) > 8
    # Days and hours without anything are many, and all alike.
    for url, count in [*told, *[one for one in found if not one[1]][:12]]:
        listed = client.get(url, headers={"HX-Request": "true"})
        assert listed.status_code == 200 and re.fullmatch(rf"共 {count} \D+", listed.context["count_text"]), url


def test_a_board_of_an_area_tells_what_lies_in_it(users, city):
    brigade = signed_in(users["brigade"])
    first, second = (shown(brigade, f"/dashboard/?area={one.pk}") for one in city.squadrons)
    assert "中队看板" in first and "大队看板" in shown(brigade, "/dashboard/")
    assert (figure(first, "standing=overdue"), figure(second, "standing=overdue")) == (0, 0)
    own = shown(signed_in(users["squadron-1"]), "/dashboard/")
    counts = [sorted(count for _url, count in links(text) if count) for text in (own, first, second)]
    assert counts[0] == counts[1] != counts[2]
    # The areas below: squadrons of the brigade, districts of a squadron, grids of a district.
    assert "各中队" in shown(brigade, "/dashboard/") and "各警务区" in own
    assert "各网格" in shown(signed_in(users["officer-1"]), "/dashboard/")


def test_an_area_that_the_reader_does_not_see_is_not_there(users, city):
    officer = signed_in(users["officer-1"])
    for path in (*PAGES, "/wall/panels/"):
        shown(officer, f"{path}?area={city.squadrons[1].pk}", 404)
        shown(officer, f"{path}?area=x", 400)


@pytest.mark.parametrize("path", [*PAGES, "/wall/panels/"])
def test_a_new_accident_and_violation_stand_on_the_next_page(users, path):
    client = signed_in(users["brigade"])
    # As a running platform has it: all days are counted, what comes in makes its day stale.
    count_stale_days()
    today = f"occurred_from={clock.today()}&occurred_to={clock.today()}"
    asked = [f"/events/accidents/?{today}&procedure=GENERAL", f"/events/violations/?{today}"]
    before = dict(links(shown(client, path)))
    report("ACCIDENT", row("ACCIDENT", "N2", grid=1, occurred_at=clock.now(), accident_type="2", form="11", injured=1))
    report("VIOLATION", row("VIOLATION", "N2", grid=1, occurred_at=clock.now(), code="1344"))
    now = dict(links(shown(client, path)))
    assert [now[url] - before[url] for url in asked] == [1, 1]


def test_victims_are_told_as_sums_that_lead_to_their_accidents(users):
    text = shown(signed_in(users["brigade"]), "/dashboard/")
    sums = re.findall(r'href="([^"]+)" data-sum="(\d+)"', text)
    yesterday = f"occurred_from={days_ago(1):%Y-%m-%d}&amp;occurred_to={days_ago(1):%Y-%m-%d}"
    assert [int(count) for url, count in sums if yesterday in url and "is_fatal" in url] == [1]


@pytest.mark.parametrize("path", PAGES)
def test_what_the_platform_did_not_know_is_unknown_not_none(users, path):
    # Accidents are known since forty days ago, violations since 2022.
    text = shown(signed_in(users["brigade"]), path)
    last_year = f"occurred_from={clock.today().year - 1}-{clock.today():%m}-"
    told = re.findall(r'href="([^"]+)" data-(?:count|sum)=', text)
    assert "未知" in text
    assert [url for url in told if last_year in url and "/accidents/" in url] == []
    assert path == "/wall/" or [url for url in told if last_year in url and "/violations/" in url]


def test_events_that_have_stopped_coming_are_not_compared(users):
    """Accidents end nine days ago, violations go on: of the month that is not all there no percentage is told."""
    client, said = signed_in(users["brigade"]), "之后的可能还没有导入"
    assert said not in shown(client, "/dashboard/")
    Accident.objects.filter(occurred_at__gte=days_ago(8)).update(occurred_at=days_ago(9))
    answer = client.get("/dashboard/")
    assert f"最近一起交通事故是 {days_ago(9):%Y-%m-%d}，{said}" in answer.content.decode()
    assert [row["change"] is None for row in answer.context["event_rows"]] == [True] * 4 + [False]


def test_the_wall_shows_nothing_personal(users):
    client = signed_in(users["brigade"])
    told = [plate(1), "张试验", citizen_id(1), phone(1), vin(1), Element.objects.get(pk=vehicle_of(vin(1)).pk).label]
    assert plate(1) in shown(client, "/alerts/?standing=open")
    for path in ("/wall/", "/wall/panels/"):
        text = shown(client, path)
        assert "年检逾期" in text and "ZD-1" in text
        assert [one for one in told if one in text] == []


def test_alerts_stand_in_the_middle_of_their_grid(users):
    found = signed_in(users["officer-1"]).get("/wall/panels/").context["map_data"]["alerts"]
    assert found == [{"lon": 119.87, "lat": 37.17, "count": 1, "urgent": 1}]


def test_shares_are_those_of_the_last_night_and_old_ones_say_so(users, city):
    client = signed_in(users["brigade"])
    text = shown(client, "/dashboard/")
    assert "还没有统计过指标" in text and "未知" in text
    take_snapshots()
    IndicatorTarget.objects.create(
        indicator="VEHICLE_INSPECTION", area=city.brigade, year=clock.today().year, percent=90
    )
    text, live = shown(client, "/dashboard/"), shown(client, "/indicators/")
    assert "数据已过时" not in text
    shares = re.findall(r'data-share="([\d.]+)">([\d.]+%)', text)
    assert "-15.00 个百分点" in text
    assert shares and all(words in live for _value, words in shares)
    assert 'data-fresh-s="172800"' in shown(client, "/wall/")
    IndicatorSnapshot.objects.update(day=clock.today() - timedelta(days=2))
    assert "昨夜没有统计出指标" in shown(client, "/dashboard/")


def test_links_are_told_to_who_answers_for_all_of_them(users):
    told = {name: "接入链路" in shown(signed_in(users[name]), "/wall/panels/") for name in READERS}
    assert told == {"brigade": True, "squadron-1": False, "officer-1": False, "analyst": False}


def test_who_answers_for_no_block_yet_is_told_so(users, city):
    district = Area.objects.create(
        kind=AreaKind.DISTRICT,
        code="JQ-9",
        name="新警务区",
        parent=city.squadrons[0],
        valid_from=SINCE,
        geom=city.districts[0].geom,
    )
    client = signed_in(make_user("newcomer", Role.OFFICER, area=district))
    assert "您的辖区里还没有责任区" in shown(client, "/dashboard/")
    assert "没有未办结的预警" in shown(client, "/wall/")


@pytest.mark.parametrize("reader", ["admin", "auditor", "nobody"])
def test_who_may_not_read_sees_no_board(users, reader):
    client = signed_in(users[reader])
    for path in (*PAGES, "/wall/panels/", "/dashboard/coverage/"):
        assert "data-count" not in shown(client, path, 403)


def test_a_script_whose_session_has_ended_is_told_so(users):
    client = signed_in(users["brigade"])
    assert client.get("/wall/panels/").status_code == 200
    client.logout()
    assert client.get("/wall/panels/").status_code == 401
    assert client.get("/wall/").headers["Location"].startswith("/login/")


def test_the_number_of_queries_does_not_grow(users):
    client = signed_in(users["brigade"])
    urls = {
        "brigade: dashboard": "/dashboard/", "brigade: dashboard coverage": "/dashboard/coverage/",
        "brigade: wall": "/wall/", "brigade: wall panels": "/wall/panels/",
    }  # fmt: skip
    for url in urls.values():
        client.get(url)
    measured = {name: _counted(client, url) for name, url in urls.items()}
    assert measured == recorded_counts(measured)
    tag = alerting_tag("MORE")
    for number in range(20, 24):
        alert_on(tag, vehicle_at(number, grid=number % 6))
    for kind, values in (("ACCIDENT", {"form": "11"}), ("VIOLATION", {"code": "1344"})):
        report(kind, *(row(kind, f"M{n}", grid=n % 6, occurred_at=days_ago(n, n % 24), **values) for n in range(12)))
    assert {name: _counted(client, url) for name, url in urls.items()} == measured


def _counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)
