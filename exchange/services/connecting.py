"""Readings of the links in: started when due, taken from fetch to elements, ended with a balance or a reason.

The row of the run says where it is; each step is one transaction. A reading that was killed begins again where its row
stands, and ends alike: what was fetched lands together with the run's step, and the watermark moves with its end.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Greatest

from common import clock, jobs
from common.encryption import decrypt_bytes
from common.errors import DomainError
from common.jobs import JobRun
from common.models import Job
from exchange.choices import FeedMode, RunState
from exchange.connectors import reader_of
from exchange.connectors.base import Fetched, LinkError, Request
from exchange.models import Connector, ConnectorRun, LandingBatch
from exchange.selectors.batches import WORKING, state_of
from exchange.services import link_landing, link_runs
from exchange.services.absence import mark_absence
from exchange.services.certification import exchange_certifications
from exchange.services.landing import start_import
from exchange.services.link_guard import STOPPING, share_finding
from exchange.services.link_runs import LONGEST_RETRY_S, OPEN

RUN_CONNECTOR = "RUN_CONNECTOR"
SECRET_PURPOSE = "connector-secret"
MOST_STARTS, MOST_STEPS = 50, 6
SECOND = timedelta(seconds=1)
Batch = LandingBatch.State


def start_due_runs(*, now: datetime) -> int:
    """Starts a reading of every link that is due, has none under way and waits for nobody; returns how many."""
    runs = ConnectorRun.objects.filter(connector=OuterRef("pk"))
    due = Connector.objects.filter(
        ~Exists(runs.filter(state__in=OPEN)), ~Exists(runs.filter(state=RunState.HELD, problem__in=STOPPING)),
        _is_due(now), is_active=True,
    )  # fmt: skip
    ids = list(due.order_by("next_run_at", "pk").values_list("pk", flat=True)[:MOST_STARTS])
    return sum(start_run(connector_id=pk, now=now, only_due=True) is not None for pk in ids)


def _is_due(now: datetime) -> Q:
    """Its time has come; or it is further off than any was ever set, so that a clock was ahead that is no longer."""
    furthest = Greatest(F("every_s"), Value(int(LONGEST_RETRY_S * 1.2)))
    return Q(next_run_at__lte=now) | Q(next_run_at__gt=now + ExpressionWrapper(furthest * SECOND, DurationField()))


@transaction.atomic
def start_run(*, connector_id: int, now: datetime, only_due: bool = False) -> ConnectorRun | None:
    """A reading with its job; None while one is under way, or one waits for a person.

    With `only_due`, also when somebody else was quicker. What was missed since it was due is counted.
    """
    wanted = Connector.objects.filter(_is_due(now) if only_due else Q(), pk=connector_id)
    connector = wanted.select_for_update(skip_locked=True).first()
    if connector is None or connector.runs.filter(
        Q(state__in=OPEN) | Q(state=RunState.HELD, problem__in=STOPPING)
    ).exists():  # fmt: skip
        return None
    missed = int((now - connector.next_run_at).total_seconds() // max(1, connector.every_s))
    run = ConnectorRun.objects.create(
        connector=connector, watermark_from=connector.watermark, started_at=now, counts={"missed": missed} if missed > 0 else {}
    )  # fmt: skip
    ring(run)
    connector.next_run_at = now + timedelta(seconds=connector.every_s)
    connector.save(update_fields=["next_run_at"])
    return run


def ring(run: ConnectorRun) -> None:
    """Gives the run a job."""
    run.job = jobs.create_job(
        kind=RUN_CONNECTOR, title=f"读取：{run.connector.name}"[:100], owner_id=None, params={"run_id": run.pk}
    )
    run.save(update_fields=["job"])


def run_connector(held: JobRun) -> dict[str, Any]:
    """Job handler: takes the run as far as it goes. Killed anywhere, it is taken up again."""
    run = ConnectorRun.objects.select_related("connector__source", "upload").get(pk=held.params["run_id"])
    if run.state == RunState.RUNNING:
        _read(run, held)
    for _ in range(MOST_STEPS):
        job_id = advance(run_id=run.pk, now=clock.now())
        if job_id is None:
            break
        # Here and now, unless another worker has heard its bell first.
        jobs.run(job_id)
        held.progress(done=0, message="入库")
        if not Job.objects.get(pk=job_id).is_finished:
            break
    run.refresh_from_db()
    _certify(run)
    if run.state not in OPEN:
        start_due_runs(now=clock.now())
    return {name: value for name, value in run.counts.items() if isinstance(value, int)}


def _read(run: ConnectorRun, held: JobRun) -> None:
    now = clock.now()
    try:
        if run.accepted_by is not None and run.upload_id is not None:
            link_landing.land_kept(run=run, held=held, now=now)
            return
        held.progress(done=0, message="读取对方数据")
        fetched = _fetch(run, now)
        if fetched is None:
            _end_empty(run.pk, clock.now())
            return
        link_landing.land(run=run, fetched=fetched, held=held, now=now)
    except DomainError as error:
        if isinstance(error, LinkError) and error.keeps:
            link_landing.keep_reply(run=run, data=error.keeps, now=now)
        link_runs.fail(run_id=run.pk, code=error.code, message=error.message, now=clock.now())


def _fetch(run: ConnectorRun, now: datetime) -> Fetched | None:
    connector = run.connector
    reader = reader_of(connector.transport, connector.options, secret_of(connector))
    watermark = "" if connector.mode == FeedMode.SNAPSHOT else run.watermark_from
    return reader.fetch(Request(connector.code, watermark, connector.overlap_s, now, partial(_taken, run)))


def _taken(run: ConnectorRun, fingerprints: Collection[bytes]) -> set[bytes]:
    """Which files other readings of the link have taken; one that failed may be taken again."""
    others = run.connector.runs.exclude(pk=run.pk).exclude(state=RunState.FAILED)
    found = others.filter(fingerprint__in=fingerprints).values_list("fingerprint", flat=True)
    return {bytes(one) for one in found if one is not None}


def secret_of(connector: Connector) -> str:
    """The secret of a link in clear; "" where it has none."""
    return decrypt_bytes(SECRET_PURPOSE, connector.secret).decode() if connector.secret else ""


def advance_open_runs(*, now: datetime) -> int:
    """Takes up what lost its holder: the next step of landing runs, the end of runs whose job is over. Returns how many."""
    moved = 0
    for run in ConnectorRun.objects.filter(state__in=OPEN).select_related("job").order_by("pk")[:200]:
        is_over = run.job is None or run.job.is_finished
        if run.state == RunState.LANDING and is_over:
            job_id = advance(run_id=run.pk, now=now)
            moved += job_id is None
        elif is_over:
            job = run.job
            code = job.error_code if job and job.error_code else "RUN_LOST"
            message = job.error_message if job and job.error_message else "读取中断。链路会自动重试。"
            moved += link_runs.fail(run_id=run.pk, code=code, message=message, now=now)
    return moved


@transaction.atomic
def advance(*, run_id: int, now: datetime) -> int | None:
    """The next step of a run that is landing: returns the job that has to be done first, or None when there is none."""
    run = link_runs.locked(run_id)
    if run.state != RunState.LANDING or run.batch is None:
        return None
    batch = run.batch
    state = state_of(batch)
    if state in WORKING:
        return batch.job_id
    if state == Batch.PLANNED:
        finding = None if run.accepted_by else share_finding(run.connector, batch.counts)
        if finding:
            link_runs.hold(run, finding, now)
            return None
        return start_import(batch=batch, actor=None).job_id
    if state == Batch.IMPORTED:
        _finish(run, batch, now)
        return None
    job = batch.job
    message = job.error_message if job and job.error_message else "入库没有完成。请打开批次查看。"
    link_runs.end_failed(run, job.error_code if job and job.error_code else "BATCH_FAILED", message, now)
    return None


def _finish(run: ConnectorRun, batch: LandingBatch, now: datetime) -> None:
    connector = run.connector
    is_whole = connector.mode == FeedMode.SNAPSHOT
    struck_off = link_landing.struck_off_rows(connector, batch)
    absence = mark_absence(batch=batch, is_whole=is_whole, struck_off=struck_off, now=now)
    link_runs.end_well(run, {**batch.counts, **absence}, now)


@transaction.atomic
def _end_empty(run_id: int, now: datetime) -> None:
    run = link_runs.locked(run_id)
    if run.state == RunState.RUNNING:
        link_runs.end_empty(run, now)


def _certify(run: ConnectorRun) -> None:
    """Asks the bureau about our own addresses after its changes are in; trouble there is no trouble of the reading."""
    if run.state not in {RunState.DONE, RunState.EMPTY} or "certify" not in run.connector.options:
        return
    connector = run.connector
    counts: dict[str, Any]
    try:
        counts = exchange_certifications(connector=connector, secret=secret_of(connector), now=clock.now())
    except DomainError as error:
        counts = {"certify_problem": error.message[:200]}
    if counts:
        ConnectorRun.objects.filter(pk=run.pk).update(counts=run.counts | counts)
