"""Columns of a file of positions, thousands of cells at once: plates, moments, numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import identifiers
from events.services.positions import Plate
from exchange.importers.event_fields import parse_moment
from exchange.importers.fields import PARSERS, clean
from exchange.importers.rows import COLOUR_TYPES

Array = NDArray[Any]
# PostgreSQL counts microseconds from here.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_S = int(EPOCH.timestamp())
BLANK_TIME, BAD_TIME = np.iinfo(np.int64).min, np.iinfo(np.int64).min + 1
_BEIJING_S = 8 * 3600
# Summer time was last in force in 1991; older moments are read one by one.
_SINCE_FIXED_OFFSET = np.datetime64("1992-01-01", "s")
# JT/T 415-2006 5.4.12 and its 2020 additions: colour of the plate by number; "9" is any other.
_JTT_415 = {"1": "蓝", "2": "黄", "3": "黑", "4": "白", "5": "绿", "93": "黄绿", "94": "渐变绿"}
_parse_plate = PARSERS["VEHICLE"]["plate_number"]
_parse_type = PARSERS["VEHICLE"]["plate_type"]
# "2026-03-01 14:20:05": where the digits and the marks between them stand.
_DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
_MARKS = {4: "-", 7: "-", 10: " T", 13: ":", 16: ":"}
_MOMENT_LENGTH = 19


class PlateBook(dict[tuple[str, str, str], int]):
    """(plate, type, colour) as a file writes them → number of the plate in `plates`, or minus the number in `faults`."""

    def __init__(self) -> None:
        super().__init__()
        self.plates: list[Plate] = []
        # Number 0 is never used, so that a fault is a negative number.
        self.faults: list[str] = [""]
        self._numbers: dict[Plate, int] = {}
        self._fault_numbers: dict[str, int] = {}

    def __missing__(self, cells: tuple[str, str, str]) -> int:
        plate, fault = _read_plate(*cells)
        if plate is None:
            number = -self._numbered(fault, self._fault_numbers, self.faults)
        else:
            number = self._numbered(plate, self._numbers, self.plates)
        self[cells] = number
        return number

    @staticmethod
    def _numbered(thing: Any, numbers: dict[Any, int], things: list[Any]) -> int:
        if thing not in numbers:
            numbers[thing] = len(things)
            things.append(thing)
        return numbers[thing]


def _read_plate(number: str, type_cell: str, colour_cell: str) -> tuple[Plate | None, str]:
    """The plate, or the code of what is wrong with it; a type that is not known is left blank."""
    value, problem = _parse_plate(number) if number.strip() else (None, "KEY_ALL_BLANK")
    if value is None:
        return None, problem or "KEY_ALL_BLANK"
    stated, _problem = _parse_type(type_cell)
    colour = clean(colour_cell).removesuffix("色").removesuffix("牌")
    by_form = identifiers.PLATE_TYPE_BY_FORM.get(identifiers.plate_form(value))
    return Plate(value, stated or by_form or COLOUR_TYPES.get(_JTT_415.get(colour, colour), "")), ""


def read_moments(cells: Sequence[str]) -> Array:
    """Microseconds since EPOCH (int64); BLANK_TIME and BAD_TIME where there is none.

    The usual form is read as one array, by the clock of Laizhou; every other as in any other file.
    """
    texts = np.array([cell if len(cell) == _MOMENT_LENGTH else "" for cell in cells], dtype=f"U{_MOMENT_LENGTH}")
    letters = texts.view(np.uint32).reshape(len(texts), _MOMENT_LENGTH)
    digits = letters[:, _DIGITS]
    usual: Array = np.asarray(((digits >= ord("0")) & (digits <= ord("9"))).all(axis=1))
    for place, marks in _MARKS.items():
        found_mark = letters[:, place]
        usual &= np.logical_or.reduce([found_mark == ord(mark) for mark in marks])
    found = np.full(len(texts), BAD_TIME, dtype=np.int64)
    try:
        moments = texts[usual].astype("datetime64[s]")
    except ValueError:  # a 30th of February: these are read one by one
        usual[:] = False
    else:
        seconds = moments.astype(np.int64) - _EPOCH_S - _BEIJING_S
        found[usual] = seconds * 1_000_000
        usual[np.flatnonzero(usual)[moments < _SINCE_FIXED_OFFSET]] = False
    for row in np.flatnonzero(~usual).tolist():
        found[row] = _read_moment(cells[row])
    return found


def _read_moment(cell: str) -> int:
    if not cell.strip():
        return int(BLANK_TIME)
    moment, problem = parse_moment(cell)
    if moment is None:
        return int(BAD_TIME if problem else BLANK_TIME)
    return microseconds(moment)


def microseconds(moment: datetime) -> int:
    """As PostgreSQL counts them."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def read_numbers(cells: Sequence[str]) -> tuple[Array, Array]:
    """Numbers (float64, NaN where there is none), and where something stands that is none."""
    try:
        found = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
    except ValueError:
        found = np.fromiter(map(_number, cells), dtype=np.float64, count=len(cells))
    is_none = ~np.isfinite(found)
    stated = np.zeros(len(cells), dtype=bool)
    for row in np.flatnonzero(is_none).tolist():
        stated[row] = not identifiers.is_blank(clean(cells[row]))
    found[is_none] = np.nan
    return found, stated


def _number(cell: str) -> float:
    try:
        return float(clean(cell))
    except ValueError:
        return math.nan
