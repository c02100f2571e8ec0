"""Background upkeep of places."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from addresses.services import map_features


@shared_task
def fold_tile_deltas(**_kwargs: Any) -> None:
    """Folds waiting map changes into the pyramid."""
    map_features.fold_tile_deltas()
