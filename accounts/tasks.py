"""Background work of the platform's administration."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from accounts.services.job_letters import tell_job_owners
from accounts.services.platform_watch import watch_platform as look
from common import clock


@shared_task
def watch_platform(**_kwargs: Any) -> None:
    """Tells the administrators what ails the platform, and who asked for a job that it failed."""
    look(now=clock.now())
    tell_job_owners(now=clock.now())
