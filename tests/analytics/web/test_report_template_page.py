"""The blocks of a report template, edited in the browser: order, texts, what is added, who may, two at once, nonsense."""

from __future__ import annotations

import pytest
from django.urls import reverse

from analytics.models import ReportTemplate
from analytics.reports.shipping import load_shipped
from common.models import AuditRow
from tests.factories.reports import make_accidents, make_october
from tests.factories.users import signed_in

URL = "/reports/templates/brigade-monthly/edit/"
Blocks = list[tuple[str, str]]


@pytest.fixture
def template(users) -> ReportTemplate:
    load_shipped()
    return ReportTemplate.objects.get(code="brigade-monthly")


def kept(template: ReportTemplate) -> Blocks:
    return [(f"keep:{place}", block.get("text", "")) for place, block in enumerate(template.blocks)]


def send(client, blocks: Blocks, version: str, **more: str):
    data = {"block": [key for key, _ in blocks], "text": [text for _, text in blocks], "version": version}
    return client.post(URL, data | {"name": "本市月报", "do": "save"} | more)


def version(client) -> str:
    return client.get(URL).context["version"]


def test_order_texts_and_additions_are_in_the_next_report_and_an_upgrade_leaves_them(template, users):
    client, before = signed_in(users["brigade"]), template.blocks
    blocks = kept(template)
    blocks[0] = ("keep:0", "总体情况（改）")
    asked = [blocks[1], blocks[0], ("text", "请各中队注意。"), ("table-groups-violations-code", "")]

    assert send(client, asked, version(client)).url == reverse("analytics:report-templates")
    load_shipped()
    template.refresh_from_db()

    assert (template.name, template.is_shipped) == ("本市月报", False)
    assert template.blocks == [
        before[1], before[0] | {"text": "总体情况（改）"}, {"type": "text", "text": "请各中队注意。"},
        {"type": "table", "rule": "groups", "events": "violations", "by": "code", "limit": 10},
    ]  # fmt: skip
    make_accidents()
    report = make_october(author_id=users["brigade"].pk)
    assert [one["type"] for one in report.content["blocks"]] == ["sentences", "heading", "text", "table"]
    assert AuditRow.objects.filter(verb="REPORT_TEMPLATE_CHANGED", subject_id=str(template.pk)).count() == 1


def test_who_comes_second_is_told_and_changes_nothing(template, users):
    client = signed_in(users["brigade"])
    seen = version(client)
    send(client, kept(template)[:3], seen)

    answer = send(client, kept(template)[:2], seen)

    assert answer.status_code == 409
    assert "又被改过" in answer.content.decode()
    template.refresh_from_db()
    assert len(template.blocks) == 3
    assert len(answer.context["rows"]) == 3


@pytest.mark.parametrize(
    ("blocks", "more", "words"),
    [
        ([], {}, "没有内容"),
        ([("keep:999", "")], {}, "第 1 块不在可用的内容里"),
        ([("keep:-1", "")], {}, "第 1 块不在可用的内容里"),
        ([("keep:0", "一"), ("drop table", "")], {}, "第 2 块不在可用的内容里"),
        ([("keep:0", "")], {}, "第 1 块：文字为空"),
        ([("text", "字" * 2_001)], {}, "超过 2000 字"),
        ([("keep:1", "")] * 61, {}, "最多 60 块"),
        ([("keep:1", "")], {"name": " "}, "请填写模板名称"),
        ([("keep:1", "")], {"name": "名" * 61}, "最多 60 字"),
    ],
)
def test_nonsense_is_refused_and_what_was_chosen_stays(template, users, blocks, more, words):
    client = signed_in(users["brigade"])

    answer = send(client, blocks, version(client), **more)

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert len(answer.context["rows"]) == (len(blocks) or len(template.blocks))
    assert ReportTemplate.objects.get(pk=template.pk).blocks == template.blocks


def test_a_copy_is_a_template_of_its_own(template, users):
    client = signed_in(users["analyst"])

    for number in (2, 3):
        answer = send(client, [], "", do="copy", name=f"月报{number}")
        assert answer.url == f"/reports/templates/brigade-monthly-{number}/edit/"

    copy = ReportTemplate.objects.get(code="brigade-monthly-2")
    assert (copy.name, copy.blocks, copy.is_shipped) == ("月报2", template.blocks, False)


def test_only_who_keeps_templates_changes_them(template, users):
    for name, status in (("squadron-1", 404), ("officer-1", 404), ("auditor", 404)):
        client = signed_in(users[name])
        assert (client.get(URL).status_code, send(client, [("keep:0", "一")], "").status_code) == (status, status), name
