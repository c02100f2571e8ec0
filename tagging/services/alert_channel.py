"""Alerts on their way to browsers: what is published is whom it concerns and the id of the alert, no text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from common.errors import Unavailable
from common.live import Channel


class StreamUnavailable(Unavailable):
    """There is no stream now; the database can be asked instead."""

    def __init__(self) -> None:
        super().__init__("ALERT_STREAM_UNAVAILABLE", "预警实时通道暂不可用，改为每 30 秒查收一次。")


def _ids_for(by_user: dict[str, list[int]], user_id: int) -> bytes:
    ids = by_user.get(str(user_id))
    return orjson.dumps(ids) if ids else b""


ALERTS: Channel[int] = Channel("alerts", pick=_ids_for, refusal=StreamUnavailable)
# The same messages for a screen that nobody is told by name: it hears that there is something, and asks what it may see.
ANY_ALERT: Channel[None] = Channel("alerts", pick=lambda _by_user, _key: b"[]", refusal=StreamUnavailable)


def publish(told: Mapping[int, Sequence[int]]) -> None:
    """Tells the web processes that something about these alerts is new for these users.

    Args:
        told: alert → users.
    """
    by_user: dict[str, list[int]] = {}
    for alert_id, users in told.items():
        for user_id in users:
            by_user.setdefault(str(user_id), []).append(alert_id)
    if by_user:
        ALERTS.publish(by_user)
