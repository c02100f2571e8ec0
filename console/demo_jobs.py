"""Jobs of the demonstration, run where it is prepared."""

from __future__ import annotations

from django.db import transaction

from common import jobs
from common.errors import DomainError
from common.models import Job


def run_here(job_id: int) -> None:
    """Runs a job in this process: no worker is there yet when the demo is prepared.

    Raises:
        DomainError: the job failed.
    """
    with transaction.atomic():
        # A killed call left the job running without a holder: free it at once instead of waiting out its lease.
        Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(state=Job.State.QUEUED)
    jobs.run(job_id)
    job = Job.objects.get(pk=job_id)
    if job.state != Job.State.DONE:
        raise DomainError(job.error_code or job.state, job.error_message or f"任务未完成：{job.get_state_display()}")
