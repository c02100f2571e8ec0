"""Tasks of the job mechanism: ids only, keyword only, safe to run twice."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from common import clock, daily, jobs


@shared_task
def run_job(*, job_id: int, **_kwargs: Any) -> None:
    """Takes and runs one job."""
    jobs.run(job_id)


@shared_task
def reap_jobs(**_kwargs: Any) -> None:
    """Rings again what waits or lost its holder."""
    jobs.reap()


@shared_task
def start_daily(**_kwargs: Any) -> None:
    """Asks for what is due today and was not asked for yet."""
    daily.start_due(now=clock.now())
