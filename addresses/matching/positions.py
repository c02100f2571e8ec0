"""Relative positions: an anchor, a direction, metres or a stake. Their own output, never an exact address."""

from __future__ import annotations

from addresses.matching.readings import Reading
from addresses.matching.result import Node, RelativePosition
from addresses.parsing.components import full_text
from addresses.parsing.tokens import Shape, Token


def _stake(token: Token) -> str:
    kilometre, metre = token.parts
    return f"K{kilometre}+{metre}" if metre else f"K{kilometre}"


def _anchor_text(reading: Reading, node: Node | None) -> str:
    if node is not None:
        text = full_text(node.components)
    else:
        level = reading.anchor_level()
        text = reading.names[level].surface if level else ""
    if reading.cross_road is not None:
        return f"{text}与{reading.cross_road.surface}"
    return text + "".join(token.parts[0] for token in reading.positions if token.shape is Shape.ROUTE)


def relative_position(reading: Reading, node: Node | None) -> RelativePosition | None:
    """The relative position of a reading, None when the text states none.

    `node` is the anchor as far as it was found; without it the stated name is the anchor. Two roads alone are an
    intersection, which is relative too.
    """
    if not reading.positions and reading.cross_road is None:
        return None
    direction, stake, metres = "", "", None
    for token in reading.positions:
        if token.shape is Shape.STAKE:
            stake = _stake(token)
        elif token.shape is not Shape.ROUTE:
            direction = direction or token.parts[0]
            if token.shape is Shape.DISTANCE:
                direction = token.parts[0] or direction
                metres = int(token.parts[1])
    return RelativePosition(_anchor_text(reading, node), direction, metres, stake)
