"""The nightly look: every rule over everything. It changes nothing if what ran in between was right; what it changes is a defect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError

from common.errors import DomainError
from common.jobs import JobRun
from tagging.choices import RunKind
from tagging.selectors.rules import ready_rules
from tagging.services import running
from tagging.services.judging import VerdictsDiffer

logger = structlog.get_logger(__name__)
RUN_RULE = "RUN_RULE"


def reconcile(*, now: datetime) -> int:
    """Returns how many tags had to be given or taken off: defects, each written down with its run."""
    ready, broken = ready_rules()
    running.mark_failed(broken, now)
    defects = 0
    for one in ready:
        try:
            record = running.run_full(one, kind=RunKind.NIGHTLY, now=now, is_alerting=True)
        except (DatabaseError, VerdictsDiffer, DomainError):
            # Marked where it failed; the others go on.
            logger.exception("rule_reconcile_failed", rule=one.row.code)
            continue
        defects += record.added + record.removed
    if defects:
        logger.warning("rules_reconciled", defects=defects)
    return defects


def run_published(run: JobRun) -> dict[str, Any]:
    """Job handler: a rule that was just published, over everything; `params`: rule. What it finds was there before: no alerts."""
    from common import clock

    ready, broken = ready_rules([run.params["rule"]])
    if broken:
        raise DomainError("RULE_FAILED", broken[0][1])
    if not ready:
        return {}
    record = running.run_full(ready[0], kind=RunKind.FULL, now=clock.now(), is_alerting=False, run=run)
    return {"hits": record.hits, "added": record.added, "removed": record.removed}
