"""Work orders from report to check. One function, one step, one transaction; then the facility is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor
from duty import workflow
from duty.choices import OrderCause
from duty.models import WorkOrder
from duty.selectors.effects import MISSING
from duty.services.numbers import hold, next_number
from duty.services.settlement import settle_order
from duty.services.steps import ReceivedPhoto, advance, keep_photos, write_step
from elements.choices import ElementKind
from elements.models import Element


def report_fault(
    *,
    facility_id: int,
    cause: str,
    fault: str,
    request_id: UUID,
    actor: Actor,
    now: datetime,
    photos: Sequence[ReceivedPhoto] = (),
    is_missing: bool = False,
) -> WorkOrder:
    """Opens an order. The same request sent again answers with the first order.

    Args:
        facility_id: element that it is about.
        cause: an `OrderCause`.
        fault: what is wrong.
        request_id: made by the client, one a report.
        actor: who reports.
        now: when.
        photos: pictures of the fault.
        is_missing: the facility is not there at all.

    Raises:
        NotAllowed: the actor may not report.
        NotVisible: no such facility for the actor.
        DomainError: the text is missing, or the facility is no hidden danger.
        Conflict: the request id was used for another report.
    """
    with transaction.atomic():
        order = open_order(
            facility_id=facility_id, cause=cause, fault=fault, request_id=request_id, actor=actor, now=now, photos=photos,
            is_missing=is_missing,
        )  # fmt: skip
    settle_order(order.pk)
    order.refresh_from_db()
    return order


def open_order(
    *,
    facility_id: int,
    cause: str,
    fault: str,
    request_id: UUID,
    actor: Actor,
    now: datetime,
    photos: Sequence[ReceivedPhoto] = (),
    is_missing: bool = False,
) -> WorkOrder:
    """The part of `report_fault` that stands in the caller's transaction."""
    if not actor.scope.rights & workflow.MAY_REPORT:
        raise NotAllowed
    fault = fault.strip()
    if not fault or len(fault) > 240:
        raise DomainError("FAULT_MISSING", "请用 1–240 个字写明故障或隐患，再提交。")
    if cause not in OrderCause.values:
        raise DomainError("CAUSE_UNKNOWN", f"事由只能是 {'、'.join(OrderCause.values)}。")
    facility = visible_facility(facility_id, actor)
    hold(f"request:{request_id}")
    first = WorkOrder.objects.filter(request_id=request_id).first()
    if first is not None:
        asked = (facility.pk, cause, fault, actor.pk)
        if (first.facility_id, first.cause, first.fault, first.reported_by_id) == asked:
            return first
        raise Conflict("REQUEST_USED", "这个请求标识已用于另一次上报，本次没有保存。请刷新页面后重新上报。")
    if cause == OrderCause.DANGER and getattr(facility, "danger", None) is None:
        raise DomainError("NO_DANGER", "这处设施没有登记为隐患点段，不能按隐患治理上报。请改选“设施故障”。")
    kept = keep_photos(photos, facility_id=facility.pk, caption=fault[:60], actor=actor, now=now)
    order = WorkOrder(
        number=next_number(OrderCause(cause), timezone.localdate(now)), facility=facility, cause=cause, fault=fault,
        owner_department=_usual_owner(facility), reported_by_id=actor.pk, reported_at=now, request_id=request_id,
    )  # fmt: skip
    order.save()
    write_step(
        order, from_state="", verb="ORDER_REPORTED", note="", actor=actor, now=now, photos=kept,
        state=MISSING if is_missing and cause == OrderCause.FAULT else None,
    )  # fmt: skip
    return order


def visible_facility(facility_id: int, actor: Actor) -> Element:
    """A standing facility.

    Raises:
        NotVisible: it is none, or not for the actor.
    """
    facilities = Element.objects.visible_to(actor).standing().filter(kind=ElementKind.FACILITY)
    facility = facilities.select_related("facility", "danger").filter(pk=facility_id).first()
    if facility is None:
        raise NotVisible
    return facility


def _usual_owner(facility: Element) -> str:
    """Who treats the danger, else who keeps the facility."""
    danger = getattr(facility, "danger", None)
    kept = getattr(facility, "facility", None)
    return (danger.treated_by if danger else None) or (kept.owner_department if kept else None) or ""


def dispatch(
    *, number: str, owner_department: str, due_on: date, version: int, actor: Actor, now: datetime, note: str = ""
) -> WorkOrder:
    """Hands the order to who has to mend it, with a last day.

    Raises:
        DomainError: no department, or a day that is past.
    """
    owner_department = owner_department.strip()
    if not owner_department or len(owner_department) > 120:
        raise DomainError("OWNER_MISSING", "请用 1–120 个字写明责任单位，再派单。")
    if due_on < timezone.localdate(now):
        raise DomainError("DUE_PAST", "期限不能早于今天，请改选日期。")

    def change(order: WorkOrder) -> None:
        order.owner_department = owner_department
        order.due_on = due_on

    return advance(
        number=number, action=workflow.DISPATCH, verb="ORDER_DISPATCHED", version=version, note=note.strip(), actor=actor,
        now=now, change=change,
    )  # fmt: skip


def report_repair(
    *, number: str, note: str, photos: Sequence[ReceivedPhoto], version: int, actor: Actor, now: datetime
) -> WorkOrder:
    """Says that it is mended, with what was done and at least one picture."""
    return advance(
        number=number, action=workflow.REPAIR, verb="ORDER_REPAIRED", version=version, note=note.strip(), actor=actor,
        now=now, photos=photos,
    )  # fmt: skip


def check(*, number: str, version: int, actor: Actor, now: datetime, note: str = "") -> WorkOrder:
    """Finds the repair good, which ends the order; never by who reported the repair."""

    def change(order: WorkOrder) -> None:
        order.closed_at = now

    return advance(
        number=number, action=workflow.CHECK, verb="ORDER_CHECKED", version=version, note=note.strip(), actor=actor,
        now=now, change=change,
    )  # fmt: skip


def return_for_rework(*, number: str, note: str, version: int, actor: Actor, now: datetime) -> WorkOrder:
    """Finds the repair not good and says why."""

    def change(order: WorkOrder) -> None:
        order.returned_count += 1

    return advance(
        number=number, action=workflow.RETURN, verb="ORDER_RETURNED", version=version, note=note.strip(), actor=actor,
        now=now, change=change,
    )  # fmt: skip


def reject(*, number: str, note: str, version: int, actor: Actor, now: datetime) -> WorkOrder:
    """Finds the report not true and says why; what it said about the facility is taken back."""

    def change(order: WorkOrder) -> None:
        order.closed_at = now

    return advance(
        number=number, action=workflow.REJECT, verb="ORDER_REJECTED", version=version, note=note.strip(), actor=actor,
        now=now, change=change,
    )  # fmt: skip
