"""What a step of a work order says about the facility, as fields of a claim."""

from __future__ import annotations

from typing import Any

from duty.choices import OrderCause, OrderState
from duty.models import WorkOrder

# Codes of table sszt (state of a facility) and fcjg (result of a review).
GOOD, DAMAGED, MISSING, IN_REPAIR = "1", "2", "3", "5"
TREATED = "1"
_STATE_AFTER = {OrderState.REPORTED: DAMAGED, OrderState.DISPATCHED: IN_REPAIR, OrderState.CHECKED: GOOD}


def effect_of(order: WorkOrder, *, state: str | None = None) -> dict[str, Any] | None:
    """What the state that the order has now says; None when it says nothing.

    Args:
        order: in its new state.
        state: what the reporter saw, where it is not a damage.

    Returns:
        Field → value as JSON holds it; an empty dict takes back what the report said. A checked danger has no day here: it
        is that of the step.
    """
    if order.state == OrderState.REJECTED:
        return {} if order.cause == OrderCause.FAULT else None
    if order.cause == OrderCause.DANGER:
        return {"review_result": TREATED} if order.state == OrderState.CHECKED else None
    if order.state == OrderState.CHECKED:
        return {"state": _state_left(order)}
    says = state or _STATE_AFTER.get(OrderState(order.state))
    return {"state": says} if says else None


def _state_left(order: WorkOrder) -> str:
    """Good, unless another fault of the facility is still open: then what that one said last."""
    others = WorkOrder.objects.filter(facility_id=order.facility_id).marking_state().exclude(pk=order.pk)
    said = [entry["values"] for other in others.order_by("reported_at", "pk") for entry in other.claim_batch_ids]
    return said[-1].get("state", DAMAGED) if said else GOOD
