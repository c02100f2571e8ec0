"""`event`: what one violation sets off in the rules that come with the platform: statements and milliseconds. Reported only.

`--rows` vehicles; then one violation after another is imported, each by another vehicle, and the rules are asked about it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.ground import load_ground
from bench.importing import import_bytes
from bench.landing import violation_file
from bench.report import Result
from bench.timing import Laps, percentile, seconds
from bench.vehicles import as_csv, vehicle_rows
from common import clock
from common.changes import start_reader
from common.statistics import refresh_statistics
from tagging.models import Assignment, Rule
from tagging.services import running
from tagging.services.shipping import load_shipped

DEFAULT_ROWS = 20_000
DEFAULT_REPEATS = 20


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Imports the vehicles, tags what the rules find, then takes event after event."""
    addresses = load_ground(2_000, tell)
    tell(f"vehicles: {rows:,}")
    import_bytes(
        as_csv(vehicle_rows(0, rows, addresses)), name="vehicles.csv", source="TMRI_VEHICLE", kind="VEHICLE", laps=Laps(),
        said_at=clock.now() - timedelta(minutes=1),
    )  # fmt: skip
    load_shipped(now=clock.now())
    start_reader(running.READER, from_the_first=True)
    tell("the rules are asked about everything there is")
    while running.run_changes(now=clock.now()) is not None:
        pass
    refresh_statistics("tagging_assignment")
    taken, statements = [], []
    for number in range(repeats):
        import_bytes(
            violation_file(number, 1, addresses), name=f"violation-{number}.csv", source="TMRI_VIOLATION", kind="VIOLATION", laps=Laps(),
        )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            taken.append(seconds(lambda: running.run_changes(now=clock.now())))
        statements.append(len(queries))
    return Result(
        "event",
        {
            "rules": Rule.objects.filter(published__isnull=False).count(), "elements": rows,
            "tags": Assignment.objects.standing().count(), "queries": percentile(statements, 0.5),
            "event_p50_ms": percentile(taken, 0.5) * 1_000, "event_p95_ms": percentile(taken, 0.95) * 1_000,
        },
    )  # fmt: skip
