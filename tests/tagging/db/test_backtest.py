"""Back-tests: each day is told what was known on it, new hits are counted once, days before the records were whole are marked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from common import clock, jobs
from common.errors import Conflict, DomainError, NotAllowed
from common.models import Job
from elements.models import Element
from tagging.choices import RunKind
from tagging.models import RuleRun, RuleVersion
from tagging.services import backtesting, publishing
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import plate, vin
from tests.factories.rules import a_draft, a_rule, in_force

COACH = {"fact": "vehicle.use_nature", "op": "in", "value": ["B"]}
DRUNK = {"fact": "vehicle.violations", "args": {"days": 5, "offences": ["DRINK"]}, "op": ">=", "value": 1}

pytestmark = pytest.mark.usefixtures("city")


def age_history(days: int) -> None:
    """What was written in this test was written that many days earlier."""
    from elements.selectors.history import events_model

    with connection.cursor() as cursor:
        for model in (Element, Element._meta.get_field("vehicle").related_model):
            table = events_model(model)._meta.db_table
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET pgh_created_at = pgh_created_at - make_interval(days => %s)", [days])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def a_vehicle(number: int, day: int = 0, **values: Any) -> Element:
    values = {"plate_number": plate(number), "plate_type": "02", "grid": 0} | values
    submit("TMRI_VEHICLE", "VEHICLE", claim(day, vin=vin(number), **values))
    return vehicle_of(vin(number))


def tried(version: RuleVersion, days: int, actor: Any) -> RuleRun:
    job = backtesting.ask(version=version, days=days, actor=actor, now=clock.now())
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_message) == ("DONE", "")
    return RuleRun.objects.get(job_id=job.pk)


def day(back: int) -> str:
    return (timezone.localdate() - timedelta(days=back)).isoformat()


def test_each_day_is_told_the_value_that_was_known_then(users):
    """A vehicle is a coach for three days, then none; another becomes one later: the present knows the second only."""
    a_vehicle(1, use_nature="B")
    a_vehicle(2, use_nature="A")
    age_history(2)
    a_vehicle(1, day=1, use_nature="A")
    a_vehicle(2, day=1, use_nature="B", grid=5)
    age_history(4)
    draft = a_draft(a_rule("A", author=users["brigade"], minutes=30), COACH, author=users["brigade"])

    run = tried(draft, 7, users["brigade"])

    # The first vehicles were written 6 days ago, the change 4 days ago; the records are whole from a day after the first on.
    shown = [
        (one["day"], one["new"], one["gone"], one["standing"], one["is_inferred"]) for one in run.result["series"][0]
    ]
    assert shown == [
        (day(7), 0, 0, 1, True),
        (day(6), 0, 0, 1, True),
        (day(5), 0, 0, 1, False),
        (day(4), 1, 1, 1, False),
        (day(3), 0, 0, 1, False),
        (day(2), 0, 0, 1, False),
        (day(1), 0, 0, 1, False),
    ]
    assert (run.hits, run.kind, run.result["minutes_each"], run.result["body"]) == (1, RunKind.BACKTEST, 30, draft.body)
    # By the grid of today: the new hit stands in the sixth, of the second squadron.
    assert run.result["grids"] == [{"squadron": "ZD-2", "grid": "G-6", "new": 1, "standing": 1}]


def test_events_count_on_the_day_they_happened_and_leave_with_the_window(users):
    a_vehicle(1)
    report(
        "VIOLATION",
        row("VIOLATION", "V1", occurred_at=days_ago(9), code="1712", plate_number=plate(1), plate_type="02"),
    )
    draft = a_draft(a_rule("A", author=users["brigade"]), DRUNK, author=users["brigade"])

    run = tried(draft, 10, users["brigade"])

    assert [one["standing"] for one in run.result["series"][0]] == [0, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert [one["new"] for one in run.result["series"][0]] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert [one["gone"] for one in run.result["series"][0]] == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    assert {one["is_inferred"] for one in run.result["series"][0]} == {True}


def test_the_version_in_force_stands_beside_the_draft(users):
    a_vehicle(1, use_nature="B")
    a_vehicle(2, use_nature="F")
    rule = a_rule("A", author=users["brigade"])
    in_force(rule, COACH, author=users["brigade"], second=users["analyst"])
    wider = {"fact": "vehicle.use_nature", "op": "in", "value": ["B", "F"]}

    run = tried(a_draft(rule, wider, author=users["brigade"]), 3, users["brigade"])

    assert run.result["published"] == 1
    assert [[one["standing"] for one in series] for series in run.result["series"]] == [[2, 2, 2], [1, 1, 1]]


@pytest.mark.parametrize("days", [0, -1, 367, 10_000])
def test_days_that_cannot_be_are_refused(users, days):
    draft = a_draft(a_rule("A", author=users["brigade"]), COACH, author=users["brigade"])

    with pytest.raises(DomainError) as refused:
        backtesting.ask(version=draft, days=days, actor=users["brigade"], now=clock.now())

    assert refused.value.message == "天数须是 1 至 366 的整数。"
    assert Job.objects.count() == 0


def test_one_back_test_of_a_version_at_a_time_and_for_writers_only(users):
    draft = a_draft(a_rule("A", author=users["brigade"]), COACH, author=users["brigade"])
    with pytest.raises(NotAllowed):
        backtesting.ask(version=draft, days=7, actor=users["officer-1"], now=clock.now())
    backtesting.ask(version=draft, days=7, actor=users["brigade"], now=clock.now())

    with pytest.raises(Conflict):
        backtesting.ask(version=draft, days=7, actor=users["brigade"], now=clock.now())

    assert Job.objects.count() == 1


def test_a_stopped_back_test_keeps_nothing_and_one_of_a_dropped_draft_says_so(users):
    draft = a_draft(a_rule("A", author=users["brigade"]), COACH, author=users["brigade"])
    job = backtesting.ask(version=draft, days=7, actor=users["brigade"], now=clock.now())
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, RuleRun.objects.count()) == ("CANCELLED", 0)

    job = backtesting.ask(version=draft, days=7, actor=users["brigade"], now=clock.now())
    publishing.drop_draft(version=draft, actor=users["brigade"], now=clock.now())
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_message) == ("FAILED", "这一版草稿已被删除，没有可试算的内容。")
    assert RuleRun.objects.count() == 0


def test_the_same_job_taken_twice_leaves_one_result(users):
    a_vehicle(1, use_nature="B")
    draft = a_draft(a_rule("A", author=users["brigade"]), COACH, author=users["brigade"])
    first = tried(draft, 2, users["brigade"])
    Job.objects.filter(pk=first.job_id).update(state=Job.State.QUEUED)

    jobs.run(first.job_id)

    assert list(RuleRun.objects.values_list("pk", "hits")) == [(first.pk, 1)]
