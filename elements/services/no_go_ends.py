"""Ending no-go rules and withdrawing permits. What held stays on record: nothing is cut off before today.

A permit that has begun is cut short; one that has not begun never held and is taken out, its history stays. The permits of
a rule that ends keep their own dates: a permit is a paper about a rule and has no effect without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from common.audit import record_audit
from common.errors import Conflict, DomainError, NotVisible
from common.models import AuditRow
from common.scope import Actor
from elements.models import NoGoPermit, NoGoRule
from elements.selectors.no_go_permits import visible_permit
from elements.services.corrections import checked_reason
from elements.services.no_go import locked_rule, require_writer

UNDO_WITHIN = timedelta(minutes=10)
_TABLE = "elements_nogopermit"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A permit that was withdrawn; `ends_on` is the day from which it is void, None when it had not begun and is gone."""

    permit_id: int
    number: str
    rule_id: int
    ends_on: date | None


def withdraw_permit(*, permit_id: int, reason: str, actor: Actor, now: datetime) -> Withdrawal:
    """Makes a permit void from today; one that begins today from tomorrow, since no period is shorter than a day.

    Raises:
        NotAllowed: the user may not write rules.
        NotVisible: no such permit, or its vehicle is outside the scope.
        DomainError: no reason.
        Conflict: it is void already.
    """
    require_writer(actor)
    reason, today = checked_reason(reason), timezone.localdate(now)
    with transaction.atomic():
        permit = visible_permit(permit_id, actor, locked=True)
        if permit.valid_to <= today:
            raise Conflict("PERMIT_OVER", "这张通行证已经失效，无须撤销。请刷新页面核对。")
        ends_on = _cut(permit, today)
        record_audit(
            actor_id=actor.pk, verb="NO_GO_WITHDRAWN", subject_table=_TABLE, subject_id=permit_id, fields=["valid_to"], count=1,
            reason=reason, now=now,
        )  # fmt: skip
    return Withdrawal(permit_id, permit.number, permit.rule_id, ends_on)


def _cut(permit: NoGoPermit, today: date) -> date | None:
    if permit.valid_from > today:
        # `delete` empties the key of the object.
        NoGoPermit.objects.filter(pk=permit.pk).delete()
        return None
    ends_on = max(today, permit.valid_from + timedelta(days=1))
    if permit.valid_to <= ends_on:
        raise Conflict("PERMIT_ENDS", "这张通行证今天生效、明天失效，有效期不能再短，无须撤销。")
    permit.valid_to = ends_on
    permit.save(update_fields=["valid_to"])
    return ends_on


def restore_permit(*, permit_id: int, actor: Actor, now: datetime) -> NoGoPermit:
    """Takes back the user's own withdrawal of just now; the period is what the history says it was.

    Raises:
        NotAllowed: the user may not write rules.
        NotVisible: the user withdrew no such permit, or its vehicle is outside the scope.
        Conflict: too long ago, changed since, or the number was given away.
    """
    require_writer(actor)
    try:
        with transaction.atomic():
            done = _own_withdrawal(permit_id, actor, now)
            was = _state_before(permit_id)
            permit = NoGoPermit.objects.select_for_update().filter(pk=permit_id).first()
            if permit is None:
                permit = NoGoPermit(pk=permit_id)
            for name in ("number", "rule_id", "vehicle_id", "valid_from", "valid_to"):
                setattr(permit, name, getattr(was, name))
            permit.save()
            visible_permit(permit_id, actor)
            record_audit(
                actor_id=actor.pk, verb="NO_GO_RESTORED", subject_table=_TABLE, subject_id=permit_id, fields=["valid_to"], count=1,
                reason=done.reason, now=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("PERMIT_TWICE", "这个通行证号已经另行登记，不能恢复。请核对证号。") from error
    return permit


def _own_withdrawal(permit_id: int, actor: Actor, now: datetime) -> AuditRow:
    acts = AuditRow.objects.filter(subject_table=_TABLE, subject_id=str(permit_id))
    last = acts.order_by("-pk").first()
    if last is None or last.verb != "NO_GO_WITHDRAWN" or last.actor_id != actor.pk:
        raise NotVisible
    if now - last.at > UNDO_WITHIN:
        raise Conflict("PERMIT_LATE", "撤销已超过 10 分钟，不能直接恢复。需要时请重新登记通行证。")
    return last


def _state_before(permit_id: int) -> Any:
    """The event that holds the permit as it was: a deletion records the row that went, a change the row that came."""
    # pghistory adds the relation.
    events = list(NoGoPermit(pk=permit_id).events.order_by("-pgh_id")[:2])  # type: ignore[attr-defined]
    if not events:
        raise NotVisible
    return events[0] if events[0].pgh_label == "delete" else events[-1]


def end_rule(*, rule_id: int, version: int | None, ends_on: date, reason: str, actor: Actor, now: datetime) -> NoGoRule:
    """Ends a rule from a day on, today at the earliest; `version` is what the writer has seen of it.

    Raises:
        NotAllowed: the user may not write rules.
        NotVisible: there is no such rule.
        DomainError: no reason, or a day that cannot be.
        Conflict: changed by somebody else in the meantime.
    """
    require_writer(actor)
    reason = checked_reason(reason)
    with transaction.atomic():
        rule = locked_rule(rule_id, version)
        check_end(rule, ends_on, timezone.localdate(now))
        rule.valid_to = ends_on
        rule.save(update_fields=["valid_to"])
        record_audit(
            actor_id=actor.pk, verb="NO_GO_ENDED", subject_table="elements_nogorule", subject_id=rule.pk, fields=["valid_to"],
            count=1, reason=reason, now=now,
        )  # fmt: skip
    return rule


def check_end(rule: NoGoRule, ends_on: date, today: date) -> None:
    """Whether a rule can end from that day on.

    Raises:
        DomainError: past, before it begins, or later than it ends anyway.
    """
    if ends_on < today:
        raise DomainError("NO_GO_END_PAST", "失效日期不能早于今天：已施行的日子不能改。请选今天或以后的日期。")
    if ends_on <= rule.valid_from:
        raise DomainError(
            "NO_GO_PERIOD", f"这项规定 {rule.valid_from.isoformat()} 起施行，失效日期必须晚于这一天。请改选日期。"
        )
    if rule.valid_to is not None and ends_on >= rule.valid_to:
        raise DomainError(
            "NO_GO_ENDED",
            f"这项规定已定于 {rule.valid_to.isoformat()} 起失效。要提前结束请选更早的日期，要延长请修改规定。",
        )
