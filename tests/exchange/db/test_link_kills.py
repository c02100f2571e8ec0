"""A reading whose holder died between any two steps is taken up again and ends as if nothing had happened."""

from __future__ import annotations

import pytest

from common import clock, jobs
from common.models import Job
from elements.models import Element
from exchange.models import Connector, ConnectorRun, LandingBatch
from exchange.services import connecting
from tests.exchange.db.link_parts import balance, bureau_link, seed_of, work
from tests.standins.conftest import module_start  # noqa: F401
from tests.standins.processes import StandIn


@pytest.fixture(scope="module")
def running(module_city, module_start) -> StandIn:  # noqa: F811
    return module_start("bureau", seed=seed_of(module_city))


@pytest.fixture
def link(running: StandIn, users, settings) -> Connector:
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{running.port}"]
    return bureau_link(running)


def taken(run: ConnectorRun) -> jobs.JobRun:
    held = jobs.take(run.job_id)
    assert held is not None
    return held


def die() -> None:
    """Every holder falls silent, as after kill -9, and the reaper's time has come."""
    silent = clock.now() - 2 * jobs.LEASE
    Job.objects.filter(state=Job.State.RUNNING).update(heartbeat_at=silent)


def before_fetch(run: ConnectorRun) -> None:
    taken(run)


def after_fetch(run: ConnectorRun) -> None:
    """It has landed, its batch waits for the preview."""
    connecting._read(run, taken(run))
    assert ConnectorRun.objects.get(pk=run.pk).state == "LANDING"


def in_preview(run: ConnectorRun) -> None:
    after_fetch(run)
    job_id = connecting.advance(run_id=run.pk, now=clock.now())
    assert jobs.take(job_id) is not None


def before_import(run: ConnectorRun) -> None:
    after_fetch(run)
    jobs.run(connecting.advance(run_id=run.pk, now=clock.now()))
    assert LandingBatch.objects.get().state == "PLANNED"


def in_import(run: ConnectorRun) -> None:
    before_import(run)
    assert jobs.take(connecting.advance(run_id=run.pk, now=clock.now())) is not None


def before_end(run: ConnectorRun) -> None:
    before_import(run)
    jobs.run(connecting.advance(run_id=run.pk, now=clock.now()))
    assert (LandingBatch.objects.get().state, Connector.objects.get().watermark) == ("IMPORTED", "")


STEPS = [before_fetch, after_fetch, in_preview, before_import, in_import, before_end]


@pytest.mark.parametrize("step", STEPS)
def test_the_reaper_finishes_what_was_killed(link, step):
    run = connecting.start_run(connector_id=link.pk, now=clock.now())
    step(run)
    die()
    finished = work(run)
    link.refresh_from_db()

    assert (finished.state, finished.counts["created"], finished.counts["received"]) == (
        "DONE",
        finished.rows,
        finished.rows,
    )
    assert balance(finished)["received"] == sum(balance(finished).values()) - finished.rows
    assert (link.watermark, link.failures) == (finished.watermark_to, 0)
    assert (LandingBatch.objects.count(), Element.objects.standing().filter(kind="PERSON").count()) == (
        1,
        finished.rows,
    )


@pytest.mark.parametrize("step", [before_import, before_end])
def test_the_tick_takes_the_next_step_when_the_run_has_lost_its_job(link, step):
    run = connecting.start_run(connector_id=link.pk, now=clock.now())
    step(run)
    Job.objects.filter(pk=run.job_id).update(state=Job.State.DONE)
    for _ in range(3):
        connecting.advance_open_runs(now=clock.now())
        for job_id in Job.objects.filter(state=Job.State.QUEUED).values_list("pk", flat=True):
            jobs.run(job_id)
    run.refresh_from_db()

    assert (run.state, run.counts["created"], LandingBatch.objects.count()) == ("DONE", run.rows, 1)


def test_a_holder_that_comes_back_late_writes_nothing(link):
    run = connecting.start_run(connector_id=link.pk, now=clock.now())
    late = taken(run)
    die()
    finished = work(run)
    with pytest.raises(jobs.JobLost):
        connecting._read(run, late)

    assert (finished.state, LandingBatch.objects.count()) == ("DONE", 1)


def test_a_run_whose_job_failed_fails_and_is_tried_again(link):
    run = connecting.start_run(connector_id=link.pk, now=clock.now())
    Job.objects.filter(pk=run.job_id).update(state=Job.State.FAILED, error_code="FAULT", error_message="程序故障")
    connecting.advance_open_runs(now=clock.now())
    run.refresh_from_db()
    link.refresh_from_db()

    assert (run.state, run.problem, link.failures) == ("FAILED", "FAULT", 1)
    assert work(connecting.start_run(connector_id=link.pk, now=clock.now())).state == "DONE"
