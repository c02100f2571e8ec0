"""Work days of the national calendar: shifted work days and holidays as the State Council announces them each year.

Source: notices of the General Office of the State Council on the arrangement of holidays, as transcribed in `chinesecalendar`.
"""

from __future__ import annotations

from datetime import date

import chinese_calendar

_KNOWN_YEARS = frozenset(day.year for day in chinese_calendar.holidays)


def is_announced(day: date) -> bool:
    """Whether the calendar of that year is known; beyond it Monday to Friday stand for work days."""
    return day.year in _KNOWN_YEARS


def is_work_day(day: date) -> bool:
    """Whether people work on that day."""
    if not is_announced(day):
        return day.weekday() < 5
    return bool(chinese_calendar.is_workday(day))
