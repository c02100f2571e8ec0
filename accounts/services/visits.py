"""Saying that one has seen what is new in a block, and taking it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import BlockVisit
from addresses.selectors.blocks import current_areas
from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotVisible
from common.scope import Actor, Right


def mark_block_seen(*, block_id: int, actor: Actor, now: datetime) -> datetime | None:
    """Everything up to now is seen; returns when it was seen before, None the first time.

    Raises:
        NotVisible: the block lies outside the actor's scope.
    """
    _check(block_id, actor)
    with transaction.atomic():
        earlier = _earlier(block_id, actor)
        _write(block_id, actor, now)
        _record(block_id, actor, now)
    return earlier


def restore_block_visit(*, block_id: int, seen_at: datetime | None, actor: Actor, now: datetime) -> None:
    """Takes `mark_block_seen` back: the earlier time stands again, or none.

    Raises:
        NotVisible: the block lies outside the actor's scope.
        DomainError: the time lies ahead.
    """
    _check(block_id, actor)
    if seen_at is not None and seen_at > now:
        raise DomainError("SEEN_AHEAD", "恢复的时间晚于现在，没有改动。请刷新页面后重试。")
    with transaction.atomic():
        _earlier(block_id, actor)
        if seen_at is None:
            BlockVisit.objects.filter(user_id=actor.pk, block_id=block_id).delete()
        else:
            _write(block_id, actor, seen_at)
        _record(block_id, actor, now)


def _check(block_id: int, actor: Actor) -> None:
    scope = actor.scope
    is_inside = scope.all_blocks or block_id in scope.block_ids
    if Right.READ not in scope.rights or not is_inside:
        raise NotVisible
    if not current_areas(clock.today()).filter(pk=block_id, kind="GRID").exists():
        raise NotVisible


def _earlier(block_id: int, actor: Actor) -> datetime | None:
    visits = BlockVisit.objects.select_for_update().filter(user_id=actor.pk, block_id=block_id)
    return visits.values_list("seen_at", flat=True).first()


def _write(block_id: int, actor: Actor, seen_at: datetime) -> None:
    BlockVisit.objects.update_or_create(user_id=actor.pk, block_id=block_id, defaults={"seen_at": seen_at})


def _record(block_id: int, actor: Actor, now: datetime) -> None:
    record_audit(actor_id=actor.pk, verb="BLOCK_SEEN", subject_table="addresses_area", subject_id=block_id, now=now)
