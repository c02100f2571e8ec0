"""Background upkeep of places."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from addresses.services import borders, map_features
from common import clock


@shared_task
def fold_tile_deltas(**_kwargs: Any) -> None:
    """Folds waiting map changes into the pyramid."""
    map_features.fold_tile_deltas()


@shared_task
def start_due_border_moves(**_kwargs: Any) -> None:
    """Starts the changes of borders whose day has come."""
    borders.start_due_moves(now=clock.now())
