"""The way of a work order: which step leads from where to where, who may take it, what it needs. Plain Python.

REPORTED → DISPATCHED → REPAIRED → CHECKED
    ↓                    ↓   ↑
REJECTED               RETURNED
"""

from __future__ import annotations

from dataclasses import dataclass

from common.scope import Right
from duty.choices import OrderState

MAY_REPORT = frozenset({Right.PROPOSE, Right.CORRECT})
_MAY_DECIDE = frozenset({Right.CORRECT})


@dataclass(frozen=True)
class Action:
    """One step that a person may take.

    Attributes:
        key: stands in the URL and the API.
        from_states: states in which it can be taken.
        to_state: the state after it.
        rights: any of them allows it.
        needs_note: a text is demanded.
        needs_photo: at least one picture is demanded.
        needs_other: whoever reported the repair may not take it (four eyes).
    """

    key: str
    from_states: frozenset[OrderState]
    to_state: OrderState
    rights: frozenset[Right]
    needs_note: bool = False
    needs_photo: bool = False
    needs_other: bool = False


DISPATCH = Action("dispatch", frozenset({OrderState.REPORTED}), OrderState.DISPATCHED, _MAY_DECIDE)
REPAIR = Action(
    "repair", frozenset({OrderState.DISPATCHED, OrderState.RETURNED}), OrderState.REPAIRED, MAY_REPORT,
    needs_note=True, needs_photo=True,
)  # fmt: skip
CHECK = Action("check", frozenset({OrderState.REPAIRED}), OrderState.CHECKED, _MAY_DECIDE, needs_other=True)
RETURN = Action("return", frozenset({OrderState.REPAIRED}), OrderState.RETURNED, _MAY_DECIDE, needs_note=True)
REJECT = Action("reject", frozenset({OrderState.REPORTED}), OrderState.REJECTED, _MAY_DECIDE, needs_note=True)
ACTIONS: dict[str, Action] = {action.key: action for action in (DISPATCH, REPAIR, CHECK, RETURN, REJECT)}


def allowed_actions(
    state: str, rights: frozenset[Right], *, is_repairer: bool, actions: dict[str, Action] = ACTIONS
) -> list[Action]:
    """What somebody with these rights may do next, in the order of the table.

    Args:
        state: of the order.
        rights: of the person.
        is_repairer: the person reported the repair that stands.
        actions: the table.
    """
    return [
        action
        for action in actions.values()
        if state in action.from_states and rights & action.rights and not (action.needs_other and is_repairer)
    ]
