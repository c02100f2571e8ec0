"""Violations that were seen and those of them that are processed (查处率), by place, offence or time."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.query import Query
from analytics.selectors.counting import Cell, grouped
from common.scope import Actor

# What it is told by; the first is what the page opens with.
DIMENSIONS = ("road", "district", "grid", "code", "hour", "weekday", "method")
MOST = 20


@dataclass(frozen=True, slots=True)
class Rate:
    """Violations of one value: seen, and processed among them; `share` in percent, None of nothing."""

    seen: Cell
    processed: int
    processed_query: Query

    @property
    def share(self) -> float | None:
        return self.processed * 100 / self.seen.count if self.seen.count else None


def rates(query: Query, key: str, user: Actor) -> list[Rate]:
    """Values of a dimension in its natural order, else the twenty with the most violations. Whether a violation is processed is asked
    here: what the query says of that is left out.

    Raises:
        DomainError: no such dimension, or a filter value that cannot be.
    """
    whole = query.narrowed(is_processed=None)
    done = {one.value: one.count for one in grouped(whole.narrowed(is_processed="true"), key, user)}
    return [
        Rate(one, done.get(one.value, 0), one.query.narrowed(is_processed="true"))
        for one in grouped(whole, key, user)[: None if key in {"hour", "weekday"} else MOST]
    ]
