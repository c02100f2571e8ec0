"""Changes of borders from draft to their day: who may, what must hold, what is asked of the queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import blake2s
from typing import Any

from django.contrib.gis.geos import MultiPolygon
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from addresses.choices import AreaKind, BorderMoveState
from addresses.models import Area
from addresses.models.border import AreaBorder, BorderMove, BorderMoveItem
from addresses.selectors.borders import border_move, require_configure
from addresses.services.topology import check_move, fault_in_words
from common import jobs
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotVisible
from common.models import Job
from common.scope import Actor

MOVE_BORDERS = "MOVE_BORDERS"
_OPEN = (BorderMoveState.SCHEDULED, BorderMoveState.MOVING)


@transaction.atomic
def draft_move(
    *, name: str, reason: str, effective_on: date, borders: Mapping[int, MultiPolygon], actor: Actor, now: datetime
) -> BorderMove:
    """Stores a change of borders as a draft; nothing moves yet.

    Args:
        name: what it is called.
        reason: the decision that orders it.
        effective_on: first day of the new borders.
        borders: new border by id of the grid, for every grid that changes.
        actor: who drew it; must configure.
        now: the clock.

    Raises:
        DomainError: not movable, invalid, a gap, an overlap, beyond the old ground; names grid and square metres.
    """
    require_configure(actor)
    if not borders:
        raise DomainError("BORDER_EMPTY", "还没有划出任何范围。请先在地图上改边线，或画出要调整的地块。")
    if effective_on < timezone.localdate(now):
        raise DomainError("BORDER_DAY_PAST", "生效日期不能早于今天。请改为今天或以后的日期。")
    areas = lock_areas(sorted(borders))
    _check_movable(areas, effective_on)
    for area in areas:
        if fault := fault_in_words(borders[area.pk]):
            raise DomainError("BORDER_INVALID", f"“{area.name}”的新边界无效：{fault}。请重画。")
    move = BorderMove.objects.create(
        name=name, reason=reason, effective_on=effective_on, actor_id=actor.pk, created_at=now,
        counts={"base": _fingerprints(areas)},
    )  # fmt: skip
    BorderMoveItem.objects.bulk_create(
        BorderMoveItem(move=move, area_id=area_id, geom=geom) for area_id, geom in sorted(borders.items())
    )
    check_move(move.pk)
    _audit(move, verb="BORDER_DRAFTED", actor=actor, now=now)
    return move


@transaction.atomic
def store_effects(*, move_id: int, effects: Mapping[str, Any], actor: Actor, now: datetime) -> BorderMove:
    """Keeps what the preview counted with the draft."""
    move = _locked(actor, move_id)
    if move.state != BorderMoveState.DRAFT:
        raise Conflict("BORDER_MOVE_STATE", f"这次调整的状态是“{move.get_state_display()}”，不能再预览。")
    move.counts = {"base": move.counts.get("base", {}), **effects}
    move.save(update_fields=["counts"])
    return move


@transaction.atomic
def schedule_move(*, move_id: int, actor: Actor, now: datetime) -> BorderMove:
    """Puts a draft in force on its day; today's begins at once.

    Raises:
        Conflict: not a draft, another change of one of its grids is on its way, or a border changed since it was drawn.
        DomainError: its day is over.
    """
    move = _locked(actor, move_id)
    if move.state != BorderMoveState.DRAFT:
        raise Conflict("BORDER_MOVE_STATE", f"这次调整的状态是“{move.get_state_display()}”，不能提交。请刷新页面。")
    if move.effective_on < timezone.localdate(now):
        raise DomainError("BORDER_DAY_PAST", "生效日期已过。请重新起草，选今天或以后的日期。")
    area_ids = list(move.items.order_by("area_id").values_list("area_id", flat=True))
    areas = lock_areas(area_ids)
    _check_movable(areas, move.effective_on)
    other = BorderMove.objects.filter(state__in=_OPEN, items__area_id__in=area_ids).exclude(pk=move.pk).first()
    if other is not None:
        raise Conflict(
            "BORDER_MOVE_BUSY", f"其中的网格已列入另一次调整“{other.name}”。请等它生效后重新起草，或先取消它。"
        )
    check_unchanged(move, areas)
    check_move(move.pk)
    move.state = BorderMoveState.SCHEDULED
    move.actor_id = actor.pk
    move.save(update_fields=["state", "actor_id"])
    _audit(move, verb="BORDER_SCHEDULED", actor=actor, now=now)
    if move.effective_on <= timezone.localdate(now):
        _enqueue(move)
    return move


@transaction.atomic
def cancel_move(*, move_id: int, actor: Actor, now: datetime) -> BorderMove:
    """Gives up a draft or a change that has not begun.

    Raises:
        Conflict: it has begun or is over.
    """
    move = _locked(actor, move_id)
    if move.state not in (BorderMoveState.DRAFT, BorderMoveState.SCHEDULED):
        raise Conflict("BORDER_MOVE_STATE", f"这次调整的状态是“{move.get_state_display()}”，已不能取消。")
    move.state = BorderMoveState.CANCELLED
    move.save(update_fields=["state"])
    _audit(move, verb="BORDER_CANCELLED", actor=actor, now=now)
    return move


@transaction.atomic
def retry_move(*, move_id: int, actor: Actor, now: datetime) -> BorderMove:
    """Starts the work again after its job ended with an error; what is done stays done.

    Raises:
        Conflict: there is nothing to take up.
    """
    move = _locked(actor, move_id)
    job = Job.objects.filter(pk=move.job_id).first() if move.job_id else None
    if move.state not in _OPEN or job is None or job.state not in (Job.State.FAILED, Job.State.CANCELLED):
        raise Conflict("BORDER_MOVE_STATE", "这次调整没有中断的任务，无需重试。请刷新页面。")
    _audit(move, verb="BORDER_RETRIED", actor=actor, now=now)
    _enqueue(move)
    return move


@transaction.atomic
def start_due_moves(*, now: datetime) -> int:
    """Starts every scheduled change whose day has come and that has not been started; run as often as one likes."""
    due = Q(state=BorderMoveState.SCHEDULED, effective_on__lte=timezone.localdate(now), job_id__isnull=True)
    moves = list(BorderMove.objects.select_for_update(skip_locked=True).filter(due).order_by("effective_on", "pk"))
    for move in moves:
        _enqueue(move)
    return len(moves)


def lock_areas(area_ids: list[int]) -> list[Area]:
    """Locks areas in order of their ids: two changes of one grid wait for each other."""
    return list(Area.objects.select_for_update(no_key=True).filter(pk__in=area_ids).order_by("pk"))


def check_unchanged(move: BorderMove, areas: list[Area]) -> None:
    """A draft is drawn on borders; when one of them is another now, the draft would move back what was moved since.

    Raises:
        Conflict: names the grids.
    """
    base = move.counts.get("base", {})
    changed = [area.name for area in areas if base.get(str(area.pk)) != _fingerprint(area)]
    if changed:
        raise Conflict(
            "BORDER_CHANGED", f"“{'”“'.join(changed)}”的边界在起草之后已改过。请取消这次调整，按现在的边界重新起草。"
        )


def _check_movable(areas: list[Area], day: date) -> None:
    """Grids in force on the day, none of which got its present border later."""
    since = dict(
        AreaBorder.objects.filter(area__in=areas).values_list("area_id").annotate(last=Max("valid_to")).order_by()
    )
    for area in areas:
        if area.kind != AreaKind.GRID or area.is_pseudo or area.geom is None:
            raise DomainError("BORDER_NOT_GRID", f"“{area.name}”不是有边界的勤务网格。上级责任区的边界随网格变化。")
        if area.valid_from > day or (area.valid_to is not None and area.valid_to <= day):
            raise DomainError("BORDER_NOT_IN_FORCE", f"“{area.name}”在生效日期当天不是现行网格。请改日期或改网格。")
        if area.pk in since and since[area.pk] > day:
            raise DomainError(
                "BORDER_LATER", f"“{area.name}”已有更晚生效的边界（{since[area.pk]}）。请改为不早于这一天。"
            )


def _fingerprint(area: Area) -> str:
    border = area.geom.wkb if area.geom else b""
    return blake2s(bytes(border), digest_size=12).hexdigest()


def _fingerprints(areas: list[Area]) -> dict[str, str]:
    return {str(area.pk): _fingerprint(area) for area in areas}


def _locked(actor: Actor, move_id: int) -> BorderMove:
    border_move(actor, move_id)
    move = BorderMove.objects.select_for_update().filter(pk=move_id).first()
    if move is None:
        raise NotVisible
    return move


def _enqueue(move: BorderMove) -> None:
    job = jobs.create_job(
        kind=MOVE_BORDERS, title=f"边界调整：{move.name}", owner_id=move.actor_id, params={"move": move.pk}
    )
    move.job_id = job.pk
    move.save(update_fields=["job_id"])


def _audit(move: BorderMove, *, verb: str, actor: Actor, now: datetime) -> None:
    record_audit(
        actor_id=actor.pk,
        verb=verb,
        subject_table="addresses_bordermove",
        subject_id=move.pk,
        now=now,
        reason=move.reason,
    )
