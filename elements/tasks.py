"""Background upkeep of the registries."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from common import clock
from elements.services import photos
from elements.services.duplicates import request_search


@shared_task
def sweep_photos(**_kwargs: Any) -> None:
    """Removes pictures that no row names."""
    photos.sweep_photos(now=clock.now())


@shared_task
def search_duplicates(**_kwargs: Any) -> None:
    """Asks for pairs that look like one thing to be looked for, of every kind."""
    request_search()
