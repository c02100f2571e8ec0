"""Pages and API of indicators: every figure opens its rows, scope, targets, loading, export, numbers of queries."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.models import IndicatorSnapshot, IndicatorTarget
from analytics.services.snapshots import take_snapshots
from common import clock
from common.daily import _schedules
from tests.factories.indicators import inspected, reviewed, scrapped, serious, treated
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

PAGE, LOAD, API = "/indicators/", "/indicators/load/", "/api/v1/indicators/"
CSV = "指标,日期,责任区代码,分子,分母\n机动车检审率,{day},ZD-1,90,100\n"
_FIGURE = re.compile(r'<a[^>]*href="([^"]+)"[^>]*data-count="(\d+)"')


@pytest.fixture(scope="module")
def module_users(module_city):
    for grid in (0, 2, 5):
        inspected(3 + grid, 1, grid=grid)
        reviewed(1, grid, grid=grid)
        serious(1, 1, grid=grid)
    scrapped(1, 2, grid=0)
    treated(1, 1, grid=5)
    return make_users(module_city)


def shown(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def figures(html: str) -> set[tuple[str, int]]:
    return {(unescape(url), int(number)) for url, number in _FIGURE.findall(html)}


def file_of(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("earlier.csv", text.encode())


def load_text() -> str:
    today = clock.today()
    return CSV.format(day=today.replace(year=today.year - 1, day=min(today.day, 28)))


@pytest.mark.parametrize("name", ["officer-2"])
def test_every_number_opens_a_list_of_exactly_so_many_rows(users, city, name):
    client = signed_in(users[name])
    pages = [
        f"{PAGE}?indicator={key}"
        for key in ("VEHICLE_INSPECTION", "SERIOUS_VIOLATION", "STANDARD_ADDRESS", "DANGER_TREATMENT")
    ]
    pages += [
        f"{PAGE}?indicator=DRIVER_REVIEW&opened={city.districts[0].pk}",
        f"{PAGE}?indicator=VEHICLE_SCRAP&by=setting",
    ]
    found = set().union(*(figures(shown(client, url)) for url in pages))
    sums = {one for one in found if "/rows/" in one[0]}
    for url, _number in sums:
        found |= figures(shown(client, url))
    assert len(found) > 25
    wrong = []
    for url, number in found:
        answer = client.get(url)
        told = re.search(r"共 ([\d,]+) [条起]", answer.content.decode())
        # An empty list says so in words of its own.
        listed = int(told.group(1).replace(",", "")) if told else len(answer.context["rows"])
        if (answer.status_code, listed) != (200, number):
            wrong.append((url, number, listed))
    assert wrong == []


def test_the_page_says_value_definition_and_what_is_not_known(users):
    html = shown(signed_in(users["brigade"]), f"{PAGE}?indicator=VEHICLE_INSPECTION")
    inspection = next(
        card
        for card in signed_in(users["brigade"]).get(PAGE).context["cards"]
        if card["indicator"].key == "VEHICLE_INSPECTION"
    )
    # 16 kept of 19, and the three past their last day have no date of inspection.
    assert (inspection["numerator"]["value"], inspection["denominator"]["value"], inspection["value"]) == (
        16,
        19,
        "84.21%",
    )
    assert (inspection["before"], inspection["trend"]) == ("未知", None)
    assert "第十六条" in html and "请客户核定" in html and "截至" in html


def test_squadrons_open_into_districts_and_grids_and_the_worst_stands_first(users, city):
    client = signed_in(users["brigade"])

    def names(query: str) -> list[str]:
        return [row["place"].name for row in client.get(f"{PAGE}?indicator=DRIVER_REVIEW&{query}").context["rows"]]

    assert names("")[:2] == ["ZD-1", "ZD-2"]
    opened = names(f"opened={city.districts[0].pk}")
    assert opened[:4] == ["ZD-1", "JQ-1", "G-1", "G-2"] and "G-3" not in opened
    assert names("sort=value")[:2] == ["ZD-2", "ZD-1"]
    assert [row["place"].name for row in client.get(f"{PAGE}?by=setting").context["rows"]][:2] == ["城区", "农村"]


def test_a_squadron_sees_its_own_numbers_only(users, city):
    client = signed_in(users["squadron-1"])
    html = shown(client, f"{PAGE}?opened={city.squadrons[1].pk}")
    assert "ZD-1" in html and "ZD-2" not in html and "JQ-3" not in html
    assert "保存目标" not in html and "上传并核对" not in html


@pytest.mark.parametrize(
    ("query", "status"),
    [("indicator=NONE", 404), ("by=town", 400), ("sort=name", 400), ("opened=x", 400), ("opened=99999999", 200)],
)
def test_parameters_that_cannot_be_are_refused_in_words(users, query, status):
    assert signed_in(users["brigade"]).get(f"{PAGE}?{query}").status_code == status


def test_a_target_is_set_shown_and_taken_away(users, city):
    client, url = signed_in(users["brigade"]), f"{PAGE}VEHICLE_INSPECTION/target/"
    sent = {"area": city.brigade.pk, "year": clock.today().year, "percent": "90"}
    answer = client.post(url, sent, follow=True)
    assert "目标已保存" in answer.content.decode() and "-5.79 个百分点" in answer.content.decode()
    assert "0 至 100" in client.post(url, sent | {"percent": "900"}, follow=True).content.decode()
    assert "四位数的年度" in client.post(url, sent | {"year": "x"}, follow=True).content.decode()
    assert IndicatorTarget.objects.get().percent == 90
    assert signed_in(users["squadron-1"]).post(url, sent).status_code == 403
    assert client.post(url, sent | {"area": 999_999_999}).status_code == 404
    assert client.post(f"{PAGE}NONE/target/", sent).status_code == 404
    client.post(url, sent | {"percent": ""})
    assert IndicatorTarget.objects.count() == 0


def test_a_file_is_looked_at_then_loaded(users):
    client = signed_in(users["brigade"])
    looked = client.post(LOAD, {"file": file_of(load_text())})
    assert (looked.status_code, IndicatorSnapshot.objects.count()) == (200, 0)
    assert "新增 1 行" in looked.content.decode()
    signed = looked.context["signed"]
    other = signed_in(users["analyst"]).post(LOAD, {"rows": signed})
    assert (other.status_code, IndicatorSnapshot.objects.count()) == (403, 0)
    assert client.post(LOAD, {"rows": signed + "x"}).status_code == 400
    assert IndicatorSnapshot.objects.count() == 0
    done = client.post(LOAD, {"rows": signed}, follow=True)
    assert "新增 1，更改 0，未变 0" in done.content.decode()
    row = IndicatorSnapshot.objects.get()
    assert (row.indicator, row.numerator, row.denominator) == ("VEHICLE_INSPECTION", 90, 100)


def test_a_bad_file_is_told_and_refused(users):
    client = signed_in(users["brigade"])
    answer = client.post(LOAD, {"file": file_of(load_text().replace("90,100", "900,100"))})
    assert answer.status_code == 400
    assert "第 2 行“分子”列：分子不能大于分母。" in answer.content.decode() and answer.context["signed"] == ""
    assert client.post(LOAD).status_code == 400
    assert signed_in(users["squadron-1"]).post(LOAD, {"file": file_of(load_text())}).status_code == 403
    assert IndicatorSnapshot.objects.count() == 0


def test_the_api_gives_the_figures_of_the_page(users):
    body = signed_in(users["squadron-1"]).get(f"{API}?level=DISTRICT").json()
    one = next(one for one in body["indicators"] if one["key"] == "VEHICLE_INSPECTION")
    assert (one["whole"]["numerator"], one["whole"]["denominator"], one["whole"]["percent"]) == (8, 10, 80.0)
    assert [(area["area"], area["numerator"]) for area in one["areas"] if area["kind"] == "DISTRICT"] == [
        ("JQ-1", 3),
        ("JQ-2", 5),
    ]
    assert (one["whole"]["before"], one["whole"]["target"]) == (None, None)
    assert signed_in(users["brigade"]).get(f"{API}?level=TOWN").status_code == 400


def test_the_table_is_taken_out_as_the_page_says_it(users):
    client = signed_in(users["squadron-1"])
    url = client.get(PAGE).context["export_url"]
    answer = client.get(f"{url}&format=csv")
    text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    line = next(line for line in text.splitlines() if line.startswith("机动车检审率,全部辖区"))
    assert line.split(",")[4:8] == ["8", "10", "80.00", "未知"]
    assert "ZD-2" not in text
    assert signed_in(users["coordinator-1"]).get(PAGE).context["export_url"] == ""


def test_the_nightly_count_is_registered_and_its_days_make_a_trend(users):
    assert (_schedules["indicators"].run, _schedules["indicators"].at.hour) == (take_snapshots, 2)
    take_snapshots()
    IndicatorSnapshot.objects.update(day=clock.today() - timedelta(1))
    take_snapshots()
    card = signed_in(users["brigade"]).get(PAGE).context["cards"][0]
    assert [dot["day"] for dot in card["trend"]["dots"]] == [clock.today() - timedelta(1), clock.today()]


def test_strangers_and_people_without_a_post_get_nothing(users):
    for url, status in ((PAGE, 403), (f"{PAGE}STANDARD_ADDRESS/rows/", 403), (API, 403)):
        assert Client().get(url).status_code in {302, 401, 403}
        assert signed_in(users["nobody"]).get(url).status_code == status
        assert signed_in(users["auditor"]).get(url).status_code == status


def test_the_numbers_of_queries_are_those_that_were_reviewed(users, city):
    measured: dict[str, int] = {}
    brigade, squadron = signed_in(users["brigade"]), signed_in(users["squadron-1"])
    asked = {
        "brigade: indicators": (brigade, f"{PAGE}?opened={city.districts[0].pk}"), "brigade: indicators api": (brigade, f"{API}?level=GRID"),
        "squadron: indicators": (squadron, PAGE), "brigade: indicator rows": (brigade, f"{PAGE}STANDARD_ADDRESS/rows/?which=met"),
    }  # fmt: skip
    for client, url in asked.values():
        client.get(url)
    for round_ in range(2):
        for name, (client, url) in asked.items():
            with CaptureQueriesContext(connection) as found:
                assert client.get(url).status_code == 200
            assert measured.setdefault(name, len(found)) == len(found), (name, round_)
        inspected(4, 4, grid=1)
        take_snapshots()
    assert measured == recorded_counts(measured)
