"""Background upkeep of the landing zone."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from common import clock
from exchange.services import address_batch, files


@shared_task
def sweep_uploads(**_kwargs: Any) -> None:
    """Removes files that no row names, and resolved files of addresses that are past their days."""
    files.sweep_uploads(now=clock.now())
    address_batch.sweep_batches(now=clock.now())
