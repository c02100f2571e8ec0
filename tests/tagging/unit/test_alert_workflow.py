"""Which step of an alert leads where, and when it climbs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.scope import Right
from tagging.choices import AlertLevel, AlertState
from tagging.workflow import ACTIONS, allowed_actions, ladder_of

OFFICER = frozenset({Right.READ, Right.CORRECT, Right.PROPOSE})
COORDINATOR = frozenset({Right.READ, Right.PROPOSE})
ANALYST = frozenset({Right.READ, Right.RULE})


def keys(state: str, rights: frozenset[Right], *, is_local: bool = True) -> list[str]:
    return [one.key for one in allowed_actions(state, rights, is_local=is_local)]


@pytest.mark.parametrize(
    ("state", "rights", "is_local", "expected"),
    [
        ("NEW", OFFICER, True, ["accept", "act", "close", "escalate", "mute"]),
        ("ACCEPTED", OFFICER, True, ["act", "close", "escalate", "mute"]),
        ("ACTING", OFFICER, True, ["close", "escalate", "mute"]),
        ("NEW", COORDINATOR, True, ["accept", "act", "escalate"]),
        ("NEW", OFFICER, False, ["accept", "act", "escalate"]),
        ("NEW", ANALYST, True, []),
        ("CLOSED", OFFICER, True, []),
        ("MUTED", OFFICER, True, []),
    ],
)
def test_the_table_says_who_may_do_what_next(state, rights, is_local, expected):
    assert keys(state, rights, is_local=is_local) == expected


def test_every_step_leads_to_its_state():
    assert {key: one.to_state for key, one in ACTIONS.items()} == {
        "accept": AlertState.ACCEPTED, "act": AlertState.ACTING, "close": AlertState.CLOSED, "escalate": None,
        "mute": AlertState.MUTED,
    }  # fmt: skip


def test_urgent_ones_climb_after_ten_and_twenty_minutes_others_after_one_and_two_days():
    urgent, normal = ladder_of(AlertLevel.URGENT), ladder_of(AlertLevel.NORMAL)
    assert [urgent.due_after(rung) for rung in range(3)] == [timedelta(minutes=10), timedelta(minutes=20), None]
    assert [normal.due_after(rung) for rung in range(3)] == [timedelta(hours=24), timedelta(hours=48), None]
    assert (urgent.close_within, normal.close_within) == (timedelta(hours=4), timedelta(days=7))
    assert [one.role for one in urgent.rungs] == ["SQUADRON", "BRIGADE"]
    assert (urgent.cool_down, normal.cool_down) == (timedelta(minutes=30), timedelta(hours=24))
