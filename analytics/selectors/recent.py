"""Events of the last days, day by day, beside the same calendar days of last year: what boards show of today and this month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from analytics.comparison import Comparison, compare
from analytics.periods import Span, month_of, same_last_year
from analytics.query import Query
from analytics.selectors.counting import grouped
from analytics.selectors.overview import is_known
from common.scope import Actor

DAYS = 30


@dataclass(frozen=True, slots=True)
class Recent:
    """Events of a query by day. Every figure links to `rows` of the same days.

    Attributes:
        query: without days.
        days: day → events, of the last thirty days and of this month; a day without any is left out.
        days_before: the same of last year's days.
        known: the first day of which the platform knows events of the kind; None = it knows none.
    """

    query: Query
    days: dict[date, int]
    days_before: dict[date, int]
    known: date | None

    def count(self, span: Span) -> int:
        """Events of days that were asked for."""
        return _sum(self.days, span)

    def before(self, span: Span) -> int | None:
        """Events of the same days of last year; None = not known."""
        earlier = same_last_year(span)
        return _sum(self.days_before, earlier) if is_known(earlier, self.known) else None

    def compared(self, span: Span) -> Comparison:
        """With the same days of last year."""
        return compare(self.count(span), self.before(span))

    def rows(self, span: Span) -> Query:
        """The events of the days."""
        return self.query.during(span)


def recent(query: Query, user: Actor, *, today: date, known: date | None) -> Recent:
    """The last thirty days and this month: two countings, one of them of last year.

    Args:
        query: which events; days in it are replaced.
        user: the reader.
        today: the last day.
        known: `overview.first_known` of the list, asked for once where several queries share it.
    """
    asked = Span(min(month_of(today).first, today - timedelta(days=DAYS - 1)), today)
    now, before = (
        {one.value: one.count for one in grouped(query.during(span), "day", user)}
        for span in (asked, same_last_year(asked))
    )
    return Recent(query, now, before, known)


def last_days(today: date) -> list[date]:
    """The last thirty days, today included, the oldest first."""
    return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _sum(days: dict[date, int], span: Span) -> int:
    return sum(count for day, count in days.items() if span.first <= day <= span.last)
