"""`positions`: fixes of vehicles from CSV files to committed rows with trackers and last positions, against bare COPY.

Ours receives each file, previews it, and imports it. The peer copies the very rows that came of it, as text, into a table
with the same parts and indexes. Then a track and the newest fixes are read.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.db import connection

from accounts.models import User
from bench.claims import copy_file
from bench.database import application_connection, run_as_owner
from bench.ground import load_ground
from bench.importing import import_bytes
from bench.report import Result
from bench.timing import Laps, percentile, seconds
from common import clock
from common.scope import Right, Scope
from common.statistics import refresh_statistics
from elements.models import ElementKey, Source
from elements.services.claims import StagedClaim, submit_claims
from events.models import LastPosition
from events.selectors.tracks import track_of
from exchange.models import LandingBatch

DEFAULT_ROWS = 1_000_000
DEFAULT_REPEATS = 3
_PEER_TABLE = "bench_position_copy"
_COLUMNS = "tracker_id, occurred_at, point, speed_kmh, direction_deg, batch_id"
_VEHICLES, _STEP_S = 2_000, 10
# A file of this many rows is some 70 MB, within what the import takes.
_ROWS_OF_A_FILE = 1_000_000
_BEIJING = timedelta(hours=8)
_DAYS = 60


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Runs both sides in turn; every repeat has days that neither has seen."""
    load_ground(0, tell)
    first_day = (clock.now() - timedelta(days=_DAYS)).date()
    _make_peer_table(first_day)
    laps = Laps()
    taken = 0
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(repeats):
            start = datetime.combine(first_day, datetime.min.time(), UTC) + timedelta(days=repeat * (_DAYS // repeats))
            for number, count in enumerate(_file_sizes(rows)):
                tell(f"repeat {repeat + 1}, file {number + 1}: {count:,} rows, ours, then COPY")
                fixes = _fixes(start, number * _ROWS_OF_A_FILE, count)
                batch = _import_ours(fixes, laps)
                taken += count
                if batch.counts["created"] != count:
                    raise RuntimeError(f"expected {count:,} new rows, got {batch.counts}")
                path = Path(folder) / "positions.txt"
                _write_rows(path, batch.claim_batch_id)
                laps.run("copy", lambda: copy_file(path, _PEER_TABLE, _COLUMNS))  # noqa: B023
    tell("the last file again, then reading")
    again = Laps()
    _import_ours(fixes, again)
    refresh_statistics("events_position")
    return _result(taken, repeats, laps, count / again.median("apply"), _reading(start))


def _file_sizes(rows: int) -> list[int]:
    full, rest = divmod(rows, _ROWS_OF_A_FILE)
    return [_ROWS_OF_A_FILE] * full + [rest] * bool(rest)


def _fixes(start: datetime, first: int, count: int) -> bytes:
    """A file as the supervision of key vehicles writes it: all vehicles, then all again ten seconds later."""
    stream = io.StringIO()
    stream.write("plate,plate_colour,lon,lat,speed_kmh,direction,time\r\n")
    for number in range(first, first + count):
        step, vehicle = divmod(number, _VEHICLES)
        at = start + _BEIJING + timedelta(seconds=step * _STEP_S)
        stream.write(
            f"鲁F{vehicle + 1:05d},2,{119.86 + (vehicle * 37 + step) % 1000 / 8000:.6f},"
            f"{37.16 + (vehicle * 91 + step * 3) % 1000 / 50000:.6f},{(vehicle + step) % 90},{step * 7 % 360},{at:%Y-%m-%d %H:%M:%S}\r\n"
        )
    return stream.getvalue().encode()


def _import_ours(data: bytes, laps: Laps) -> LandingBatch:
    return import_bytes(data, name="positions.csv", source="TRANSPORT", kind="POSITION", laps=laps)


def _make_peer_table(first: date) -> None:
    """The table of positions once more: same parts, same indexes."""
    days = [first + timedelta(days=number) for number in range(_DAYS + 3)]
    run_as_owner(
        [
            f"CREATE TABLE {_PEER_TABLE} (LIKE events_position INCLUDING ALL) PARTITION BY RANGE (occurred_at)",
            *(
                f"CREATE TABLE {_PEER_TABLE}_{day:%Y%m%d} PARTITION OF {_PEER_TABLE} "
                f"FOR VALUES FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
                for day in days
            ),
        ]
    )


def _write_rows(path: Path, batch_id: int | None) -> None:
    """The rows that our import made, in the order in which they came."""
    query = f"SELECT {_COLUMNS} FROM events_position WHERE batch_id = {batch_id} ORDER BY occurred_at, tracker_id"
    with (
        application_connection() as plain,
        path.open("wb") as stream,
        plain.cursor().copy(f"COPY ({query}) TO STDOUT") as copy,
    ):
        for chunk in copy:
            stream.write(chunk)


def _reading(start: datetime) -> dict[str, float]:
    """Tracks of some vehicles over a day, and the newest fixes of a screen of the map."""
    source = Source.objects.get(code="TMRI_VEHICLE")
    now = clock.now()
    plates = [f"鲁F{number:05d}" for number in range(1, 51)]
    claims = (
        StagedClaim(number, now, {"vin": f"LNEW{number:013d}", "plate_number": plate, "plate_type": "01"})
        for number, plate in enumerate(plates, start=1)
    )
    submit_claims(source=source, kind_code="VEHICLE", claims=list(claims), actor=None, now=now)
    user = _reader()
    vehicles = list(ElementKey.objects.filter(value__startswith="01:鲁F").values_list("element_id", flat=True))
    tracks, fixes = [], 0
    for vehicle_id in vehicles:
        found = []
        tracks.append(
            seconds(lambda: found.append(track_of(vehicle_id, user, start, start + timedelta(days=1))))  # noqa: B023
        )
        fixes += found[0].fix_count
    box = "SRID=4326;POLYGON((119.9 37.16, 119.94 37.16, 119.94 37.18, 119.9 37.18, 119.9 37.16))"
    screens = [
        seconds(lambda: list(LastPosition.objects.visible_to(user).filter(point__within=box))) for _ in range(50)
    ]
    return {
        "track_p50_ms": percentile(tracks, 0.5) * 1_000,
        "track_fixes": fixes / len(vehicles),
        "last_positions_p50_ms": percentile(screens, 0.5) * 1_000,
    }


def _reader() -> User:
    user = User(pk=0, username="bench")
    user.scope = Scope(True, (), frozenset({Right.READ, Right.READ_NAMES}), frozenset(), 1)  # type: ignore[misc]
    return user


def _result(taken: int, repeats: int, laps: Laps, again_per_s: float, reading: dict[str, float]) -> Result:
    imports, copies = laps.total("apply"), laps.total("copy")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_position")
        (stored,) = cursor.fetchone()
        cursor.execute(
            f"""SELECT count(*) FROM ((TABLE events_position EXCEPT TABLE {_PEER_TABLE})
                UNION ALL (TABLE {_PEER_TABLE} EXCEPT TABLE events_position)) d"""
        )
        (different,) = cursor.fetchone()
        cursor.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'events_position'::regclass"
        )
        (size,) = cursor.fetchone()
    return Result(
        "positions",
        {
            "rows": taken,
            "repeats": repeats,
            "rows_per_s": taken / imports,
            "copy_rows_per_s": taken / copies,
            "ratio_to_copy": copies / imports,
            "ratio_with_preview": copies / (imports + laps.total("receive") + laps.total("plan")),
            "unchanged_rows_per_s": again_per_s,
            "rows_not_stored": taken - stored,
            "rows_different_from_copy": different,
            "bytes_per_row": float(size) / stored,
            **reading,
        },
        notes=[
            "ours: the import of CSV files, from reading the file to the last commit, trackers and last positions made",
            "with preview: receiving and storing the file, the dry run and the import",
            "peer: COPY of the same rows as text into a table with the same parts and indexes; ratio_to_copy = its time / ours",
        ],
    )
