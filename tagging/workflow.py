"""The way of an alert: which step leads from where to where and who may take it; when it climbs, and to whom. Plain Python.

NEW → ACCEPTED → ACTING → CLOSED; muted from any of the first three. NEW → ACTING is accepting and acting at once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from common.scope import Right
from tagging.choices import OPEN_ALERTS, AlertLevel, AlertState

_MAY_ANSWER = frozenset({Right.CORRECT, Right.PROPOSE})
_MAY_DECIDE = frozenset({Right.CORRECT})
_OPEN = frozenset(OPEN_ALERTS)
# Somebody has taken it and not closed it yet.
TAKEN = (AlertState.ACCEPTED, AlertState.ACTING)
_SETTINGS = Path(__file__).with_name("alert_ladder.toml")


@dataclass(frozen=True)
class AlertAction:
    """One step that a person may take.

    Attributes:
        key: stands in the URL and the API.
        from_states: states in which it can be taken.
        to_state: the state after it; None = the same.
        rights: any of them allows it.
        is_local: only for who answers for the block; not for who was told because it lies beside his own.
        needs_note: a text is demanded.
    """

    key: str
    from_states: frozenset[AlertState]
    to_state: AlertState | None
    rights: frozenset[Right]
    is_local: bool = False
    needs_note: bool = False


ACCEPT = AlertAction("accept", frozenset({AlertState.NEW}), AlertState.ACCEPTED, _MAY_ANSWER)
ACT = AlertAction("act", frozenset({AlertState.NEW, AlertState.ACCEPTED}), AlertState.ACTING, _MAY_ANSWER)
CLOSE = AlertAction("close", _OPEN, AlertState.CLOSED, _MAY_DECIDE, is_local=True)
ESCALATE = AlertAction("escalate", _OPEN, None, _MAY_ANSWER, needs_note=True)
MUTE = AlertAction("mute", _OPEN, AlertState.MUTED, _MAY_DECIDE, is_local=True, needs_note=True)
ACTIONS: dict[str, AlertAction] = {one.key: one for one in (ACCEPT, ACT, CLOSE, ESCALATE, MUTE)}


def allowed_actions(state: str, rights: frozenset[Right], *, is_local: bool) -> list[AlertAction]:
    """What somebody with these rights may do next, in the order of the table."""
    return [
        one
        for one in ACTIONS.values()
        if state in one.from_states and rights & one.rights and (is_local or not one.is_local)
    ]


@dataclass(frozen=True)
class Rung:
    """Who is told when nobody has answered so long after the alert was raised."""

    after: timedelta
    role: str


@dataclass(frozen=True)
class Ladder:
    """How an alert of one level climbs that nobody takes or closes, and how long the same keeps quiet after it was closed.

    Attributes:
        close_within: how long who took it has to close it.
    """

    cool_down: timedelta
    close_within: timedelta
    rungs: tuple[Rung, ...]

    @property
    def answer_within(self) -> timedelta:
        """How soon after it was raised somebody must take it."""
        return self.rungs[0].after

    def due_after(self, rung: int) -> timedelta | None:
        """How long after it was raised an alert on this rung climbs further; None = it is at the top."""
        return self.rungs[rung].after if rung < len(self.rungs) else None


@cache
def ladders() -> dict[AlertLevel, Ladder]:
    """The ladder of each level."""
    with _SETTINGS.open("rb") as stream:
        read = tomllib.load(stream)
    return {level: _ladder(read[level.name.lower()]) for level in (AlertLevel.NORMAL, AlertLevel.URGENT)}


def is_unanswered(state: str, level: int, first_at: datetime, now: datetime) -> bool:
    """Nobody took it in time. In SQL: `AlertQuerySet.unanswered`."""
    return state == AlertState.NEW and first_at <= now - ladder_of(level).answer_within


def is_overdue(state: str, level: int, accepted_at: datetime | None, now: datetime) -> bool:
    """Who took it did not close it in time. In SQL: `AlertQuerySet.overdue`."""
    return state in TAKEN and accepted_at is not None and accepted_at <= now - ladder_of(level).close_within


def ladder_of(level: int) -> Ladder:
    """The ladder of one level."""
    return ladders()[AlertLevel(level)]


def _ladder(table: dict) -> Ladder:
    rungs = tuple(Rung(timedelta(minutes=one["after_minutes"]), one["role"]) for one in table["rungs"])
    if list(rungs) != sorted(rungs, key=lambda one: one.after):
        raise ValueError(f"{_SETTINGS.name}: rungs must rise")
    return Ladder(timedelta(minutes=table["cool_down_minutes"]), timedelta(minutes=table["close_minutes"]), rungs)
