"""Running jobs: taking, heartbeat, progress, cancel, finish, and ringing again what lost its holder."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q

from common import clock
from common.errors import DomainError
from common.models import Job
from common.patience import is_cancelled, is_passing

logger = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
# A time that far ahead of the clock was written before the clock was set back.
AHEAD = timedelta(minutes=5)
GIVES_BACK_S, GIVES_BACK_PAUSE_S = 600.0, 1.0
_handlers: dict[str, Callable[[JobRun], dict[str, Any]]] = {}


class JobCancelled(Exception):
    """The owner asked to stop; what was committed stays."""


class JobLost(Exception):
    """Another holder took the job over; this one must not write any more."""


class JobRun:
    """The holder's handle: a handler reports through it and learns from it when to stop."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.params: dict[str, Any] = job.params
        self._token = job.token

    def progress(self, *, done: int, total: int | None = None, message: str = "") -> None:
        """Heartbeat and progress. Inside a transaction it is the fence: a lost holder rolls back.

        Raises:
            JobLost: the job has another holder.
            JobCancelled: its owner asked to stop.
        """
        values: dict[str, Any] = {"heartbeat_at": clock.now(), "done": done}
        if total is not None:
            values["total"] = total
        if message:
            values["message"] = message[:200]
        held = Job.objects.filter(pk=self.job.pk, token=self._token, state=Job.State.RUNNING)
        if not held.update(**values):
            raise JobLost
        if held.filter(cancel_requested=True).exists():
            raise JobCancelled

    def finish(self, state: str, **values: Any) -> None:
        """Ends the job if it is still held."""
        Job.objects.filter(pk=self.job.pk, token=self._token).update(state=state, finished_at=clock.now(), **values)

    def give_back(self, **values: Any) -> None:
        """Leaves the job to the next holder, if it is still held."""
        Job.objects.filter(pk=self.job.pk, token=self._token, state=Job.State.RUNNING).update(**values)


class UnwatchedRun(JobRun):
    """Progress of work that runs without a job row, e.g. from a command: nothing can take it over."""

    def __init__(self, on_progress: Callable[[int, int | None, str], None] | None = None) -> None:
        self.params = {}
        self._on_progress = on_progress

    def progress(self, *, done: int, total: int | None = None, message: str = "") -> None:
        if self._on_progress:
            self._on_progress(done, total, message)


def register_job(kind: str, handler: Callable[[JobRun], dict[str, Any]]) -> None:
    """Names the handler of a kind; called from `AppConfig.ready()` of the app that owns the work."""
    _handlers[kind] = handler


def create_job(*, kind: str, title: str, owner_id: int | None, params: dict[str, Any]) -> Job:
    """Writes the row and rings after commit; the reaper rings again if the bell was not heard."""
    job = Job.objects.create(kind=kind, title=title, owner_id=owner_id, params=params)
    transaction.on_commit(lambda: ring(job.pk))
    return job


def ring(job_id: int) -> None:
    """Asks a worker to take the job; a dead broker is no fault, the reaper comes by."""
    from kombu.exceptions import OperationalError

    from common.tasks import run_job

    try:
        run_job.apply_async(kwargs={"job_id": job_id}, retry=False)
    except OperationalError:
        logger.warning("job_not_rung", job_id=job_id)


@transaction.atomic
def take(job_id: int) -> JobRun | None:
    """Takes a queued job, or a running one whose holder fell silent; None when it is held or over."""
    now = clock.now()
    # A silent holder inside a long transaction still holds the row: nobody waits behind it, the next look finds it again.
    free = Job.objects.select_for_update(skip_locked=True).filter(Q(state=Job.State.QUEUED) | _silent(now), pk=job_id)
    taken = Job.objects.filter(pk__in=free.values("pk")).update(
        state=Job.State.RUNNING,
        token=F("token") + 1,
        attempts=F("attempts") + 1,
        started_at=now,
        heartbeat_at=now,
    )
    return JobRun(Job.objects.get(pk=job_id)) if taken else None


def _silent(now: datetime) -> Q:
    """Running jobs whose holder has not been heard of for the lease, by whatever clock."""
    return Q(state=Job.State.RUNNING) & (Q(heartbeat_at__lt=now - LEASE) | Q(heartbeat_at__gt=now + AHEAD))


def run(job_id: int) -> None:
    """Runs a job to its end in this process; does nothing when another holder has it."""
    held = take(job_id)
    if held is None:
        return
    if held.job.attempts > MAX_ATTEMPTS:
        held.finish(
            Job.State.FAILED,
            error_code="TOO_MANY_ATTEMPTS",
            error_message="多次中断，已停止重试。请联系管理员查看日志。",
        )
        return
    try:
        counts = _handlers[held.job.kind](held)
        held.finish(Job.State.DONE, counts=counts, message="")
    except JobLost:
        logger.warning("job_lost", job_id=job_id)
    except JobCancelled:
        held.finish(Job.State.CANCELLED, message="")
    except DomainError as error:
        held.finish(Job.State.FAILED, error_code=error.code, error_message=error.message)
    except Exception as error:  # edge of all background work: the fault is logged and shown, never swallowed
        if is_passing(error) and _give_back(held, counts_try=is_cancelled(error)):
            logger.warning("job_given_back", job_id=job_id, kind=held.job.kind, error=type(error).__name__)
            return
        logger.exception("job_failed", job_id=job_id, kind=held.job.kind)
        held.finish(
            Job.State.FAILED,
            error_code="FAULT",
            error_message=f"程序故障（{type(error).__name__}），已记入日志；已完成的部分保留，可重试。",
        )


def _give_back(held: JobRun, *, counts_try: bool) -> bool:
    """After trouble of the database the job waits for the reaper; tried until that is written, since nothing else works either.

    A statement that took too long counts as a try: it may always do. False: the trouble did not end.
    """
    ends = time.monotonic() + GIVES_BACK_S
    values = {"state": Job.State.QUEUED} if counts_try else {"state": Job.State.QUEUED, "attempts": F("attempts") - 1}
    while time.monotonic() < ends:
        if not connection.in_atomic_block:
            connection.close()
        try:
            held.give_back(**values)
        except (OperationalError, InterfaceError):
            time.sleep(GIVES_BACK_PAUSE_S)
        else:
            return True
    return False


def cancel(job: Job) -> None:
    """A queued job ends now, a running one at its next progress report."""
    Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(state=Job.State.CANCELLED, finished_at=clock.now())
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True)


def reap() -> int:
    """Rings every job that waits or whose holder fell silent; "older than", never "between"."""
    now = clock.now()
    waiting = Q(state=Job.State.QUEUED) & (Q(created_at__lt=now - LEASE) | Q(created_at__gt=now + AHEAD))
    job_ids = list(Job.objects.filter(waiting | _silent(now)).order_by("pk").values_list("pk", flat=True)[:500])
    for job_id in job_ids:
        ring(job_id)
    return len(job_ids)
