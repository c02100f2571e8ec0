"""From draft to archive: edits with undo, a second person who signs, content that stays, new editions, files, rights."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from accounts.choices import Role
from analytics.choices import ReportState
from analytics.models import Report
from analytics.periods import Span
from analytics.reports import files
from analytics.selectors.reports import visible_reports
from analytics.services import report_edits, reports
from common import clock, jobs
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow, Job
from tests.factories.events import report as land
from tests.factories.reports import OCTOBER, accident, at, make_october
from tests.factories.users import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(october, users) -> Report:
    return make_october(author_id=users["analyst"].pk)


@pytest.fixture
def second(users) -> Any:
    return make_user("brigade-2", Role.BRIGADE)


def kinds(report: Report) -> list[str]:
    return [one["type"] for one in Report.objects.get(pk=report.pk).content["blocks"]]


def edit(do: Any, report: Report, actor: Any, **values: Any) -> Report:
    revision = values.pop("revision", None)
    if revision is None:
        revision = Report.objects.get(pk=report.pk).content["revision"]
    return do(report=report, revision=revision, actor=actor, now=clock.now(), **values)


def signed(report: Report, author: Any, signer: Any) -> Report:
    reports.submit_report(report=report, actor=author, now=clock.now())
    reports.approve_report(report=report, actor=signer, now=clock.now())
    return Report.objects.select_related("template", "area").get(pk=report.pk)


def test_every_edit_can_be_taken_back_in_turn(report, users):
    analyst, before = users["analyst"], deepcopy(report.content["blocks"])

    edit(report_edits.move_block, report, analyst, place=0, by=1)
    edit(report_edits.remove_block, report, analyst, place=3)
    edit(report_edits.set_text, report, analyst, place=1, text="总的情况")
    edit(report_edits.insert_block, report, analyst, place=0, block={"type": "text", "text": "前言"})
    after = Report.objects.get(pk=report.pk).content
    assert (after["blocks"][0]["text"], after["blocks"][2]["text"], len(after["blocks"])) == (
        "前言",
        "总的情况",
        len(before),
    )

    for _ in range(4):
        edit(report_edits.undo_edit, report, analyst)
    content = Report.objects.get(pk=report.pk).content
    assert (content["blocks"], content["undo"], content["revision"]) == (before, [], 8)
    with pytest.raises(DomainError, match="NOTHING_TO_UNDO"):
        edit(report_edits.undo_edit, report, analyst)
    assert AuditRow.objects.filter(verb="REPORT_EDITED", subject_id=str(report.pk)).count() == 4


@pytest.mark.parametrize(
    ("do", "values", "code"),
    [
        (report_edits.set_text, {"place": 1, "text": "改数字"}, "BAD_TEXT"),
        (report_edits.set_text, {"place": 0, "text": " "}, "BAD_TEXT"),
        (report_edits.move_block, {"place": 0, "by": -1}, "BAD_PLACE"),
        (report_edits.move_block, {"place": 99, "by": 1}, "BAD_PLACE"),
        (report_edits.remove_block, {"place": -1}, "BAD_PLACE"),
        (report_edits.set_text, {"place": 0, "text": "x", "revision": 7}, "REPORT_CHANGED"),
    ],
)
def test_an_edit_that_cannot_be_changes_nothing(report, users, do, values, code):
    with pytest.raises(DomainError, match=code):
        edit(do, report, users["analyst"], **values)

    assert Report.objects.get(pk=report.pk).content == report.content


def test_a_second_person_signs_and_then_nothing_changes_any_more(report, users, second):
    brigade = users["brigade"]
    with pytest.raises(Conflict, match="REPORT_STATE"):
        reports.approve_report(report=report, actor=brigade, now=clock.now())
    reports.submit_report(report=report, actor=users["analyst"], now=clock.now())
    with pytest.raises(NotAllowed):
        reports.approve_report(report=report, actor=users["analyst"], now=clock.now())
    edit(report_edits.set_text, report, brigade, place=0, text="基本情况")
    with pytest.raises(NotAllowed, match="NOT_ALLOWED"):
        reports.approve_report(report=report, actor=brigade, now=clock.now())
    assert Report.objects.get(pk=report.pk).state == ReportState.EDITED

    reports.approve_report(report=report, actor=second, now=clock.now())

    kept = Report.objects.get(pk=report.pk)
    assert (kept.state, kept.approved_by_id, "undo" in kept.content) == ("APPROVED", second.pk, False)
    for do, values in ((report_edits.remove_block, {"place": 0}), (report_edits.undo_edit, {})):
        with pytest.raises(Conflict, match="REPORT_FIXED"):
            edit(do, report, users["analyst"], **values)
    with pytest.raises(Conflict):
        reports.return_report(report=report, reason="x", actor=second, now=clock.now())
    land("ACCIDENT", accident("LATE", at(10, 8), 0))
    assert Report.objects.get(pk=report.pk).content == kept.content


def test_a_report_given_back_says_why_and_goes_round_again(report, users, second):
    reports.submit_report(report=report, actor=users["analyst"], now=clock.now())
    with pytest.raises(DomainError, match="REASON_MISSING"):
        reports.return_report(report=report, reason=" ", actor=second, now=clock.now())

    reports.return_report(report=report, reason="补充对策", actor=second, now=clock.now())

    kept = Report.objects.get(pk=report.pk)
    assert (kept.state, kept.content["returned"]["reason"]) == ("DRAFT", "补充对策")
    assert signed(report, users["analyst"], second).state == "APPROVED"


def test_a_new_edition_counts_anew_beside_the_signed_one(report, users, second):
    first = signed(report, users["analyst"], second)
    land("ACCIDENT", accident("LATE", at(10, 8), 0))
    ask = {
        "template": first.template,
        "area": None,
        "span": OCTOBER,
        "topic": {},
        "actor": users["analyst"],
        "now": clock.now(),
    }
    with pytest.raises(DomainError, match="REPORT_EXISTS"):
        reports.ask_report(**ask)

    job = reports.ask_report(**ask, is_new_edition=True)
    jobs.run(job.pk)

    done = Job.objects.get(pk=job.pk)
    assert done.state == Job.State.DONE, done.error_message
    new = Report.objects.get(pk=done.counts["report"])
    told = [
        next(one["value"] for one in row.content["blocks"][1]["parts"] if isinstance(one, dict))
        for row in (Report.objects.get(pk=first.pk), new)
    ]
    assert ((first.edition, new.edition), new.state, told) == ((1, 2), "DRAFT", [6, 7])


def test_a_job_that_fails_says_so_in_words(report, users):
    span = Span(at(7, 1).date(), at(7, 31).date())
    job = reports.ask_report(
        template=report.template, area=None, span=span, topic={}, actor=users["analyst"], now=clock.now()
    )
    jobs.run(job.pk)

    failed = Job.objects.get(pk=job.pk)
    assert (failed.state, failed.error_code, Report.objects.count()) == ("FAILED", "NO_DATA", 1)
    assert "2026年7月没有任何" in failed.error_message


def test_who_sees_a_report(report, city, users):
    east, district = make_october("squadron-monthly", city.squadrons[0]), city.districts[0]
    seen = {name: set(visible_reports(user)) for name, user in users.items()}

    assert seen["brigade"] == seen["analyst"] == {report, east}
    assert seen["squadron-1"] == {east}
    assert not any(seen[name] for name in set(seen) - {"brigade", "analyst", "squadron-1"})
    Report.objects.filter(pk=east.pk).update(area=district)
    assert set(visible_reports(users["officer-1"])) == {east}
    assert not visible_reports(users["officer-2"]).exists()


@pytest.mark.parametrize(
    "name", ["officer-1", "officer-2", "coordinator-1", "assistant-1", "admin", "auditor", "nobody", "liaison-1"]
)
def test_no_step_without_scope_and_right(report, users, name):
    before = Report.objects.filter(pk=report.pk).values().get()

    for step in (reports.submit_report, reports.approve_report):
        with pytest.raises((NotVisible, NotAllowed)):
            step(report=report, actor=users[name], now=clock.now())
    with pytest.raises((NotVisible, NotAllowed)):
        edit(report_edits.remove_block, report, users[name], place=0)
    with pytest.raises((NotVisible, NotAllowed)):
        reports.ask_report(
            template=report.template,
            area=None,
            span=OCTOBER,
            topic={},
            actor=users[name],
            now=clock.now(),
            is_new_edition=True,
        )

    assert (Report.objects.filter(pk=report.pk).values().get(), Job.objects.count()) == (before, 0)


def test_the_same_report_is_the_same_file_kept_sealed(report, users, second, own_media):
    kept = signed(report, users["analyst"], second)

    first = files.render(kept, "docx")

    assert files.stored(kept, "docx") == first
    (stored,) = (own_media / "reports").iterdir()
    assert b"word/document.xml" in first and b"word/document.xml" not in stored.read_bytes()
    with pytest.raises(NotVisible):
        files.stored(kept, "exe")
