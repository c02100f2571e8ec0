"""The stream of a reader ends when the rights or the session that it began with do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.db import connections

from accounts.services.users import bump_auth_version
from console.live_page import vehicle_events
from events.services.live import POSITIONS
from tests.factories.users import make_users, signed_in


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ended", ["posts", "session"])
def test_a_stream_ends_with_what_it_began_with(committed_city, ended):
    reader = make_users(committed_city)["officer-1"]
    session = signed_in(reader).session
    end = {
        "posts": lambda: bump_auth_version(user_id=reader.pk),
        "session": session.__class__(session.session_key).flush,
    }

    async def scene() -> None:
        listener = await POSITIONS.join(frozenset())
        stream = vehicle_events(listener, reader, session, heartbeat_s=0.02, check_s=0.1)
        assert await anext(stream) == b"retry: 3000\n\n"
        # Asked at least once by then, and still on.
        assert [await anext(stream) for _ in range(8)] == [b":\n\n"] * 8
        await asyncio.to_thread(_committed, end[ended])
        assert {one async for one in stream} <= {b":\n\n"}

    asyncio.run(asyncio.wait_for(scene(), 20))


def _committed(change: Callable[[], object]) -> None:
    try:
        change()
    finally:
        connections.close_all()
