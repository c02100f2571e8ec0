"""What the live layer of the map sends to browsers: rows, the card, the stream of events, whether a stream may go on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import SessionBase
from django.db import connections
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.scope import Scope
from console.selectors.map import parse_box, read_query
from events.selectors.live import STALE_AFTER, LiveVehicle, live_vehicle, live_vehicles
from events.services.live import Listener, hub, messages

# After a broken connection the browser tries again so many milliseconds later.
_RETRY_MS = 3_000


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


async def vehicle_events(listener: Listener, user: User, session: SessionBase, **spans: float) -> AsyncIterator[bytes]:
    """The stream as `text/event-stream`; between two questions about the rights no database connection is held.

    Args:
        listener: that has joined; it leaves at the end.
        user: the reader, with the version of the rights that it joined with.
        session: of the reader.
        spans: of `messages`, in seconds, where they are not the usual ones.
    """
    await _outside_database(lambda: None)()
    holds = _outside_database(lambda: _still_holds(user, session))
    try:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        async for message in messages(listener, still_holds=holds, **spans):
            yield b"event: positions\ndata: " + message + b"\n\n" if message else b":\n\n"
    finally:
        hub().leave(listener)


def _still_holds(user: User, session: SessionBase) -> bool:
    """The reader is still signed in, with the rights that the stream began with."""
    same = User.objects.filter(pk=user.pk, is_active=True, auth_version=user.auth_version)
    return same.exists() and session.exists(session.session_key or "")


def _outside_database(ask: Callable[[], Any]) -> Any:
    """A question on the request's own thread that gives its connection back."""

    def asked() -> Any:
        try:
            return ask()
        finally:
            connections.close_all()

    return sync_to_async(asked, thread_sensitive=True)
