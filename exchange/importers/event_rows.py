"""What only rows about events need: when it happened, whether it is void, which plate a reading is, who a party is in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from common import identifiers
from events.choices import EventKind
from events.kinds import VOID, EventTable
from exchange.importers.event_fields import is_void, join_moment

EARLIEST_YEAR = 1990
# A clock that is a day ahead is a time zone; more is a fault.
AHEAD = timedelta(days=1)
Problems = list[dict[str, str]]
Cell = Callable[[str], str]
Header = Callable[[str], str]


def complete_event(
    kind: EventTable, values: dict[str, Any], cell: Cell, header: Header, observed_at: datetime, problems: Problems
) -> None:
    """Fills what follows from other columns; says what is missing or cannot be.

    Args:
        kind: of the row.
        values: field → value as read so far; changed.
        cell: text of the column that is mapped to a field, "" where there is none.
        header: the file's name of a field's column.
        observed_at: date of the data: nothing in it happened later.
        problems: of the row; added to.
    """
    _take_time(kind, values, cell, header, observed_at, problems)
    if void := cell(VOID):
        values[VOID] = is_void(void)
    if kind.code == EventKind.CAPTURE:
        _read_plate(values, header, problems)
    if kind.code == EventKind.PARTY and "accident_number" not in values:
        problems.append({"code": "ACCIDENT_NUMBER_BLANK", "column": header("accident_number")})


def event_number(kind: EventTable, values: dict[str, Any], number: str) -> str:
    """Number of the event in its source: parties are numbered within their accident."""
    return f"{values.get('accident_number', '')}/{number}"[:60] if kind.code == EventKind.PARTY else number


def _take_time(
    kind: EventTable, values: dict[str, Any], cell: Cell, header: Header, observed_at: datetime, problems: Problems
) -> None:
    """A time that stands there and cannot be read keeps the row back, as does one that cannot be."""
    column = header("occurred_at")
    if "occurred_at" not in values and (day := cell("occurred_day")):
        moment, problem = join_moment(day, cell("occurred_clock"))
        column = header("occurred_day")
        if moment is not None:
            values["occurred_at"] = moment
        if problem:
            problems.append({"code": problem, "column": column})
    if any(p["code"] == "MOMENT_UNREADABLE" and p["column"] == column for p in problems):
        problems[:] = [p for p in problems if p["code"] != "MOMENT_UNREADABLE" or p["column"] != column]
        problems.append({"code": "TIME_UNREADABLE", "column": column})
        return
    moment = values.get("occurred_at")
    if moment is None:
        # A row that takes an event back need not say when it was; a party was there when its accident was.
        if kind.code != EventKind.PARTY and not is_void(cell(VOID)):
            problems.append({"code": "TIME_BLANK", "column": column})
    elif moment.year < EARLIEST_YEAR or moment > observed_at + AHEAD:
        problems.append({"code": "TIME_IMPLAUSIBLE", "column": column})


def _read_plate(values: dict[str, Any], header: Header, problems: Problems) -> None:
    reading = values.get("plate_read", "")
    result = identifiers.parse_plate(reading)
    if result.is_valid:
        values["plate_number"] = result.value
    elif reading and not identifiers.is_blank(reading):
        problems.append({"code": "PLATE_UNREADABLE", "column": header("plate_read")})
