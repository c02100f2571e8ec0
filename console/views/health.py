"""Is the platform able to work? For load balancers and operators; no log-in, no details beyond names."""

from __future__ import annotations

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

logger = structlog.get_logger(__name__)

TIMEOUT_S = 2


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("health_database", error=type(error).__name__)
        return False
    return True


def _redis_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    try:
        client.ping()
    except redis.RedisError as error:
        logger.warning("health_redis", error=type(error).__name__)
        return False
    finally:
        client.close()
    return True


def health(request: HttpRequest) -> JsonResponse:
    """200 `{"status": "ok", "database": true, "redis": true}`, else 503 with false at what does not answer."""
    answers = {"database": _database_answers(), "redis": _redis_answers()}
    is_well = all(answers.values())
    body = {"status": "ok" if is_well else "unavailable", **answers}
    return JsonResponse(body, status=200 if is_well else 503, headers={"Cache-Control": "no-store"})
