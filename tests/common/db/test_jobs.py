"""Jobs: one holder at a time, a fence for the late one, cancel, failure, and ringing again."""

from datetime import timedelta

import pytest

from common import clock, jobs
from common.errors import DomainError
from common.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict:
    registry: dict = {}
    monkeypatch.setattr(jobs, "_handlers", registry)
    return registry


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(jobs, "ring", ids.append)
    return ids


def make_job(**values: object) -> Job:
    return Job.objects.create(**({"kind": "TEST", "title": "试验"} | values))


def fall_silent(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - 2 * jobs.LEASE)


def test_a_job_is_rung_after_commit_only(rung: list[int], django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.create_job(kind="TEST", title="试验", owner_id=None, params={"a": 1})
        assert rung == []
    assert rung == [job.pk]


def test_run_ends_done_with_counts(handlers: dict) -> None:
    job = make_job()

    def work(run: jobs.JobRun) -> dict[str, int]:
        run.progress(done=3, total=4, message="写入")
        return {"changed": 3}

    handlers["TEST"] = work
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.counts, job.done, job.total, job.percent, job.attempts) == (
        "DONE",
        {"changed": 3},
        3,
        4,
        75,
        1,
    )
    assert job.is_finished


def test_a_held_job_is_not_taken_again() -> None:
    job = make_job()
    assert jobs.take(job.pk) is not None
    assert jobs.take(job.pk) is None


def test_a_silent_holder_is_replaced_and_fenced_off() -> None:
    job = make_job()
    late = jobs.take(job.pk)
    fall_silent(job)
    new = jobs.take(job.pk)
    assert late is not None and new is not None
    with pytest.raises(jobs.JobLost):
        late.progress(done=99)
    late.finish(Job.State.FAILED)
    new.progress(done=1)
    job.refresh_from_db()
    assert (job.state, job.done, job.token) == ("RUNNING", 1, 2)


def test_a_report_is_a_heartbeat() -> None:
    job = make_job()
    run = jobs.take(job.pk)
    assert run is not None
    fall_silent(job)
    run.progress(done=1)
    assert jobs.take(job.pk) is None


def test_a_job_that_is_over_takes_no_more_reports() -> None:
    job = make_job()
    run = jobs.take(job.pk)
    assert run is not None
    run.progress(done=1)
    run.finish(Job.State.CANCELLED)
    with pytest.raises(jobs.JobLost):
        run.progress(done=99)
    job.refresh_from_db()
    assert (job.state, job.done) == ("CANCELLED", 1)


def test_cancel_stops_a_running_job_at_its_next_report(handlers: dict) -> None:
    job = make_job()

    def work(run: jobs.JobRun) -> dict[str, int]:
        jobs.cancel(run.job)
        run.progress(done=1)
        raise AssertionError("must have stopped")

    handlers["TEST"] = work
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "CANCELLED"


def test_cancel_ends_a_queued_job_at_once(handlers: dict) -> None:
    job = make_job()
    jobs.cancel(job)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("CANCELLED", 0)


def test_a_refusal_is_shown_with_its_code(handlers: dict) -> None:
    job = make_job()

    def work(run: jobs.JobRun) -> dict[str, int]:
        raise DomainError("FILE_EMPTY", "文件是空的。")

    handlers["TEST"] = work
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.error_message) == ("FAILED", "FILE_EMPTY", "文件是空的。")


def test_a_fault_names_its_class_and_not_its_text(handlers: dict) -> None:
    job = make_job()

    def work(run: jobs.JobRun) -> dict[str, int]:
        raise KeyError("370683199001010015")

    handlers["TEST"] = work
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("FAILED", "FAULT")
    assert "KeyError" in job.error_message and "3706" not in job.error_message


def test_a_job_that_keeps_dying_is_given_up(handlers: dict) -> None:
    job = make_job(attempts=jobs.MAX_ATTEMPTS)
    handlers["TEST"] = lambda run: {}
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("FAILED", "TOO_MANY_ATTEMPTS")


def test_the_reaper_rings_what_waits_or_fell_silent(rung: list[int]) -> None:
    waiting, fresh, silent, alive, over = (make_job() for _ in range(5))
    Job.objects.filter(pk=waiting.pk).update(created_at=clock.now() - timedelta(days=3))
    for job in (silent, alive):
        jobs.take(job.pk)
    fall_silent(silent)
    Job.objects.filter(pk=over.pk).update(state=Job.State.DONE, created_at=clock.now() - timedelta(days=3))
    assert jobs.reap() == 2
    assert rung == [waiting.pk, silent.pk]
    assert fresh.pk not in rung and alive.pk not in rung
