"""Pages of risk sheets: list with its tiles, drafting, the form, steps, file, API."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx import Document

from analytics.models import RiskSheet
from analytics.reports import risk_sheets as services
from analytics.reports.paper import lines_of
from analytics.reports.risk_paper import paper_of
from common import clock
from tests.factories.query_counts import recorded_counts
from tests.factories.risk import completed, late_school, signed_sheet
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def module_users(module_city):
    made = make_users(module_city)
    late_school()
    return made


@pytest.fixture
def school(users):
    from elements.choices import KeyScheme
    from tests.factories.claims import element_with
    from tests.factories.numbers import uscc

    return element_with(KeyScheme.USCC, uscc(7))


def form_of(sheet: RiskSheet, *measures: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """What the browser sends."""
    data = {
        "conclusion": "车辆逾期未检验集中。", "review_on": f"{clock.today() + timedelta(60):%Y-%m-%d}", "revision": sheet.revision,
        "measures-TOTAL_FORMS": len(measures), "measures-INITIAL_FORMS": 0, "measures-MAX_NUM_FORMS": 20,
    }  # fmt: skip
    for n, (text, post, day) in enumerate(measures):
        data |= {f"measures-{n}-text": text, f"measures-{n}-post": post, f"measures-{n}-due_on": day}
    return data | more


def test_from_the_unit_to_a_signed_sheet(school, users, city):
    analyst, brigade = signed_in(users["analyst"]), signed_in(users["brigade"])
    page = analyst.get(f"/elements/{school.pk}/")
    assert f"/risk-sheets/new/?element={school.pk}" in page.content.decode()
    assert "还没有评估过" in analyst.get(f"/risk-sheets/new/?element={school.pk}").content.decode()
    made = analyst.post("/risk-sheets/new/", {"element": school.pk})
    again = analyst.post("/risk-sheets/new/", {"element": school.pk})
    sheet = RiskSheet.objects.get()
    assert made["Location"] == again["Location"] == f"/risk-sheets/{sheet.pk}/"

    early = analyst.post(f"/risk-sheets/{sheet.pk}/submit/")
    assert (early.status_code, "还没有填写：研判结论、复评日期" in early.content.decode()) == (400, True)
    day = f"{clock.today() + timedelta(9):%Y-%m-%d}"
    district = f"OFFICER:{city.districts[0].pk}"
    saved = analyst.post(f"/risk-sheets/{sheet.pk}/", form_of(sheet, ("约谈校长", district, day), ("", "", "")))
    assert saved.status_code == 302
    assert [(one.text, one.role, one.area) for one in sheet.measures.all()] == [
        ("约谈校长", "OFFICER", city.districts[0])
    ]
    analyst.post(f"/risk-sheets/{sheet.pk}/submit/")
    assert analyst.post(f"/risk-sheets/{sheet.pk}/sign/").status_code == 403
    brigade.post(f"/risk-sheets/{sheet.pk}/sign/")

    text = signed_in(users["officer-1"]).get(f"/risk-sheets/{sheet.pk}/").content.decode()
    assert "试验小学风险评估表" in text and "约谈校长" in text and "填报完成情况" in text
    measure = sheet.measures.get()
    sent = {f"measure-{measure.pk}-done_on": f"{clock.today():%Y-%m-%d}", f"measure-{measure.pk}-result": "已约谈"}
    done = signed_in(users["officer-1"]).post(f"/risk-sheets/{sheet.pk}/measures/1/", sent, follow=True)
    assert "已约谈" in done.content.decode()


@pytest.mark.parametrize(
    ("measure", "more", "said"),
    [
        (("约谈", "", "2026-12-31"), {}, "请选择由哪个岗位负责"),
        (("约谈", "BRIGADE:", ""), {}, "请填写完成期限"),
        (("约谈", "OFFICER:999999", "2026-12-31"), {}, "选择一个有效的选项"),
        (("约谈", "BRIGADE:", "31.12."), {}, "输入一个有效的日期"),
        (("约谈", "BRIGADE:", "2026-12-31"), {"review_on": "2000-01-01"}, "复评日期应在明天起的一年之内"),
        (("约谈", "BRIGADE:", "2026-12-31"), {"measures-TOTAL_FORMS": "x"}, "缺失"),
    ],
)
def test_a_form_that_cannot_be_says_why_and_keeps_what_was_written(school, users, measure, more, said):
    sheet = services.draft_sheet(subject=school, actor=users["analyst"], now=clock.now())
    before = list(sheet.measures.values_list("text", flat=True))
    answer = signed_in(users["analyst"]).post(f"/risk-sheets/{sheet.pk}/", form_of(sheet, measure, **more))
    assert (answer.status_code, said in answer.content.decode()) == (400, True)
    assert "车辆逾期未检验集中。" in answer.content.decode()
    assert list(sheet.measures.values_list("text", flat=True)) == before


def test_an_older_form_is_refused(school, users):
    sheet = services.draft_sheet(subject=school, actor=users["analyst"], now=clock.now())
    completed(sheet, users["brigade"])
    answer = signed_in(users["analyst"]).post(f"/risk-sheets/{sheet.pk}/", form_of(sheet))
    assert (answer.status_code, "在您打开之后又被改过" in answer.content.decode()) == (409, True)


def test_tiles_count_the_rows_of_their_lists(school, users, city):
    today = clock.today()
    signed_sheet(school, users, review_on=today + timedelta(5))
    services.draft_sheet(subject=city.districts[0], actor=users["analyst"], now=clock.now())
    client = signed_in(users["brigade"])
    tiles = client.get("/risk-sheets/").context["tiles"]
    assert {str(one["label"]): one["count"] for one in tiles} == {
        "现行评估表": 1, "逾期未复评": 0, "30天内复评": 1, "有逾期措施": 0, "待签发": 0,
    }  # fmt: skip
    for tile in tiles:
        assert len(client.get(f"/risk-sheets/{tile['url']}").context["rows"]) == tile["count"]
    # Of another squadron: neither.
    assert {one["count"] for one in signed_in(users["officer-2"]).get("/risk-sheets/").context["tiles"]} == {0}
    found = client.get(f"/risk-sheets/?area={city.squadrons[0].pk}&filter=none").context["rows"]
    assert {one["sheet"].subject for one in found} == {"试验小学", city.districts[0].name}
    assert list(client.get(f"/risk-sheets/?area={city.squadrons[1].pk}").context["rows"]) == []
    assert client.get("/risk-sheets/?review=never").status_code == 400
    assert signed_in(users["admin"]).get("/risk-sheets/").status_code == 403


def test_page_and_document_say_the_same(school, users):
    sheet = signed_sheet(school, users)
    client = signed_in(users["brigade"])
    html = client.get(f"/risk-sheets/{sheet.pk}/").content.decode()
    document = Document(BytesIO(client.get(f"/risk-sheets/{sheet.pk}/file/").content))
    written = [one.text for one in document.paragraphs]
    written += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for line in lines_of(paper_of(sheet, list(sheet.measures.all())))[2:]:
        assert line in "\n".join(written), line
        assert line in html, line
    # Village and grid posts take nothing out.
    assert signed_in(users["coordinator-1"]).get(f"/risk-sheets/{sheet.pk}/file/").status_code == 403


def test_the_file_holds_the_rows_of_the_list_with_their_measures(school, users):
    signed_sheet(school, users)
    answer = signed_in(users["officer-1"]).get("/lists/risk-sheets/export/?standing=in_force&format=csv")
    (head, *lines) = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    (told,) = (dict(zip(head, line, strict=False)) for line in lines if line[0] == "试验小学")
    assert (told["风险等级"], told["措施数"], told["已完成"]) == ("关注", "1", "0")
    assert told["管控措施"].startswith("1. 约谈负责人（")
    elsewhere = signed_in(users["officer-2"]).get("/lists/risk-sheets/export/?format=csv")
    assert "试验小学" not in b"".join(elsewhere.streaming_content).decode("utf-8-sig")


def test_machines_read_the_same(school, users):
    sheet = signed_sheet(school, users)
    one = signed_in(users["officer-1"]).get(f"/api/v1/risk-sheets/{sheet.pk}/").json()
    assert (one["subject"], one["level"], one["measures"][0]["text"]) == ("试验小学", "关注", "约谈负责人")
    page = signed_in(users["officer-1"]).get("/api/v1/risk-sheets/?standing=in_force").json()
    assert [row["id"] for row in page["results"]] == [sheet.pk]
    assert signed_in(users["officer-2"]).get(f"/api/v1/risk-sheets/{sheet.pk}/").status_code == 404
    assert signed_in(users["officer-1"]).get("/api/v1/risk-sheets/?review=x").status_code == 400


def test_the_number_of_queries_does_not_grow_with_the_sheets(school, users, city):
    sheet = signed_sheet(school, users)
    client = signed_in(users["brigade"])
    pages = ("/risk-sheets/", f"/risk-sheets/{sheet.pk}/")
    for page in pages:
        client.get(page)
    measured = {f"brigade: {page.replace(str(sheet.pk), '…')}": _counted(client, page) for page in pages}
    assert measured == recorded_counts(measured)
    for district in city.districts:
        signed_sheet(district, users)
    assert _counted(client, pages[0]) == measured["brigade: /risk-sheets/"]


def _counted(client: Any, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)
