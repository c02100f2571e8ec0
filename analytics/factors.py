"""What some accidents have more often than the others. Plain numbers in, plain numbers out.

Source: Fisher's exact test of each two-by-two table; false discovery rate by Benjamini and Hochberg; interval of a ratio of two
shares by Katz's logarithm.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Generic, TypeVar

Value = TypeVar("Value", bound=Hashable)
# Of 20 values so called one is expected to be chance.
FALSE_SHARE = 0.05
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Factor(Generic[Value]):
    """One value: how often among the chosen and among the rest.

    Attributes:
        lift: share among the chosen by share among the rest; None where the rest has none.
        low, high: 95 % interval of the lift.
        adjusted: probability of so uneven a split by chance, corrected for all values that were looked at.
    """

    value: Value
    chosen: int
    rest: int
    lift: float | None
    low: float | None
    high: float | None
    adjusted: float

    @property
    def is_over(self) -> bool:
        """More often than chance explains."""
        return self.adjusted < FALSE_SHARE and (self.lift is None or self.lift > 1)


@dataclass(frozen=True, slots=True)
class Table:
    """One value among those of which the property is known: `chosen` of `all_chosen`, `rest` of `all_rest`."""

    chosen: int
    all_chosen: int
    rest: int
    all_rest: int


def over_represented(tables: Mapping[Value, Table]) -> list[Factor[Value]]:
    """All values with their lift, the surest first; where one side knows nothing there is nothing to compare."""
    from scipy.stats import false_discovery_control, fisher_exact

    compared = {value: one for value, one in tables.items() if one.all_chosen and one.all_rest}
    if not compared:
        return []
    chances = [
        float(fisher_exact([[one.chosen, one.all_chosen - one.chosen], [one.rest, one.all_rest - one.rest]]).pvalue)
        for one in compared.values()
    ]
    found = [
        Factor(value, one.chosen, one.rest, *_lift(one), float(chance))
        for (value, one), chance in zip(compared.items(), false_discovery_control(chances), strict=True)
    ]
    return sorted(found, key=lambda one: (one.adjusted, -(one.lift or 0), str(one.value)))


def _lift(one: Table) -> tuple[float | None, float | None, float | None]:
    if not one.rest:
        return None, None, None
    lift = one.chosen / one.all_chosen / (one.rest / one.all_rest)
    if not one.chosen:
        return 0.0, None, None
    spread = _NORMAL_95 * sqrt(max(0.0, 1 / one.chosen - 1 / one.all_chosen + 1 / one.rest - 1 / one.all_rest))
    return lift, exp(log(lift) - spread), exp(log(lift) + spread)
