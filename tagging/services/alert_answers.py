"""What people do with alerts: accept, act, close with an outcome, pass upwards, mute, and that they have seen them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from tagging.models import Alert, AlertMute, AlertRecipient, AlertStep, Assignment
from tagging.services import alert_ladder
from tagging.services.alerts import TABLE, close, tell_again
from tagging.services.manual import apply_outcome, effects_of
from tagging.services.routing import posts_over
from tagging.workflow import ACTIONS, AlertAction, ladder_of

MUTES_TABLE = "tagging_alertmute"
MUTE_DAYS = (1, 7, 30, 90)
# What a mute is for: this element, the tag in the block of the alert, the tag everywhere.
MUTE_ELEMENT, MUTE_TAG_HERE, MUTE_TAG = "element", "tag-here", "tag"
_NOTE_LENGTH = 200


def accept(*, alert_id: int, version: int, actor: Actor, now: datetime) -> Alert:
    """Somebody says that he takes it; whoever is in scope may, and it is recorded who did.

    Raises:
        NotVisible, NotAllowed. Conflict: somebody was faster.
    """
    return _answer("accept", alert_id=alert_id, version=version, note="", actor=actor, now=now, change=_taker(now))


def act(*, alert_id: int, version: int, note: str = "", actor: Actor, now: datetime) -> Alert:
    """Somebody is at it.

    Raises:
        NotVisible, NotAllowed, Conflict as `accept`.
    """
    return _answer("act", alert_id=alert_id, version=version, note=note, actor=actor, now=now, change=_taker(now))


def close_alert(
    *, alert_id: int, version: int, outcome: str = "", note: str = "", actor: Actor, now: datetime
) -> Alert:
    """Closes it with what came of it; in the same transaction the table of outcomes says what that does to the tag.

    Raises:
        NotVisible, NotAllowed, Conflict as `accept`. DomainError: an alert of a tag needs an outcome, any other a note.
    """

    def change(alert: Alert, actor_id: int) -> str:
        # Closed before the tag ends, which would else close it as one whose reason has gone.
        close(alert, now=now, actor_id=actor_id)
        alert.save()
        return _report(alert, outcome, note, actor_id, now)

    return _answer("close", alert_id=alert_id, version=version, note=note, actor=actor, now=now, change=change)


def escalate(*, alert_id: int, version: int, note: str, actor: Actor, now: datetime) -> Alert:
    """Passes an alert upwards before its time is over.

    Raises:
        NotVisible, NotAllowed, Conflict as `accept`, also when it stands at the top. DomainError: no reason.
    """
    with transaction.atomic():
        alert, _action = _taken("escalate", alert_id, version, note, actor)
        if alert.rung >= len(ladder_of(alert.level).rungs):
            raise Conflict("ALERT_AT_TOP", "这条预警已经上报到大队，不能再上报。")
        posts = posts_over([alert.block_id], timezone.localdate(now))
        alert_ladder.climb([alert], posts, why="由他人上报", actor_id=actor.pk, note=note.strip(), now=now)
        _audit(alert, "escalate", note, actor, now)
        mark_seen(user=actor, alert_ids=[alert.pk], now=now)
    return alert


def mute(*, alert_id: int, version: int, what: str, days: int, reason: str, actor: Actor, now: datetime) -> Alert:
    """Puts an alert away and lets nothing of the kind alert until the end of the mute.

    Raises:
        NotVisible, NotAllowed, Conflict as `accept`. DomainError: no reason, a span that is not offered, or a tag that there is not.
    """

    def change(alert: Alert, actor_id: int) -> str:
        ends_at = now + timedelta(days=days)
        row = _mute_of(alert, what)
        row.reason, row.ends_at, row.actor_id, row.created_at = reason.strip()[:_NOTE_LENGTH], ends_at, actor_id, now
        row.save()
        alert.closed_at, alert.closed_by_id, alert.due_at = now, actor_id, None
        return f"静默至 {timezone.localtime(ends_at):%Y-%m-%d %H:%M}：{reason.strip()}"

    if days not in MUTE_DAYS:
        raise DomainError("MUTE_DAYS", "请从列表中选择静默多少天。")
    if what == MUTE_TAG and not actor.scope.all_blocks:
        raise NotAllowed("只有大队可以在全部辖区静默一个标签。")
    return _answer("mute", alert_id=alert_id, version=version, note=reason, actor=actor, now=now, change=change)


@transaction.atomic
def lift_mute(*, mute_id: int, actor: Actor, now: datetime) -> None:
    """Ends a mute before its time.

    Raises:
        NotAllowed. NotVisible: none that stands, or of somebody else and outside the scope.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    row = (
        AlertMute.objects.select_for_update(of=("self",))
        .select_related("element")
        .filter(pk=mute_id, lifted_at__isnull=True)
        .first()
    )
    if row is None or not _may_lift(row, actor):
        raise NotVisible
    row.lifted_at = now
    row.save(update_fields=["lifted_at"])
    record_audit(actor_id=actor.pk, verb="ALERT_UNMUTED", subject_table=MUTES_TABLE, subject_id=row.pk, now=now)


def mark_delivered(*, recipient_ids: Collection[int], now: datetime) -> None:
    """The text of these has reached the browser of its user."""
    AlertRecipient.objects.filter(pk__in=recipient_ids, delivered_at__isnull=True).update(delivered_at=now)


