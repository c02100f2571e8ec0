"""Background upkeep of duty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task

from common import clock
from duty.services.settlement import settle_open

# Younger ones are being settled by whoever took the step.
PATIENCE = timedelta(minutes=2)


@shared_task
def settle_orders(**_kwargs: Any) -> None:
    """Makes the claims that work orders owe because a process died before it made them."""
    settle_open(before=clock.now() - PATIENCE)
