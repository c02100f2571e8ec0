"""Grades that people set against the score: asked for with a reason, confirmed by somebody else who leads, until a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.choices import Role
from accounts.models import Post
from common.audit import record_audit, record_change
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.models import Element
from tagging.choices import OverrideState
from tagging.models import Grade, GradeOverride, Scheme
from tagging.rules.changes import GRADES

TABLE = GradeOverride._meta.db_table
MOST_DAYS = 366
OPEN = (OverrideState.REQUESTED, OverrideState.APPROVED)


@transaction.atomic
def request_override(
    *, element_id: int, scheme: Scheme, level: str, reason: str, expires_on: date | None, actor: Actor, now: datetime
) -> GradeOverride:
    """Asks for another level than the score gives.

    Raises:
        NotVisible, NotAllowed. DomainError: no such level, the one it has, no reason, or a day that cannot be.
        Conflict: another one is open.
    """
    element = _visible(element_id, actor)
    grade = Grade.objects.filter(scheme=scheme, element=element, until__isnull=True).first()
    if grade is None:
        raise DomainError("NOT_GRADED", f"该要素不在“{scheme.name}”的分级范围内，不能人工定级。")
    levels = [one["code"] for one in scheme.published.body["levels"]] if scheme.published else []
    if level not in levels:
        raise DomainError("NO_SUCH_LEVEL", "没有这一等级，请从列表中选择。")
    if level == grade.level:
        raise DomainError("SAME_LEVEL", "该要素已是这一等级，无需人工定级。")
    if not reason.strip():
        raise DomainError("REASON_MISSING", "请填写人工定级的理由。")
    today = timezone.localdate(now)
    if expires_on is None or not today < expires_on <= today + timedelta(days=MOST_DAYS):
        raise DomainError("BAD_EXPIRY", "到期日须在明天以后、一年以内。")
    row = GradeOverride(
        scheme=scheme, element=element, level=level, reason=reason.strip()[:200], expires_on=expires_on,
        requested_by_id=actor.pk, requested_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("OVERRIDE_OPEN", "该要素已有未结束的人工定级，请先处理。") from None
    _audit(row, "GRADE_OVERRIDE_REQUEST", actor, now, row.reason)
    return row


@transaction.atomic
def decide_override(*, override_id: int, is_approved: bool, note: str, actor: Actor, now: datetime) -> GradeOverride:
    """Confirms or refuses; what is confirmed holds at once.

    Raises:
        NotVisible. NotAllowed: the actor asked for it, or leads neither the brigade nor the squadron.
        Conflict: it was decided, or its day has passed. DomainError: refused without a reason.
    """
    row = _locked(override_id, actor)
    if row.state != OverrideState.REQUESTED:
        raise Conflict("OVERRIDE_DECIDED", "这一申请已处理，请刷新页面。")
    if row.requested_by_id == actor.pk:
        raise NotAllowed("申请人不能复核自己的申请，请由另一人处理。")
    if not may_decide(actor, row.element, now):
        raise NotAllowed("人工定级由大队领导或所属中队长复核。")
    if is_approved and row.expires_on < timezone.localdate(now):
        raise Conflict("OVERRIDE_PAST", "申请的到期日已过，请重新申请。")
    if not is_approved and not note.strip():
        raise DomainError("REASON_MISSING", "请填写不同意的理由。")
    row.state = OverrideState.APPROVED if is_approved else OverrideState.REFUSED
    row.decided_by_id, row.decided_at, row.decision_note = actor.pk, now, note.strip()[:200]
    row.save()
    if is_approved:
        _set_level(row, now, actor.pk, is_standing=True)
    _audit(row, "GRADE_OVERRIDE_APPROVE" if is_approved else "GRADE_OVERRIDE_REFUSE", actor, now, row.decision_note)
    return row


@transaction.atomic
def end_override(*, override_id: int, note: str, actor: Actor, now: datetime) -> GradeOverride:
    """Takes back a request of one's own, or ends one that holds.

    Raises:
        NotVisible. NotAllowed: neither asked for nor led by the actor. Conflict: it has ended. DomainError: no reason.
    """
    row = _locked(override_id, actor)
    if row.state not in OPEN:
        raise Conflict("OVERRIDE_ENDED", "这一人工定级已经结束，请刷新页面。")
    if row.requested_by_id != actor.pk and not may_decide(actor, row.element, now):
        raise NotAllowed("只有申请人、大队领导或所属中队长可以结束人工定级。")
    if not note.strip():
        raise DomainError("REASON_MISSING", "请填写结束的理由。")
    _end(row, now, actor.pk)
    _audit(row, "GRADE_OVERRIDE_END", actor, now, note.strip()[:200])
    return row


@transaction.atomic
def end_expired(*, now: datetime) -> int:
    """Ends what ran out, also requests that nobody decided; returns how many."""
    rows = list(
        GradeOverride.objects.select_for_update(no_key=True).filter(state__in=OPEN, expires_on__lt=timezone.localdate(now)).order_by("pk")
    )  # fmt: skip
    for row in rows:
        _end(row, now, None)
        record_audit(actor_id=None, verb="GRADE_OVERRIDE_EXPIRE", subject_table=TABLE, subject_id=row.pk, now=now)
    return len(rows)


def may_decide(actor: Actor, element: Element, now: datetime) -> bool:
    """Whether the actor leads the brigade, or the squadron that the element lies in."""
    if Right.CORRECT not in actor.scope.rights:
        return False
    today, district = timezone.localdate(now), element.block.parent
    areas = [area for area in (element.block_id, element.block.parent_id, district and district.parent_id) if area]
    leads = Q(role=Role.BRIGADE) | Q(role=Role.SQUADRON, area_id__in=areas)
    current = Q(valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today))
    return Post.objects.filter(leads, current, user_id=actor.pk).exists()


def lock_grades(scheme_id: int) -> None:
    """Waits until nobody else writes grades of the scheme; until the transaction ends.

    A run replaces rows: who waited for a row alone would find it closed and miss the one in its place. Rows of overrides are
    locked before, without their keys: grades refer to them, and a run would else wait for who waits for the run.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grades:{scheme_id}"])


