"""The import page's way through the landing zone, in this process: receive, plan, apply; each stage timed."""

from __future__ import annotations

from datetime import datetime

from bench.timing import Laps
from common import clock, jobs
from common.models import Job
from elements.models import Source
from exchange.models import LandingBatch
from exchange.services import landing


def import_bytes(
    data: bytes, *, name: str, source: str, kind: str, laps: Laps, said_at: datetime | None = None
) -> LandingBatch:
    """Takes a file in; `laps` gains the seconds of "receive", "plan" and "apply".

    Args:
        said_at: when the file's rows were said; now, if it is not given.

    Raises:
        RuntimeError: a job did not end well.
    """
    now = clock.now()
    batches: list[LandingBatch] = []
    laps.run(
        "receive",
        lambda: batches.append(
            landing.receive_file(
                data=data, name=name, source=Source.objects.get(code=source), kind_code=kind, observed_at=said_at or now,
                actor=None, now=now,
            )
        ),
    )  # fmt: skip
    batch = batches[0]
    laps.run(
        "plan", lambda: _work(landing.start_planning(batch=batch, columns=batch.columns, datum="WGS84", actor=None))
    )
    batch.refresh_from_db()
    laps.run("apply", lambda: _work(landing.start_import(batch=batch, actor=None)))
    batch.refresh_from_db()
    return batch


def _work(batch: LandingBatch) -> None:
    jobs.run(batch.job_id)
    job = Job.objects.get(pk=batch.job_id)
    if job.state != Job.State.DONE:
        raise RuntimeError(f"{job.error_code}: {job.error_message}")
