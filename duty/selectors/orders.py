"""Work orders as a reader sees them: the list, one order, the orders of a facility."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from common.codes import code_table
from common.errors import NotVisible
from common.scope import Actor
from duty.choices import OPEN_STATES, OrderState
from duty.models import WorkOrder, WorkOrderPhoto, WorkOrderStep
from duty.querysets import WorkOrderQuerySet
from duty.workflow import Action, allowed_actions
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.paging import Order

LIST_NAME = "work-orders"
SORTABLE = ("number", "due_on", "reported_at")
USUAL_ORDER = "-reported_at"
SIMILAR = 5
_LEVELS = {
    OrderState.REPORTED: "warn", OrderState.DISPATCHED: "note", OrderState.REPAIRED: "note", OrderState.RETURNED: "bad",
    OrderState.CHECKED: "ok", OrderState.REJECTED: "idle",
}  # fmt: skip


def visible_orders(user: Actor) -> WorkOrderQuerySet:
    """Every order in the reader's scope."""
    return WorkOrder.objects.visible_to(user)


def with_facility(orders: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
    """The orders with what a row shows of the facility and its block."""
    return orders.select_related("facility__facility", "facility__block__parent").defer(
        "facility__block__geom", "facility__block__parent__geom", "facility__point", "facility__facility__point"
    )


def visible_order(number: str, user: Actor) -> WorkOrder:
    """One order with its facility: one query.

    Raises:
        NotVisible: there is none, or it is outside the scope.
    """
    order = with_facility(visible_orders(user)).filter(number=number).first()
    if order is None:
        raise NotVisible
    return order


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(WorkOrder, text, usual=USUAL_ORDER, sortable=SORTABLE)


def read_page(orders: QuerySet[WorkOrder], *, order: Order, size: int, cursor: str) -> RowPage[WorkOrder]:
    """A page of the list with what a row shows."""
    shown = with_facility(WorkOrder.objects.all())
    return read_models(orders, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def worded(order: WorkOrder, today: date) -> dict[str, Any]:
    """One row in words."""
    facility = getattr(order.facility, "facility", None)
    code = facility.facility_type if facility else None
    district = order.facility.block.parent
    is_open = order.state in OPEN_STATES
    return {
        "order": order,
        "label": order.facility.label,
        "type": code_table("sslx").get(code or "", code or ""),
        "state_label": order.get_state_display(),
        "level": _LEVELS[OrderState(order.state)],
        "block": order.facility.block.name,
        "district": district.name if district else "",
        "is_open": is_open,
        "late_days": (today - order.due_on).days if is_open and order.due_on and order.due_on < today else 0,
    }


def names_of(user_ids: Iterable[int | None]) -> dict[int, str]:
    """User id → name: one query."""
    users = User.objects.filter(pk__in={one for one in user_ids if one is not None})
    return {user.pk: str(user) for user in users}


def timeline(order: WorkOrder) -> list[dict[str, Any]]:
    """Steps in order with their pictures and who took them: three queries."""
    shown = WorkOrderPhoto.objects.filter(photo__removed_at__isnull=True).select_related("photo").order_by("pk")
    steps = list(order.steps.prefetch_related(Prefetch("photos", shown, to_attr="shown_photos")).order_by("pk"))
    names = names_of(step.actor_id for step in steps)
    return [
        {
            "step": step,
            "label": step.get_to_state_display(),
            "level": _LEVELS[OrderState(step.to_state)],
            "actor": names.get(step.actor_id or 0, ""),
            "photos": [link.photo for link in step.shown_photos],
        }
        for step in steps
    ]


def is_repairer(steps: Sequence[WorkOrderStep], user: Actor) -> bool:
    """Whether the reader reported the repair that stands."""
    repairs = [step.actor_id for step in steps if step.to_state == OrderState.REPAIRED]
    return bool(repairs) and repairs[-1] == user.pk


def next_actions(order: WorkOrder, steps: Sequence[WorkOrderStep], user: Actor) -> list[Action]:
    """What the reader may do with the order now."""
    return allowed_actions(order.state, user.scope.rights, is_repairer=is_repairer(steps, user))


def similar_orders(facility_id: int, text: str, user: Actor) -> list[WorkOrder]:
    """Open orders of the facility, the most alike first: one query."""
    orders = list(visible_orders(user).of_facility(facility_id).open()[:50])
    orders.sort(key=lambda order: SequenceMatcher(None, text, order.fault).ratio(), reverse=True)
    return orders[:SIMILAR]
