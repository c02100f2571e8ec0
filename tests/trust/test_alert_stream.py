"""The stream of alerts: it says ids to whom they concern and nothing else, ends with the rights it began with, and loses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connections
from redis import Redis

from accounts.models import User
from accounts.services.users import bump_auth_version
from common import clock
from elements.models import Element
from tagging.choices import AlertLevel
from tagging.models import Alert
from tagging.selectors import notifications
from tagging.services.alert_answers import mark_delivered
from tagging.services.alert_channel import ALERTS, StreamUnavailable, publish
from tagging.services.alerts import Seed, raise_alerts
from tagging.views.stream import alert_events
from tests.factories.alerts import vehicle_at
from tests.factories.numbers import plate
from tests.factories.users import make_users, signed_in
from tests.fault.cluster import OwnRedis

pytestmark = pytest.mark.django_db(transaction=True)
BEATS = {"heartbeat_s": 0.05, "check_s": 0.1}
FEW_S = 20.0


@pytest.fixture
def reader(committed_city) -> User:
    return make_users(committed_city)["officer-1"]


@pytest.fixture
def vehicle(reader) -> Element:
    return vehicle_at(1, grid=0)


def run(scene: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(scene(), FEW_S * 2))


def raised(kind: str, vehicle: Element) -> int:
    """Raises an alert of its own and commits it, on the connection of whoever calls."""
    seed = Seed(f"{kind}:{vehicle.pk}", vehicle.pk, vehicle.block_id, AlertLevel.URGENT, f"布控 {kind}", "")
    return raise_alerts([seed], now=clock.now())[0]


async def aside(act: Callable[..., Any], *arguments: Any) -> Any:
    def done() -> Any:
        try:
            return act(*arguments)
        finally:
            connections.close_all()

    return await asyncio.to_thread(done)


async def opened(reader: User, session: Any, **options: Any) -> AsyncIterator[bytes]:
    """A stream past its first line."""
    stream = alert_events(await ALERTS.join(reader.pk), reader, session, **BEATS, **options)
    assert await anext(stream) == b"retry: 3000\n\n"
    return stream


async def hello_of(stream: AsyncIterator[bytes]) -> tuple[int, dict[str, Any]]:
    lines = (await anext(stream)).decode().splitlines()
    assert lines[0] == "event: hello"
    return int(lines[1].removeprefix("id: ")), json.loads(lines[2].removeprefix("data: "))


async def next_ids(stream: AsyncIterator[bytes]) -> list[int]:
    async for message in stream:
        if message.startswith(b"event: alerts"):
            return json.loads(message.decode().splitlines()[1].removeprefix("data: "))
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("ended", ["posts", "session", "switched off"])
def test_a_stream_ends_on_the_beat_after_what_it_began_with(reader, ended):
    session = signed_in(reader).session
    end = {
        "posts": lambda: bump_auth_version(user_id=reader.pk),
        "session": session.__class__(session.session_key).flush,
        "switched off": lambda: User.objects.filter(pk=reader.pk).update(is_active=False),
    }[ended]

    async def scene() -> None:
        stream = await opened(reader, session)
        await hello_of(stream)
        assert [await anext(stream) for _ in range(6)] == [b":\n\n"] * 6
        await aside(end)
        assert {one async for one in stream} <= {b":\n\n"}

    run(scene)


def test_what_is_published_is_ids_alone_and_reaches_whom_it_concerns(reader, vehicle):
    session, other = signed_in(reader).session, User.objects.get(username="officer-2")
    with Redis.from_url(django_settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe(ALERTS.name)
        heard.get_message(timeout=FEW_S)

        async def scene() -> None:
            mine = await opened(reader, session)
            stranger = await ALERTS.join(other.pk)
            assert (await hello_of(mine))[1] == {"unread": 0, "waiting": []}
            pk = await aside(raised, "A", vehicle)
            assert await next_ids(mine) == [pk]
            assert stranger.waiting.empty()
            # Ten browsers of a process, one subscription.
            kept = [await ALERTS.join(reader.pk) for _ in range(10)]
            assert client.pubsub_numsub(ALERTS.name) == [(ALERTS.name.encode(), 2)]
            assert len(kept) == 10

        run(scene)
        data = heard.get_message(timeout=FEW_S)["data"].decode()
    told = [pk for pks in json.loads(data).values() for pk in pks]
    assert set(told) == {Alert.objects.get().pk}
    assert "布控" not in data and plate(1) not in data


def test_who_was_away_is_told_on_coming_back_until_it_has_arrived(reader, vehicle):
    session = signed_in(reader).session
    first = raised("A", vehicle)

    async def scene() -> None:
        last, hello = await hello_of(await opened(reader, session))
        assert hello == {"unread": 1, "waiting": [first]}
        # The line breaks; meanwhile the first arrives by another tab, and a second is raised.
        await aside(_fetch, reader)
        assert (await hello_of(await opened(reader, session)))[1] == {"unread": 1, "waiting": []}
        second = await aside(raised, "B", vehicle)
        later, hello = await hello_of(await opened(reader, session, after=last))
        assert (hello, later > last) == ({"unread": 2, "waiting": [second]}, True)

    run(scene)


def _fetch(reader: User) -> None:
    found = notifications.news(reader, clock.now())
    mark_delivered(recipient_ids=found.recipient_ids, now=clock.now())


@pytest.fixture
def own_redis(settings) -> Iterator[OwnRedis]:
    server = OwnRedis(append_only=False)
    settings.REDIS_URL = server.url
    yield server
    server.remove()


def test_a_redis_that_restarts_ends_the_stream_and_loses_nothing(reader, vehicle, own_redis):
    session = signed_in(reader).session

    async def scene() -> None:
        stream = await opened(reader, session)
        last, _hello = await hello_of(stream)
        await aside(own_redis.kill)
        assert {one async for one in stream} <= {b":\n\n"}
        # Nobody can listen now; what is raised stands in the database all the same.
        with pytest.raises(StreamUnavailable):
            await ALERTS.join(reader.pk)
        lost = await aside(raised, "A", vehicle)

        await aside(own_redis.start)
        again = await opened(reader, session, after=last)
        assert (await hello_of(again))[1] == {"unread": 1, "waiting": [lost]}
        new = await aside(raised, "B", vehicle)
        assert await next_ids(again) == [new]

    run(scene)


def test_without_redis_raising_does_not_fail(reader, vehicle, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    pk = raised("A", vehicle)
    publish({pk: [reader.pk]})
    assert [one.pk for one in notifications.news(reader, clock.now()).rows] == [pk]
