"""Pages of reports: list, making, paper, editor, steps, files, templates with shells, subscriptions."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx import Document

from accounts.choices import Role
from accounts.models import User
from analytics.models import Report, ReportTemplate, Subscription
from common import clock, jobs
from common.models import AuditRow, Job
from tests.factories.places import point_in
from tests.factories.query_counts import recorded_counts
from tests.factories.reports import make_october
from tests.factories.users import make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(october, users) -> Report:
    return make_october(author_id=users["analyst"].pk)


def post(client: Any, url: str, **data: Any) -> Any:
    return client.post(url, data)


def run_latest_job() -> Job:
    job = Job.objects.latest("pk")
    jobs.run(job.pk)
    return Job.objects.get(pk=job.pk)


def test_the_list_shows_what_the_reader_may_see(report, city, users):
    make_october("squadron-monthly", city.squadrons[0])

    seen = {}
    for name in ("brigade", "squadron-1", "officer-1"):
        page = signed_in(users[name]).get("/reports/")
        seen[name] = [row["report"].title for row in page.context["rows"]]
    assert seen["brigade"] == ["ZD-12026年10月道路交通安全研判月报", "2026年10月道路交通安全研判月报"]
    assert (seen["squadron-1"], seen["officer-1"]) == (seen["brigade"][:1], [])
    assert "还没有报告" in page.content.decode()
    drafts = signed_in(users["brigade"]).get("/reports/?state=APPROVED")
    assert list(drafts.context["rows"]) == []
    assert signed_in(users["admin"]).get("/reports/").status_code == 403


def test_a_report_is_asked_for_made_and_opened(october, users):
    from analytics.reports.shipping import load_shipped

    load_shipped()
    client, template = signed_in(users["analyst"]), ReportTemplate.objects.get(code="brigade-monthly")
    asked = post(client, "/reports/new/", template=template.pk, day="2026-10-15")
    assert asked.status_code == 302
    job = run_latest_job()
    assert job.state == Job.State.DONE, job.error_message

    done = client.get(asked["Location"], follow=True)

    report = Report.objects.get()
    assert done.redirect_chain[-1][0] == f"/reports/{report.pk}/"
    assert "2026年10月，全市共发生适用一般程序处理的道路交通事故" in done.content.decode()
    # The job is nobody else's.
    assert signed_in(users["brigade"]).get(asked["Location"]).status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"template": "squadron-monthly"}, "请选一个中队"),
        ({"template": "brigade-monthly", "area": "squadron"}, "全市的报告不选责任区"),
        ({"template": "city-topic"}, "专题报告要填这一项"),
        ({"template": "city-topic", "title": "专题", "first_day": "2026-10-31", "last_day": "2026-10-01"}, "止期早于起期"),
        ({"template": "city-topic", "title": "专题", "first_day": "2026-10-01", "last_day": "2026-10-31", "events_url": "/map/"},
         "这不是事件列表的网址"),
        ({"template": "brigade-monthly", "day": "2099-01-01"}, "期间还没有开始"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_says_what_to_do(october, city, users, data, said):
    from analytics.reports.shipping import load_shipped

    load_shipped()
    given = data | {"template": ReportTemplate.objects.get(code=data["template"]).pk}
    if "area" in given:
        given["area"] = city.squadrons[0].pk

    page = post(signed_in(users["brigade"]), "/reports/new/", **given)

    assert (page.status_code, Job.objects.count()) == (400, 0)
    assert said in page.content.decode()


def test_a_special_topic_counts_what_its_list_shows(october, users):
    from analytics.reports.shipping import load_shipped

    load_shipped()
    client, template = signed_in(users["analyst"]), ReportTemplate.objects.get(code="city-topic")
    post(
        client, "/reports/new/", template=template.pk, title="行人事故专题", first_day="2026-10-01", last_day="2026-10-31",
        events_url="https://platform.example/events/accidents/?form_code=21&period=year&search=secret",
    )  # fmt: skip
    job = run_latest_job()

    assert job.state == Job.State.DONE, job.error_message
    report = Report.objects.get()
    assert (report.title, report.query) == ("行人事故专题", {"accidents": {"form_code": ["21"]}})
    figure = report.content["blocks"][1]["parts"][1]
    assert (figure["value"], "form_code=21" in figure["url"]) == (1, True)
    # Another topic of the same days is another report.
    post(
        client, "/reports/new/", template=template.pk, title="全部事故专题", first_day="2026-10-01", last_day="2026-10-31"
    )  # fmt: skip
    assert run_latest_job().state == Job.State.DONE
    assert sorted(Report.objects.values_list("title", "edition")) == [("全部事故专题", 2), ("行人事故专题", 1)]
    other = client.get(f"/reports/{Report.objects.get(edition=2).pk}/").content.decode()
    assert "此前各版作废" not in other and "各版" not in other


def test_a_shape_drawn_on_the_map_becomes_a_special_report(october, city, users):
    from analytics.reports.shipping import load_shipped

    load_shipped()
    client, template = signed_in(users["analyst"]), ReportTemplate.objects.get(code="city-topic")
    page = client.get("/map/").content.decode()
    assert 'data-report-url="/reports/new/" data-events-url="/events/accidents/"' in page
    corners = [point_in(0, east, north) for east, north in ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95))]
    shape = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in corners)
    given = {
        "first_day": "2026-10-01", "last_day": "2026-10-31", "events_url": f"/events/accidents/?{urlencode({'shape': shape})}",
    }  # fmt: skip

    form = client.get("/reports/new/", given).context["form"]
    assert {name: form[name].value() for name in given} == given
    assert form["template"].value() == str(template.pk)
    post(client, "/reports/new/", template=template.pk, title="圈定范围", **given)
    assert run_latest_job().state == Job.State.DONE
    # Of six accidents of the general procedure three lie in the first grid.
    figure = Report.objects.get().content["blocks"][1]["parts"][1]
    assert figure["value"] == 3
    listed = client.get(figure["url"])
    assert (listed.status_code, len(listed.context["rows"])) == (200, 3)


def test_edits_answer_with_the_editor_and_refusals_in_words(report, users):
    client, url = signed_in(users["analyst"]), f"/reports/{report.pk}/edit/"
    editor = client.get(f"/reports/{report.pk}/?mode=edit").content.decode()
    assert editor.count('class="report-edit-block"') == len(report.content["blocks"]) + 1
    htmx = {"headers": {"HX-Request": "true"}}

    moved = client.post(url, {"do": "down", "place": 0, "revision": 0, "mode": "edit"}, **htmx)
    added = client.post(
        url, {"do": "insert", "place": 0, "revision": 1, "add": "sentences-total-violations", "mode": "edit"}, **htmx
    )
    stale = client.post(url, {"do": "remove", "place": 0, "revision": 0, "mode": "edit"}, **htmx)
    plain = client.post(url, {"do": "remove", "place": 99, "revision": 2, "mode": "edit"})

    assert 'data-revision="1" data-focus="1"' in moved.content.decode()
    assert "2026年10月，全市共登记交通违法" in added.content.decode()
    assert "报告在您打开之后又被改过" in stale.content.decode()
    assert (plain.status_code, "这一块已经不在了" in plain.content.decode()) == (400, True)
    kept = Report.objects.get(pk=report.pk).content
    assert (kept["revision"], kept["blocks"][0]["parts"][1]["value"]) == (2, 3)


def test_submit_sign_and_take_the_files(report, users):
    analyst, signer = signed_in(users["analyst"]), signed_in(make_user("brigade-2", Role.BRIGADE))
    url = f"/reports/{report.pk}/"
    assert "提交审核" in analyst.get(url).content.decode()
    assert post(signer, f"{url}approve/").status_code == 409
    assert post(analyst, f"{url}submit/").status_code == 302
    assert post(analyst, f"{url}approve/").status_code == 403
    assert "等待另一位有权限的人签发" in analyst.get(url).content.decode()
    assert post(signer, f"{url}approve/").status_code == 302
    page = signer.get(url).content.decode()
    assert "出新版" in page and "完成编辑" not in signer.get(f"{url}?mode=edit").content.decode()
    assert post(signer, f"{url}burn/").status_code == 404

    asked = analyst.get(f"{url}file/docx/")
    assert (asked.status_code, run_latest_job().state) == (302, Job.State.DONE)
    taken = analyst.get(asked["Location"], follow=True)

    assert taken["Content-Type"].endswith("wordprocessingml.document")
    assert "签发：brigade-2" in "".join(one.text for one in Document(BytesIO(taken.content)).paragraphs)
    assert AuditRow.objects.filter(verb="REPORT_TAKEN", actor_id=users["analyst"].pk).count() == 1


def docx(*lines: str) -> SimpleUploadedFile:
    document, data = Document(), BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(data)
    return SimpleUploadedFile("shell.docx", data.getvalue())


def test_a_shell_is_put_in_place_or_refused_with_its_field(report, users):
    client, url = signed_in(users["brigade"]), "/reports/templates/brigade-monthly/shell/"

    bad = client.post(url, {"file": docx("{{标题}}", "{{局长}}", "{{正文}}")})
    assert (bad.status_code, "不认识的字段“{{局长}}”" in bad.content.decode()) == (400, True)
    assert not ReportTemplate.objects.get(code="brigade-monthly").shell
    assert signed_in(users["squadron-1"]).post(url, {"file": docx("{{正文}}")}).status_code == 404
    assert client.post(url, {"file": docx("机密 {{标题}}", "{{正文}}")}).status_code == 302

    assert client.get(url).content[:2] == b"PK"
    client.get(f"/reports/{report.pk}/file/docx/")
    run_latest_job()
    taken = client.get(f"/reports/{report.pk}/file/docx/")
    assert Document(BytesIO(taken.content)).paragraphs[0].text == "机密 2026年10月道路交通安全研判月报"
    assert client.post(url, {"drop": "1"}).status_code == 302
    assert not ReportTemplate.objects.get(code="brigade-monthly").shell


def test_who_subscribed_after_the_period_is_offered_it_and_gets_it_once(report, users, sink):
    brigade, analyst = signed_in(users["brigade"]), signed_in(users["analyst"])
    users["brigade"].email = "brigade@platform.example"
    users["brigade"].save(update_fields=["email"])
    Subscription.objects.create(template=report.template, user=users["brigade"], created_at=clock.now())
    post(analyst, f"/reports/{report.pk}/submit/")
    post(brigade, f"/reports/{report.pk}/approve/")

    assert brigade.get(f"/reports/{report.pk}/").context["owed"] == 1
    post(brigade, f"/reports/{report.pk}/send/")
    run_latest_job()
    assert brigade.get(f"/reports/{report.pk}/").context["owed"] == 0
    assert [one["To"] for one in sink.letters] == ["brigade@platform.example"]


def test_subscriptions_are_made_shown_and_ended(report, city, users):
    User.objects.filter(username="squadron-1").update(email="one@police.example")
    client, keeper = signed_in(users["squadron-1"]), signed_in(users["brigade"])
    template = ReportTemplate.objects.get(code="squadron-daily")

    wrong = post(client, "/reports/subscriptions/", template=template.pk, area=city.squadrons[1].pk)
    assert (wrong.status_code, Subscription.objects.count()) == (400, 0)
    assert post(client, "/reports/subscriptions/", template=template.pk, area=city.squadrons[0].pk).status_code == 302
    subscription = Subscription.objects.get()
    Subscription.objects.update(failure="邮件服务器没有收下")

    assert "邮件服务器没有收下" in client.get("/reports/subscriptions/").content.decode()
    assert "其他人的订阅" in keeper.get("/reports/subscriptions/").content.decode()
    assert post(signed_in(users["officer-2"]), f"/reports/subscriptions/{subscription.pk}/end/").status_code == 404
    assert post(client, f"/reports/subscriptions/{subscription.pk}/end/").status_code == 302
    assert Subscription.objects.get().ended_at is not None
    assert signed_in(users["auditor"]).get("/reports/subscriptions/").status_code == 403


@pytest.mark.parametrize("path", ["", "?mode=edit", "file/docx/", "file/pdf/"])
def test_a_foreign_report_is_a_missing_one(report, users, path):
    for name in ("officer-1", "squadron-1", "assistant-1", "admin"):
        client = signed_in(users[name])
        answers = [client.get(f"/reports/{pk}/{path}").status_code for pk in (report.pk, 999_999)]
        assert answers == [404, 404], name
    assert Job.objects.count() == 0


def counted(client: Any, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_queries_do_not_grow_with_reports(report, city, users):
    client = signed_in(users["brigade"])
    pages = {
        "reports": "/reports/", "report": f"/reports/{report.pk}/", "report editor": f"/reports/{report.pk}/?mode=edit",
        "report new": "/reports/new/", "report templates": "/reports/templates/", "report subscriptions": "/reports/subscriptions/",
    }  # fmt: skip
    for url in pages.values():
        client.get(url)
    measured = {f"brigade: {name}": counted(client, url) for name, url in pages.items()}
    assert measured == recorded_counts(measured)

    for area in city.squadrons:
        make_october("squadron-monthly", area)
    assert {f"brigade: {name}": counted(client, url) for name, url in pages.items()} == measured
