"""Background work of analysis."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from analytics.reports.sending import send_due
from analytics.services.day_counts import count_stale_days
from common import clock


@shared_task
def send_reports(**_kwargs: Any) -> None:
    """Makes the reports that are due and sends them to their subscribers."""
    send_due(now=clock.now())


@shared_task
def count_days(**_kwargs: Any) -> None:
    """Counts anew the days whose events changed."""
    count_stale_days()
