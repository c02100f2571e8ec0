"""New positions on their way to browsers. What is published names no plate; without Redis the map asks every few seconds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from common import clock
from common.errors import Unavailable
from common.live import Channel
from events.selectors.live import GONE_AFTER

# Tracker, moment, lon and lat in degrees, km/h, degrees from north, block.
Fix = tuple[int, datetime, float, float, int | None, int | None, int]


class LiveUnavailable(Unavailable):
    """There is no stream now; positions can be asked for instead."""

    def __init__(self) -> None:
        super().__init__("LIVE_UNAVAILABLE", "实时通道暂不可用，地图改为每 10 秒更新一次。")


def _rows_in(rows: list[list[Any]], blocks: frozenset[int] | None) -> bytes:
    """The positions in these blocks (None = in all), without the block."""
    seen = [row[:-1] for row in rows if blocks is None or row[-1] in blocks]
    return orjson.dumps(seen) if seen else b""


POSITIONS: Channel[frozenset[int] | None] = Channel("positions", pick=_rows_in, refusal=LiveUnavailable)


def publish_positions(fixes: Iterable[Fix]) -> None:
    """Tells the web processes where vehicles are now; fixes too old for the map are left out."""
    since = clock.now() - GONE_AFTER
    rows = [
        [tracker, at.timestamp(), round(lon, 6), round(lat, 6), speed, direction, block]
        for tracker, at, lon, lat, speed, direction, block in fixes
        if at > since
    ]
    if rows:
        POSITIONS.publish(rows)
