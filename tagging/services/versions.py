"""Versions of rules and of grading schemes: drafted by one, published by another, taken back to an older one.

Rules and schemes have the same columns; what differs, reading a body and what publishing sets off, is given by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed
from common.scope import Actor, Right
from tagging.choices import VersionState
from tagging.models import Rule, RuleVersion, Scheme, SchemeVersion

Owner = Rule | Scheme
Version = RuleVersion | SchemeVersion
OPEN = (VersionState.DRAFT, VersionState.SUBMITTED)
# Raises a DomainError where a body must not be used.
Check = Callable[[Any], None]


def require_rule_right(actor: Actor) -> None:
    """Who may write rules and schemes.

    Raises:
        NotAllowed: the actor may not.
    """
    if Right.RULE not in actor.scope.rights:
        raise NotAllowed("只有大队和研判岗位可以编写、发布规则。")


@transaction.atomic
def save_draft(*, owner: Owner, body: Any, note: str, check: Check, actor: Actor, now: datetime) -> Version:
    """Writes the draft of a new version, or changes the one there is.

    Raises:
        NotAllowed, DomainError (from `check`), Conflict: another version waits for a decision, or somebody else drafts one.
    """
    require_rule_right(actor)
    check(body)
    _lock(owner)
    row = _versions(owner).filter(state__in=OPEN).first()
    if row is None:
        row = _new(owner, body, actor.pk, now)
    elif row.state == VersionState.SUBMITTED:
        raise Conflict("VERSION_SUBMITTED", f"第 {row.number} 版正在等待审核，不能修改；请先由审核人处理。")
    elif row.author_id != actor.pk:
        raise Conflict("VERSION_OF_OTHER", f"第 {row.number} 版由他人起草，尚未完成。")
    row.body, row.note = body, note.strip()[:200]
    row.save()
    _audit(row, "VERSION_DRAFT", actor, now)
    return row


@transaction.atomic
def drop_draft(*, version: Version, actor: Actor, now: datetime) -> None:
    """Throws a draft away.

    Raises:
        NotAllowed. Conflict: it is no draft of the actor's.
    """
    require_rule_right(actor)
    row = _locked(version)
    if row.state != VersionState.DRAFT or row.author_id != actor.pk:
        raise Conflict("NO_DRAFT", "只能删除自己的草稿。")
    _audit(row, "VERSION_DROP", actor, now)
    row.delete()


@transaction.atomic
def submit(*, version: Version, check: Check, actor: Actor, now: datetime) -> Version:
    """Hands a draft over to whoever publishes it.

    Raises:
        NotAllowed, DomainError (from `check`). Conflict: it is no draft of the actor's.
    """
    require_rule_right(actor)
    row = _locked(version)
    if row.state != VersionState.DRAFT or row.author_id != actor.pk:
        raise Conflict("NO_DRAFT", "只能提交自己的草稿。")
    check(row.body)
    row.state, row.submitted_at = VersionState.SUBMITTED, now
    row.save()
    _audit(row, "VERSION_SUBMIT", actor, now)
    return row


@transaction.atomic
def publish(*, version: Version, note: str, check: Check, actor: Actor, now: datetime) -> Version:
    """Puts a submitted version in force; the one before is replaced.

    Raises:
        NotAllowed: the actor may not, or wrote it. DomainError (from `check`). Conflict: it was decided already.
    """
    row = _decidable(version, actor)
    check(row.body)
    _put_in_force(row, actor_id=actor.pk, note=note, now=now)
    _audit(row, "VERSION_PUBLISH", actor, now)
    return row


@transaction.atomic
def send_back(*, version: Version, note: str, actor: Actor, now: datetime) -> Version:
    """Refuses a submitted version with a reason.

    Raises:
        NotAllowed, Conflict as `publish`. DomainError: no reason.
    """
    row = _decidable(version, actor)
    if not note.strip():
        raise DomainError("REASON_MISSING", "请填写退回的理由。")
    row.state, row.decided_by_id, row.decided_at, row.decision_note = (
        VersionState.RETURNED,
        actor.pk,
        now,
        note.strip()[:200],
    )
    row.save()
    _audit(row, "VERSION_RETURN", actor, now)
    return row


@transaction.atomic
def take_back_to(*, version: Version, note: str, check: Check, actor: Actor, now: datetime) -> Version:
    """Makes an older version the newest, as a submitted version of its own, so that a second person publishes it.

    Raises:
        NotAllowed, DomainError (from `check`, which may know facts that are gone). Conflict: another version is open.
    """
    require_rule_right(actor)
    owner = _owner(version)
    _lock(owner)
    if version.state not in (VersionState.REPLACED, VersionState.PUBLISHED):
        raise Conflict("NEVER_PUBLISHED", "只能恢复曾经发布过的版本。")
    if _versions(owner).filter(state__in=OPEN).exists():
        raise Conflict("VERSION_OPEN", "已有未完成的版本，请先处理。")
    check(version.body)
    row = _new(owner, version.body, actor.pk, now)
    row.note = note.strip()[:200] or f"恢复第 {version.number} 版"
    row.state, row.submitted_at = VersionState.SUBMITTED, now
    row.save()
    _audit(row, "VERSION_SUBMIT", actor, now)
    return row


@transaction.atomic
def install(*, owner: Owner, body: Any, note: str, check: Check, now: datetime) -> Version | None:
    """Puts a shipped body in force, by the platform itself; None when it is the one that it shipped last.

    What people published since stays: a new shipped body then waits as a draft of nobody's for a second person.
    """
    check(body)
    _lock(owner)
    shipped = _versions(owner).filter(author_id__isnull=True).order_by("-number").first()
    if shipped is not None and shipped.body == body:
        return None
    is_own = owner.published_id is None or (shipped is not None and owner.published_id == shipped.pk)
    if not is_own and _versions(owner).filter(state__in=OPEN).exists():
        return None
    row = _new(owner, body, None, now)
    row.note, row.state, row.submitted_at = note[:200], VersionState.SUBMITTED, now
    row.save()
    if is_own:
        _put_in_force(row, actor_id=None, note=note, now=now)
    return row


def _decidable(version: Version, actor: Actor) -> Version:
    require_rule_right(actor)
    row = _locked(version)
    if row.state != VersionState.SUBMITTED:
        raise Conflict("NOT_SUBMITTED", "这一版不在待审核状态，可能已由他人处理。")
    if row.author_id == actor.pk:
        raise NotAllowed("起草人不能审核自己的版本，请由另一人发布。")
    return row


def _put_in_force(row: Version, *, actor_id: int | None, note: str, now: datetime) -> None:
    owner = _owner(row)
    _versions(owner).filter(state=VersionState.PUBLISHED).update(state=VersionState.REPLACED)
    row.state, row.decided_by_id, row.decided_at = VersionState.PUBLISHED, actor_id, now
    row.decision_note = note.strip()[:200]
    row.save()
    owner.published, owner.failure, owner.failed_at = row, "", None
    owner.save(update_fields=["published", "failure", "failed_at"])


def _new(owner: Owner, body: Any, author_id: int | None, now: datetime) -> Version:
    number = (_versions(owner).aggregate(last=Max("number"))["last"] or 0) + 1
    return _versions(owner).create(number=number, body=body, author_id=author_id, created_at=now)


def _versions(owner: Owner) -> Any:
    return owner.versions


def _owner(version: Version) -> Any:
    return version.rule if isinstance(version, RuleVersion) else version.scheme


def _lock(owner: Owner) -> None:
    type(owner).objects.select_for_update().get(pk=owner.pk)


def _locked(version: Version) -> Any:
    _lock(_owner(version))
    row = type(version).objects.select_for_update().filter(pk=version.pk).first()
    if row is None:
        raise Conflict("VERSION_GONE", "这一版已被删除。")
    return row


def _audit(row: Version, verb: str, actor: Actor, now: datetime) -> None:
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=row._meta.db_table, subject_id=row.pk, now=now, reason=row.note
    )
