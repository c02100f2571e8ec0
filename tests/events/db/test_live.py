"""New positions on their way to browsers: what is published, who gets it, when a stream ends, what happens without Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis import Redis

from common import clock
from common.live import MAX_WAITING, Listener, messages
from events.models import LastPosition, Tracker
from events.services.live import POSITIONS, LiveUnavailable, publish_positions
from tests.factories.numbers import plate
from tests.factories.places import point_in
from tests.factories.positions import fix, land_positions

FEW_S = 10.0


@pytest.fixture
def subscription() -> Iterator[Any]:
    """Somebody who hears what is published."""
    with Redis.from_url(django_settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as found:
        found.subscribe(POSITIONS.name)
        found.get_message(timeout=FEW_S)
        yield found


def heard(subscription: Any) -> Any:
    message = subscription.get_message(timeout=FEW_S)
    return message and json.loads(message["data"])


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), FEW_S * 3))


def test_what_was_raised_is_published_once_it_is_committed(city, subscription, django_capture_on_commit_callbacks):
    now = clock.now().replace(microsecond=0)
    with django_capture_on_commit_callbacks(execute=True):
        land_positions([
            fix(1, now - timedelta(minutes=2)), fix(1, now - timedelta(minutes=1), east=0.9),
            fix(2, now - timedelta(hours=25)), fix(3, now - timedelta(minutes=3), grid=5, direction=""),
        ])  # fmt: skip

    first, third = (Tracker.objects.get(plate_number=plate(number)) for number in (1, 3))
    lon, lat = (round(x, 6) for x in point_in(0, 0.9))
    other_lon, other_lat = (round(x, 6) for x in point_in(5))
    at = now.timestamp()
    assert sorted(heard(subscription)) == [
        [first.pk, at - 60, lon, lat, 60, 90, city.grids[0].pk],
        [third.pk, at - 180, other_lon, other_lat, 60, None, city.grids[5].pk],
    ]
    assert LastPosition.objects.count() == 3

    # An older fix raises nothing, so that nothing is told.
    with django_capture_on_commit_callbacks(execute=True):
        land_positions([fix(1, now - timedelta(minutes=9))])
    publish_positions([(7, now, 120.0, 37.0, None, None, 1)])
    assert heard(subscription) == [[7, at, 120.0, 37.0, None, None, 1]]


def test_a_hub_subscribes_once_and_gives_each_listener_what_lies_in_its_blocks():
    async def scene() -> None:
        every, one, none = [await POSITIONS.join(blocks) for blocks in (None, frozenset({11}), frozenset({99}))]
        with Redis.from_url(django_settings.REDIS_URL) as client:
            assert client.pubsub_numsub(POSITIONS.name) == [(POSITIONS.name.encode(), 1)]
        now = clock.now()
        publish_positions([(1, now, 120.0, 37.0, 50, 90, 11), (2, now, 120.1, 37.1, None, None, 12)])
        first = [1, now.timestamp(), 120.0, 37.0, 50, 90]
        assert json.loads(await every.waiting.get()) == [first, [2, now.timestamp(), 120.1, 37.1, None, None]]
        assert json.loads(await one.waiting.get()) == [first]
        assert none.waiting.empty()

        POSITIONS.leave(one)
        publish_positions([(1, now, 120.0, 37.0, 50, 90, 11)])
        await every.waiting.get()
        assert one.waiting.empty()

    run(scene)


def test_a_listener_that_does_not_listen_is_let_go():
    listener = Listener(None)
    for number in range(MAX_WAITING + 1):
        listener.put(str(number).encode())

    async def scene() -> None:
        got = [one async for one in messages(listener, still_holds=_holds(True))]
        assert got == [str(number).encode() for number in range(MAX_WAITING)]

    run(scene)


def _holds(*answers: bool) -> Callable[[], Coroutine[Any, Any, bool]]:
    left = list(answers)

    async def holds() -> bool:
        return left.pop(0) if len(left) > 1 else left[0]

    return holds


def test_a_stream_gives_signs_of_life_and_ends_with_its_rights_or_its_time():
    async def scene() -> None:
        spans = {"heartbeat_s": 0.01, "check_s": 0.05, "lifetime_s": FEW_S}
        lost = [one async for one in messages(Listener(None), still_holds=_holds(True, False), **spans)]
        over = [one async for one in messages(Listener(None), still_holds=_holds(True), **spans | {"lifetime_s": 0.05})]
        assert set(lost) == set(over) == {None}

    run(scene)


def test_without_redis_nothing_fails_but_the_stream(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    publish_positions([(1, clock.now(), 120.0, 37.0, None, None, 1)])

    async def scene() -> None:
        with pytest.raises(LiveUnavailable):
            await POSITIONS.join(None)

    run(scene)
