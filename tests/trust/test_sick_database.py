"""Trust 11: the database slow, silent, reset, locked, used up. Everybody gets an answer within five seconds, nothing fails for good.

That these tests can fail: without `PromptConnection` the silent line hangs until it is over; without `lock_timeout` so do
the pages behind the lock; without `sweep_pool` and the checks of the pool the first pages after a reset are faults (500);
with `attempts` counted in `jobs._give_back` the job of the last test fails at the sixth disturbance.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from common import jobs
from common.changes import start_reader
from common.models import Job
from elements.services.duplicates import request_search
from exchange.models import OutboxMessage
from exchange.services import landing
from exchange.services.outbox_fanout import READER
from tests.e2e.processes import environment, running, wait_for_worker
from tests.factories.claims import claim, submit
from tests.factories.files import plan, receive
from tests.factories.numbers import plate, vin
from tests.factories.partners import allow, inbox, make_contract, make_partner
from tests.factories.users import make_users
from tests.fault.proxy import FaultProxy
from tests.standins.processes import StandIn, wait_until
from tests.trust.asking import HEALTH, Asker, Reply, asker, collect_static, web_server
from tests.trust.test_import_killed import registry_file
from tests.trust.test_partner_chaos import unit

pytestmark = pytest.mark.usefixtures("committed_city")
LIMIT_S = 5.0
LIST, TODAY, API = "/registry/vehicles/", "/", "/api/v1/elements/vehicles/"
PAGES = (LIST, TODAY, API, HEALTH)


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    collect_static(folder)
    return folder


@pytest.fixture
def line(committed_city) -> Iterator[FaultProxy]:
    made = connection.settings_dict
    with FaultProxy(made["HOST"] or "127.0.0.1", int(made["PORT"] or 5432)) as proxy:
        yield proxy


def url_through(line: FaultProxy) -> str:
    """The application role over the line; the account is that of the tests' own environment."""
    account = os.environ["DATABASE_URL"].partition("://")[2].partition("@")[0]
    return f"postgis://{account}@127.0.0.1:{line.port}/{connection.settings_dict['NAME']}?sslmode=disable"


