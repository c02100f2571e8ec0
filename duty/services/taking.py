"""A step by its name: for the edges, which get it from a URL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from common.errors import NotVisible
from common.scope import Actor
from duty.models import WorkOrder
from duty.services import orders

_SERVICES: dict[str, Callable[..., WorkOrder]] = {
    "dispatch": orders.dispatch,
    "repair": orders.report_repair,
    "check": orders.check,
    "return": orders.return_for_rework,
    "reject": orders.reject,
}


def take_step(*, number: str, action: str, values: dict[str, Any], actor: Actor, now: datetime) -> WorkOrder:
    """Takes the step; `values` are the service's other arguments.

    Raises:
        NotVisible: there is no step of this name; else as the service.
    """
    if action not in _SERVICES:
        raise NotVisible
    return _SERVICES[action](number=number, actor=actor, now=now, **values)
