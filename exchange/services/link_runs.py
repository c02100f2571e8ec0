"""The ends of a reading: held, done, empty, failed. Each is one write of the run and its link, both locked."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from exchange.choices import FeedMode, RunState
from exchange.models import Connector, ConnectorRun
from exchange.services.link_guard import STOPPING, Finding

logger = structlog.get_logger(__name__)
OPEN = (RunState.RUNNING, RunState.LANDING)
# After a failure: soon at first, then less and less often, never all links at once.
FIRST_RETRY_S, LONGEST_RETRY_S = 20, 900
# A reading without news is forgotten after this long.
EMPTY_KEPT = timedelta(days=1)


def locked(run_id: int) -> ConnectorRun:
    """The run with its link, both held until the end of the transaction: the link first, as everywhere."""
    connector_id = ConnectorRun.objects.values_list("connector_id", flat=True).get(pk=run_id)
    Connector.objects.select_for_update().get(pk=connector_id)
    related = ConnectorRun.objects.select_related("connector__source", "batch__job", "batch__upload", "upload")
    return related.select_for_update(of=("self",)).get(pk=run_id)


def hold(run: ConnectorRun, finding: Finding, now: datetime) -> None:
    """The run waits for a person; the link stands still, unless it is one bad file."""
    run.state, run.problem, run.message, run.finished_at = RunState.HELD, finding.code, finding.message[:300], now
    run.counts = run.counts | {"finding": finding.details}
    run.save()
    if finding.code not in STOPPING:
        Connector.objects.filter(pk=run.connector_id).update(next_run_at=now)


def end_well(run: ConnectorRun, counts: dict[str, Any], now: datetime) -> None:
    """The end of a reading that went in: the balance, and the watermark with it."""
    connector = run.connector
    run.state, run.problem, run.message, run.finished_at = RunState.DONE, "", "", now
    run.counts = run.counts | counts
    run.save()
    connector.watermark = run.watermark_to or connector.watermark
    connector.last_ok_at, connector.failures = now, 0
    if not connector.headers:
        connector.headers = run.headers
    if connector.mode == FeedMode.SNAPSHOT:
        connector.last_rows = run.rows
    if run.counts.get("has_more"):
        connector.next_run_at = now
    connector.save(update_fields=["watermark", "last_ok_at", "failures", "headers", "last_rows", "next_run_at"])


def end_empty(run: ConnectorRun, now: datetime) -> None:
    """Nothing new came: the link is well all the same."""
    run.state, run.finished_at = RunState.EMPTY, now
    run.save(update_fields=["state", "finished_at", "counts", "rows", "upload"])
    Connector.objects.filter(pk=run.connector_id).update(last_ok_at=now, failures=0)
    # The first reading of all is kept: a link that never brought anything has been silent since then.
    first = run.connector.runs.order_by("pk").values("pk")[:1]
    old = run.connector.runs.filter(state=RunState.EMPTY, started_at__lt=now - EMPTY_KEPT).exclude(pk__in=first)
    old.delete()


@transaction.atomic
def fail(*, run_id: int, code: str, message: str, now: datetime) -> bool:
    """Ends a run that did not come about; False when it had ended already."""
    run = locked(run_id)
    if run.state not in OPEN:
        return False
    end_failed(run, code, message, now)
    return True


def end_failed(run: ConnectorRun, code: str, message: str, now: datetime) -> None:
    connector = run.connector
    run.state, run.problem, run.message, run.finished_at = RunState.FAILED, code[:40], message[:300], now
    run.save()
    connector.failures += 1
    wait_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(connector.failures - 1, 10)) * random.uniform(0.8, 1.2)
    connector.next_run_at = now + timedelta(seconds=wait_s)
    connector.save(update_fields=["failures", "next_run_at"])
    logger.warning("link_failed", connector=connector.code, run_id=run.pk, code=code)
