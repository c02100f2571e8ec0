"""Background upkeep of the landing zone."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from common import clock
from exchange.services import files


@shared_task
def sweep_uploads(**_kwargs: Any) -> None:
    """Removes files that no row names."""
    files.sweep_uploads(now=clock.now())
