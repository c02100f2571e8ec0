"""Background work of the platform's administration."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from accounts.services.platform_watch import watch_platform as look
from common import clock


@shared_task
def watch_platform(**_kwargs: Any) -> None:
    """Tells the administrators what ails the platform."""
    look(now=clock.now())
