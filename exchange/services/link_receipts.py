"""Receipts into a ferry folder: after a file has been dealt with, in the sender's sight, each whole or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from exchange.choices import RunState, Transport
from exchange.connectors.base import LinkError, Options
from exchange.connectors.folder import FerryFolder
from exchange.models import Connector, ConnectorRun
from exchange.services.link_guard import STOPPING

logger = structlog.get_logger(__name__)
_COUNTS = ("received", "created", "updated", "unchanged", "to_review", "rejected")


def write_receipts(*, now: datetime, most: int = 200) -> int:
    """Answers every file that ended and was not answered; one that cannot be written is tried again. Returns how many."""
    bad_file = Q(state=RunState.HELD) & ~Q(problem__in=STOPPING)
    ended = Q(state__in=[RunState.DONE, RunState.REFUSED]) | bad_file
    waiting = ConnectorRun.objects.filter(
        ended, connector__transport=Transport.FOLDER, connector__options__has_key="receipts", receipt_at__isnull=True,
        fingerprint__isnull=False,
    )  # fmt: skip
    written = 0
    for run in waiting.select_related("connector").order_by("pk")[:most]:
        try:
            FerryFolder(run.connector.options).write_receipt(run.file_name, receipt_of(run))
        except (LinkError, OSError) as error:
            logger.warning("receipt_not_written", connector=run.connector.code, run_id=run.pk, why=type(error).__name__)
            continue
        # Written twice after a kill, it says the same twice.
        ConnectorRun.objects.filter(pk=run.pk).update(receipt_at=now)
        written += 1
    return written


def clear_folders(*, now: datetime) -> int:
    """Removes files that were answered as long ago as the link declares (`clear_after_days`); returns how many."""
    cleared = 0
    links = Connector.objects.filter(transport=Transport.FOLDER, options__has_keys=["clear_after_days", "receipts"])
    for link in links:
        try:
            folder = FerryFolder(link.options)
            answered = link.runs.filter(
                file_name__in=folder.names(), state=RunState.DONE,
                receipt_at__lt=now - timedelta(days=Options(link.options).number("clear_after_days", 1)),
            )  # fmt: skip
            for name in answered.values_list("file_name", flat=True):
                folder.clear(name)
                cleared += 1
        except (LinkError, OSError) as error:
            logger.warning("folder_not_cleared", connector=link.code, why=type(error).__name__)
    return cleared


def receipt_of(run: ConnectorRun) -> dict[str, object]:
    """What the sender is told: taken or not, why not, and numbers."""
    at = run.finished_at or run.started_at
    receipt: dict[str, object] = {
        "accepted": run.state == RunState.DONE, "receipt": f"{run.connector.code}-{run.pk}",
        "at": timezone.localtime(at).isoformat(timespec="seconds"), "sequence": run.counts.get("sequence"),
    }  # fmt: skip
    if run.state != RunState.DONE:
        receipt |= {"code": run.problem, "reason": run.message}
    return receipt | {name: run.counts[name] for name in _COUNTS if name in run.counts}
