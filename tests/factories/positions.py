"""Files of positions as the supervision of key vehicles writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from common import clock
from exchange.models import LandingBatch
from tests.factories.files import bring_in, csv_file, receive
from tests.factories.numbers import plate
from tests.factories.places import point_in

HEADERS = ["plate", "plate_colour", "lon", "lat", "speed_kmh", "direction", "time"]


def yesterday() -> datetime:
    """Eight in the morning of yesterday in Laizhou."""
    day = timezone.localtime(clock.now()) - timedelta(days=1)
    return day.replace(hour=8, minute=0, second=0, microsecond=0)


def beijing(moment: datetime) -> str:
    """As the file writes it: by the clock of Laizhou."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"


def fix(
    vehicle: int, moment: datetime, *, grid: int = 0, east: float = 0.5, north: float = 0.5, **cells: str
) -> list[str]:
    """A row: where vehicle number `vehicle` was, inside a grid by shares of its side."""
    lon, lat = point_in(grid, east, north)
    values = {
        "plate": plate(vehicle), "plate_colour": "2", "lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "speed_kmh": "60",
        "direction": "90", "time": beijing(moment),
    } | cells  # fmt: skip
    return [values[header] for header in HEADERS]


def position_file(rows: Iterable[list[str]]) -> bytes:
    """The file."""
    return csv_file([HEADERS, *rows])


def received(rows: Iterable[list[str]], *, datum: str = "WGS84", source: str = "TRANSPORT") -> LandingBatch:
    """Up to its mapping."""
    return receive(
        position_file(rows), kind="POSITION", source=source, name="定位.csv", observed_at=clock.now(), datum=datum
    )


def land_positions(rows: Iterable[list[str]], *, datum: str = "WGS84", source: str = "TRANSPORT") -> LandingBatch:
    """Received, previewed and imported."""
    return bring_in(
        position_file(rows), kind="POSITION", source=source, name="定位.csv", observed_at=clock.now(), datum=datum
    )
