"""Reports from events: figures with their lists, scope of the area, two renderers that say the same, bad input in words."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from pypdf import PdfReader

from analytics.models import Report, ReportTemplate
from analytics.periods import month_of
from analytics.reports import figures
from analytics.reports.figures import Asked
from analytics.reports.groupings import GROUPINGS
from analytics.reports.making import make_report
from analytics.reports.paper import lines_of, paper_of, text_of
from analytics.reports.render_docx import docx_of, own_shell
from analytics.reports.render_html import html_of
from analytics.reports.render_pdf import pdf_of
from analytics.reports.shell import read_shell
from common import clock
from common.errors import DomainError
from tests.factories.events import report as file_events
from tests.factories.events import row
from tests.factories.reports import OCTOBER, make_day, make_october
from tests.factories.users import signed_in

pytestmark = pytest.mark.django_db


def blocks(report: Report, kind: str, rule: str) -> list[dict[str, Any]]:
    return [one for one in report.content["blocks"] if one["type"] == kind and one.get("rule") == rule]


def squeezed(text: str) -> str:
    """Without what only breaks lines."""
    return re.sub(r"\s", "", text)


def test_sentences_and_tables_of_the_brigade_say_the_same_figures(october):
    report = make_october()

    (four,) = blocks(report, "sentences", "four_indices")
    assert text_of(four["parts"]) == (
        "2026年10月，全市共发生适用一般程序处理的道路交通事故6起，同比上升20.00%，环比下降25.00%；造成1人死亡，上年同期为0，增加1人，"
        "上期为0，增加1人；5人受伤，同比持平，环比下降37.50%；直接财产损失6.00万元，同比上升20.00%，环比下降25.00%。"
    )
    (table,) = blocks(report, "table", "indices")
    told = [part["value"] for part in four["parts"] if isinstance(part, dict)]
    assert told == [row[1]["value"] for row in table["rows"]] == [6, 1, 5, 60_000]
    assert [row[2]["value"] for row in table["rows"]] == [5, 0, 5, 50_000]
    assert [row[3] for row in table["rows"]] == ["+20.00%", "—(+1)", "0.00%", "+20.00%"]
    (areas,) = blocks(report, "table", "areas")
    assert [(row[0], row[1]["value"]) for row in areas["rows"]] == [("ZD-1", 4), ("ZD-2", 2), ("合计", 6)]
    (drawn,) = blocks(report, "map", "points")
    assert (len(drawn["dots"]), len(drawn["outlines"])) == (6, 2)
    (chart,) = blocks(report, "chart", "months")
    assert [one["values"][9] for one in chart["series"]] == [5, 6]
    assert chart["series"][0]["values"][8] is None


def test_every_counted_figure_is_the_number_of_the_rows_of_its_list(october, users):
    report = make_october()

    client = signed_in(users["brigade"])
    page = client.get(f"/reports/{report.pk}/").content.decode()
    links = re.findall(r'<a href="([^"]+)" data-count="(\d+)">', page)
    assert len(links) > 25
    for url, counted in dict.fromkeys(links):
        shown = client.get(url.replace("&amp;", "&"))
        rows = shown.context["count_text"]
        assert re.search(rf"\b{counted}\b", rows), (url, counted, rows)


def test_a_squadron_has_its_own_rows_alone(october, city):
    report = make_october("squadron-monthly", city.squadrons[1])

    (four,) = blocks(report, "sentences", "four_indices")
    assert (
        text_of(four["parts"]).startswith("2026年10月，ZD-2共发生适用一般程序处理的道路交通事故2起，起数较少") is False
    )
    assert text_of(four["parts"]).startswith(
        "2026年10月，ZD-2共发生适用一般程序处理的道路交通事故2起，上年同期为0，增加2起"
    )
    (areas,) = blocks(report, "table", "areas")
    assert [(row[0], row[1]["value"]) for row in areas["rows"]] == [("JQ-3", 2), ("合计", 2)]
    (annex,) = blocks(report, "annex", "rows")
    assert len(annex["rows"]) == 2
    assert f"area={city.squadrons[1].pk}" in four["parts"][1]["url"]


def test_both_renderers_and_the_page_say_the_same_text(october):
    paper = paper_of(make_october())
    wanted = squeezed("".join(lines_of(paper)))

    document = Document(BytesIO(docx_of(paper)))
    written = "".join("".join(node.itertext()) for node in document.element.body.iter("{*}t"))
    pdf = PdfReader(BytesIO(pdf_of(paper)))
    html = re.sub(r"<svg.*?</svg>", "", html_of(paper), flags=re.DOTALL)
    shown = squeezed(re.sub(r"<[^>]+>", "", html).replace("&amp;", "&"))

    assert squeezed(written) == wanted
    assert shown == wanted
    # Pictures have texts of their own in the PDF, and a head of a table stands again on the next page.
    printed = squeezed("".join(re.sub(r"— \d+ —", "", page.extract_text()) for page in pdf.pages))
    for line in lines_of(paper):
        assert squeezed(line) in printed, line
    fonts = {
        str(font.get_object()["/BaseFont"]): font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        for page in pdf.pages for font in page["/Resources"]["/Font"].values()
    }  # fmt: skip
    assert fonts and all("noto-sans-sc" in name and "/FontFile2" in one for name, one in fonts.items())


def test_pictures_of_the_document_have_150_dpi(october):
    from PIL import Image

    made = ZipFile(BytesIO(docx_of(paper_of(make_october()))))
    pictures = [Image.open(BytesIO(made.read(name))) for name in made.namelist() if name.startswith("word/media/")]

    assert len(pictures) == 3
    assert {tuple(round(one) for one in picture.info["dpi"]) for picture in pictures} == {(150, 150)}
    assert max(picture.width for picture in pictures) == round(600 * 150 / 96)


def test_annexes_are_masked_for_everybody(october):
    from tests.factories.numbers import plate

    template = ReportTemplate(code="x", name="违法", level="CITY", cycle="MONTH", blocks=[
        {"type": "annex", "events": "violations", "limit": 2}])  # fmt: skip
    template.save()
    report = make_report(
        template=template, area=None, span=month_of(date(2026, 10, 1)), author_id=None, now=clock.now()
    )

    (annex,) = report.content["blocks"]
    assert (len(annex["rows"]), annex["left_out"]) == (2, 1)
    assert plate(1) not in str(report.content)
    assert annex["rows"][0][4].startswith(plate(1)[:2]) and "*" in annex["rows"][0][4]


def test_a_month_that_nobody_imported_is_refused_and_nothing_is_kept(october):
    make_october()
    template = ReportTemplate.objects.get(code="brigade-monthly")

    with pytest.raises(DomainError) as refused:
        make_report(template=template, area=None, span=month_of(date(2026, 7, 1)), author_id=None, now=clock.now())

    assert (refused.value.code, Report.objects.count()) == ("NO_DATA", 1)
    assert "2026年7月没有任何道路交通事故数据" in refused.value.message and "导入" in refused.value.message


def test_a_quiet_day_is_no_missing_month(october, city):
    report = make_day(city.squadrons[0], date(2026, 10, 26))

    (four,) = blocks(report, "sentences", "four_indices")
    assert text_of(four["parts"]).startswith(
        "2026年10月26日，ZD-1共发生适用一般程序处理的道路交通事故0起，同比持平，环比持平"
    )
    assert figures.is_known("accidents", month_of(date(2025, 12, 1))) is False
    assert figures.is_known("accidents", month_of(date(2025, 9, 1))) is False
    assert figures.is_known("accidents", month_of(date(2025, 10, 1))) is True

    later = make_day(city.squadrons[0], date(2026, 10, 30))
    said = [text_of(one["parts"]) for one in later.content["blocks"] if one["type"] == "sentences"]
    unknown = [one for one in said if "数据未知" in one]
    assert unknown == [
        "2026年10月30日的道路交通事故数据未知，可能还没有导入，不作统计。",
        "2026年10月30日的交通违法数据未知，可能还没有导入，不作统计。",
        "2026年10月30日的警情数据未知，可能还没有导入，不作统计。",
        "警情数据未知，可能还没有导入，不作统计。",
    ]


def shell_with(*lines: str) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def test_a_shell_of_the_users_holds_the_text_and_its_fields(october):
    paper = paper_of(make_october())
    shell = shell_with("莱州市公安局交警大队文件", "{{ 标题 }}（{{期间}}）", "{{正文}}", "签发人：{{签发人}}")

    document = Document(BytesIO(docx_of(paper, shell)))

    texts = [one.text for one in document.paragraphs]
    assert texts[:2] == ["莱州市公安局交警大队文件", "2026年10月道路交通安全研判月报（2026年10月）"]
    assert texts[2] == "一、总体情况" and texts[-1] == "签发人：待签发"
    assert "{{" not in "".join(texts)


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (shell_with("{{标题}}", "{{局长}}", "{{正文}}"), "SHELL_FIELD", "不认识的字段“{{局长}}”"),
        (shell_with("{{标题}}"), "SHELL_BODY", "没有单独成段的“{{正文}}”"),
        (b"not a document", "SHELL_UNREADABLE", "不是能打开的 .docx"),
        (b"PK\x03\x04" + b"0" * 100, "SHELL_UNREADABLE", "不是能打开的 .docx"),
        (b"0" * (6 * 2**20), "SHELL_UNREADABLE", "超过 5 MB"),
    ],
    ids=["unknown field", "no body", "text", "broken zip", "large"],
)
def test_a_shell_that_cannot_be_is_refused_by_name(data, code, said):
    with pytest.raises(DomainError) as refused:
        read_shell(data)

    assert refused.value.code == code and said in refused.value.message


@pytest.mark.parametrize("part", ["word/vbaProject.bin", "word/embeddings/oleObject1.bin"])
def test_a_shell_with_a_program_inside_is_refused(part):
    data = BytesIO(own_shell())
    with ZipFile(data, "a") as archive:
        archive.writestr(part, b"x")

    with pytest.raises(DomainError) as refused:
        read_shell(data.getvalue())

    assert refused.value.code == "SHELL_UNSAFE"


def test_a_pdf_fetches_nothing(october, monkeypatch):
    from weasyprint.urls import FatalURLFetchingError

    from analytics.reports import render_pdf

    for url in ("http://127.0.0.1:9/x.png", "file:///etc/hostname"):
        monkeypatch.setattr(render_pdf, "html_of", lambda paper, url=url: f'<img src="{url}">')
        with pytest.raises(FatalURLFetchingError):
            pdf_of(paper_of(make_october()))


def test_places_in_force_and_open_orders_are_told_with_their_lists(october, city, users):
    from django.contrib.gis.geos import Point

    from analytics.models import HotSpot, HotSpotRun
    from events.models import Accident

    ids = list(Accident.objects.filter(number__in=["O0", "O1", "O2", "S1"]).order_by("pk").values_list("pk", flat=True))
    far = list(Accident.objects.filter(number="O4").values_list("pk", flat=True))
    run = HotSpotRun.objects.create(method="WINDOW", settings={}, query={}, as_of=clock.now(), is_official=True)
    for rank, (grid, accidents) in enumerate([(0, ids), (5, far)], 1):
        HotSpot.objects.create(
            run=run, rank=rank, kind="POINT", block_id=city.grids[grid].pk, score=1, general=0, summary=0, deaths=0, injured=0,
            accidents=accidents, geom=Point(119.9, 37.2, srid=4326),
        )  # fmt: skip
    report = make_october("squadron-monthly", city.squadrons[0])
    day = make_day(city.squadrons[0], date(2026, 10, 30))

    (spots,) = blocks(report, "table", "hot_spots")
    (orders,) = blocks(day, "sentences", "orders")
    assert [[one["value"] for one in row if isinstance(one, dict)] for row in spots["rows"]] == [[1, 3, 1, 1, 2]]
    assert text_of(orders["parts"]) == "没有未办结的工单（0件）。"
    client = signed_in(users["brigade"])
    for one, shown in ((spots["rows"][0][3], 3), (spots["rows"][0][4], 1), (orders["parts"][1], 0)):
        assert one["value"] == shown and one["is_count"]
        page = client.get(one["url"])
        assert re.search(rf"\b{shown}\b", page.context["count_text"])
    assert client.get(spots["rows"][0][0]["url"]).status_code == 200


def test_without_a_search_in_force_the_table_says_so(october, city):
    report = make_october("squadron-monthly", city.squadrons[0])

    said = [text_of(one["parts"]) for one in report.content["blocks"] if one["type"] == "sentences"]
    assert "尚无现行的事故多发点段排查结果。" in said


@pytest.mark.parametrize(
    ("by", "first", "rows"),
    [("hour", "12—13 时", [6]), ("weekday", "星期一", [1, 1, 1, 1, 1, 1]), ("party_age", "61 岁以上", [2])],
)
def test_reports_rank_by_time_and_by_parties_with_the_rows_of_each(october, users, by, first, rows):
    parties = [
        row("PARTY", f"O{n}/{k}", accident_number=f"O{n}", age=age)
        for n, age in enumerate((70, 65, -1))
        for k in range(2)
    ]
    file_events("PARTY", *parties)
    asked = Asked(None, OCTOBER, clock.now())
    found = figures.grouped(asked.query("accidents", procedure="GENERAL"), GROUPINGS["accidents"][by])
    assert (found[0][0], [figure.value for _name, figure in found]) == (first, rows)
    for _name, figure in found:
        listed = signed_in(users["brigade"]).get(figure.url)
        assert (listed.status_code, len(listed.context["rows"])) == (200, figure.value)
