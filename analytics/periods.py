"""Spans of days and the ones they are compared with. Plain dates of the wall clock, both ends included.

Source: the customer's reference §3.10; 上年同期 uses the same calendar days, 29 February falls on the 28th.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The days from `first` to `last`."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a span ends before it begins")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def shifted(self, days: int) -> Span:
        """As many days later."""
        return Span(self.first + timedelta(days), self.last + timedelta(days))

    def within(self, other: Span) -> Span | None:
        """The days that both have."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Span(first, last) if first <= last else None


def month_of(day: date) -> Span:
    """The whole month of a day."""
    first = day.replace(day=1)
    return Span(first, _next_month(first) - timedelta(1))


def quarter_of(day: date) -> Span:
    """The whole quarter of a day."""
    first = date(day.year, day.month - (day.month - 1) % 3, 1)
    last = first
    for _ in range(3):
        last = _next_month(last)
    return Span(first, last - timedelta(1))


def week_of(day: date) -> Span:
    """The week of a day, which begins on Monday."""
    first = day - timedelta(day.weekday())
    return Span(first, first + timedelta(6))


def year_of(day: date) -> Span:
    """The whole year of a day."""
    return Span(date(day.year, 1, 1), date(day.year, 12, 31))


def to_date(span: Span) -> Span:
    """Since the first of January: 累计."""
    return Span(date(span.last.year, 1, 1), span.last)


def until(span: Span, today: date) -> Span:
    """Cut off at today, so that a period that is not over is compared with as many days."""
    return Span(span.first, max(span.first, min(span.last, today)))


def same_last_year(span: Span) -> Span:
    """上年同期: the same calendar days; a whole February stays whole."""
    last = month_of(_year_before(span.last.replace(day=1))).last if span.last == month_of(span.last).last else None
    return Span(_year_before(span.first), last or _year_before(span.last))


def previous(span: Span) -> Span:
    """上期: of whole months, quarters and years the one before; of the days of a month up to a day, those of the month before.

    Any other span is compared with as many days that end on the day before it.
    """
    for unit_of in (month_of, quarter_of, year_of):
        if span == unit_of(span.first):
            return unit_of(span.first - timedelta(1))
    if span.first.day == 1 and span.last < month_of(span.first).last:
        before = month_of(span.first - timedelta(1))
        return Span(before.first, before.first.replace(day=min(span.last.day, before.last.day)))
    return span.shifted(-span.days)


def spring_festival(year: int) -> date:
    """The first day of the lunar year that begins in a year.

    Raises:
        ValueError: outside 1900 to 2099.
    """
    from lunardate import LunarDate

    found: date = LunarDate(year, 1, 1).to_solar_date()
    return found


def same_by_spring_festival(span: Span) -> Span:
    """As many days, lying to last year's Spring Festival as these lie to this year's: for what moves with it."""
    year = span.last.year
    return span.shifted((spring_festival(year - 1) - spring_festival(year)).days)


def months_between(span: Span) -> list[Span]:
    """The months that the span touches, each cut to it."""
    found, first = [], span.first.replace(day=1)
    while first <= span.last:
        found.append(Span(max(first, span.first), min(month_of(first).last, span.last)))
        first = _next_month(first)
    return found


def months_before(first: date, months: int) -> date:
    """The first day of the month so many months before that of a day."""
    number = first.year * 12 + first.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
