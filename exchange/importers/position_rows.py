"""Rows of a file of positions → fixes as arrays, and the rows that cannot be one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, repeat

import numpy as np

from common.errors import DomainError
from events.services.positions import Plate
from events.services.positions_copy import FIX
from exchange.importers.datum_arrays import to_wgs84
from exchange.importers.mapping import DISMISSED
from exchange.importers.position_columns import (
    BAD_TIME,
    BLANK_TIME,
    Array,
    PlateBook,
    microseconds,
    read_moments,
    read_numbers,
)
from exchange.importers.reading import MAX_CELL

CHINA_BOX_DEG = (73.0, 3.0, 136.0, 54.0)
MAX_SPEED_KMH = 250
NEEDED = {"occurred_at": "定位时间", "lon": "经度", "lat": "纬度"}
Cells = tuple[int, list[str]]  # row number, cells as received
Problems = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which moments a fix is taken.

    Attributes:
        plausible_from: earlier is a clock that was never set.
        kept_from: earlier is past the time that positions are kept.
        plausible_to: later is a clock that runs ahead.
    """

    plausible_from: datetime
    kept_from: datetime
    plausible_to: datetime


@dataclass(slots=True)
class HeldRow:
    """A row that is not taken."""

    row_number: int
    cells: list[str]
    problems: Problems
    is_rejected: bool


@dataclass(slots=True)
class ReadRows:
    """What became of some rows.

    Attributes:
        fixes: array of FIX, `plate` an index into the reader's plates; in the order of the file.
        held: rows that are not taken.
        dropped_values: rows that are taken without a speed or direction that cannot be.
    """

    fixes: Array
    held: list[HeldRow] = field(default_factory=list)
    dropped_values: int = 0


