"""Where vehicles are now: the newest fix of each tracker inside the reader's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import QuerySet

from addresses.models import Area
from common.errors import NotVisible
from common.masking import mask_plate
from common.scope import Actor
from elements.models import Element
from elements.selectors.masking import may_read_names
from events.models import LastPosition

# At most so many are drawn at once, the newest.
LIMIT = 5_000
# Without a newer fix a vehicle is grey after the first and gone after the second.
STALE_AFTER, GONE_AFTER = timedelta(minutes=30), timedelta(hours=24)
_PATHS = (
    "tracker_id", "occurred_at", "point", "speed_kmh", "direction_deg", "tracker__plate_number", "tracker__vehicle_id",
    "tracker__source__name", "block_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveVehicle:
    """One vehicle on the map; lon and lat in degrees of WGS84.

    `plate` is masked for who may not read plates; `vehicle_id` is None where there is no element that the reader may open.
    """

    tracker_id: int
    occurred_at: datetime
    lon: float
    lat: float
    speed_kmh: int | None
    direction_deg: int | None
    plate: str
    vehicle_id: int | None
    source: str
    block_id: int


def live_vehicles(
    user: Actor, *, box: Polygon | None, blocks: Sequence[int] | None, now: datetime
) -> tuple[list[LiveVehicle], bool]:
    """The vehicles of the scope, newest first, and whether there are more than the limit: two queries.

    Args:
        user: the reader.
        box: only in this box of degrees; None = everywhere.
        blocks: only in these blocks; None = in every one of the scope.
        now: what the age is measured from.
    """
    found = _shown(user, now)
    if box is not None:
        found = found.filter(point__bboverlaps=box)
    if blocks is not None:
        found = found.filter(block_id__any=blocks)
    rows = list(found.order_by("-occurred_at", "-pk").values_list(*_PATHS)[: LIMIT + 1])
    return _as_seen(rows[:LIMIT], user), len(rows) > LIMIT


def live_vehicle(tracker_id: int, user: Actor, now: datetime) -> tuple[LiveVehicle, str]:
    """One vehicle and the name of the block that it is in: three queries.

    Raises:
        NotVisible: there is none, it is outside the scope, or its fix is too old to be shown.
    """
    rows = list(_shown(user, now).filter(pk=tracker_id).values_list(*_PATHS))
    if not rows:
        raise NotVisible
    one = _as_seen(rows, user)[0]
    return one, Area.objects.values_list("name", flat=True).get(pk=one.block_id)


def _shown(user: Actor, now: datetime) -> QuerySet[LastPosition]:
    return LastPosition.objects.visible_to(user).filter(occurred_at__gt=now - GONE_AFTER)


def _as_seen(rows: list[tuple[Any, ...]], user: Actor) -> list[LiveVehicle]:
    in_full = may_read_names(user)
    named = {vehicle_id for *_head, vehicle_id, _source, _block in rows if vehicle_id}
    seen = set(Element.objects.visible_to(user).filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    return [
        LiveVehicle(
            tracker_id, at, round(point.x, 6), round(point.y, 6), speed, direction, plate if in_full else mask_plate(plate),
            vehicle_id if vehicle_id in seen else None, source, block_id,
        )
        for tracker_id, at, point, speed, direction, plate, vehicle_id, source, block_id in rows
    ]  # fmt: skip
