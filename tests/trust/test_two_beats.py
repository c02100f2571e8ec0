"""Trust 9: two beats ring at the same moment, again and again. Each (schedule, day), each reading, each letter is one.

That these tests can fail: without the advisory lock in `daily.start` both find no row and make one each; without `only_due`
a reading that ended between the look and the lock is started a second time; without `skip_locked` and the second look in
`_tell` an owner gets two letters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from analytics.models import Report, ReportTemplate
from analytics.reports.sending import send_due
from analytics.reports.shipping import load_shipped
from analytics.services import report_mail
from common import clock, daily
from common.models import Job
from elements.models import Source
from exchange.models import Connector, ConnectorRun, Partner
from exchange.services import connecting
from exchange.services.link_runs import end_empty, locked
from exchange.services.partner_alerts import tell_partner_owners
from tests.factories.events import LAIZHOU
from tests.factories.partners import make_partner
from tests.factories.reports import make_accidents
from tests.factories.smtp_sink import SmtpSink
from tests.factories.users import make_users
from tests.fault.rig import Rig, Service
from tests.fault.servers import wait_for

BEATS = 4


def at_once(ring: Callable[[], Any]) -> list[Any]:
    """What so many beats ring at the same moment, each over a connection of its own."""
    together = Barrier(BEATS)

    def one(_number: int) -> Any:
        try:
            connection.ensure_connection()
            together.wait(10)
            return ring()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(BEATS) as pool:
        return list(pool.map(one, range(BEATS)))


def test_what_is_due_daily_is_asked_for_once_a_day(committed_city):
    begin = clock.now()
    for day in range(20):
        at_once(lambda now=begin + timedelta(days=day): daily.start_due(now=now))
    rows = Counter(
        (one["schedule"], one["day"]) for one in Job.objects.filter(kind="DAILY").values_list("params", flat=True)
    )
    assert set(rows.values()) == {1}
    assert len(rows) == 20 * len(daily._schedules)


def test_a_reading_is_started_once_a_period_even_when_it_is_over_in_no_time(committed_city):
    begin = clock.now()
    link = Connector.objects.create(code="probe", name="试验", source=Source.objects.get(code="MARKET"), kind="UNIT", transport="HTTP",
                                    options={}, every_s=60, next_run_at=begin)  # fmt: skip

    def ring(now: datetime) -> int:
        started = connecting.start_due_runs(now=now)
        for run_id in ConnectorRun.objects.filter(state="RUNNING").values_list("pk", flat=True) if started else ():
            _end(run_id, now)
        return started

    periods = 40
    started = [sum(at_once(lambda now=begin + timedelta(seconds=60 * number): ring(now))) for number in range(periods)]
    assert started == [1] * periods
    assert link.runs.count() == periods


def test_a_reading_that_ended_between_the_look_and_the_lock_is_not_started_again(committed_city):
    now = clock.now()
    link = Connector.objects.create(code="probe", name="试验", source=Source.objects.get(code="MARKET"), kind="UNIT", transport="HTTP",
                                    options={}, every_s=60, next_run_at=now)  # fmt: skip
    run = connecting.start_run(connector_id=link.pk, now=now, only_due=True)
    _end(run.pk, now)
    # The other beat saw it due as well, and comes to the lock only now. By hand it may be read again at any time.
    assert connecting.start_run(connector_id=link.pk, now=now, only_due=True) is None
    assert connecting.start_run(connector_id=link.pk, now=now) is not None


def _end(run_id: int, now: datetime) -> None:
    with transaction.atomic():
        end_empty(locked(run_id), now)


@pytest.fixture
def sink(settings):
    made = SmtpSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield made
    made.close()


def test_an_owner_gets_one_letter_an_outage(committed_city, sink):
    owner = make_users(committed_city)["admin"]
    type(owner).objects.filter(pk=owner.pk).update(email="owner@police.example")
    for number in range(5):
        make_partner(f"partner-{number}", owner=owner, failures=9)
    for _outage in range(3):
        Partner.objects.update(failures=9)
        at_once(lambda: tell_partner_owners(now=clock.now()))
        Partner.objects.update(failures=0)
        at_once(lambda: tell_partner_owners(now=clock.now()))
    assert len(sink.letters) == 3 * 5 * 2
    assert Counter("已恢复" in text for text in sink.texts()) == {True: 15, False: 15}


@pytest.mark.deep
def test_two_real_beats_and_two_workers_ring_for_one(committed_city, own_media, tmp_path):
    make_users(committed_city)
    Connector.objects.create(code="probe", name="试验", source=Source.objects.get(code="MARKET"), kind="UNIT", transport="HTTP",
                             options={"url": "http://127.0.0.1:9/x", "rows": "data"}, every_s=30, next_run_at=clock.now())  # fmt: skip
    with Rig(connection.settings_dict, own_media, tmp_path, concurrency=2) as rig:
        second = Service(
            "beat-2", ["celery", "-A", "laizhou", "beat", "--schedule", str(tmp_path / "beat-2"), "--pidfile=", "--loglevel", "INFO"],
            rig.variables, tmp_path, lambda _process, log: wait_for(lambda: "beat: Starting" in log.read_text(), 60, "beat"),
        )  # fmt: skip
        second.start()
        try:
            rig.start()
            with rig.cluster.connect() as outside:

                def rows(query: str) -> list[tuple]:
                    return outside.execute(query).fetchall()

                per_day = "SELECT params->>'schedule', params->>'day', count(*) FROM common_job WHERE kind = 'DAILY' GROUP BY 1, 2"
                wait_for(lambda: len(rows(per_day)) == 4, 240, "what is due daily is asked for")
                done = "SELECT 1 FROM common_job WHERE kind = 'DAILY' AND state = 'DONE'"
                wait_for(lambda: len(rows(done)) == 4, 60, "and done")
                wait_for(
                    lambda: len(rows("SELECT 1 FROM exchange_connectorrun")) >= 3,
                    180,
                    "the link was tried again and again",
                )
                assert {number for _name, _day, number in rows(per_day)} == {1}
                # No two tries of the link within the shortest pause.
                gaps = rows(
                    "SELECT extract(epoch FROM started_at - lag(started_at) OVER (ORDER BY id)) FROM exchange_connectorrun"
                )
                assert all(gap is None or gap >= 15 for (gap,) in gaps), gaps
        finally:
            second.stop()


def test_a_report_is_made_once_and_sent_once_to_each_subscriber(committed_city, sink, monkeypatch):
    """Without `skip_locked` and `is_owed` under the lock, each beat would send its own letter."""
    users = make_users(committed_city)
    make_accidents()
    load_shipped()
    template, squadron = ReportTemplate.objects.get(code="squadron-daily"), committed_city.squadrons[0]
    begun = datetime(2026, 10, 7, 7, 0, tzinfo=LAIZHOU)
    for name in ("squadron-1", "brigade"):
        User.objects.filter(pk=users[name].pk).update(email=f"{name}@police.example")
        report_mail.subscribe(template=template, area=squadron, actor=User.objects.get(pk=users[name].pk), now=begun)
    for day in range(3):
        moment = begun + timedelta(days=day)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        monkeypatch.setattr(clock, "today", lambda moment=moment: moment.date())
        assert sum(at_once(lambda moment=moment: send_due(now=moment))) == 2
    assert Report.objects.count() == 3
    assert Counter(letter["To"] for letter in sink.letters) == {
        "squadron-1@police.example": 3,
        "brigade@police.example": 3,
    }
