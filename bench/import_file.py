"""`import`: vehicles from a CSV file to folded elements with addresses, against a plain table by django-import-export.

Ours lands every row encrypted, resolves addresses, writes claims, keys, elements, addresses, map, history and change
rows. The peer fills one table. Then both read the same file again, where nothing has changed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db import connection

from bench.database import run_as_owner
from bench.ground import load_ground
from bench.importing import import_bytes
from bench.peers import plain_table
from bench.report import Result
from bench.timing import Laps
from bench.vehicles import FIELDS, as_csv, vehicle_rows
from common import clock

DEFAULT_ROWS = 100_000
# One pair takes about two minutes at 100,000 rows.
DEFAULT_REPEATS = 1
# A registry row serves about five vehicles, so that most addresses of a file are new to the platform.
_VEHICLES_PER_ADDRESS = 5
_NEW, _AGAIN = "new", "again"


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Runs both sides in turn; every repeat has vehicles and addresses that neither has seen."""
    addresses = load_ground(max(2_000, rows * repeats // _VEHICLES_PER_ADDRESS), tell)
    run_as_owner(plain_table.create_statements())
    share = len(addresses) // repeats
    laps = Laps()
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(repeats):
            own = addresses[repeat * share : (repeat + 1) * share]
            path = Path(folder) / f"vehicles-{repeat}.csv"
            path.write_bytes(as_csv(vehicle_rows(repeat * rows, rows, own)))
            for round_name in (_NEW, _AGAIN):
                tell(f"repeat {repeat + 1}, {round_name}: ours, then the peer")
                laps.run(f"ours {round_name}", lambda: counts.update(_import_ours(path)))  # noqa: B023
                _expect(counts, "created" if round_name == _NEW else "unchanged", rows)
                laps.run(f"peer {round_name}", lambda: _import_peer(path, plain_table.PlainVehicleResource))  # noqa: B023
            laps.run("cached again", lambda: _import_peer(path, plain_table.CachedPlainVehicleResource))  # noqa: B023
    return _result(rows, repeats, laps)


def _import_ours(path: Path) -> dict[str, int]:
    """Vehicles said a minute ago, by the import page's way."""
    said = clock.now() - timedelta(minutes=1)
    return import_bytes(
        path.read_bytes(), name=path.name, source="TMRI_VEHICLE", kind="VEHICLE", laps=Laps(), said_at=said
    ).counts


def _import_peer(path: Path, resource: type[plain_table.PlainVehicleResource]) -> None:
    plain_table.import_file(path.read_bytes(), resource)


def _expect(counts: dict[str, int], outcome: str, rows: int) -> None:
    if counts[outcome] != rows:
        raise RuntimeError(f"expected {rows:,} rows {outcome}, got {counts}")


def _result(rows: int, repeats: int, laps: Laps) -> Result:
    ours, peer = laps.median(f"ours {_NEW}"), laps.median(f"peer {_NEW}")
    ours_again, peer_again = laps.median(f"ours {_AGAIN}"), laps.median(f"peer {_AGAIN}")
    return Result(
        "import",
        {
            "rows": rows,
            "repeats": repeats,
            "rows_per_s": rows / ours,
            "peer_rows_per_s": rows / peer,
            "ratio_to_import_export": peer / ours,
            "unchanged_rows_per_s": rows / ours_again,
            "peer_unchanged_rows_per_s": rows / peer_again,
            "ratio_unchanged": peer_again / ours_again,
            "ratio_unchanged_to_cached_loader": laps.median("cached again") / ours_again,
            "elements_placed_share": _placed_share(),
            "rows_different_from_peer": _different_rows(),
        },
        notes=[
            "ours: receive + plan + apply of one CSV file, landed encrypted, addresses resolved, history and change rows on",
            "peer: django-import-export with use_bulk and skip_unchanged into one table with a unique VIN",
        ],
    )


def _placed_share() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT avg((place_quality = 'ADDRESS')::int)::float FROM elements_element")
        return cursor.fetchone()[0]


def _different_rows() -> int:
    """Vehicles of one side that the other does not have with equal values; the peer stores "" where ours is NULL."""
    columns = ", ".join(f"nullif({name}::text, '')" for name in FIELDS)
    ours, peer = (
        f"SELECT {columns} FROM elements_vehicle",
        f"SELECT {columns} FROM {plain_table.PlainVehicle._meta.db_table}",
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (({ours} EXCEPT {peer}) UNION ALL ({peer} EXCEPT {ours})) d")
        return cursor.fetchone()[0]
