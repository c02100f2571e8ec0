"""Arrays of fixes as rows of binary COPY: built by the million without a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from common.geometry import SRID

Array = NDArray[Any]
# One fix: `plate` is an index into a list of plates, `time` microseconds since 2000-01-01 UTC, speed and direction -1 where
# the source says nothing; WGS84 degrees.
FIX = np.dtype([
    ("row", "i4"), ("plate", "i4"), ("time", "i8"), ("lon", "f8"), ("lat", "f8"), ("speed", "i2"), ("direction", "i2"),
])  # fmt: skip
# Columns of the table of positions → their bytes. The point is EWKB with its system.
_BYTES: dict[str, list[tuple[str, str]]] = {
    "tracker_id": [("tracker", ">i8")],
    "occurred_at": [("time", ">i8")],
    "point": [("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("lon", "<f8"), ("lat", "<f8")],
    "speed_kmh": [("speed", ">i2")],
    "direction_deg": [("direction", ">i2")],
    "batch_id": [("batch", ">i8")],
}
COLUMNS = tuple(_BYTES)
_WKB_POINT_WITH_SRID = 0x20000001
_HEAD, _END = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"


def copy_fixes(
    cursor: CursorWrapper, table: str, columns: Sequence[str], fixes: Array, trackers: Array, batch_id: int
) -> None:
    """Copies fixes into a table with these columns of the table of positions; an unstated speed stays -1."""
    rows = np.empty(len(fixes), dtype=_layout(columns))
    rows["fields"] = len(columns)
    for name in columns:
        rows[f"{name} length"] = np.dtype(_BYTES[name]).itemsize
    values = {
        "tracker": trackers, "time": fixes["time"], "lon": fixes["lon"], "lat": fixes["lat"], "speed": fixes["speed"],
        "direction": fixes["direction"], "batch": batch_id, "order": 1, "type": _WKB_POINT_WITH_SRID, "srid": SRID,
    }  # fmt: skip
    for name in columns:
        for part, _type in _BYTES[name]:
            rows[part] = values[part]
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with cursor.copy(statement) as copy:  # type: ignore[attr-defined]
        copy.write(_HEAD + rows.tobytes() + _END)


def _layout(columns: Sequence[str]) -> np.dtype:
    """How many fields, then length and bytes of each."""
    parts = [("fields", ">i2")]
    for name in columns:
        parts += [(f"{name} length", ">i4"), *_BYTES[name]]
    return np.dtype(parts)


def stated_columns(fixes: Array) -> tuple[str, ...] | None:
    """The columns that every fix states; None when some state a column and others do not."""
    columns = list(COLUMNS)
    for column, name in (("speed_kmh", "speed"), ("direction_deg", "direction")):
        is_silent = fixes[name] == -1
        if is_silent.all():
            columns.remove(column)
        elif is_silent.any():
            return None
    return tuple(columns)


def each_once(fixes: Array, owners: Array) -> tuple[Array, Array]:
    """The fixes in the order of owner and time, the first row of each pair, with their owners."""
    order = np.lexsort((fixes["row"], fixes["time"], owners))
    fixes, owners = fixes[order], owners[order]
    is_first = np.ones(len(fixes), dtype=bool)
    is_first[1:] = (owners[1:] != owners[:-1]) | (fixes["time"][1:] != fixes["time"][:-1])
    return fixes[is_first], owners[is_first]
