"""Tags that people set and take off, and what outcomes of follow-up do to tags."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.models import Element
from tagging.choices import Effect, EndCause
from tagging.models import Assignment, Outcome, OutcomeEffect, Tag
from tagging.rules.changes import TAGS
from tagging.services import alerts
from tagging.services.assigning import tell_changes

MOST_DAYS = 3_660


@transaction.atomic
def set_tag(
    *, element: Element, tag: Tag, reason: str, ends_on: date | None, actor: Actor, now: datetime
) -> Assignment:
    """Marks an element by hand.

    Raises:
        NotAllowed: the actor may not correct here.
        DomainError: the tag is not set by hand, is one of another kind, lacks a reason, or ends in the past.
        Conflict: it has been set by hand already.
    """
    _require(actor, Right.CORRECT)
    element = _visible(element.pk, actor)
    if not tag.is_manual or not tag.is_active:
        raise DomainError("TAG_NOT_MANUAL", f"“{tag.name}”由规则判定，不能人工标注。")
    if tag.kind != element.kind:
        raise DomainError("TAG_KIND", f"“{tag.name}”只用于{tag.get_kind_display()}。")
    if not reason.strip():
        raise DomainError("TAG_REASON", "请填写标注理由。")
    _check_end(ends_on, now)
    row = Assignment(
        tag=tag, element=element, since=now, reason=reason.strip(), ends_on=ends_on, actor_id=actor.pk,
        next_check_at=_end_moment(ends_on),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("TAG_THERE", f"该要素已有人工标注的“{tag.name}”。") from None
    tell_changes([row], "TAGGED", now, actor.pk)
    record_audit(actor_id=actor.pk, verb="TAG", subject_table=TAGS, subject_id=row.pk, now=now, reason=row.reason)
    return row


@transaction.atomic
def end_tag(*, assignment_id: int, note: str, actor: Actor, now: datetime) -> Assignment:
    """Takes a tag off that was set by hand.

    Raises:
        NotVisible: not there, or not in scope. DomainError: a rule set it, or it has ended. NotAllowed.
    """
    _require(actor, Right.CORRECT)
    row = _open(assignment_id, actor)
    if row.rule_id is not None:
        raise DomainError("TAG_BY_RULE", "该标签由规则判定，不能直接解除；请登记处置结果。")
    if not note.strip():
        raise DomainError("TAG_REASON", "请填写解除理由。")
    _end(row, EndCause.MANUAL, now, actor_id=actor.pk, note=note.strip())
    record_audit(actor_id=actor.pk, verb="UNTAG", subject_table=TAGS, subject_id=row.pk, now=now, reason=row.end_note)
    return row


@transaction.atomic
def report_outcome(*, assignment_id: int, outcome: str, note: str, actor: Actor, now: datetime) -> Outcome:
    """What came of follow-up on a tag; the table of effects says what that does.

    Raises:
        NotVisible: not there, or not in scope. DomainError: no such outcome for the tag, or it has ended. NotAllowed.
    """
    _require(actor, Right.CORRECT)
    row = _open(assignment_id, actor)
    return apply_outcome(row=row, outcome=outcome, note=note, actor_id=actor.pk, now=now)


def apply_outcome(*, row: Assignment, outcome: str, note: str, actor_id: int | None, now: datetime) -> Outcome:
    """The same for a row that was locked already."""
    effect = next((one for one in effects_of(row.tag_id) if one.outcome == outcome), None)
    if effect is None:
        raise DomainError("NO_SUCH_OUTCOME", "没有这一处置结果，请从列表中选择。")
    report = Outcome.objects.create(
        assignment=row, outcome=outcome, name=effect.name, effect=effect.effect, days=effect.days, note=note.strip()[:200],
        actor_id=actor_id, at=now,
    )  # fmt: skip
    match effect.effect:
        case Effect.END:
            row.held_until = now + timedelta(days=effect.days or 0)
            _end(row, EndCause.OUTCOME, now, actor_id=actor_id, note=effect.name)
        case Effect.EXTEND:
            row.kept_until = now + timedelta(days=effect.days or 0)
            row.save(update_fields=["kept_until"])
        case Effect.ESCALATE:
            row.level += 1
            row.save(update_fields=["level"])
    record_audit(
        actor_id=actor_id, verb="TAG_OUTCOME", subject_table=TAGS, subject_id=row.pk, now=now, fields=[outcome]
    )
    return report


def effects_of(tag_id: int) -> list[OutcomeEffect]:
    """Outcomes that may be reported for a tag: its own rows, and the general ones that it has none of."""
    rows = OutcomeEffect.objects.filter(Q(tag_id=tag_id) | Q(tag__isnull=True)).order_by("position", "pk")
    found: dict[str, OutcomeEffect] = {}
    for row in sorted(rows, key=lambda one: one.tag_id is None):
        found.setdefault(row.outcome, row)
    return sorted(found.values(), key=lambda one: (one.position, one.pk))


@transaction.atomic
def end_expired_tags(*, now: datetime) -> int:
    """Takes off what was set by hand until a day that has passed; returns how many."""
    rows = list(
        Assignment.objects.select_for_update(skip_locked=True).filter(
            rule__isnull=True, until__isnull=True, ends_on__lt=timezone.localdate(now)
        )
    )
    for row in rows:
        _end(row, EndCause.EXPIRED, now)
    return len(rows)


def end_rows(rows: Iterable[Assignment], cause: EndCause, *, now: datetime, actor_id: int | None) -> int:
    """Takes tags off, whoever set them; returns how many."""
    ended = list(rows)
    for row in ended:
        _end(row, cause, now, actor_id=actor_id)
    return len(ended)


def _end(row: Assignment, cause: EndCause, now: datetime, *, actor_id: int | None = None, note: str = "") -> None:
    row.until, row.end_cause, row.ended_by_id, row.end_note = now, cause, actor_id, note[:200]
    row.save(update_fields=["until", "end_cause", "ended_by_id", "end_note", "held_until"])
    tell_changes([row], "UNTAGGED", now, actor_id)
    alerts.close_for_ended([row], now=now)


def _open(assignment_id: int, actor: Actor) -> Assignment:
    row = Assignment.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=assignment_id).first()
    if row is None:
        raise NotVisible
    if row.until is not None:
        raise Conflict("TAG_ENDED", "该标签已经解除。")
    return row


def _visible(element_id: int, actor: Actor) -> Element:
    element = Element.objects.visible_to(actor).standing().filter(pk=element_id).first()
    if element is None:
        raise NotVisible
    return element


def _check_end(ends_on: date | None, now: datetime) -> None:
    if ends_on is None:
        raise DomainError("TAG_END", "请填写到期日。")
    if not timezone.localdate(now) <= ends_on <= timezone.localdate(now) + timedelta(days=MOST_DAYS):
        raise DomainError("TAG_END", "到期日须在今天以后、十年以内。")


def _end_moment(ends_on: date | None) -> datetime | None:
    if ends_on is None:
        return None
    return timezone.make_aware(datetime.combine(ends_on + timedelta(days=1), datetime.min.time()))


def _require(actor: Actor, right: Right) -> None:
    if right not in actor.scope.rights:
        raise NotAllowed
