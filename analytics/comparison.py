"""Two counts of comparable spans: how they differ, in the words of the trade, and whether that may be chance.

Source: the customer's reference §3.10 (percent to two decimals, base 0 shown as a number); exact conditional test of two Poisson
counts: given their sum, one of them is binomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Below this a percentage says more than there is to say.
SMALL = 5
_ALPHA = 0.05
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure beside an earlier one; `before` is None where nobody knows it.

    Attributes:
        percent: change in percent, two decimals; None without a base.
        is_small: either count is so small that its percentage should not be told.
        low, high: 95 % interval of the change in percent; None where none can be given.
        may_be_chance: the difference is not significant at 5 %; None where it was not tested.
    """

    now: int
    before: int | None
    percent: Decimal | None
    is_small: bool
    low: float | None
    high: float | None
    may_be_chance: bool | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.now - self.before

    @property
    def direction(self) -> str:
        """up, down, flat or unknown."""
        if self.difference is None:
            return "unknown"
        return "flat" if self.difference == 0 else "up" if self.difference > 0 else "down"

    @property
    def text(self) -> str:
        """`+12.50%`, `—(+12)` without a base, `—` where it is unknown."""
        if self.difference is None:
            return "—"
        if self.percent is None:
            return f"—({self.difference:+d})" if self.difference else "0.00%"
        return f"{self.percent:+.2f}%" if self.percent else "0.00%"


def percent_of(part: int, whole: int) -> Decimal | None:
    """A share in percent with two decimals; None of nothing."""
    return _rounded(Decimal(part) * 100 / whole) if whole else None


def compare(now: int, before: int | None, *, days: int = 1, days_before: int = 1) -> Comparison:
    """Compares counts of events.

    Args:
        now: events of the span.
        before: those of the earlier one; None = unknown.
        days: length of the span, for the test alone; the percentage is that of the counts.
        days_before: length of the earlier one.
    """
    if before is None:
        return Comparison(now, None, None, True, None, None, None)
    percent = _rounded(Decimal(now - before) * 100 / before) if before else None
    low, high = _interval(now, before, days / days_before)
    may_be_chance = _two_sided(now, before, days / days_before) >= _ALPHA
    return Comparison(now, before, percent, min(now, before) < SMALL, low, high, may_be_chance)


def compare_sums(now: int, before: int | None) -> Comparison:
    """Compares what is no count of events, such as money: no test, no interval."""
    percent = _rounded(Decimal(now - before) * 100 / before) if before else None
    return Comparison(now, before, percent, False, None, None, None)


def count_interval(count: int) -> tuple[float, float]:
    """Exact 95 % interval of the mean of a Poisson count."""
    from scipy.special import gammaincinv

    low = float(gammaincinv(count, _ALPHA / 2)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - _ALPHA / 2))


def _two_sided(now: int, before: int, ratio: float) -> float:
    """Probability of a split at least as uneven, were both rates the same."""
    from scipy.special import bdtr

    total, share = now + before, ratio / (1 + ratio)
    if total == 0:
        return 1.0
    at_most = float(bdtr(now, total, share))
    at_least = 1.0 - float(bdtr(now - 1, total, share)) if now else 1.0
    return min(1.0, 2 * min(at_most, at_least))


def _interval(now: int, before: int, ratio: float) -> tuple[float | None, float | None]:
    """Clopper–Pearson interval of the share, as change of the rate in percent; open above without a base."""
    from scipy.special import betaincinv

    total = now + before
    if total == 0:
        return None, None
    low = float(betaincinv(now, before + 1, _ALPHA / 2)) if now else 0.0
    high = float(betaincinv(now + 1, before, 1 - _ALPHA / 2)) if before else 1.0

    def change(share: float) -> float | None:
        return None if share >= 1 else (share / (1 - share) / ratio - 1) * 100

    return change(low), change(high)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
