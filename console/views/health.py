"""Is the platform able to work? For load balancers and operators; no log-in, no details beyond names."""

from __future__ import annotations

import time

import psycopg
import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from psycopg_pool import PoolTimeout

from common.disks import nearly_full_disks
from common.patience import limited_waiting

logger = structlog.get_logger(__name__)

# Together less than five seconds, whatever does not answer.
REDIS_S, PATIENCE_S, POOL_S = 1, 2.5, 1.0
# What is slower is ill, though it answers.
SLOW_S = 1.0


def _database_state() -> tuple[bool, str]:
    """Whether it answers, and what is wrong with that: "" or the name of a warning."""
    begun = time.monotonic()
    try:
        _ask_database()
    except (DatabaseError, psycopg.Error) as error:
        logger.warning("health_database", error=type(error).__name__)
        # None was free, or the one that was free stayed silent: the second has taken longer.
        if not isinstance(error, PoolTimeout) or time.monotonic() - begun > POOL_S + 0.5:
            return False, ""
        return _answers_apart()
    return True, "DATABASE_SLOW" if time.monotonic() - begun > SLOW_S else ""


def _ask_database() -> None:
    pool = connection.pool  # type: ignore[attr-defined]
    if pool is None:
        connection.cursor().execute("SELECT 1")
        return
    pool.open()
    with limited_waiting(PATIENCE_S):
        # It asks the server before it gives a connection.
        pool.putconn(pool.getconn(timeout=POOL_S))


def _answers_apart() -> tuple[bool, str]:
    """Asked over a connection of its own, when the pool has none to give."""
    begun = time.monotonic()
    try:
        psycopg.connect(**connection.get_connection_params() | {"connect_timeout": 3}).close()
    except psycopg.Error:
        return False, ""
    return True, "DATABASE_SLOW" if time.monotonic() - begun > SLOW_S else "DATABASE_USED_UP"


def _redis_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S)
    try:
        client.ping()
    except redis.RedisError as error:
        logger.warning("health_redis", error=type(error).__name__)
        return False
    finally:
        client.close()
    return True


def health(request: HttpRequest) -> JsonResponse:
    """What works: `{"status": "ok", "database": true, "redis": true, "warnings": []}`.

    200 "ok"; 200 "degraded" with `warnings` (DATABASE_SLOW, DATABASE_USED_UP, DISK_NEARLY_FULL) where it works, but ill;
    503 "unavailable" with false at what does not answer.
    """
    database, warning = _database_state()
    answers = {"database": database, "redis": _redis_answers()}
    warnings = [warning] if warning else []
    if full := nearly_full_disks():
        logger.warning("health_disk", used_pct=full)
        warnings.append("DISK_NEARLY_FULL")
    is_well = all(answers.values())
    status = ("degraded" if warnings else "ok") if is_well else "unavailable"
    body = {"status": status, **answers, "warnings": warnings}
    return JsonResponse(body, status=200 if is_well else 503, headers={"Cache-Control": "no-store"})
