"""Sign-in lock-out: five wrong attempts from one address on one account close that pair for fifteen minutes.

Every attempt is counted *before* the password is looked at, so that many guesses sent at once gain nothing; success
clears the count. Redis holds the counters: losing them only ends a lock early. The key is a keyed hash of the account
as it would be looked up (width folded, case folded) and the address of the connection; forwarded headers, which a
client can write, are not read. The same counters serve the page and the API.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from common.encryption import keyed_hash
from common.errors import DomainError

logger = structlog.get_logger(__name__)

MAX_FAILURES = 5
LOCK_SECONDS = 15 * 60


class LockedOut(DomainError):
    """Too many wrong attempts; the answer is the same whether or not the account exists."""

    status = 429

    def __init__(self) -> None:
        super().__init__(
            "LOCKED_OUT",
            "密码连续输错 5 次，该账号在本机已锁定 15 分钟。请稍后再试，或联系系统管理员重置密码。",
            {"minutes": LOCK_SECONDS // 60},
        )


@cache
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _key(username: str, address: str) -> str:
    account = unicodedata.normalize("NFKC", username).strip().casefold()
    return f"lockout:{keyed_hash('lockout', f'{account}|{address}'.encode()).hex()}"


def count_attempt(*, username: str, address: str) -> None:
    """Counts an attempt before it is judged.

    Raises:
        LockedOut: five attempts went before it within the time; this one must not be judged.
    """
    key = _key(username, address)
    try:
        attempts = _redis().incr(key)
        if attempts <= MAX_FAILURES:
            _redis().expire(key, LOCK_SECONDS)
    except RedisError:
        # Without counters a closed door would shut out everybody: the log tells, people still sign in.
        logger.warning("lockout_without_redis")
        return
    if int(attempts) > MAX_FAILURES:
        raise LockedOut


def clear_attempts(*, username: str, address: str) -> None:
    """Forgets the count after a successful sign-in."""
    try:
        _redis().delete(_key(username, address))
    except RedisError:
        logger.warning("lockout_without_redis")
