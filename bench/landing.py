"""`landing`: rows of two files from received to folded: vehicles into elements, their violations into events. No peer: reported only.

Each file is received and kept, planned (read, sealed, placed, compared) and applied, as the import page does it; each stage is
timed by itself. A violation finds its vehicle by plate and its place by the address engine.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import timedelta

from bench.ground import load_ground
from bench.importing import import_bytes
from bench.report import Result
from bench.timing import Laps
from bench.vehicles import as_csv, plate_of, vehicle_rows
from common import clock
from events.models import Violation

DEFAULT_ROWS = 50_000
DEFAULT_REPEATS = 1
_HEADERS = ("XH", "WFSJ", "WFXW", "WFDZ", "HPHM", "HPZL", "CLFS", "CLSJ", "FKJE", "WFJFS", "JKBJ")
_CODES = ("1039", "1344", "1352", "1208")
_STAGES = ("receive", "plan", "apply")
# About so many vehicles and violations share an address.
_ROWS_PER_ADDRESS = 5


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Every repeat has vehicles and violations that are new."""
    addresses = load_ground(max(2_000, rows // _ROWS_PER_ADDRESS), tell)
    vehicles, violations = Laps(), Laps()
    for repeat in range(repeats):
        first = repeat * rows
        tell(f"repeat {repeat + 1}: {rows:,} vehicles, then as many violations")
        said = clock.now() - timedelta(minutes=1)
        taken = import_bytes(
            as_csv(vehicle_rows(first, rows, addresses)), name="vehicles.csv", source="TMRI_VEHICLE", kind="VEHICLE",
            laps=vehicles, said_at=said,
        )  # fmt: skip
        _expect_new(taken.counts, rows)
        taken = import_bytes(
            violation_file(first, rows, addresses), name="violations.csv", source="TMRI_VIOLATION", kind="VIOLATION",
            laps=violations,
        )  # fmt: skip
        _expect_new(taken.counts, rows)
    tied = Violation.objects.filter(vehicle_id__isnull=False).count()
    placed = Violation.objects.filter(point__isnull=False).count()
    return Result(
        "landing",
        {
            "rows": rows,
            "repeats": repeats,
            **_figures("vehicle", rows, vehicles),
            **_figures("violation", rows, violations),
            "violations_tied_share": tied / (rows * repeats),
            "violations_placed_share": placed / (rows * repeats),
        },
        notes=[
            "received to folded: kept encrypted, read, sealed, placed, compared, written with history and change rows"
        ],
    )


def violation_file(first: int, count: int, addresses: Sequence[str]) -> bytes:
    """A CSV file of violations of the vehicles number `first` and on, over the last two months."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(_HEADERS)
    day = clock.now() - timedelta(days=60)
    for number in range(first, first + count):
        at = day + timedelta(minutes=number * 7 % 80_000)
        writer.writerow(
            (
                f"3706830{number:09d}", f"{at:%Y-%m-%d %H:%M:%S}", _CODES[number % len(_CODES)],
                addresses[number * 17 % len(addresses)], plate_of(number), "02", "2", f"{at + timedelta(hours=1):%Y-%m-%d %H:%M}",
                str(50 * (number % 4)), "0", "1",
            )
        )  # fmt: skip
    return stream.getvalue().encode()


def _figures(name: str, rows: int, laps: Laps) -> dict[str, float]:
    whole = sum(laps.median(stage) for stage in _STAGES)
    shares = {f"{name}_{stage}_share": laps.median(stage) / whole for stage in _STAGES}
    return {f"{name}_rows_per_s": rows / whole, **shares}


def _expect_new(counts: dict[str, int], rows: int) -> None:
    if counts["created"] != rows:
        raise RuntimeError(f"expected {rows:,} new rows, got {counts}")
