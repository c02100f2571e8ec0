"""What brings a score under a threshold: by one indicator alone, and by the fewest steps together.

A step takes one unit off a value (a rate: one event), or adds one where more is better; points come from the same arithmetic as
the score, so that caps, scales and shrinkage count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tagging.rules.scoring import ZERO, again, definition_of, number_of

# Steps that are looked at together; the search grows with their square.
MOST_STEPS = 60
MOST_ALONE = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """So many steps at one indicator; `is_more`: the value has to rise."""

    key: str
    label: str
    steps: int
    unit: str
    cure: str
    is_more: bool

    @property
    def text(self) -> str:
        """What to do, in words."""
        if self.cure:
            return self.cure.replace("{n}", str(self.steps))
        unit = f" {self.unit}" if self.unit else ""
        return f"“{self.label}”{'增加' if self.is_more else '减少'} {self.steps}{unit}"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Ways down: each alone, and the fewest steps together; `needed` is how many points must go."""

    needed: Decimal
    alone: tuple[Step, ...]
    together: tuple[Step, ...]


def ways_down(items: Sequence[Mapping[str, Any]], score: Decimal, below: Decimal) -> Leaving:
    """How a score comes below a number.

    Args:
        below: the score must be less than this.
    """
    needed = score - below + Decimal("0.0001")
    if needed <= 0:
        return Leaving(ZERO, (), ())
    counted = [item for item in items if "weight" in item and number_of(item["value"]) is not None]
    alone = []
    for item in counted:
        steps = _steps_alone(item, needed)
        if steps:
            alone.append(_step(item, steps))
    return Leaving(needed, tuple(sorted(alone, key=lambda one: one.steps)), _together(counted, needed))


def _is_more(item: Mapping[str, Any]) -> bool:
    scale = definition_of(item).scale
    return scale is not None and scale.start is not None and scale.end is not None and scale.end < scale.start


def _most(item: Mapping[str, Any]) -> int:
    """Steps that can be taken at all."""
    if item["kind"] == "flag":
        value = number_of(item["value"]) or ZERO
        return int(value) if value > 0 else 0
    if _is_more(item):
        return MOST_ALONE
    return min(int(-(-(number_of(item["value"]) or ZERO) // 1)), MOST_ALONE)


def _gain(item: Mapping[str, Any], steps: int) -> Decimal:
    """Points that so many steps take off."""
    value = number_of(item["value"]) or ZERO
    changed = value + steps if _is_more(item) else max(value - steps, Decimal(0))
    return again(item) - again(item, changed)


def _steps_alone(item: Mapping[str, Any], needed: Decimal) -> int:
    """The fewest steps that are enough; 0: not even all are. Points never rise with a step, so halving finds it."""
    low, high = 1, _most(item)
    if high < 1 or _gain(item, high) < needed:
        return 0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _gain(item, middle) >= needed else (middle + 1, high)
    return low


def _together(items: Sequence[Mapping[str, Any]], needed: Decimal) -> tuple[Step, ...]:
    """The fewest steps in all, of equally few those at the fewest indicators; () where they are too many, or not enough."""
    # Of so many steps in all: the points they take off (no more than needed counts), at how few indicators, and which.
    best: list[tuple[Decimal, int, tuple[tuple[int, int], ...]]] = [(ZERO, 0, ())] + [(ZERO, -99, ())] * MOST_STEPS
    for number, item in enumerate(items):
        gains = [_gain(item, steps) for steps in range(min(_most(item), MOST_STEPS) + 1)]
        after = list(best)
        for taken in range(1, MOST_STEPS + 1):
            for steps in range(1, min(taken, len(gains) - 1) + 1):
                points, few, ways = best[taken - steps]
                if gains[steps] <= 0 or few == -99:
                    continue
                found = (min(points + gains[steps], needed), few - 1, (*ways, (number, steps)))
                if found[:2] > after[taken][:2] or after[taken][1] == -99:
                    after[taken] = found
        best = after
    for points, _few, ways in best:
        if ways and points >= needed:
            return tuple(_step(items[number], steps) for number, steps in ways)
    return ()


def _step(item: Mapping[str, Any], steps: int) -> Step:
    return Step(item["key"], item["label"], steps, item.get("unit", ""), item.get("cure", ""), _is_more(item))
