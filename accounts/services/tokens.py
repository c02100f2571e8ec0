"""Tokens of the API: issue, refresh, revoke."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from django.contrib.auth import authenticate
from django.db import transaction

from accounts.models import ApiToken, User
from common.audit import record_audit
from common.encryption import keyed_hash
from common.errors import DomainError

ACCESS_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(hours=12)


class BadCredentials(DomainError):
    """Unknown user, wrong password or code: one answer for all, so that none can be probed."""

    status = 401

    def __init__(self) -> None:
        super().__init__("BAD_CREDENTIALS", "用户名、密码或动态口令不正确。")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Both opaque texts; they are not stored anywhere."""

    access: str
    refresh: str


def hash_token(text: str) -> bytes:
    """Keyed hash under which a token is stored."""
    return keyed_hash("api-token", text.encode())


def _issue(user: User, family: uuid.UUID, now: datetime) -> TokenPair:
    texts = {}
    for kind, lifetime in ((ApiToken.Kind.ACCESS, ACCESS_LIFETIME), (ApiToken.Kind.REFRESH, REFRESH_LIFETIME)):
        texts[kind] = secrets.token_urlsafe(32)
        ApiToken.objects.create(
            user=user,
            kind=kind,
            token_hash=hash_token(texts[kind]),
            family=family,
            auth_version=user.auth_version,
            created_at=now,
            expires_at=now + lifetime,
        )
    return TokenPair(texts[ApiToken.Kind.ACCESS], texts[ApiToken.Kind.REFRESH])


@transaction.atomic
def issue_tokens(*, username: str, password: str, otp: str, now: datetime) -> TokenPair:
    """Logs a client in.

    Raises:
        BadCredentials: user, password or one-time code is wrong, or the account is off.
    """
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise BadCredentials
    if user.otp_secret and not pyotp.TOTP(user.otp_secret).verify(otp, for_time=now, valid_window=1):
        raise BadCredentials
    record_audit(actor_id=user.pk, verb="TOKEN_ISSUED", subject_table="accounts_user", subject_id=user.pk, now=now)
    return _issue(user, uuid.uuid4(), now)


def refresh_tokens(*, refresh: str, now: datetime) -> TokenPair:
    """Exchanges a refresh token for a new pair; a second use ends the whole log-in.

    Raises:
        BadCredentials: unknown, expired, revoked or used token.
    """
    with transaction.atomic():
        token = (
            ApiToken.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(token_hash=hash_token(refresh), kind=ApiToken.Kind.REFRESH)
            .first()
        )
        if token is None:
            raise BadCredentials
        reused = token.used_at is not None
        if reused:
            ApiToken.objects.filter(family=token.family, revoked_at__isnull=True).update(revoked_at=now)
        elif is_usable(token, now):
            token.used_at = now
            token.save(update_fields=["used_at"])
            return _issue(token.user, token.family, now)
    raise BadCredentials


def revoke_family(*, token: ApiToken, now: datetime) -> None:
    """Logs the client out: every token of this log-in is refused from the next request on."""
    ApiToken.objects.filter(family=token.family, revoked_at__isnull=True).update(revoked_at=now)


def is_usable(token: ApiToken, now: datetime) -> bool:
    """Not revoked, not expired, and its user is active and unchanged."""
    user = token.user
    return (
        token.revoked_at is None
        and token.expires_at > now
        and user.is_active
        and token.auth_version == user.auth_version
    )
