"""Background work of tags."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from common import clock
from common.changes import is_behind, start_reader
from tagging.services import alert_ladder, nightly, running


@shared_task
def run_rules(**_kwargs: Any) -> None:
    """Asks the rules about what changed since they were last asked; rung so often that it looks first whether anything did."""
    start_reader(running.READER)
    if not is_behind(running.READER):
        return
    while running.run_changes(now=clock.now()) is not None:
        pass


@shared_task
def run_clock(**_kwargs: Any) -> None:
    """Asks the rules about what time alone moved."""
    running.run_clock(now=clock.now())


@shared_task
def reconcile_tags(**_kwargs: Any) -> None:
    """Asks every rule about everything, once a night."""
    nightly.reconcile(now=clock.now())


@shared_task
def escalate_alerts(**_kwargs: Any) -> None:
    """Lets alerts climb that nobody has answered in time."""
    alert_ladder.escalate_due(now=clock.now())
