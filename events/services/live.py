"""New positions on their way to browsers: published on Redis by who writes them, handed out by one hub a web process.

What is published names no plate. Nothing depends on it: without Redis the map asks for positions every few seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import orjson
import structlog
from django.conf import settings
from redis import Redis, RedisError
from redis.asyncio import Redis as AsyncRedis

from common import clock
from common.errors import DomainError
from events.selectors.live import GONE_AFTER

logger = structlog.get_logger(__name__)

# Tracker, moment, lon and lat in degrees, km/h, degrees from north, block.
Fix = tuple[int, datetime, float, float, int | None, int | None, int]
# What browsers cost was measured with 2,000 of them: 115 KB each.
MAX_LISTENERS = 2_000
# Who is so many messages behind is let go, and begins again with a fresh look.
MAX_WAITING = 100
HEARTBEAT_S, CHECK_S, LIFETIME_S = 15.0, 30.0, 600.0
_CONNECT_S = 2.0


class LiveUnavailable(DomainError):
    """There is no stream now; positions can be asked for instead."""

    status = 503

    def __init__(self) -> None:
        super().__init__("LIVE_UNAVAILABLE", "实时通道暂不可用，地图改为每 10 秒更新一次。")


def _channel() -> str:
    """Channels know no database numbers: the number stands in the name."""
    return f"positions-{settings.REDIS_URL.rpartition('/')[2]}"


def publish_positions(fixes: Iterable[Fix]) -> None:
    """Tells the web processes where vehicles are now, in one message; fixes too old for the map are left out."""
    since = clock.now() - GONE_AFTER
    rows = [
        [tracker, at.timestamp(), round(lon, 6), round(lat, 6), speed, direction, block]
        for tracker, at, lon, lat, speed, direction, block in fixes
        if at > since
    ]
    if not rows:
        return
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=_CONNECT_S, socket_timeout=_CONNECT_S) as client:
            client.publish(_channel(), orjson.dumps(rows))
    except RedisError:
        logger.warning("positions_not_published", count=len(rows))


class Listener:
    """One browser: the blocks that it may see (None = all) and the messages that wait for it (None = no more will come)."""

    def __init__(self, blocks: frozenset[int] | None) -> None:
        self.blocks = blocks
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, message: bytes) -> None:
        self.waiting.put_nowait(message if self.waiting.qsize() < MAX_WAITING else None)


class Hub:
    """One subscription for all browsers of a process; it lasts as long as somebody listens.

    Listeners are held weakly: one whose browser went away before it began to listen is forgotten by itself.
    """

    def __init__(self) -> None:
        self._listeners: WeakSet[Listener] = WeakSet()
        self._joining = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    async def join(self, blocks: frozenset[int] | None) -> Listener:
        """A listener for the positions in these blocks; None = in all.

        Raises:
            LiveUnavailable: Redis does not answer, or too many are listening.
        """
        async with self._joining:
            if len(self._listeners) >= MAX_LISTENERS:
                raise LiveUnavailable
            listener = Listener(blocks)
            self._listeners.add(listener)
            if self._reader is None:
                try:
                    await self._subscribe()
                except (RedisError, OSError) as error:
                    raise LiveUnavailable from error
        return listener

    def leave(self, listener: Listener) -> None:
        """Nothing more for this one; who left already may leave again."""
        self._listeners.discard(listener)

    async def _subscribe(self) -> None:
        client = AsyncRedis.from_url(settings.REDIS_URL, socket_connect_timeout=_CONNECT_S)
        subscription = client.pubsub(ignore_subscribe_messages=True)
        try:
            await subscription.subscribe(_channel())
        except BaseException:
            await client.aclose()
            raise
        self._reader = asyncio.create_task(self._read(client, subscription))

    async def _read(self, client: AsyncRedis, subscription: Any) -> None:
        try:
            while self._listeners:
                message = await subscription.get_message(timeout=HEARTBEAT_S)
                if message is not None:
                    self._deliver(orjson.loads(message["data"]))
        except (RedisError, OSError):
            logger.warning("positions_not_received", listeners=len(self._listeners))
        finally:
            # Before anything is awaited: who joins from here on subscribes anew.
            self._reader = None
            for listener in list(self._listeners):
                listener.waiting.put_nowait(None)
            self._listeners.clear()
            await subscription.aclose()
            await client.aclose()

    def _deliver(self, rows: list[list[Any]]) -> None:
        """To each listener what lies in its blocks; written once for all that see the same."""
        written: dict[frozenset[int] | None, bytes] = {}
        for listener in list(self._listeners):
            blocks = listener.blocks
            if blocks not in written:
                seen = [row[:-1] for row in rows if blocks is None or row[-1] in blocks]
                written[blocks] = orjson.dumps(seen) if seen else b""
            if written[blocks]:
                listener.put(written[blocks])


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: of the process, since a web process has one."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


async def messages(
    listener: Listener,
    *,
    still_holds: Callable[[], Awaitable[bool]],
    heartbeat_s: float = HEARTBEAT_S,
    check_s: float = CHECK_S,
    lifetime_s: float = LIFETIME_S,
) -> AsyncIterator[bytes | None]:
    """What a listener gets, `None` for a sign of life; ends when its rights end, its time is over, or Redis is gone.

    Args:
        listener: that has joined.
        still_holds: whether the rights that it joined with are still those of its user.
        heartbeat_s: seconds of silence after which a sign of life is given.
        check_s: seconds between two questions whether the rights still hold.
        lifetime_s: seconds after which it must begin again.
    """
    now = asyncio.get_running_loop().time
    end, check_at, spoken_at = now() + lifetime_s, now() + check_s, now()
    while now() < end:
        if now() >= check_at:
            if not await still_holds():
                return
            check_at = now() + check_s
        wait = max(0.0, min(spoken_at + heartbeat_s, check_at, end) - now())
        try:
            message = await asyncio.wait_for(listener.waiting.get(), wait)
        except TimeoutError:
            if now() < spoken_at + heartbeat_s:
                continue
            message = b""
        if message is None:
            return
        spoken_at = now()
        yield message or None
