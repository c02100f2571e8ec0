"""Canaries in reports: names, numbers, phones and plates of the events behind a report are in none of its forms (test 22)."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from accounts.models import User
from analytics.models import Report, ReportTemplate, Subscription
from analytics.periods import month_of
from analytics.reports import files
from analytics.reports.making import make_report
from analytics.reports.sending import send_due
from common import clock
from common.models import AuditRow, Job
from tests.factories.events import LAIZHOU, report, row
from tests.factories.numbers import citizen_id, phone, plate
from tests.factories.smtp_sink import SmtpSink
from tests.factories.users import signed_in

pytestmark = pytest.mark.django_db
WHEN = datetime(2026, 10, 6, 12, tzinfo=LAIZHOU)
NAME = "卞金雀"
CANARIES = (NAME, citizen_id(77), phone(77), plate(77))


@pytest.fixture
def made(city, users) -> Report:
    """A report with the annex of every kind of event, whose rows name somebody."""
    said = {"place_text": "试验路口", "occurred_at": WHEN, "grid": 0}
    report(
        "ACCIDENT", row("ACCIDENT", "A", accident_type="2", injured=1, description=f"{NAME} {phone(77)} 驾车", **said)
    )
    report(
        "PARTY", row("PARTY", "B", accident_number="A", name=NAME, citizen_id=citizen_id(77), plate_number=plate(77))
    )
    report("VIOLATION", row("VIOLATION", "C", code="1625", method="1", plate_number=plate(77), plate_type="02",
                            citizen_id=citizen_id(77), **said))  # fmt: skip
    report("INCIDENT", row("INCIDENT", "D", category="1", plate_number=plate(77), plate_type="02", **said))
    blocks = [{"type": "sentences", "rule": "four_indices", "events": "accidents", "limit": 10}]
    blocks += [
        {"type": "annex", "events": one, "rule": "rows", "procedure": ""}
        for one in ("accidents", "violations", "incidents")
    ]
    template = ReportTemplate.objects.create(code="canary", name="月报", level="CITY", cycle="DAY", blocks=blocks)
    made = make_report(
        template=template, area=None, span=month_of(WHEN.date()), author_id=users["brigade"].pk, now=clock.now()
    )
    return Report.objects.select_related("template", "area").get(pk=made.pk)


def found(text: str) -> list[str]:
    return [one for one in CANARIES if one in text]


def test_no_form_of_a_report_holds_a_canary(made, users):
    page = signed_in(users["brigade"]).get(f"/reports/{made.pk}/").content.decode()
    archive = ZipFile(BytesIO(files.render(made, "docx")))
    document = "".join(
        archive.read(name).decode(errors="ignore") for name in archive.namelist() if name.endswith((".xml", ".rels"))
    )
    pdf = "".join(one.extract_text() for one in PdfReader(BytesIO(files.render(made, "pdf"))).pages)

    assert page.count("试验路口") == document.count("试验路口") == pdf.count("试验路口") == 3
    for form in (page, document, pdf, str(made.content)):
        assert found(form) == []
    # The control: the one who may read it finds it in the event itself.
    assert plate(77) in signed_in(users["brigade"]).get(made.content["blocks"][2]["rows"][0][0]["url"]).content.decode()


def test_neither_letter_nor_job_nor_audit_holds_one(made, users, settings, monkeypatch):
    sink = SmtpSink()
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", sink.port,
    )  # fmt: skip
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    User.objects.filter(username="brigade").update(email="b@police.example")
    morning = datetime(2026, 10, 7, 7, tzinfo=LAIZHOU)
    monkeypatch.setattr(clock, "today", lambda: morning.date())
    Subscription.objects.create(template=made.template, user=users["brigade"], created_at=morning)

    try:
        assert send_due(now=morning) == 1
        (letter,) = sink.texts()
    finally:
        sink.close()

    kept = str([*Job.objects.values(), *AuditRow.objects.values(), *Subscription.objects.values()])
    assert "事故起数（一般程序）：1起" in letter
    assert found(letter) == found(kept) == []


@pytest.mark.parametrize(
    "name", ["squadron-1", "officer-1", "coordinator-1", "assistant-1", "station-1", "liaison-1", "admin", "auditor"]
)
def test_a_report_of_the_city_is_closed_to_who_sees_less(made, users, name):
    client = signed_in(users[name])
    before = Report.objects.filter(pk=made.pk).values().get()

    for path in ("", "file/docx/", "file/pdf/"):
        assert client.get(f"/reports/{made.pk}/{path}").status_code == 404
    for path in ("edit/", "submit/", "approve/", "return/", "renew/"):
        assert client.post(f"/reports/{made.pk}/{path}", {"do": "remove", "place": 0, "revision": 0}).status_code == 404

    assert (Report.objects.filter(pk=made.pk).values().get(), Job.objects.count()) == (before, 0)