@pytest.fixture
def reader(line, static, own_media, tmp_path, committed_city) -> Iterator[Asker]:
    submit(
        "TMRI_VEHICLE",
        "VEHICLE",
        *(claim(vin=vin(90_000 + n), plate_number=plate(90_000 + n), grid=0) for n in range(3)),
    )
    users = make_users(committed_city)
    with web_server(url_through(line), own_media, tmp_path, static) as (port, _pid):
        made = asker(port, users["brigade"])
        assert [made.ask(path).status for path in PAGES] == [200] * len(PAGES)
        yield made


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Somebody else holds the table and does not let go."""
    made = connection.settings_dict
    with psycopg.connect(host=made["HOST"], port=made["PORT"] or 5432, user=made["USER"], password=made["PASSWORD"] or None,
                         dbname=made["NAME"]) as other:  # fmt: skip
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def assert_in_time(replies: list[Reply]) -> None:
    late = [(one.path, one.status, round(one.seconds, 1)) for one in replies if one.seconds > LIMIT_S or not one.status]
    assert not late
    faults = [(one.path, one.status, one.text[:300]) for one in replies if one.status not in {200, 503}]
    assert not faults
    for one in replies:
        if one.status == 503 and one.path != HEALTH:
            assert int(one.retry_after) > 0, one.path
            assert "系统繁忙" in one.text


def assert_well_soon(reader: Asker) -> None:
    """Within five seconds all pages come, to more askers than the pool has connections."""
    begun = time.monotonic()
    wait_until(lambda: all(reader.ask(path).status == 200 for path in PAGES), LIMIT_S)
    reader.replies.clear()
    with reader.crowd(PAGES, 12):
        time.sleep(1.5)
    assert {(one.path, one.status) for one in reader.replies} == {(path, 200) for path in PAGES}
    assert reader.ask(HEALTH).text.count('"status": "ok"') == 1, time.monotonic() - begun


def suffer(reader: Asker, seconds: float, clients: int = 4) -> list[Reply]:
    """Askers while it lasts."""
    reader.replies.clear()
    with reader.crowd(PAGES, clients):
        time.sleep(seconds)
    return list(reader.replies)


def statuses(replies: list[Reply], path: str) -> set[int]:
    return {one.status for one in replies if one.path == path}


def go_through(
    reader: Asker, line: FaultProxy, seconds: float, lock_seconds: float, work: Callable[[], None] = lambda: None
) -> None:
    """Every trouble in turn, each with its figures; `work` is given to the platform at the beginning of each."""
    line.delay_s = 2.0
    work()
    slow = suffer(reader, max(seconds / 3, 6))
    assert_in_time(slow)
    health = [one.text for one in slow if one.path == HEALTH]
    assert any("DATABASE_SLOW" in text and "degraded" in text for text in health), health
    line.heal()
    assert_well_soon(reader)

    work()
    line.is_silent = True
    silent = suffer(reader, seconds)
    assert_in_time(silent)
    assert statuses(silent, LIST) == {503} == statuses(silent, HEALTH)
    line.heal()
    assert_well_soon(reader)

    work()
    assert line.reset() > 0
    assert_in_time([reader.ask(LIST), reader.ask(API)])
    assert_well_soon(reader)

    work()
    with locked("elements_element"):
        behind = suffer(reader, lock_seconds, clients=16)
    assert_in_time(behind)
    assert statuses(behind, LIST) == {503}
    # The pool of eight is used up by sixteen who wait for the lock: that is said, and that the database itself is well.
    health = [one.text for one in behind if one.path == HEALTH]
    assert any("DATABASE_USED_UP" in text and '"database": true' in text for text in health), health
    assert_well_soon(reader)


def test_every_reply_comes_in_time_and_all_is_well_soon_after(reader, line):
    go_through(reader, line, 5, 5)


@pytest.mark.deep
def test_nothing_fails_for_good_in_half_a_minute_of_silence_and_a_minute_behind_a_lock(
    reader, line, own_media, tmp_path, settings, committed_city
):
    standin = partner_of(tmp_path, settings)
    numbers = iter(range(100))
    batches = [landing.start_import(batch=plan(receive(registry_file(1_500, committed_city))), actor=None)]

    def work() -> None:
        for _ in range(3):
            unit(next(numbers), 1)
        request_search()

    variables = environment(database="", media=own_media, port=reader.port) | {
        "DATABASE_URL": url_through(line), "EXCHANGE_PEERS": ",".join(settings.EXCHANGE_PEERS), "DEBUG": "false",
    }  # fmt: skip
    log = tmp_path / "worker.log"
    command = ["celery", "-A", "laizhou", "worker", "--beat", "--schedule", str(tmp_path / "beat"), "--concurrency", "2", "--purge",
               "--loglevel", "INFO"]  # fmt: skip
    with running("worker", command, variables, log) as worker:
        wait_for_worker(worker, log)
        go_through(reader, line, 30, 60, work)
        assert worker.poll() is None
        open_jobs = Job.objects.exclude(state__in=["DONE", "FAILED", "CANCELLED"])
        wait_until(lambda: not open_jobs.exists(), 180)
        wait_until(lambda: not OutboxMessage.objects.exclude(state="ACKNOWLEDGED").exists(), 60)
    failed = list(Job.objects.exclude(state="DONE").values_list("kind", "state", "error_code", "error_message"))
    assert not failed
    for batch in batches:
        batch.refresh_from_db()
        assert (batch.state, batch.counts["created"]) == ("IMPORTED", 1_500)
    assert len(inbox(standin)) == OutboxMessage.objects.count() == 12
    standin.stop()


def partner_of(folder: Path, settings: Any) -> StandIn:
    """A partner that is told of units."""
    (folder / "partner").mkdir()
    standin = StandIn("partner", folder / "partner", "--code", "transport")
    allow(settings, standin)
    make_contract(make_partner("transport", standin), "UNIT", "name", "uscc")
    start_reader(READER)
    return standin


def probe(handler: Callable[[jobs.JobRun], dict[str, Any]]) -> Job:
    jobs.register_job("PROBE", handler)
    return jobs.create_job(kind="PROBE", title="试验", owner_id=None, params={})


def test_a_job_whose_connection_is_lost_again_and_again_is_done_in_the_end():
    losses = iter([True] * (jobs.MAX_ATTEMPTS + 2) + [False])

    def lose(_run: jobs.JobRun) -> dict[str, Any]:
        if next(losses):
            connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return {"rows": 1}

    job = probe(lose)
    for _ in range(jobs.MAX_ATTEMPTS + 2):
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.state, job.attempts, job.error_code) == ("QUEUED", 0, "")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.counts) == ("DONE", {"rows": 1})


def test_a_statement_that_always_takes_too_long_is_not_tried_for_ever():
    def dawdle(_run: jobs.JobRun) -> dict[str, Any]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(5)")
        return {}

    job = probe(dawdle)
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("FAILED", "TOO_MANY_ATTEMPTS")


def test_a_fault_of_the_work_itself_is_not_taken_for_trouble_of_the_database():
    def stumble(_run: jobs.JobRun) -> dict[str, Any]:
        connection.cursor().execute("SELECT 1 / 0")
        return {}

    job = probe(stumble)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.attempts) == ("FAILED", "FAULT", 1)
