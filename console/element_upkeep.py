"""The tab 维护 of a facility: state, open orders, last inspections, what one may do."""

from __future__ import annotations

import uuid
from typing import Any

from common import clock
from common.codes import code_table
from duty.selectors.inspections import due_of, last_inspections
from duty.selectors.orders import visible_orders, with_facility, worded
from duty.workflow import MAY_REPORT
from elements.choices import ElementKind
from elements.models import Element

SHOWN = 20
_LEVELS = {"1": "ok", "2": "bad", "3": "bad", "4": "idle", "5": "warn"}


def has_upkeep(element: Element, user: Any) -> bool:
    """Facilities and danger spots have it."""
    return element.kind == ElementKind.FACILITY


def upkeep(element: Element, user: Any) -> dict[str, Any]:
    """Context of the tab."""
    today = clock.today()
    facility = getattr(element, "facility", None)
    state = (facility.state if facility else None) or ""
    due = due_of(element.pk, user)
    orders = with_facility(visible_orders(user).of_facility(element.pk))[:SHOWN]
    return {
        "state_label": code_table("sszt").get(state, ""),
        "state_level": _LEVELS.get(state, "idle"),
        "due": due,
        "overdue_days": max((today - due["due_on"]).days, 0) if due else 0,
        "orders": [worded(order, today) for order in orders],
        "inspections": last_inspections(element.pk, user),
        "may_report": bool(user.scope.rights & MAY_REPORT),
        "request_id": uuid.uuid4(),
    }
