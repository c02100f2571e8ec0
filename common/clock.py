"""The clock of the edges: services get `now` from the caller, edges ask here."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """Aware current time."""
    return timezone.now()


def today() -> date:
    """Current date in Laizhou (Asia/Shanghai)."""
    return timezone.localdate()
