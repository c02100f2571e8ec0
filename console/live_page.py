"""What the live layer of the map sends to browsers: rows, the card, the stream of events, whether a stream may go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.streams import stream_events
from common.live import Listener
from common.scope import Scope
from console.selectors.map import parse_box, read_query
from events.selectors.live import STALE_AFTER, LiveVehicle, live_vehicle, live_vehicles
from events.services.live import POSITIONS


def channel_name(user: Any) -> str:
    """What the tabs of a browser call their common stream: tabs of another reader, or of other rights, have their own."""
    return f"live-vehicles-{user.pk}-{user.auth_version}"


def vehicle_rows(data: QueryDict, user: Any, now: datetime) -> dict[str, Any]:
    """The vehicles of the scope inside `bbox` and `area` as JSON.

    Raises:
        NotAllowed: the user may not read.
        DomainError: a box or an area that cannot be.
    """
    blocks = read_query(data, user).blocks
    box = parse_box(text) if (text := data.get("bbox", "")) else None
    found, is_more = live_vehicles(user, box=box, blocks=blocks, now=now)
    return {"rows": [_row(one, now) for one in found], "more_than": is_more, "as_of": now.timestamp()}


def _row(one: LiveVehicle, now: datetime) -> dict[str, Any]:
    return {
        "id": one.tracker_id, "at": one.occurred_at.timestamp(), "age_s": max(0, int((now - one.occurred_at).total_seconds())),
        "lon": one.lon, "lat": one.lat, "speed": one.speed_kmh, "direction": one.direction_deg, "plate": one.plate,
        "vehicle": one.vehicle_id, "source": one.source,
    }  # fmt: skip


def card_context(tracker_id: int, user: Any, now: datetime) -> dict[str, Any]:
    """One vehicle for the drawer of the map.

    Raises:
        NotVisible: there is none, or it is outside the scope.
    """
    one, block = live_vehicle(tracker_id, user, now)
    age = now - one.occurred_at
    unknown = _("来源没有给出")
    speed = unknown if one.speed_kmh is None else _("%(speed)s 千米/时") % {"speed": one.speed_kmh}
    course = unknown if one.direction_deg is None else _("正北起顺时针 %(degrees)s°") % {"degrees": one.direction_deg}
    fields = [
        {"label": _("定位时间"), "value": f"{timezone.localtime(one.occurred_at):%Y-%m-%d %H:%M:%S}"},
        {"label": _("速度"), "value": speed},
        {"label": _("方向"), "value": course},
        {"label": _("责任块"), "value": block},
        {"label": _("来源"), "value": one.source},
    ]
    return {"live": one, "age": _age(int(age.total_seconds())), "is_stale": age > STALE_AFTER, "fields": fields}


def _age(seconds: int) -> str:
    minutes = max(0, seconds) // 60
    if minutes < 1:
        return _("刚刚")
    if minutes < 60:
        return _("%(count)s 分钟前") % {"count": minutes}
    return _("%(count)s 小时前") % {"count": minutes // 60}


def blocks_of(scope: Scope) -> frozenset[int] | None:
    """Blocks that a reader's stream tells of; None = all."""
    return None if scope.all_blocks else frozenset(scope.block_ids)


def vehicle_events(
    listener: Listener[frozenset[int] | None], user: User, session: SessionBase, **spans: float
) -> AsyncIterator[bytes]:
    """The stream of a reader that has joined; `spans` as in `common.live.messages`."""
    return stream_events(POSITIONS, listener, user, session, event="positions", **spans)
