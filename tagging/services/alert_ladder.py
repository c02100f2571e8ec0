"""Alerts that nobody takes, or that nobody closes once they were taken, climb: the squadron hears of them, then the brigade.

Each rung is climbed once, whoever rings and however often: the rung is a column, written under a lock with its recipients and step.
A process that is killed leaves the alert where it was; a clock that was set back does not put off what is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.choices import Role
from common.audit import record_audit
from tagging.choices import OPEN_ALERTS, AlertState
from tagging.models import Alert, AlertRecipient, AlertStep
from tagging.services.alerts import TABLE, tell_again
from tagging.services.routing import Posts, Told, posts_over, told_above
from tagging.workflow import TAKEN, Ladder, ladder_of, ladders

BATCH = 200
UNANSWERED, OVERDUE = "超过时限无人接收", "已受理、逾期未办结"


def escalate_due(*, now: datetime) -> int:
    """Lets every alert whose time is over climb one rung; returns how many did."""
    _mend_due(now)
    count = 0
    while done := _climb_batch(now):
        count += done
    return count


@transaction.atomic
def _climb_batch(now: datetime) -> int:
    rows = list(
        Alert.objects.select_for_update(skip_locked=True)
        .filter(_below_top(), state__in=OPEN_ALERTS, due_at__lte=now)
        .order_by("due_at", "pk")[:BATCH]
    )
    if rows:
        posts = posts_over((one.block_id for one in rows), timezone.localdate(now))
        new, taken = ([one for one in rows if (one.state == AlertState.NEW) is is_new] for is_new in (True, False))
        climb(new, posts, why=f"{UNANSWERED}，上报", actor_id=None, note="", now=now)
        climb(taken, posts, why=f"{OVERDUE}，上报", actor_id=None, note=OVERDUE, now=now)
        record_audit(actor_id=None, verb="ALERT_CLIMBED", subject_table=TABLE, count=len(rows), now=now)
    return len(rows)


def climb(rows: Sequence[Alert], posts: Posts, *, why: str, actor_id: int | None, note: str, now: datetime) -> None:
    """Takes locked alerts one rung up and tells who stands there; who took one keeps it."""
    recipients, steps = [], []
    for one in rows:
        ladder = ladder_of(one.level)
        role, people = _rung_of(one, ladder, posts, why)
        one.rung = min(one.rung + 1, len(ladder.rungs))
        one.due_at = next_due(one, ladder, now)
        one.version += 1
        recipients += [
            AlertRecipient(alert_id=one.pk, user_id=told.user_id, reason=told.reason[:80], rung=one.rung, sent_at=now)
            for told in people
        ]
        text = f"上报{Role(role).label}" + (f"：{note}" if note else "")
        steps.append(AlertStep(alert_id=one.pk, verb="escalate", note=text[:200], actor_id=actor_id, at=now))
    # Who was told already stays told; the rung says the rest.
    AlertRecipient.objects.bulk_create(recipients, ignore_conflicts=True)
    AlertStep.objects.bulk_create(steps)
    Alert.objects.bulk_update(rows, ["rung", "due_at", "version"])
    tell_again([one.pk for one in rows])


def next_due(alert: Alert, ladder: Ladder, now: datetime) -> datetime | None:
    """Until when an alert is to be taken, None at the top; or, once it was, closed. Past that it climbs as long as it can."""
    after = ladder.due_after(alert.rung)
    if alert.state == AlertState.NEW:
        return None if after is None else alert.first_at + after
    # Passing an alert upwards gives who took it no more time, and at the top it stays late.
    if alert.due_at is not None and (now < alert.due_at or after is None):
        return alert.due_at
    return now + ladder.close_within


def _below_top() -> Q:
    return reduce(or_, (Q(level=level, rung__lt=len(ladder.rungs)) for level, ladder in ladders().items()))


def _rung_of(alert: Alert, ladder: Ladder, posts: Posts, why: str) -> tuple[str, list[Told]]:
    role = ladder.rungs[min(alert.rung, len(ladder.rungs) - 1)].role
    return role, told_above(posts, alert.block_id, role, why=f"{why}{Role(role).label}")


def _mend_due(now: datetime) -> None:
    """No alert is due later than its ladder allows from now: one that is was raised or taken by a clock that was ahead.

    What was taken before there was a term gets one from now on.
    """
    for level, ladder in ladders().items():
        alerts = Alert.objects.filter(level=level)
        for rung, step in enumerate(ladder.rungs):
            due = now + step.after
            alerts.filter(state=AlertState.NEW, rung=rung, due_at__gt=due).update(due_at=due)
        due = now + ladder.close_within
        missing = Q(due_at__isnull=True) | Q(due_at__gt=due)
        alerts.filter(missing, state__in=TAKEN).update(due_at=due)
