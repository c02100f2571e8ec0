"""Spans of days and what they are compared with."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.periods import (
    Span,
    month_of,
    months_between,
    previous,
    quarter_of,
    same_by_spring_festival,
    same_last_year,
    spring_festival,
    to_date,
    until,
    week_of,
    year_of,
)


def span(text: str) -> Span:
    first, last = text.split("..")
    return Span(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2026-01-01..2026-10-31", "2025-01-01..2025-10-31"),
        ("2024-02-01..2024-02-29", "2023-02-01..2023-02-28"),
        # A whole February against a whole February.
        ("2025-02-01..2025-02-28", "2024-02-01..2024-02-29"),
        ("2024-02-29..2024-02-29", "2023-02-28..2023-02-28"),
        ("2026-11-01..2026-11-28", "2025-11-01..2025-11-28"),
    ],
)
def test_the_same_days_of_last_year(now, before):
    assert same_last_year(span(now)) == span(before)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2026-03-01..2026-03-31", "2026-02-01..2026-02-28"),
        ("2026-01-01..2026-01-31", "2025-12-01..2025-12-31"),
        ("2026-01-01..2026-03-31", "2025-10-01..2025-12-31"),
        ("2026-01-01..2026-12-31", "2025-01-01..2025-12-31"),
        # A month up to a day: as far into the month before; 30 March ends with February.
        ("2026-11-01..2026-11-15", "2026-10-01..2026-10-15"),
        ("2026-03-01..2026-03-30", "2026-02-01..2026-02-28"),
        ("2026-11-09..2026-11-15", "2026-11-02..2026-11-08"),
        ("2026-01-01..2026-10-31", "2025-03-03..2025-12-31"),
    ],
)
def test_the_span_before(now, before):
    assert previous(span(now)) == span(before)


def test_units_of_time():
    day = date(2026, 11, 28)
    assert month_of(day) == span("2026-11-01..2026-11-30")
    assert month_of(date(2026, 12, 5)) == span("2026-12-01..2026-12-31")
    assert quarter_of(day) == span("2026-10-01..2026-12-31")
    assert week_of(day) == span("2026-11-23..2026-11-29")
    assert year_of(day) == span("2026-01-01..2026-12-31")
    assert to_date(span("2026-03-01..2026-03-31")) == span("2026-01-01..2026-03-31")
    assert until(month_of(day), day) == span("2026-11-01..2026-11-28")
    assert months_between(span("2026-01-30..2026-03-02")) == [
        span("2026-01-30..2026-01-31"), span("2026-02-01..2026-02-28"), span("2026-03-01..2026-03-02"),
    ]  # fmt: skip


def test_spring_festival_is_compared_with_spring_festival():
    # Source: calendar of the State Council, 2025-01-29 and 2026-02-17 are 农历正月初一.
    assert (spring_festival(2025), spring_festival(2026)) == (date(2025, 1, 29), date(2026, 2, 17))
    assert same_by_spring_festival(span("2026-02-16..2026-02-22")) == span("2025-01-28..2025-02-03")


def test_a_span_has_an_order():
    with pytest.raises(ValueError, match="ends before"):
        span("2026-02-02..2026-02-01")
