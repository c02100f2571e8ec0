"""How long anybody waits for the database: never longer than a person waits for a page.

The server ends statements and waits for locks by itself (`settings.py`). What it cannot end is its own silence: a stopped
server, a line that swallows everything. That is what the connections here give up on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection

# A page has so long for its reads; a statement that begins late still gets the shortest wait.
REQUEST_S, SHORTEST_WAIT_S = 3.5, 1.0
# The server could not, and can later: lost connections (08), resources (53), other's act (57), locks (55P03), serialisation and
# deadlocks (40), a transaction ended for idling (25P03), input and output (58).
_PASSING = ("08", "53", "57", "58", "40001", "40P01", "55P03", "25P03")
# How often the waiting itself looks up, as in psycopg.
_LOOKS_EVERY_S = 0.1
_DISK_FULL, _CANCELLED = "53100", "57014"
_ends_at: ContextVar[float | None] = ContextVar("database_ends_at", default=None)
_sweeping = threading.Lock()


class PromptConnection(psycopg.Connection[Any]):
    """A connection that is given up when the server stays silent. What was sent may or may not have been done."""

    def wait(self, gen: Any, interval: float = _LOOKS_EVERY_S, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, _patience())
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server stays silent: connection given up") from error


def _patience() -> float | None:
    ends_at = _ends_at.get()
    return settings.DATABASE_SILENCE_S if ends_at is None else max(ends_at - time.monotonic(), SHORTEST_WAIT_S)


@contextmanager
def limited_waiting(seconds: float = REQUEST_S) -> Iterator[None]:
    """Waits for the database inside end so that a request is answered within five seconds."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def is_passing(error: BaseException) -> bool:
    """Whether the database was in the way, not what was asked of it: the same again later may well succeed."""
    if not isinstance(error, OperationalError | InterfaceError | InternalError):
        return False
    state = _sqlstate(error)
    # What psycopg itself says has no state: no connection, none free, a lost one.
    return state.startswith(_PASSING) if state else not isinstance(error, InternalError)


def is_disk_full(error: BaseException) -> bool:
    """Whether the server has no room for it."""
    return isinstance(error, DatabaseError) and _sqlstate(error) == _DISK_FULL


def is_cancelled(error: BaseException) -> bool:
    """Whether a statement took longer than it may."""
    return isinstance(error, DatabaseError) and _sqlstate(error) == _CANCELLED


def _sqlstate(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def sweep_pool() -> None:
    """Looks through the idle connections in the background: after an outage none of the lost ones is handed out."""
    pool = connection.pool  # type: ignore[attr-defined]
    if pool is None or pool.closed or not _sweeping.acquire(blocking=False):
        return
    threading.Thread(target=_sweep, args=(pool,), name="sweep-pool", daemon=True).start()


def _sweep(pool: Any) -> None:
    try:
        with limited_waiting():
            pool.check()
    finally:
        _sweeping.release()
