"""Trust 9: nobody rings for hours and days, the clock is ahead or behind, months end: each (schedule, day) once, nothing silent.

That these tests can fail: with `next_run_at__lte` alone a link waits out the hour or the week that a clock was ahead; without `_mark_skipped` the days without a run
leave no row; with `exists()` over all rows a day that a wrong clock marked is never run.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection

from common import clock, daily, jobs
from common.daily import SKIPPED, Daily
from common.models import Job
from elements.models import Source
from events.services.positions_retention import make_parts_ahead
from exchange.models import Connector, OutboxMessage, Partner
from exchange.services import connecting
from exchange.services.delivery import due_partners
from tests.factories.partners import make_contract, make_partner

LAIZHOU = ZoneInfo("Asia/Shanghai")
NAMES = {
    "search-duplicates", "make-partitions", "drop-old-partitions", "reconcile-partners", "reconcile-tags", "grade-elements", "indicators",
}  # fmt: skip


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the spring of 2027, by the clock of Laizhou; day 60 is the first of March."""
    return datetime(2027, 1, 1, hour, minute, tzinfo=LAIZHOU) + timedelta(days=day)


def asked() -> dict[tuple[str, str], list[str]]:
    """(schedule, day) → states of its rows."""
    found: dict[tuple[str, str], list[str]] = {}
    for params, state, code in (
        Job.objects.filter(kind="DAILY").order_by("pk").values_list("params", "state", "error_code")
    ):
        found.setdefault((params["schedule"], params["day"]), []).append(code or state)
    return found


def test_the_platform_names_what_is_due_daily(city):
    assert daily.start_due(now=at(0, 12)) == len(NAMES)
    assert {name for name, _day in asked()} == NAMES
    for job in Job.objects.filter(kind="DAILY"):
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.state, job.error_code) == ("DONE", ""), job.params
    # The search is a job of its own, asked for once.
    assert Job.objects.filter(kind="FIND_DUPLICATES").count() == 1


@pytest.mark.parametrize(("hours", "skipped"), [(3, 0), (51, 1), (8 * 24, 7)])
def test_after_a_silence_the_last_day_is_run_once_and_the_others_are_marked(city, hours, skipped):
    begin = at(0, 3, 30)
    daily.start_due(now=begin)
    later = begin + timedelta(hours=hours)
    daily.start_due(now=later)
    again = daily.start_due(now=later + timedelta(minutes=2))

    days = {day: states for (name, day), states in asked().items() if name == "search-duplicates"}
    assert again == 0
    assert list(days.values()).count([SKIPPED]) == skipped
    assert [states for states in days.values() if states != [SKIPPED]] == [["QUEUED"]] * (1 if hours < 24 else 2)
    assert len(days) == (later.date() - begin.date()).days + 1
    # Every schedule, even where its time of the day had not come yet: no day twice, none between without a word.
    assert all(len(states) == 1 for states in asked().values())


def test_a_silence_of_a_year_is_told_in_a_month_of_rows(city):
    daily.start_due(now=at(0, 5))
    daily.start_due(now=at(365, 5))
    marks = Job.objects.filter(params__schedule="make-partitions", error_code=SKIPPED).order_by("params__day")
    assert marks.count() == daily.MOST_SKIPPED
    assert "自 2027-01-02 起都没有运行" in marks.first().error_message


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=10), timedelta(days=400)])
def test_a_clock_that_was_ahead_and_is_set_back_doubles_nothing_and_stops_nothing(city, ahead):
    one = Daily("probe", "试验", time(2, 30), lambda: None)
    daily.start(one, now=at(9, 2, 45))
    daily.start(one, now=at(10, 1, 45) + ahead)
    after = [at(10, 1, 50) + timedelta(minutes=10 * step) for step in range(6 * 24 * 12)]
    started = [moment for moment in after if daily.start(one, now=moment)]

    states = asked()
    real = {day: rows for (_name, day), rows in states.items() if rows != [SKIPPED]}
    assert all(rows == ["QUEUED"] for rows in real.values())
    # Twelve days pass on the right clock: each has its run, on the day itself or by the clock that was ahead.
    wanted = {str(at(day, 12).date()) for day in range(10, 22)}
    assert wanted <= set(real)
    assert len(started) >= 11


