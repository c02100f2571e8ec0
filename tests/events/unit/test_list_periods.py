"""Named spans of time."""

from __future__ import annotations

from datetime import date

import pytest

from events.list_periods import begin_of, first_day


@pytest.mark.parametrize(
    ("period", "today", "expected"),
    [
        ("today", date(2026, 11, 27), date(2026, 11, 27)),
        ("week", date(2026, 11, 27), date(2026, 11, 23)),
        ("week", date(2026, 11, 23), date(2026, 11, 23)),
        ("last30", date(2026, 3, 1), date(2026, 1, 31)),
        ("month", date(2026, 11, 27), date(2026, 11, 1)),
        ("year", date(2026, 11, 27), date(2026, 1, 1)),
    ],
)
def test_a_period_begins(period, today, expected):
    assert first_day(period, today) == expected


def test_a_day_begins_at_midnight_in_laizhou():
    assert begin_of(date(2026, 3, 1)).isoformat() == "2026-03-01T00:00:00+08:00"
