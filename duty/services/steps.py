"""What every step of a work order does: lock, check again, write the step with its trail, tell the facility."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from common.audit import record_audit, record_change
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor
from duty.choices import OrderState
from duty.models import WorkOrder, WorkOrderPhoto, WorkOrderStep
from duty.selectors.effects import effect_of
from duty.services.settlement import settle_order
from duty.workflow import Action
from elements.models import Photo
from elements.services.photos import add_photo

TABLE = "duty_workorder"


@dataclass(frozen=True, slots=True)
class ReceivedPhoto:
    """A picture as it came: its bytes and the name of its file."""

    data: bytes
    name: str


def keep_photos(
    photos: Sequence[ReceivedPhoto], *, facility_id: int, caption: str, actor: Actor, now: datetime
) -> list[Photo]:
    """The pictures as pictures of the facility. Takes a while: before anything that others wait for is held."""
    return [
        add_photo(element_id=facility_id, data=one.data, name=one.name, caption=caption, actor=actor, now=now)
        for one in photos
    ]


def write_step(
    order: WorkOrder,
    *,
    from_state: str,
    verb: str,
    note: str,
    actor: Actor,
    now: datetime,
    photos: Sequence[Photo] = (),
    **effect: Any,
) -> WorkOrderStep:
    """Adds the step that led to the order's state, its pictures, audit and change row; saves the order.

    `effect` overrides what the step says about the facility.
    """
    step = WorkOrderStep.objects.create(
        order=order, from_state=from_state, to_state=order.state, note=note, actor_id=actor.pk, at=now
    )
    if (says := effect_of(order, **effect)) is not None:
        order.claim_batch_ids = [*order.claim_batch_ids, {"step": step.pk, "values": says, "batch": None}]
    order.save()
    WorkOrderPhoto.objects.bulk_create(WorkOrderPhoto(step=step, photo=photo) for photo in dict.fromkeys(photos))
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=TABLE, subject_id=order.pk, fields=["state"], reason=note, now=now
    )
    record_change(verb=verb, subject_table=TABLE, subject_id=order.pk, now=now, actor_id=actor.pk)
    return step


def advance(
    *,
    number: str,
    action: Action,
    verb: str,
    version: int,
    note: str,
    actor: Actor,
    now: datetime,
    photos: Sequence[ReceivedPhoto] = (),
    change: Callable[[WorkOrder], None] = lambda order: None,
) -> WorkOrder:
    """Takes one step of an order; the same step sent again by the same person answers with what it has led to.

    Args:
        number: of the order.
        action: the step.
        verb: of the audit row.
        version: the order as the person saw it.
        note: what the person says to it.
        actor: who takes it.
        now: when.
        photos: pictures of it.
        change: sets further columns of the order.

    Raises:
        NotAllowed: the actor's posts do not carry the right, or somebody else has to take this step.
        NotVisible: no such order for the actor.
        DomainError: text or picture is missing.
        Conflict: the order went on meanwhile.
    """
    if not actor.scope.rights & action.rights:
        raise NotAllowed
    with transaction.atomic():
        order = _locked(number, actor)
        if order.version != version:
            if _is_repeat(order, action, version, note, actor):
                return order
            raise _changed(order)
        _require(order, action, note, photos, actor)
        kept = keep_photos(photos, facility_id=order.facility_id, caption=order.number, actor=actor, now=now)
        before = order.state
        order.state = action.to_state
        order.version += 1
        change(order)
        write_step(order, from_state=before, verb=verb, note=note, actor=actor, now=now, photos=kept)
    settle_order(order.pk)
    order.refresh_from_db()
    return order


def _locked(number: str, actor: Actor) -> WorkOrder:
    order = WorkOrder.objects.visible_to(actor).select_for_update(of=("self",)).filter(number=number).first()
    if order is None:
        raise NotVisible
    return order


def _is_repeat(order: WorkOrder, action: Action, version: int, note: str, actor: Actor) -> bool:
    last = order.steps.order_by("-pk").first()
    asked = (version + 1, action.to_state, note, actor.pk)
    return last is not None and (order.version, last.to_state, last.note, last.actor_id) == asked


def _changed(order: WorkOrder) -> Conflict:
    last = order.steps.order_by("-pk").first()
    who = User.objects.filter(pk=last.actor_id or 0).first() if last else None
    name = str(who) if who else "系统"
    return Conflict(
        "ORDER_CHANGED",
        f"工单已由 {name} 改为“{order.get_state_display()}”，您的操作没有保存。请刷新页面，核对后再办。",
        {"version": order.version, "state": order.state},
    )


def _require(order: WorkOrder, action: Action, note: str, photos: Sequence[ReceivedPhoto], actor: Actor) -> None:
    if order.state not in action.from_states:
        raise Conflict(
            "ORDER_STATE",
            f"工单现为“{order.get_state_display()}”，不能办这一步。请刷新页面，按所列的下一步办理。",
            {"version": order.version, "state": order.state},
        )
    if action.needs_other and repairer_of(order) == actor.pk:
        raise NotAllowed("修复是您本人上报的，须由其他人验收。请联系有更正权限的同事验收。")
    if action.needs_note and not note:
        raise DomainError("NOTE_MISSING", "请填写说明，再提交。")
    if action.needs_photo and not photos:
        raise DomainError("PHOTO_MISSING", "请至少附一张修复后的照片，再提交。")


def repairer_of(order: WorkOrder) -> int | None:
    """Who reported the repair that stands."""
    step = order.steps.filter(to_state=OrderState.REPAIRED).order_by("-pk").first()
    return step.actor_id if step else None