class PositionReader:
    """Reads the rows of one file with one mapping; made once, called for some thousand rows at a time."""

    def __init__(self, headers: Sequence[str], columns: dict[str, str], *, datum: str, limits: Limits) -> None:
        """Raises DomainError when a column is missing without which no row is a position."""
        self._width = len(headers)
        self._places = {columns[h]: i for i, h in enumerate(headers) if columns[h] != DISMISSED}
        self._headers = {columns[h]: h for h in headers}
        self._datum = datum
        self._limits = limits
        self._book = PlateBook()
        if missing := [label for name, label in NEEDED.items() if name not in self._places]:
            raise DomainError(
                "COLUMNS_MISSING",
                f"位置文件缺少必需的列：{'、'.join(missing)}。请返回列对应，把文件里的相应列对上；没有就请对方补齐。",
                {"columns": missing},
            )

    @property
    def plates(self) -> list[Plate]:
        """The plates of the rows read so far."""
        return self._book.plates

    def read(self, rows: Sequence[Cells]) -> ReadRows:
        """Reads some rows."""
        numbers, lines = [number for number, _cells in rows], [cells for _number, cells in rows]
        held: list[HeldRow] = []
        if not self._fits(lines):
            numbers, lines = self._fit(rows, held)
        if not lines:
            return ReadRows(np.empty(0, dtype=FIX), held)
        columns = list(zip(*lines, strict=True))
        fixes = np.empty(len(lines), dtype=FIX)
        fixes["row"] = numbers
        faults: list[tuple[Array, str, str]] = []  # where, code, column
        plates = self._read_plates(columns, faults)
        fixes["plate"] = plates
        fixes["time"] = self._read_times(columns, faults)
        fixes["lon"], fixes["lat"] = self._read_points(columns, faults)
        fixes["speed"], bad_speeds = self._read_small(columns, "speed_kmh", MAX_SPEED_KMH)
        fixes["direction"], bad_directions = self._read_small(columns, "direction_deg", 360)
        fixes["direction"] = np.where(fixes["direction"] == 360, 0, fixes["direction"])
        is_taken = plates >= 0
        for where, _code, _column in faults:
            is_taken &= ~where
        held += [
            HeldRow(numbers[row], lines[row], self._problems(row, plates, faults), is_rejected=False)
            for row in np.flatnonzero(~is_taken).tolist()
        ]
        return ReadRows(fixes[is_taken], held, int(((bad_speeds | bad_directions) & is_taken).sum()))

    def _problems(self, row: int, plates: Array, faults: list[tuple[Array, str, str]]) -> Problems:
        found = [{"code": code, "column": column} for where, code, column in faults if where[row]]
        if plates[row] < 0:
            found.insert(0, {"code": self._book.faults[-plates[row]], "column": self._header("plate_number")})
        return found

    def _fits(self, lines: Sequence[list[str]]) -> bool:
        """All as wide as the header, no cell too long: nearly every time."""
        return set(map(len, lines)) == {self._width} and max(map(len, chain.from_iterable(lines))) <= MAX_CELL

    def _fit(self, rows: Sequence[Cells], held: list[HeldRow]) -> tuple[list[int], list[list[str]]]:
        """Numbers and cells, as wide as the header; rows are filled up or refused."""
        numbers, lines = [], []
        for number, cells in rows:
            if problem := self._misfit(cells):
                held.append(HeldRow(number, cells, [problem], is_rejected=True))
                continue
            numbers.append(number)
            lines.append([*cells, *[""] * (self._width - len(cells))][: self._width])
        return numbers, lines

    def _misfit(self, cells: list[str]) -> dict[str, str] | None:
        width = len(cells)
        if width > self._width and any(cell.strip() for cell in cells[self._width :]):
            return {"code": "TOO_MANY_CELLS", "column": f"第 {self._width + 1} 列起"}
        if width < self._width // 2 + 1:
            return {"code": "TOO_FEW_CELLS", "column": f"第 {width + 1} 列起"}
        if max(map(len, cells)) > MAX_CELL:
            place = next(i for i, cell in enumerate(cells) if len(cell) > MAX_CELL)
            return {"code": "CELL_TOO_LONG", "column": f"第 {place + 1} 列"}
        return None

    def _header(self, name: str) -> str:
        return self._headers.get(name, "")

    def _cells(self, columns: Sequence[tuple[str, ...]], name: str) -> Iterator[str] | tuple[str, ...]:
        return columns[self._places[name]] if name in self._places else repeat("")

    def _read_plates(self, columns: Sequence[tuple[str, ...]], faults: list) -> Array:
        named = zip(
            columns[self._places["plate_number"]], self._cells(columns, "plate_type"), self._cells(columns, "plate_colour"),
            strict=False,
        )  # fmt: skip
        return np.fromiter(map(self._book.__getitem__, named), dtype=np.int32, count=len(columns[0]))

    def _read_times(self, columns: Sequence[tuple[str, ...]], faults: list) -> Array:
        moments, column = read_moments(columns[self._places["occurred_at"]]), self._header("occurred_at")
        is_blank, is_bad = moments == BLANK_TIME, moments == BAD_TIME
        is_read = ~is_blank & ~is_bad
        early, late = (microseconds(at) for at in (self._limits.plausible_from, self._limits.plausible_to))
        is_implausible = is_read & ((moments < early) | (moments > late))
        is_old = is_read & ~is_implausible & (moments < microseconds(self._limits.kept_from))
        faults += [
            (is_blank, "TIME_BLANK", column),
            (is_bad, "TIME_UNREADABLE", column),
            (is_implausible, "TIME_IMPLAUSIBLE", column),
            (is_old, "POSITION_TOO_OLD", column),
        ]
        return moments

    def _read_points(self, columns: Sequence[tuple[str, ...]], faults: list) -> tuple[Array, Array]:
        lon, _stated = read_numbers(columns[self._places["lon"]])
        lat, _stated = read_numbers(columns[self._places["lat"]])
        west, south, east, north = CHINA_BOX_DEG
        is_none = np.isnan(lon) | np.isnan(lat)
        with np.errstate(invalid="ignore"):
            is_zero = (lon == 0) & (lat == 0)
            is_inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
            is_swapped = (lat >= west) & (lat <= east) & (lon >= south) & (lon <= north)
        header, both = self._header("lon"), f"{self._header('lon')}”“{self._header('lat')}"
        faults += [
            (is_none, "POSITION_BLANK", both),
            (is_zero, "POSITION_ZERO", both),
            (is_swapped, "COORDINATES_SWAPPED", both),
            (~is_none & ~is_zero & ~is_swapped & ~is_inside, "POSITION_OUTSIDE", header),
        ]
        if self._datum != "WGS84":
            lon[is_inside], lat[is_inside] = to_wgs84(lon[is_inside], lat[is_inside], self._datum)
        return lon, lat

    def _read_small(self, columns: Sequence[tuple[str, ...]], name: str, most: int) -> tuple[Array, Array]:
        """Whole numbers from 0 to `most`, -1 where there is none; and where one stands that cannot be."""
        if name not in self._places:
            count = len(columns[0])
            return np.full(count, -1), np.zeros(count, dtype=bool)
        numbers, is_bad = read_numbers(columns[self._places[name]])
        with np.errstate(invalid="ignore"):
            is_off = (numbers < 0) | (numbers > most)
        numbers[is_off | np.isnan(numbers)] = -1
        return np.rint(numbers).astype(np.int16), is_bad | is_off
