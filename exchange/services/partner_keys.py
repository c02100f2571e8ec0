"""Signing keys shared with partners: made and shown once, rolled over with an overlap, ended; and who signed a message."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from common.audit import record_audit
from common.encryption import decrypt_bytes, encrypt_bytes
from common.errors import Conflict, DomainError, NotAllowed
from common.scope import Actor, Right
from common.signing import KEY_ID, MAX_SKEW_S, NONCE, SignatureError, verify
from exchange.models import Partner, PartnerKey, PartnerNonce

TABLE = "exchange_partnerkey"
_PURPOSE = "partner_key"
# How long the key before stays good after a new one was made.
OVERLAP = timedelta(days=7)
# A signature is fresh for MAX_SKEW_S on either side; its nonce is kept much longer than both.
NONCE_DAYS = timedelta(days=1)


def require_configure(actor: Actor) -> None:
    """Raises NotAllowed for who may not change partners, contracts and keys."""
    if Right.CONFIGURE not in actor.scope.rights:
        raise NotAllowed


def _valid(now: datetime) -> Q:
    return Q(valid_from__lte=now) & (Q(valid_to__isnull=True) | Q(valid_to__gt=now))


def valid_keys(partner: Partner, now: datetime) -> list[tuple[str, bytes]]:
    """(key id, secret) of every key that is good now, the newest first: what is sent is signed with that one."""
    found = PartnerKey.objects.filter(_valid(now), partner=partner).order_by("-valid_from", "-pk")
    return [(one.key_id, decrypt_bytes(_PURPOSE, one.secret)) for one in found]


@transaction.atomic
def create_key(
    *, partner: Partner, actor: Actor, now: datetime, overlap: timedelta = OVERLAP
) -> tuple[PartnerKey, str]:  # fmt: skip
    """A new key, and its secret in clear, which nobody can read again. Those before end when the overlap is over.

    Raises:
        NotAllowed: the actor may not configure.
    """
    require_configure(actor)
    Partner.objects.select_for_update().get(pk=partner.pk)
    before: QuerySet[PartnerKey] = partner.keys.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now + overlap))  # type: ignore[attr-defined]
    before.filter(valid_from__lt=now + overlap).update(valid_to=now + overlap)
    secret = secrets.token_urlsafe(32)
    key = PartnerKey.objects.create(
        partner=partner, key_id=f"{partner.code[:22]}-{now:%y%m%d}-{secrets.token_hex(4)}",
        secret=encrypt_bytes(_PURPOSE, secret.encode()), valid_from=now, created_by=actor.pk,
    )  # fmt: skip
    _audit("PARTNER_KEY_MADE", key, actor, now)
    return key, secret


@transaction.atomic
def end_key(*, partner: Partner, key_id: str, actor: Actor, now: datetime) -> PartnerKey:
    """Ends a key at once: nothing is signed with it or believed by it any more.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: there is no such key, or it is over.
    """
    require_configure(actor)
    key = PartnerKey.objects.select_for_update().filter(partner=partner, key_id=key_id).first()
    if key is None or (key.valid_to is not None and key.valid_to <= now):
        raise DomainError("KEY_OVER", "这把密钥不存在或已停用，请刷新页面。")
    PartnerKey.objects.filter(pk=key.pk).update(valid_to=max(now, key.valid_from + timedelta(microseconds=1)))
    _audit("PARTNER_KEY_ENDED", key, actor, now)
    return key


def signer_of(headers: Mapping[str, str], *, method: str, path: str, body: bytes, now: datetime) -> Partner:
    """The partner that signed a message. **The caller notes the nonce** in the transaction of what it does.

    Raises:
        SignatureError: nobody whom we know, or not now.
    """
    key_id = {name.lower(): value for name, value in headers.items()}.get(KEY_ID.lower(), "")
    key = PartnerKey.objects.filter(_valid(now), key_id=key_id, partner__is_active=True).select_related("partner")
    found = key.first()
    known = {found.key_id: decrypt_bytes(_PURPOSE, found.secret)} if found else {}
    verify(headers, method=method, path=path, body=body, secrets=known, now=now)
    if found is None:  # verify has refused an unknown key
        raise SignatureError("KEY_UNKNOWN", "签名所用的密钥编号不存在或已停用。请双方核对密钥编号。")
    return found.partner


def use_nonce(partner: Partner, headers: Mapping[str, str], now: datetime) -> None:
    """Notes that a signature was used; to be called in the transaction of the effect.

    Raises:
        Conflict: it was used before.
    """
    nonce = {name.lower(): value for name, value in headers.items()}[NONCE.lower()]
    if len(nonce) > 64:
        raise SignatureError("SIGNATURE_WRONG", "随机数（X-Nonce）最长 64 个字符。请对方按接入说明签名后重发。")
    try:
        with transaction.atomic():
            PartnerNonce.objects.create(partner=partner, nonce=nonce, at=now)
    except IntegrityError as error:
        raise Conflict("REPLAY", "这份签名已经用过。请重新签名（换随机数和时间）后再发。") from error


def sweep_nonces(*, now: datetime) -> int:
    """Forgets nonces whose signatures are long out of date."""
    kept = max(NONCE_DAYS, timedelta(seconds=4 * MAX_SKEW_S))
    return PartnerNonce.objects.filter(at__lt=now - kept).delete()[0]


def _audit(verb: str, key: PartnerKey, actor: Actor, now: datetime) -> None:
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=TABLE, subject_id=key.pk, now=now, reason=key.key_id
    )  # fmt: skip