def _end(row: GradeOverride, now: datetime, actor_id: int | None) -> None:
    was_standing = row.state == OverrideState.APPROVED
    row.state = OverrideState.ENDED
    row.save(update_fields=["state"])
    if was_standing:
        _set_level(row, now, actor_id, is_standing=False)


def _set_level(row: GradeOverride, now: datetime, actor_id: int | None, *, is_standing: bool) -> None:
    """A grade like the standing one, but with the level that was set, or again with the computed one."""
    lock_grades(row.scheme_id)
    grade = Grade.objects.filter(scheme_id=row.scheme_id, element_id=row.element_id, until__isnull=True).first()
    if grade is None or (not is_standing and grade.override_id != row.pk):
        return
    Grade.objects.filter(pk=grade.pk).update(until=now)
    fresh = Grade.objects.create(
        scheme_id=grade.scheme_id, version_id=grade.version_id, element_id=grade.element_id, score=grade.score,
        computed_level=grade.computed_level, level=row.level if is_standing else grade.computed_level, items=grade.items,
        since=now, override=row if is_standing else None,
    )  # fmt: skip
    record_change(verb="GRADED", subject_table=GRADES, subject_id=fresh.pk, now=now, actor_id=actor_id)


def _visible(element_id: int, actor: Actor) -> Element:
    """The element with its block, for who may correct it."""
    rows = Element.objects.visible_to(actor).standing().select_related("block__parent")
    element = rows.defer("block__geom", "block__parent__geom").filter(pk=element_id).first()
    if element is None:
        raise NotVisible
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    return element


def _locked(override_id: int, actor: Actor) -> GradeOverride:
    row = GradeOverride.objects.select_for_update(of=("self",), no_key=True).filter(pk=override_id).first()
    if row is None:
        raise NotVisible
    row.element = _visible(row.element_id, actor)
    return row


def _audit(row: GradeOverride, verb: str, actor: Actor, now: datetime, reason: str) -> None:
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=TABLE, subject_id=row.pk, now=now, fields=[row.level], reason=reason
    )
