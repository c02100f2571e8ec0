"""Fixes into the table of positions, thousands at once: trackers, days, fixes, last positions.

The key of the table, tracker and time, decides what is new: who sends a fix twice, or at once with somebody else, adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray
from psycopg.errors import UniqueViolation

from addresses.selectors.blocks import pseudo_block_ids
from common import clock
from common.geometry import SRID
from common.partitions import ensure_partitions
from events.models import Position
from events.services.live import publish_positions
from events.services.positions_copy import COLUMNS, copy_fixes, each_once, stated_columns
from events.services.tying import tracker_vehicle

Array = NDArray[Any]
_START = datetime(2000, 1, 1, tzinfo=UTC)
_DAY_US = 86_400_000_000


class Plate(NamedTuple):
    """How a source names a vehicle; the type is "" where it is not known."""

    number: str
    type: str


class Trackers:
    """Tracker of each plate of one source. Those that are missing are made when asked for.

    Numbers go by the place of the plate in a list that only grows; 0 where there is no tracker yet.
    """

    def __init__(self, source_id: int) -> None:
        self._source_id = source_id
        self._ids: list[int] = []

    def known(self, plates: Sequence[Plate]) -> Array:
        """Ids of the trackers of the plates; nothing is made."""
        self._ids += self._find(plates[len(self._ids) :])
        return np.array(self._ids, dtype=np.int64)

    def made(self, plates: Sequence[Plate]) -> Array:
        """The same, with those made that are missing; in a transaction of their own, which the caller does not open."""
        new = plates[len(self._ids) :]
        if new:
            found = self._find(new)
            if missing := [plate for plate, tracker_id in zip(new, found, strict=True) if not tracker_id]:
                self._make(missing)
                found = self._find(new)
            self._ids += found
        return np.array(self._ids, dtype=np.int64)

    def _find(self, plates: Sequence[Plate]) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT coalesce(t.id, 0) FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS p (number, type, place)
                   LEFT JOIN events_tracker t ON t.source_id = %s AND t.plate_number = p.number AND t.plate_type = p.type
                   ORDER BY p.place""",
                [[p.number for p in plates], [p.type for p in plates], self._source_id],
            )
            return [tracker_id for (tracker_id,) in cursor.fetchall()]

    def _make(self, plates: Iterable[Plate]) -> None:
        # In order, so that two who make the same ones wait for each other and not in a circle.
        ordered = sorted(plates)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""INSERT INTO events_tracker (source_id, plate_number, plate_type, vehicle_id)
                    SELECT %s, p.plate_number, p.plate_type, {tracker_vehicle("p")}
                    FROM unnest(%s::text[], %s::text[]) AS p (plate_number, plate_type) ON CONFLICT DO NOTHING""",
                [self._source_id, [p.number for p in ordered], [p.type for p in ordered]],
            )


class Days:
    """The parts of the table that hold the days of fixes; made when missing, asked for once each."""

    def __init__(self) -> None:
        self._made: set[int] = set()

    def make(self, fixes: Array) -> None:
        """In transactions of their own, which the caller does not open: making a part locks the table."""
        for number in set(np.unique(fixes["time"] // _DAY_US).tolist()) - self._made:
            day = _START.date() + timedelta(days=number)
            ensure_partitions(Position, day, day)
            self._made.add(number)


def write_fixes(cursor: CursorWrapper, fixes: Array, tracker_ids: Array, *, batch_id: int) -> int:
    """Writes the fixes that are not there, and raises the last positions; returns how many were new.

    Args:
        cursor: inside a transaction.
        fixes: array of FIX; of several about one tracker and time the first row stays.
        tracker_ids: id of the tracker of each plate.
        batch_id: whom the new fixes belong to.
    """
    if not len(fixes):
        return 0
    # In the order of the key: two who write the same fixes wait for each other and not in a circle.
    fixes, trackers = each_once(fixes, tracker_ids[fixes["plate"]])
    created = len(fixes)
    if not (_are_newer(cursor, fixes, trackers) and _copy_new(cursor, fixes, trackers, batch_id)):
        created = _insert_missing(cursor, fixes, trackers, batch_id)
    if created:
        is_newest = np.append(trackers[1:] != trackers[:-1], True)
        _stage(cursor, fixes[is_newest], trackers[is_newest], batch_id)
        write_last_positions(cursor, "TABLE fix", {})
    return created


def _are_newer(cursor: CursorWrapper, fixes: Array, trackers: Array) -> bool:
    """No fix is as old as the last position of its tracker: none of them can be there."""
    is_oldest = np.insert(trackers[1:] != trackers[:-1], 0, True)
    cursor.execute(
        """SELECT NOT EXISTS (SELECT 1 FROM unnest(%s::bigint[], %s::bigint[]) AS f (tracker_id, time)
               JOIN events_lastposition l ON l.tracker_id = f.tracker_id
                AND l.occurred_at >= %s + f.time * interval '1 microsecond')""",
        [trackers[is_oldest].tolist(), fixes["time"][is_oldest].tolist(), _START],
    )
    return bool(cursor.fetchone()[0])


def _copy_new(cursor: CursorWrapper, fixes: Array, trackers: Array, batch_id: int) -> bool:
    """Straight into the table, in half the time; False when somebody else wrote one of them just now."""
    columns = stated_columns(fixes)
    if columns is None:
        return False
    try:
        with transaction.atomic():
            copy_fixes(cursor, Position._meta.db_table, columns, fixes, trackers, batch_id)
    except UniqueViolation:
        return False
    return True


def _insert_missing(cursor: CursorWrapper, fixes: Array, trackers: Array, batch_id: int) -> int:
    _stage(cursor, fixes, trackers, batch_id)
    cursor.execute(
        """INSERT INTO events_position (tracker_id, occurred_at, point, speed_kmh, direction_deg, batch_id)
           SELECT tracker_id, occurred_at, point, nullif(speed_kmh, -1), nullif(direction_deg, -1), batch_id FROM fix
           ON CONFLICT DO NOTHING"""
    )
    return int(cursor.rowcount)


def count_new(cursor: CursorWrapper, fixes: Array, tracker_ids: Array) -> int:
    """How many of the fixes are not there; the same as `write_fixes` would write. The cursor is inside a transaction."""
    if not len(fixes):
        return 0
    known = tracker_ids[fixes["plate"]] > 0
    unknown, fixes = fixes[~known], fixes[known]
    new = len(each_once(unknown, unknown["plate"])[0])
    if not len(fixes):
        return new
    fixes, trackers = each_once(fixes, tracker_ids[fixes["plate"]])
    if _are_newer(cursor, fixes, trackers):
        return new + len(fixes)
    _stage(cursor, fixes, trackers, 0)
    cursor.execute(
        """SELECT count(*) FROM fix f JOIN events_position p ON p.tracker_id = f.tracker_id AND p.occurred_at = f.occurred_at
           WHERE p.occurred_at BETWEEN %s AND %s""",
        [_START + timedelta(microseconds=int(at)) for at in (fixes["time"].min(), fixes["time"].max())],
    )
    return new + len(fixes) - int(cursor.fetchone()[0])


def _stage(cursor: CursorWrapper, fixes: Array, trackers: Array, batch_id: int) -> None:
    """Fills the working table `fix`."""
    cursor.execute("DROP TABLE IF EXISTS fix")
    cursor.execute(
        f"""CREATE TEMP TABLE fix (tracker_id bigint, occurred_at timestamptz, point geometry(Point, {SRID}),
                                   speed_kmh smallint, direction_deg smallint, batch_id bigint) ON COMMIT DROP"""
    )
    copy_fixes(cursor, "fix", COLUMNS, fixes, trackers, batch_id)


# Responsible grid of a point in force on a day; what lies in none belongs to the city.
_BLOCK = """coalesce((SELECT g.id FROM addresses_area g
                      WHERE g.kind = 'GRID' AND ST_Covers(g.geom, n.point) AND g.valid_from <= %(today)s
                        AND (g.valid_to IS NULL OR g.valid_to > %(today)s) ORDER BY g.id LIMIT 1), %(city)s)"""


def write_last_positions(cursor: CursorWrapper, newest: str, parameters: dict[str, Any]) -> None:
    """Raises the last positions to these fixes; only to newer ones. Browsers are told of them when it is committed.

    In the order of trackers, so that two writers never wait for each other in a circle.

    Args:
        cursor: inside a transaction.
        newest: SQL of fixes in the columns of the table of positions, one a tracker.
        parameters: of that SQL.
    """
    today = clock.today()
    cursor.execute(
        f"""INSERT INTO events_lastposition AS l (tracker_id, occurred_at, point, speed_kmh, direction_deg, block_id)
            SELECT n.tracker_id, n.occurred_at, n.point, nullif(n.speed_kmh, -1), nullif(n.direction_deg, -1), {_BLOCK}
            FROM ({newest}) n LEFT JOIN events_lastposition e ON e.tracker_id = n.tracker_id
            WHERE e.occurred_at IS NULL OR n.occurred_at > e.occurred_at
            ORDER BY n.tracker_id
            ON CONFLICT (tracker_id) DO UPDATE SET occurred_at = excluded.occurred_at, point = excluded.point,
                speed_kmh = excluded.speed_kmh, direction_deg = excluded.direction_deg, block_id = excluded.block_id
            WHERE excluded.occurred_at > l.occurred_at
            RETURNING tracker_id, occurred_at, ST_X(point), ST_Y(point), speed_kmh, direction_deg, block_id""",
        {"today": today, "city": pseudo_block_ids(today)[1], **parameters},
    )
    raised = cursor.fetchall()
    transaction.on_commit(lambda: publish_positions(raised))
