"""Raising alerts and answering them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tagging.models import Assignment


def raise_for_tags(rows: Sequence[Assignment], *, now: datetime) -> None:
    """Alerts those who answer for the blocks of tagged things, where the tag alerts."""
