"""Which service takes which step of an alert: the one door of page and API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from common.errors import NotVisible
from common.scope import Actor
from tagging.models import Alert
from tagging.services import alert_answers
from tagging.workflow import ACTIONS


def take_alert_step(*, alert_id: int, action: str, values: dict[str, Any], actor: Actor, now: datetime) -> Alert:
    """Takes a step with what was filled in.

    Raises:
        NotVisible: no such step, and as the services.
    """
    if action not in ACTIONS:
        raise NotVisible
    given: dict[str, Any] = {"alert_id": alert_id, "version": values["version"], "actor": actor, "now": now}
    note = values.get("note") or ""
    match action:
        case "accept":
            return alert_answers.accept(**given)
        case "act":
            return alert_answers.act(**given, note=note)
        case "close":
            return alert_answers.close_alert(**given, outcome=values.get("outcome") or "", note=note)
        case "escalate":
            return alert_answers.escalate(**given, note=note)
        case _:
            return alert_answers.mute(**given, what=values.get("what") or "", days=values.get("days") or 0, reason=note)
