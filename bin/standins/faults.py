"""The trouble that an agency makes on demand: which fault is in force, and what it does to rows and bytes.

The file DIR/fault.json is the one truth: `{"mode": "slow", "for_s": 60, "seconds": 5}`. POST /_fault writes it too.
"""

from __future__ import annotations

import json
import threading
import time
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import beijing

Row = dict[str, Any]
ROW_MODES = frozenset(
    {
        "late",
        "duplicate",
        "reorder",
        "rename_column",
        "drop_column",
        "drop_rows",
        "bad_types",
        "clock_years",
        "zero_coordinates",
    }
)
BYTE_MODES = frozenset({"truncate", "wrong_encoding", "error_page", "huge"})
HTTP_MODES = frozenset({"outage", "slow", "redirect", "dead"}) | BYTE_MODES
FILE_MODES = frozenset({"outage", "dead", "half_written"}) | BYTE_MODES
ERROR_PAGE = (
    "<!DOCTYPE html><html><head><title>系统维护</title></head><body><h1>系统维护中，请稍后再试</h1></body></html>"
)
# Beijing, New York, the sea off Africa.
_FOREIGN_POINTS = ((0.0, 0.0), (116.397128, 39.916527), (-73.985130, 40.758896))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong now; `mode` is empty when nothing is. `options` are the other keys of the order."""

    mode: str = ""
    since: datetime | None = None
    until: datetime | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and now >= self.until

    def number(self, name: str, default: float) -> float:
        """A number among the options."""
        return float(self.options.get(name, default))


NO_FAULT = Fault()


class FaultBox:
    """Reads DIR/fault.json whenever it changed; an order ends by itself after `for_s` seconds.

    Attributes:
        changed: set with every new order; whoever waits for the next tick wakes.
        problem: why the last file was not obeyed.
    """

    def __init__(self, folder: Path, modes: frozenset[str]) -> None:
        self.changed = threading.Event()
        self.problem = ""
        self.modes = modes
        self._path = folder / "fault.json"
        self._seen: tuple[int, int] | None = None
        self._fault = NO_FAULT
        self._lock = threading.Lock()

    def current(self) -> Fault:
        """The fault in force now."""
        with self._lock:
            self._read_if_changed()
            if self._fault.is_over(beijing.now()):
                self._fault = NO_FAULT
            return self._fault

    def order(self, document: dict[str, Any]) -> Fault:
        """Writes the order to the file and obeys it.

        Raises:
            ValueError: unknown mode, or a duration that is none.
        """
        _check(document, self.modes)
        part = self._path.with_suffix(".json.part")
        part.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        part.replace(self._path)
        fault = self.current()
        self.changed.set()
        return fault

    def wait(self, fault: Fault, seconds: float) -> None:
        """Waits as long as the fault says, or until it is over."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and self.current() is fault:
            self.changed.wait(min(left, 0.2))

    def _read_if_changed(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._fault = None, NO_FAULT
            return
        seen = (status.st_mtime_ns, status.st_size)
        if seen == self._seen:
            return
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            _check(document, self.modes)
        except ValueError as error:
            # Perhaps half written: tried again at the next look.
            self.problem = str(error)
            return
        self._seen, self.problem = seen, ""
        self._fault = _fault_of(document, datetime.fromtimestamp(status.st_mtime, beijing.ZONE))


def _check(document: Any, modes: frozenset[str]) -> None:
    if not isinstance(document, dict):
        raise ValueError("fault: an object with mode is wanted")
    mode = document.get("mode") or ""
    if mode and mode not in modes:
        raise ValueError(f"fault: no mode {mode}; this agency knows {', '.join(sorted(modes))}")
    duration = document.get("for_s")
    if duration is not None and not isinstance(duration, int | float):
        raise ValueError("fault: for_s is a number of seconds")


def _fault_of(document: dict[str, Any], at: datetime) -> Fault:
    if not document.get("mode"):
        return NO_FAULT
    duration = document.get("for_s")
    until = at + timedelta(seconds=duration) if duration is not None else None
    options = {key: value for key, value in document.items() if key not in {"mode", "for_s"}}
    return Fault(document["mode"], at, until, options)


@dataclass(frozen=True, slots=True)
class RowShape:
    """Which columns of a kind of rows the faults may touch.

    Attributes:
        victim: the column that is renamed, dropped or given a bad type.
    """

    victim: str
    times: tuple[str, ...] = ()
    lon: str = ""
    lat: str = ""


def is_held_back(fault: Fault, key: str, changed_at: datetime) -> bool:
    """Whether the fault `late` keeps this row back: every second one that changed while it lasts."""
    is_late = fault.mode == "late" and fault.since is not None and changed_at >= fault.since
    return is_late and _draw(key) % 2 == 1


def spoil_rows(rows: list[Row], fault: Fault, shape: RowShape) -> list[Row]:
    """The rows as they leave under the fault; the given ones stay untouched."""
    victim = str(fault.options.get("column", shape.victim))
    match fault.mode:
        case "duplicate":
            return [row for row in rows for _ in range(2)]
        case "reorder":
            return rows[::-1]
        case "drop_rows":
            return [row for row in rows if _draw(repr(sorted(row.items()))) % 10 >= 3]
        case "rename_column":
            new = str(fault.options.get("to", victim + "_NEW"))
            return [{(new if key == victim else key): value for key, value in row.items()} for row in rows]
        case "drop_column":
            return [{key: value for key, value in row.items() if key != victim} for row in rows]
        case "bad_types":
            return [{key: _bad_type(key, value, victim, shape) for key, value in row.items()} for row in rows]
        case "clock_years":
            return [_shift_times(row, shape.times, int(fault.number("years", 3))) for row in rows]
        case "zero_coordinates" if shape.lon:
            return [_move_away(row, shape, place) for place, row in enumerate(rows)]
    return rows


def spoil_bytes(body: bytes, fault: Fault, charset: str) -> bytes:
    """What `wrong_encoding`, `error_page` and `huge` make of a whole file; its checksum is taken afterwards."""
    if fault.mode == "wrong_encoding":
        return in_wrong_charset(body.decode(charset), charset)
    if fault.mode == "error_page":
        return ERROR_PAGE.encode()
    if fault.mode == "huge":
        size = int(fault.number("bytes", 64 * 2**20))
        return (body + b"\n") * (size // (len(body) + 1) + 1)
    return body


def in_wrong_charset(text: str, charset: str) -> bytes:
    """The text in the other one of the two encodings in use."""
    other = "gb18030" if charset.lower().startswith("utf") else "utf-8"
    return text.encode(other)


def shift_years(text: str, years: int) -> str:
    """A time that begins with its year, some years off."""
    return f"{int(text[:4]) + years:04d}{text[4:]}" if text[:4].isdigit() else text


def _draw(key: str) -> int:
    return zlib.crc32(key.encode())


def _bad_type(key: str, value: Any, victim: str, shape: RowShape) -> Any:
    if key == victim:
        return {"value": value, "unit": None}
    if key in shape.times:
        return "不详"
    if key in {shape.lon, shape.lat}:
        return "北纬三十七度"
    return value


def _shift_times(row: Row, columns: tuple[str, ...], years: int) -> Row:
    return row | {column: shift_years(str(row[column]), years) for column in columns if row.get(column)}


def _move_away(row: Row, shape: RowShape, place: int) -> Row:
    lon, lat = _FOREIGN_POINTS[place % len(_FOREIGN_POINTS)]
    kind = type(row.get(shape.lon, ""))
    return row | {shape.lon: kind(lon), shape.lat: kind(lat)}
