"""Files of events in memory, and their way through the landing zone."""

from __future__ import annotations

from typing import Any

from exchange.models import LandingBatch
from tests.factories.claims import on_day
from tests.factories.files import bring_in, csv_file

SOURCES = {
    "ACCIDENT": "TMRI_ACCIDENT", "PARTY": "TMRI_ACCIDENT", "VIOLATION": "TMRI_VIOLATION", "INCIDENT": "COMMAND_CENTRE",
    "CAPTURE": "CHECKPOINT",
}  # fmt: skip


def event_file(*rows: dict[str, str]) -> bytes:
    """A CSV whose columns are those that any of the rows has."""
    headers = list(dict.fromkeys(name for row in rows for name in row))
    return csv_file([headers, *([row.get(name, "") for name in headers] for row in rows)])


def land(kind: str, *rows: dict[str, str], day: int = 200, **options: Any) -> LandingBatch:
    """Brings rows in as a file of the kind's usual source, with data of that day."""
    options.setdefault("source", SOURCES[kind])
    return bring_in(event_file(*rows), kind=kind, observed_at=on_day(day), **options)
