"""Inspections of facilities and the plan for them."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from common.audit import record_audit, record_change
from common.codes import code_table
from common.errors import Conflict, DomainError, NotAllowed
from common.scope import Actor
from duty import workflow
from duty.choices import InspectionResult, OrderCause
from duty.models import Inspection, InspectionPlan, WorkOrder
from duty.services.numbers import hold
from duty.services.orders import open_order, visible_facility
from duty.services.settlement import settle_order
from duty.services.steps import ReceivedPhoto

PLAN_FILE = Path(__file__).resolve().parent.parent / "inspection_plans.toml"
TABLE = "duty_inspection"


@transaction.atomic
def load_inspection_plans(path: Path = PLAN_FILE) -> int:
    """Creates the plans of the file that do not exist yet; what was edited since stays as edited. Returns how many.

    Raises:
        ValueError: the file names a type of facility that the code table does not have.
    """
    days = tomllib.loads(path.read_text(encoding="utf-8"))["days"]
    if unknown := sorted(set(days) - set(code_table("sslx"))):
        raise ValueError(f"{path.name}: no such type of facility: {', '.join(unknown)}")
    return sum(
        InspectionPlan.objects.get_or_create(facility_type=code, defaults={"every_days": number})[1]
        for code, number in days.items()
    )


def record_inspection(
    *,
    facility_id: int,
    result: str,
    request_id: UUID,
    actor: Actor,
    now: datetime,
    note: str = "",
    photos: tuple[ReceivedPhoto, ...] = (),
    is_missing: bool = False,
) -> tuple[Inspection, WorkOrder | None]:
    """Somebody looked at a facility today; a fault opens a work order in the same transaction.

    The same request sent again answers with the first inspection and its order.

    Args:
        facility_id: element that was looked at.
        result: an `InspectionResult`.
        request_id: made by the client, one an inspection.
        actor: who looked.
        now: when.
        note: what was seen; of a fault it is the text of the order.
        photos: pictures of the fault.
        is_missing: the facility is not there at all.

    Raises:
        NotAllowed: the actor may not report.
        NotVisible: no such facility for the actor.
        DomainError: unknown result, or a fault without a text.
        Conflict: the request id was used for another inspection.
    """
    if not actor.scope.rights & workflow.MAY_REPORT:
        raise NotAllowed
    if result not in InspectionResult.values:
        raise DomainError("RESULT_UNKNOWN", f"结果只能是 {'、'.join(InspectionResult.values)}。")
    order = None
    with transaction.atomic():
        facility = visible_facility(facility_id, actor)
        hold(f"request:{request_id}")
        inspection = _first(facility.pk, result, note.strip()[:200], request_id, actor)
        if inspection is None:
            inspection = _written(facility.pk, result, note.strip()[:200], request_id, actor, now)
        if result == InspectionResult.FAULT:
            order = open_order(
                facility_id=facility_id, cause=OrderCause.FAULT, fault=note, request_id=request_id, actor=actor, now=now,
                photos=photos, is_missing=is_missing,
            )  # fmt: skip
    if order is not None:
        settle_order(order.pk)
        order.refresh_from_db()
    return inspection, order


def _first(facility_id: int, result: str, note: str, request_id: UUID, actor: Actor) -> Inspection | None:
    first = Inspection.objects.filter(request_id=request_id).first()
    if first is None:
        return None
    if (first.facility_id, first.result, first.note, first.actor_id) != (facility_id, result, note, actor.pk):
        raise Conflict("REQUEST_USED", "这个请求标识已用于另一次巡检，本次没有保存。请刷新页面后重新登记。")
    return first


def _written(facility_id: int, result: str, note: str, request_id: UUID, actor: Actor, now: datetime) -> Inspection:
    inspection = Inspection.objects.create(
        facility_id=facility_id, done_on=timezone.localdate(now), result=result, note=note, actor_id=actor.pk,
        created_at=now, request_id=request_id,
    )  # fmt: skip
    record_audit(
        actor_id=actor.pk, verb="INSPECTED", subject_table=TABLE, subject_id=inspection.pk, fields=["result"], now=now
    )
    record_change(verb="INSPECTED", subject_table=TABLE, subject_id=inspection.pk, now=now, actor_id=actor.pk)
    return inspection