@transaction.atomic
def mark_seen(*, user: Actor, alert_ids: Collection[int] | None, now: datetime) -> int:
    """The user has seen these (None: all); returns how many that he had not seen before."""
    rows = AlertRecipient.objects.filter(user_id=user.pk, seen_at__isnull=True)
    if alert_ids is not None:
        rows = rows.filter(alert_id__in=alert_ids)
    rows.filter(delivered_at__isnull=True).update(delivered_at=now)
    return rows.update(seen_at=now)


def _answer(
    key: str,
    *,
    alert_id: int,
    version: int,
    note: str,
    actor: Actor,
    now: datetime,
    change: Callable[[Alert, int], str],
) -> Alert:
    with transaction.atomic():
        alert, action = _taken(key, alert_id, version, note, actor)
        if action.to_state is not None:
            alert.state = action.to_state
        before = alert.version
        said = change(alert, actor.pk)
        alert.version = before + 1
        alert.save()
        AlertStep.objects.create(
            alert=alert, verb=key, note=(said or note.strip())[:_NOTE_LENGTH], actor_id=actor.pk, at=now
        )
        _audit(alert, key, note, actor, now)
        mark_seen(user=actor, alert_ids=[alert.pk], now=now)
        tell_again([alert.pk])
    return alert


def _taken(key: str, alert_id: int, version: int, note: str, actor: Actor) -> tuple[Alert, AlertAction]:
    """The alert, locked, once the actor may take the step and nobody was faster."""
    action = ACTIONS[key]
    alert = Alert.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=alert_id).first()
    if alert is None:
        raise NotVisible
    if not actor.scope.rights & action.rights:
        raise NotAllowed
    if action.is_local and not is_local(alert, actor):
        raise NotAllowed("这条预警在相邻网格，只有责任块的人员可以办结或静默；您可以接收并协助处置。")
    if action.needs_note and not note.strip():
        raise DomainError("NOTE_MISSING", "请填写理由，再提交。")
    if alert.state not in action.from_states or alert.version != version:
        raise _changed(alert)
    return alert, action


def is_local(alert: Alert, actor: Actor) -> bool:
    """The actor answers for the block of the alert, not only for one beside it."""
    return actor.scope.all_blocks or alert.block_id in actor.scope.block_ids


def _changed(alert: Alert) -> Conflict:
    last = alert.steps.order_by("-pk").first()
    who = User.objects.filter(pk=last.actor_id or 0).first() if last else None
    name = str(who) if who else "系统"
    return Conflict(
        "ALERT_CHANGED",
        f"预警已由 {name} 改为“{alert.get_state_display()}”，您的操作没有保存。请刷新页面，核对后再办。",
        {"version": alert.version, "state": alert.state},
    )


def _taker(now: datetime) -> Callable[[Alert, int], str]:
    """Notes who took the alert first, and until when it is to be closed."""

    def change(alert: Alert, actor_id: int) -> str:
        if alert.accepted_at is None:
            alert.accepted_at, alert.accepted_by_id, alert.due_at = now, actor_id, None
            alert.due_at = alert_ladder.next_due(alert, ladder_of(alert.level), now)
        return ""

    return change


def _report(alert: Alert, outcome: str, note: str, actor_id: int, now: datetime) -> str:
    """Writes the outcome to the tag, whoever gives it, if it still stands; returns what the step says."""
    rows = _standing_tags(alert)
    if not rows or not effects_of(alert.tag_id or 0):
        if not note.strip():
            raise DomainError("NOTE_MISSING", "请填写处置情况，再提交。")
        return note.strip()
    if not outcome:
        raise DomainError("OUTCOME_MISSING", "请选择处置结果，再提交。")
    reports = [apply_outcome(row=row, outcome=outcome, note=note, actor_id=actor_id, now=now) for row in rows]
    return f"{reports[0].name}：{note.strip()}" if note.strip() else reports[0].name


def _standing_tags(alert: Alert) -> list[Assignment]:
    if alert.tag_id is None:
        return []
    rows = Assignment.objects.standing().select_for_update(of=("self",))
    return list(rows.filter(tag_id=alert.tag_id, element_id=alert.element_id).order_by("pk"))


def _mute_of(alert: Alert, what: str) -> AlertMute:
    if what == MUTE_ELEMENT:
        return AlertMute(element_id=alert.element_id)
    if what in (MUTE_TAG_HERE, MUTE_TAG) and alert.tag_id is not None:
        return AlertMute(tag_id=alert.tag_id, block_id=alert.block_id if what == MUTE_TAG_HERE else None)
    raise DomainError("MUTE_WHAT", "请选择静默的范围。")


def _may_lift(row: AlertMute, actor: Actor) -> bool:
    if actor.scope.all_blocks or row.actor_id == actor.pk:
        return True
    block_id = row.block_id or (row.element.block_id if row.element else None)
    return block_id is not None and block_id in actor.scope.block_ids


def _audit(alert: Alert, key: str, note: str, actor: Actor, now: datetime) -> None:
    verbs = {
        "accept": "ALERT_ACCEPTED",
        "act": "ALERT_ACTING",
        "close": "ALERT_CLOSED",
        "escalate": "ALERT_ESCALATED",
        "mute": "ALERT_MUTED",
    }
    record_audit(
        actor_id=actor.pk, verb=verbs[key], subject_table=TABLE, subject_id=alert.pk, fields=["state"], reason=note.strip(), now=now
    )  # fmt: skip
