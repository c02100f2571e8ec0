"""Alerts on their way to browsers: published on Redis by who raises them, handed out by one hub a web process.

What is published is whom it concerns and the id of the alert, no text. Nothing depends on it: who was away, or has no stream, asks
the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import orjson
import structlog
from django.conf import settings
from redis import Redis, RedisError
from redis.asyncio import Redis as AsyncRedis

from common.errors import Unavailable
from events.services.live import HEARTBEAT_S, MAX_LISTENERS, Listener

logger = structlog.get_logger(__name__)
_CONNECT_S = 2.0


class StreamUnavailable(Unavailable):
    """There is no stream now; the database can be asked instead."""

    def __init__(self) -> None:
        super().__init__("ALERT_STREAM_UNAVAILABLE", "预警实时通道暂不可用，改为每 30 秒查收一次。")


def channel() -> str:
    """Channels know no database numbers: the number stands in the name."""
    return f"alerts-{settings.REDIS_URL.rpartition('/')[2]}"


def publish(told: Mapping[int, Sequence[int]]) -> None:
    """Tells the web processes that something about these alerts is new for these users.

    Args:
        told: alert → users.
    """
    by_user: dict[int, list[int]] = {}
    for alert_id, users in told.items():
        for user_id in users:
            by_user.setdefault(user_id, []).append(alert_id)
    if not by_user:
        return
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=_CONNECT_S, socket_timeout=_CONNECT_S) as client:
            client.publish(channel(), orjson.dumps(list(by_user.items())))
    except (RedisError, ValueError):
        # ValueError: a measurement without Redis names none.
        logger.warning("alerts_not_published", alerts=len(told))


class AlertListener(Listener):
    """One browser of one user."""

    def __init__(self, user_id: int) -> None:
        super().__init__(None)
        self.user_id = user_id


class AlertHub:
    """One subscription for all browsers of a process; it lasts as long as somebody listens.

    Listeners are held weakly: one whose browser went away before it began to listen is forgotten by itself.
    """

    def __init__(self) -> None:
        self._listeners: WeakSet[AlertListener] = WeakSet()
        self._joining = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    async def join(self, user_id: int) -> AlertListener:
        """A listener for what concerns this user.

        Raises:
            StreamUnavailable: Redis does not answer, or too many are listening.
        """
        async with self._joining:
            if len(self._listeners) >= MAX_LISTENERS:
                raise StreamUnavailable
            listener = AlertListener(user_id)
            self._listeners.add(listener)
            if self._reader is None:
                try:
                    await self._subscribe()
                except (RedisError, OSError) as error:
                    self._listeners.discard(listener)
                    raise StreamUnavailable from error
        return listener

    def leave(self, listener: AlertListener) -> None:
        """Nothing more for this one; who left already may leave again."""
        self._listeners.discard(listener)

    async def _subscribe(self) -> None:
        client = AsyncRedis.from_url(settings.REDIS_URL, socket_connect_timeout=_CONNECT_S)
        subscription = client.pubsub(ignore_subscribe_messages=True)
        try:
            await subscription.subscribe(channel())
        except BaseException:
            await client.aclose()
            raise
        self._reader = asyncio.create_task(self._read(client, subscription))

    async def _read(self, client: AsyncRedis, subscription: Any) -> None:
        try:
            while self._listeners:
                message = await subscription.get_message(timeout=HEARTBEAT_S)
                if message is not None:
                    self._deliver(dict(orjson.loads(message["data"])))
        except (RedisError, OSError):
            logger.warning("alerts_not_received", listeners=len(self._listeners))
        finally:
            # Before anything is awaited: who joins from here on subscribes anew.
            self._reader = None
            for listener in list(self._listeners):
                listener.waiting.put_nowait(None)
            self._listeners.clear()
            await subscription.aclose()
            await client.aclose()

    def _deliver(self, by_user: dict[int, list[int]]) -> None:
        for listener in list(self._listeners):
            if ids := by_user.get(listener.user_id):
                listener.put(orjson.dumps(ids))


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, AlertHub] = WeakKeyDictionary()


def alert_hub() -> AlertHub:
    """The hub of the running event loop: of the process, since a web process has one."""
    return _hubs.setdefault(asyncio.get_running_loop(), AlertHub())
