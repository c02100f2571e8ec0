"""Analysis pages: comparisons with what is known, the cross table as a file, refusals."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from common.models import AuditRow
from events.models import Accident
from tests.factories.events import days_ago, make_events, report, row
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

LINK = re.compile(r'<a [^>]*href="([^"]+)"[^>]*data-count="(\d+)"')
YEAR = f"?occurred_from={days_ago(50):%Y-%m-%d}&occurred_to={days_ago(0):%Y-%m-%d}"


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def page(client, name: str, query: str = YEAR, status: int = 200) -> str:
    answer = client.get(f"/analysis/{name}/{query}")
    assert answer.status_code == status
    return answer.content.decode()


def test_a_new_accident_changes_the_page_at_once(users):
    client = signed_in(users["brigade"])
    before = page(client, "accidents")
    report("ACCIDENT", row("ACCIDENT", "A9", grid=0, occurred_at=days_ago(1), accident_type="2", form="11", injured=1))
    now = page(client, "accidents")
    assert before != now
    assert _first(now) == _first(before) + 1


def _first(text: str) -> int:
    return int(LINK.search(text).group(2))


def test_before_the_platform_knew_anything_is_unknown_not_none(users):
    assert "未知：平台当时还没有数据" in page(signed_in(users["brigade"]), "accidents")


def test_days_after_the_last_import_are_not_told_as_nothing(users):
    client, said = signed_in(users["brigade"]), "之后的可能还没有导入"
    assert said not in page(client, "accidents")
    Accident.objects.filter(occurred_at__gte=days_ago(8)).update(occurred_at=days_ago(9))
    assert f"最近一起是 {days_ago(9):%Y-%m-%d}，{said}" in page(client, "accidents")
    past = f"?occurred_from={days_ago(50):%Y-%m-%d}&occurred_to={days_ago(5):%Y-%m-%d}"
    assert said not in page(client, "accidents", past)


def test_the_cross_table_comes_with_its_question(users):
    answer = signed_in(users["brigade"]).get(f"/analysis/accidents/pivot.xlsx{YEAR}&down=form_code&across=severity")
    sheet = load_workbook(BytesIO(answer.content)).active
    rows = [[cell for cell in line if cell is not None] for line in sheet.iter_rows(values_only=True)]
    assert rows[0] == ["交通事故 事故形态×严重程度"]
    assert [one[0] for one in rows if one][1:3] == ["时间自", "时间至（含当日）"]
    assert rows[-1] == ["合计", 1, 1, 2, 4]
    assert AuditRow.objects.filter(verb="EXPORTED", subject_table="events_accident").exists()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?by=colour", "没有这一统计维度"),
        ("?down=hour&across=hour", "行和列选了同一个维度"),
        ("?down=party_age&across=party_mode", "不能都按当事人统计"),
        ("?occurred_from=2026-03-01&occurred_to=2026-02-01", "起晚于止"),
        ("?occurred_from=x&occurred_to=2026-02-01", "不是日期"),
        ("?hour=25", "筛选条件无效"),
        ("?shape=1,1", "圈定的范围无法识别"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(users, query, words):
    assert words in page(signed_in(users["brigade"]), "accidents", query, 400)


def test_a_span_without_anything_says_so(users):
    text = page(signed_in(users["brigade"]), "accidents", "?occurred_from=2019-01-01&occurred_to=2019-01-31")
    assert "这段时间没有记录" in text and "没有可分的记录" in text


def test_who_may_not_read_sees_no_figure(users):
    client = signed_in(users["admin"])
    assert "data-count" not in page(client, "accidents", status=403)
    assert client.get("/analysis/accidents/pivot.xlsx").status_code == 403


def test_there_is_no_analysis_of_other_lists(users):
    assert signed_in(users["brigade"]).get("/analysis/captures/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_events(users):
    client = signed_in(users["brigade"])
    urls = {f"brigade: analysis {name}": f"/analysis/{name}/{YEAR}" for name in ("accidents", "violations")}
    for url in urls.values():
        client.get(url)
    measured = {name: _counted(client, url) for name, url in urls.items()}
    assert measured == recorded_counts(measured)
    report(
        "ACCIDENT",
        *(row("ACCIDENT", f"M{n}", grid=n % 6, occurred_at=days_ago(n, n % 24), form="11") for n in range(30)),
    )
    report(
        "VIOLATION",
        *(row("VIOLATION", f"M{n}", grid=n % 6, occurred_at=days_ago(n, n % 24), code="1344") for n in range(30)),
    )
    assert {name: _counted(client, url) for name, url in urls.items()} == measured


def _counted(client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_share_that_is_processed_is_told_by_place_and_hour(users):
    client = signed_in(users["brigade"])
    # V1 at nine is processed, V2 at eight is not: both a day ago in grid 0; V3 in the other squadron is not.
    shown = client.get(f"/analysis/violations/{YEAR}&rate=district&is_processed=false").context["rates"]
    assert sorted((one.seen.label, one.seen.count, one.processed, one.share) for one in shown) == [
        ("JQ-1", 2, 1, 50.0),
        ("JQ-3", 1, 0, 0.0),
    ]
    by_hour = {one.seen.value: one for one in client.get(f"/analysis/violations/{YEAR}&rate=hour").context["rates"]}
    assert [(by_hour[hour].seen.count, by_hour[hour].share) for hour in (8, 9, 10)] == [(1, 0.0), (1, 100.0), (0, None)]
    assert client.get(f"/analysis/violations/{YEAR}&rate=colour").status_code == 400
