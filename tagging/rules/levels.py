"""From a score to a level: thresholds, direct listings, and the slowness with which a level is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tagging.rules.scheme import Hysteresis, Scheme


@dataclass(frozen=True, slots=True)
class Held:
    """What an element had before: its level, and since when it would have had a lower one."""

    level: str = ""
    below_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """The level of an element.

    Attributes:
        level: after listings and slowness.
        by_score: what the score alone gives.
        below_since: since when a lower level waits; None: none does.
    """

    level: str
    by_score: str
    below_since: datetime | None = None


def by_score(scheme: Scheme, score: Decimal) -> int:
    """Rank of the level that a score reaches."""
    return max(rank for rank, level in enumerate(scheme.levels) if score >= level.from_score)


def place(scheme: Scheme, score: Decimal, listed: Sequence[str], held: Held, now: datetime) -> Placed:
    """The level: upwards at once, downwards when the scheme lets go.

    Args:
        listed: levels of the listings that hold.
    """
    reached = by_score(scheme, score)
    floor = max([reached, *(rank for code in listed if (rank := scheme.rank(code)) is not None)])
    level, scored = scheme.levels[floor].code, scheme.levels[reached].code
    before = scheme.rank(held.level)
    if before is None or floor >= before:
        return Placed(level, scored)
    below_since = held.below_since or now
    if is_let_go(scheme.hysteresis, score, scheme.levels[before].from_score, below_since, now):
        return Placed(level, scored)
    return Placed(held.level, scored, below_since)


def is_let_go(hysteresis: Hysteresis, score: Decimal, threshold: Decimal, below_since: datetime, now: datetime) -> bool:
    """Whether a level may be left whose threshold the score no longer reaches."""
    if hysteresis.points is None and hysteresis.days is None:
        return True
    if hysteresis.points is not None and score < threshold - hysteresis.points:
        return True
    return hysteresis.days is not None and now - below_since >= timedelta(days=hysteresis.days)
