"""Signed requests, by the written rule alone: HMAC-SHA256 over v1, method, path?query, time, nonce and body digest."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

MAX_SKEW_S = 300


class SignatureProblem(Exception):
    """Why a request is not believed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def signature(secret: str, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Hexadecimal signature."""
    digest = hashlib.sha256(body).hexdigest()
    message = f"v1\n{method}\n{target}\n{timestamp}\n{nonce}\n{digest}"
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def signed_headers(secret: str, key_id: str, method: str, target: str, body: bytes) -> dict[str, str]:
    """Headers of a fresh request."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    return {
        "X-Key-Id": key_id,
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": signature(secret, method, target, timestamp, nonce, body),
    }


def check(headers: dict[str, str], keys: dict[str, str], method: str, target: str, body: bytes, now_s: float) -> str:
    """The key id of a request that may be believed; a nonce seen before is the caller's business.

    Args:
        headers: lower-case names.

    Raises:
        SignatureProblem: missing, unknown key, clock apart, wrong.
    """
    key_id, timestamp, nonce, given = (
        headers.get(name, "") for name in ("x-key-id", "x-timestamp", "x-nonce", "x-signature")
    )
    if not (key_id and timestamp and nonce and given):
        raise SignatureProblem("SIGNATURE_MISSING", "缺少签名头")
    secret = keys.get(key_id)
    if secret is None:
        raise SignatureProblem("KEY_UNKNOWN", "密钥编号不存在")
    expected = signature(secret, method, target, timestamp, nonce, body)
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise SignatureProblem("SIGNATURE_WRONG", "签名不符")
    # After the signature: only who has the key learns about the clock.
    if not timestamp.isdecimal() or abs(int(timestamp) - now_s) > MAX_SKEW_S:
        raise SignatureProblem("CLOCK_SKEW", "时间戳与本系统时钟相差超过五分钟")
    return key_id
