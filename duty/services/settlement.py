"""The facility learns what its work orders say, by claims of the source FIELD.

The order is the truth. A step writes down what it says in its own transaction, with the batch left open; the claim follows in
a second transaction. When the process dies in between, the entry stays open and the sweep makes the claim. Claim and entry are
written together, so that no step speaks twice; the claim bears the time of the step, so that one that comes late does not
override what was said after it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from common.errors import DomainError
from common.jobs import UnwatchedRun
from duty.models import WorkOrder, WorkOrderStep
from elements.choices import ElementKind
from elements.models import ClaimBatch, Element
from elements.services.claims import retract_batch
from elements.services.corrections import correct_elements

logger = structlog.get_logger(__name__)
OPEN_ENTRY = [{"batch": None}]
# One claim takes some tens of milliseconds; a sweep ends within the time to the next.
SWEEP_SIZE = 200


def settle_order(order_id: int) -> int:
    """Makes the claims that the order's steps still owe; returns how many.

    A refusal (the facility is being changed by others) leaves them to the sweep.
    """
    try:
        return _settle(order_id)
    except DomainError as error:
        logger.warning("order_not_settled", order_id=order_id, code=error.code)
        return 0


def settle_open(*, before: datetime) -> int:
    """Makes what orders owe since before that time; returns how many claims were made.

    Nothing is said about a facility that is withdrawn, until it comes back.
    """
    owing = WorkOrder.objects.filter(
        claim_batch_ids__contains=OPEN_ENTRY, steps__at__lt=before, facility__in=Element.objects.standing()
    )
    ids = owing.order_by("pk").values_list("pk", flat=True).distinct()[:SWEEP_SIZE]
    return sum(settle_order(order_id) for order_id in list(ids))


@transaction.atomic
def _settle(order_id: int) -> int:
    order = WorkOrder.objects.select_for_update().get(pk=order_id)
    entries = order.claim_batch_ids
    steps = WorkOrderStep.objects.in_bulk([entry["step"] for entry in entries if entry["batch"] is None])
    for entry in entries:
        if entry["batch"] is None:
            step = steps[entry["step"]]
            entry["batch"] = _say(order, step, entry["values"]) if entry["values"] else _take_back(order, step)
    order.save(update_fields=["claim_batch_ids"])
    return len(steps)


def _say(order: WorkOrder, step: WorkOrderStep, values: dict[str, Any]) -> int:
    said = dict(values)
    if "review_result" in said:
        said["reviewed_on"] = timezone.localdate(step.at)
    batch = correct_elements(
        kind_code=ElementKind.FACILITY, element_ids=[order.facility_id], values=said, reason=f"工单 {order.number}",
        actor=None, now=step.at,
    )  # fmt: skip
    return batch.pk


def _take_back(order: WorkOrder, step: WorkOrderStep) -> int:
    """What was reported turned out not to be so: the facility is as it was before."""
    batch = ClaimBatch.objects.get(pk=order.claim_batch_ids[0]["batch"])
    retract_batch(batch=batch, actor=None, run=UnwatchedRun(), job_id=-batch.pk, now=step.at)
    return batch.pk
