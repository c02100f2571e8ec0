"""The transition table of work orders: every state, every right."""

from __future__ import annotations

import pytest

from common.scope import Right
from duty.choices import OPEN_STATES, OrderState
from duty.workflow import ACTIONS, allowed_actions

DECIDES = frozenset({Right.READ, Right.CORRECT, Right.PROPOSE})
PROPOSES = frozenset({Right.READ, Right.PROPOSE})
READS = frozenset({Right.READ})


def keys(state: OrderState, rights: frozenset[Right], *, is_repairer: bool = False) -> list[str]:
    return [action.key for action in allowed_actions(state, rights, is_repairer=is_repairer)]


@pytest.mark.parametrize(
    ("state", "decider", "proposer"),
    [
        (OrderState.REPORTED, ["dispatch", "reject"], []),
        (OrderState.DISPATCHED, ["repair"], ["repair"]),
        (OrderState.REPAIRED, ["check", "return"], []),
        (OrderState.RETURNED, ["repair"], ["repair"]),
        (OrderState.CHECKED, [], []),
        (OrderState.REJECTED, [], []),
    ],
)
def test_each_state_allows_exactly_its_steps(state, decider, proposer):
    assert keys(state, DECIDES) == decider
    assert keys(state, PROPOSES) == proposer
    assert keys(state, READS) == []


def test_who_reported_the_repair_may_return_it_but_not_check_it():
    assert keys(OrderState.REPAIRED, DECIDES, is_repairer=True) == ["return"]


def test_open_states_have_a_way_out_and_closed_ones_have_none():
    leaving = {state for action in ACTIONS.values() for state in action.from_states}
    reached = {action.to_state for action in ACTIONS.values()} | {OrderState.REPORTED}

    assert leaving == set(OPEN_STATES)
    assert reached == set(OrderState)
