"""Parts of the tables of events: made ahead of their time, dropped when their time is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import structlog
from django.apps import apps
from django.db import transaction
from django.utils import timezone

from common.audit import record_audit
from common.partitions import drop_old_partitions, ensure_partitions
from events.models import LastPosition, Position

logger = structlog.get_logger(__name__)


def _partitioned() -> Iterator[Any]:
    """Models with a `partitioning`."""
    for model in apps.get_app_config("events").get_models():
        if hasattr(model, "partitioning"):
            yield model


def make_parts_ahead(*, now: datetime) -> int:
    """Makes the parts of today and of the days to come that each table asks for; returns how many were missing."""
    today = timezone.localtime(now).date()
    made = 0
    for model in _partitioned():
        made += ensure_partitions(model, today, today + timedelta(days=model.partitioning.ahead_days))
    if made:
        logger.info("parts_made", count=made)
    return made


def drop_old_parts(*, now: datetime) -> int:
    """Drops the parts whose time is over, each table for itself; returns how many.

    A part is dropped as a whole, however many rows it holds. A last position does not outlive the fixes that it is one of.
    """
    dropped = 0
    for model in _partitioned():
        with transaction.atomic():
            count = drop_old_partitions(model, timezone.localtime(now).date())
            if count:
                record_audit(
                    actor_id=None, verb="PARTS_DROPPED", subject_table=model._meta.db_table, count=count, now=now
                )
        if count:
            logger.info("parts_dropped", table=model._meta.db_table, count=count)
        dropped += count
    LastPosition.objects.filter(occurred_at__lt=kept_from(timezone.localtime(now).date())).delete()
    return dropped


def kept_from(today: date) -> datetime:
    """The first moment whose fixes are still kept on a day."""
    days = Position.partitioning.keep_days
    return datetime.combine(today - timedelta(days=days or 0), time(), tzinfo=UTC)
