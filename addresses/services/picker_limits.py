"""How often an embedded picker may ask: addresses are no secret, but the register is not to be drained through it.

Counted for each site and each address of a connection, by the minute and by the day. Redis holds the counters, as those of
the sign-in: losing them only lets more through. Forwarded headers, which a client can write, are not read.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from common.encryption import keyed_hash
from common.errors import DomainError

logger = structlog.get_logger(__name__)

# Typing one address asks four to eight times.
PER_MINUTE = 120
PER_DAY = 5_000
_MINUTE_S, _DAY_S = 60, 24 * 3600


class TooManyRequests(DomainError):
    """The limit of a minute or of a day is reached."""

    status = 429

    def __init__(self, message: str, limit: int) -> None:
        super().__init__("TOO_MANY_REQUESTS", message, {"limit": limit})


@cache
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def count_request(*, site_key: str, address: str, now: datetime) -> None:
    """Counts one request before it is answered.

    Raises:
        TooManyRequests: the site has asked too often from this address.
    """
    who = keyed_hash("picker", f"{site_key}|{address}".encode()).hex()
    minute, day = (f"picker:{who}:{int(now.timestamp()) // seconds}" for seconds in (_MINUTE_S, _DAY_S))
    try:
        with _redis().pipeline(transaction=False) as pipe:
            for counter, seconds in ((minute, _MINUTE_S), (day, _DAY_S)):
                pipe.incr(counter)
                pipe.expire(counter, seconds)
            in_minute, _, in_day, _ = pipe.execute()
    except RedisError:
        # Without counters a closed door would stop the data entry of another system.
        logger.warning("picker_limits_without_redis")
        return
    if int(in_minute) > PER_MINUTE:
        raise TooManyRequests("查询太频繁，请等一分钟再试。", PER_MINUTE)
    if int(in_day) > PER_DAY:
        raise TooManyRequests("今天的查询次数已用完，请明天再试，或联系交警大队系统管理员。", PER_DAY)