def test_days_at_the_ends_of_months_and_the_leap_day_follow_each_other():
    one = Daily("probe", "试验", time(2, 30), lambda: None)
    moments = [datetime(2028, 2, 29, 2, 29, tzinfo=LAIZHOU), datetime(2028, 2, 29, 2, 30, tzinfo=LAIZHOU),
               datetime(2028, 3, 1, 2, 30, tzinfo=LAIZHOU), datetime(2028, 12, 31, 23, 59, tzinfo=LAIZHOU),
               datetime(2029, 1, 1, 0, 1, tzinfo=LAIZHOU)]  # fmt: skip
    # Also as UTC, in which the database speaks: half past two here is the evening before there.
    found = [(one.day_due(moment), one.day_due(moment.astimezone(UTC))) for moment in moments]
    days = [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2028, 12, 31), date(2028, 12, 31)]
    assert found == [(day, day) for day in days]


@pytest.mark.parametrize(
    "day", [date(2028, 1, 31), date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 31), date(2028, 12, 31)]
)
def test_parts_are_there_for_every_coming_day_whatever_the_month(city, day):
    just_before = datetime.combine(day, time(23, 59), LAIZHOU)
    just_after = just_before + timedelta(minutes=2)
    make_parts_ahead(now=just_before)
    make_parts_ahead(now=just_after)

    assert make_parts_ahead(now=just_after) == 0
    for model in (one for one in apps.get_app_config("events").get_models() if hasattr(one, "partitioning")):
        for ahead in range(model.partitioning.ahead_days + 1):
            # Both ends of the local day, as the times of events come.
            for moment in (time(0, 0), time(23, 59, 59)):
                assert _part_of(model, datetime.combine(just_after.date() + timedelta(days=ahead), moment, LAIZHOU)), (
                    model,
                    ahead,
                )


def _part_of(model, moment: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
                 regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''(.+?)''\\) TO \\(''(.+?)''\\)') b
               WHERE i.inhparent = %s::regclass AND %s >= b[1]::timestamptz AND %s < b[2]::timestamptz""",
            [model._meta.db_table, moment, moment],
        )
        return cursor.fetchone()[0] == 1


def make_link(every_s: int, next_run_at: datetime) -> Connector:
    return Connector.objects.create(
        code=f"probe-{Connector.objects.count()}", name="试验", source=Source.objects.get(code="MARKET"), kind="UNIT", transport="HTTP",
        options={}, every_s=every_s, next_run_at=next_run_at,
    )  # fmt: skip


@pytest.mark.parametrize(("silence", "missed"), [(timedelta(0), 0), (timedelta(hours=3), 3), (timedelta(days=8), 192)])
def test_a_link_reads_once_after_a_silence_and_says_what_it_missed(city, silence, missed):
    now = at(20, 12)
    link = make_link(3_600, now - silence)
    assert (connecting.start_due_runs(now=now), connecting.start_due_runs(now=now)) == (1, 0)
    run = link.runs.get()
    link.refresh_from_db()
    assert run.counts.get("missed", 0) == missed
    assert link.next_run_at == now + timedelta(hours=1)


@pytest.mark.parametrize(
    ("every_s", "ahead", "is_started"),
    [
        (60, timedelta(hours=1), True),
        (3_600, timedelta(days=8), True),
        (86_400, timedelta(hours=23), False),
        (60, timedelta(minutes=14), False),
    ],
)  # fmt: skip
def test_a_link_does_not_wait_for_a_time_that_a_wrong_clock_has_set(city, every_s, ahead, is_started):
    now = at(20, 12)
    make_link(every_s, now + ahead)
    assert connecting.start_due_runs(now=now) == int(is_started)


def test_a_job_whose_holder_beat_by_a_clock_ahead_is_taken_up(city):
    ahead = clock.now() + timedelta(hours=1)
    lost = Job.objects.create(kind="PROBE", title="试验", state="RUNNING", heartbeat_at=ahead, token=3)
    held = Job.objects.create(kind="PROBE", title="试验", state="RUNNING", heartbeat_at=clock.now(), token=3)
    waits = Job.objects.create(kind="PROBE", title="试验")
    Job.objects.filter(pk=waits.pk).update(created_at=ahead)

    assert jobs.reap() == 2
    assert (jobs.take(lost.pk) is not None, jobs.take(held.pk) is None) == (True, True)


def test_a_partner_rests_no_longer_than_a_pause_whatever_the_clock_said(city):
    partner = make_partner("transport")
    contract = make_contract(partner, "UNIT", "name")
    now = at(20, 12)
    OutboxMessage.objects.create(
        partner=partner, contract=contract, subject="UNIT", subject_id=1, verb="UPDATE", created_at=now, due_at=now
    )
    rests = [now + timedelta(minutes=20), now + timedelta(hours=1)]
    found = []
    for until in rests:
        Partner.objects.update(next_try_at=until)
        found.append(due_partners(now))
    assert found == [[], [partner.pk]]
