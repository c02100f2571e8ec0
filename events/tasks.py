"""Background upkeep of events."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from common import clock
from common.changes import start_reader
from events.services import positions_retention, tying


@shared_task
def make_partitions(**_kwargs: Any) -> None:
    """Makes the parts of the coming days, so that nobody who writes has to."""
    positions_retention.make_parts_ahead(now=clock.now())


@shared_task
def drop_old_partitions(**_kwargs: Any) -> None:
    """Drops what is kept long enough."""
    positions_retention.drop_old_parts(now=clock.now())


@shared_task
def tie_events(**_kwargs: Any) -> None:
    """Ties the events that name what has become known, changed hands or was merged."""
    start_reader(tying.READER, from_the_first=True)
    while tying.tie_changed_elements():
        pass
