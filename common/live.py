"""Live news on their way to browsers: published on Redis by who writes them, handed out by one subscription a web process.

Nothing depends on a channel: who was away, or has no stream, asks the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary, WeakSet

import orjson
import structlog
from django.conf import settings
from redis import Redis, RedisError
from redis.asyncio import Redis as AsyncRedis

from common.errors import Unavailable

logger = structlog.get_logger(__name__)

# What browsers cost was measured with 2,000 of them: 115 KB each.
MAX_LISTENERS = 2_000
# Who is so many messages behind is let go, and begins again with a fresh look.
MAX_WAITING = 100
HEARTBEAT_S, CHECK_S, LIFETIME_S = 15.0, 30.0, 600.0
_CONNECT_S = 2.0

Key = TypeVar("Key", bound=Hashable)


class Listener(Generic[Key]):
    """One browser: what it may hear, and the messages that wait for it (None = no more will come)."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.waiting: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, message: bytes) -> None:
        """Adds a message; who does not fetch them gets the end instead."""
        self.waiting.put_nowait(message if self.waiting.qsize() < MAX_WAITING else None)


class Channel(Generic[Key]):
    """A kind of news: who publishes it, and who listens in this process.

    Args:
        name: of the channel; the number of the Redis database follows it, since channels know none.
        pick: (what was published, the key of a listener) → its message; empty = nothing for it.
        refusal: the error when there is no stream now.
    """

    def __init__(self, name: str, *, pick: Callable[[Any, Key], bytes], refusal: Callable[[], Unavailable]) -> None:
        self._name, self.pick, self.refusal = name, pick, refusal
        self._hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, _Hub[Key]] = WeakKeyDictionary()

    @property
    def name(self) -> str:
        """The name on the server."""
        return f"{self._name}-{settings.REDIS_URL.rpartition('/')[2]}"

    def publish(self, content: Any) -> None:
        """Tells the web processes, in one message; without Redis nobody is told."""
        try:
            with Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=_CONNECT_S, socket_timeout=_CONNECT_S
            ) as client:
                client.publish(self.name, orjson.dumps(content))
        except (RedisError, ValueError):
            # ValueError: a measurement without Redis names none.
            logger.warning("live_not_published", channel=self._name)

    async def join(self, key: Key) -> Listener[Key]:
        """A listener of this process.

        Raises:
            Unavailable: Redis does not answer, or too many are listening.
        """
        return await self._hub().join(key)

    def leave(self, listener: Listener[Key]) -> None:
        """Nothing more for this one; who left already may leave again."""
        self._hub().leave(listener)

    def _hub(self) -> _Hub[Key]:
        return self._hubs.setdefault(asyncio.get_running_loop(), _Hub(self))


class _Hub(Generic[Key]):
    """One subscription for all browsers of an event loop; it lasts as long as somebody listens.

    Listeners are held weakly: one whose browser went away before it began to listen is forgotten by itself.
    """

    def __init__(self, channel: Channel[Key]) -> None:
        self._channel = channel
        self._listeners: WeakSet[Listener[Key]] = WeakSet()
        self._joining = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None

    async def join(self, key: Key) -> Listener[Key]:
        async with self._joining:
            if len(self._listeners) >= MAX_LISTENERS:
                raise self._channel.refusal()
            listener = Listener(key)
            self._listeners.add(listener)
            if self._reader is None:
                try:
                    await self._subscribe()
                except (RedisError, OSError) as error:
                    self._listeners.discard(listener)
                    raise self._channel.refusal() from error
        return listener

    def leave(self, listener: Listener[Key]) -> None:
        self._listeners.discard(listener)

    async def _subscribe(self) -> None:
        client = AsyncRedis.from_url(settings.REDIS_URL, socket_connect_timeout=_CONNECT_S)
        subscription = client.pubsub(ignore_subscribe_messages=True)
        try:
            await subscription.subscribe(self._channel.name)
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
            logger.warning("live_not_received", channel=self._channel.name, listeners=len(self._listeners))
        finally:
            # Before anything is awaited: who joins from here on subscribes anew.
            self._reader = None
            for listener in list(self._listeners):
                listener.waiting.put_nowait(None)
            self._listeners.clear()
            with suppress(RedisError, OSError):
                await subscription.aclose()
            await client.aclose()

    def _deliver(self, content: Any) -> None:
        """Written once for all that hear the same."""
        written: dict[Key, bytes] = {}
        for listener in list(self._listeners):
            if listener.key not in written:
                written[listener.key] = self._channel.pick(content, listener.key)
            if written[listener.key]:
                listener.put(written[listener.key])


async def messages(
    listener: Listener[Any],
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
