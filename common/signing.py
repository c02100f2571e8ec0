"""Signed messages between agencies: who sent it, that nobody changed it, and when.

Both sides hold one secret per key. The signature covers method, path with query exactly as sent, time, nonce and the hash of
the body, joined so that no part can run into the next.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from common.errors import DomainError

VERSION = "v1"
KEY_ID, TIMESTAMP, NONCE, SIGNATURE = "X-Key-Id", "X-Timestamp", "X-Nonce", "X-Signature"
MAX_SKEW_S = 300
MIN_SECRET_BYTES = 32
_METHOD = re.compile(r"[A-Z]{1,16}")
_PATH = re.compile(r"/[\x21-\x7e]*")
_FORMS = {
    KEY_ID: re.compile(r"[A-Za-z0-9._-]{1,64}"),
    TIMESTAMP: re.compile(r"[0-9]{1,11}"),
    NONCE: re.compile(r"[A-Za-z0-9._-]{16,128}"),
    SIGNATURE: re.compile(r"[0-9a-f]{64}"),
}
_UNITS = ((365 * 86_400, "年"), (86_400, "天"), (3_600, "小时"))


class SignatureError(DomainError):
    """The message is not answered: it may come from anybody. Code: SIGNATURE_MISSING, KEY_UNKNOWN, SIGNATURE_WRONG, CLOCK_SKEW."""

    status = 401


def sign(
    secret: bytes, *, key_id: str, method: str, path: str, body: bytes, at: datetime, nonce: str
) -> dict[str, str]:  # fmt: skip
    """The four headers that prove a message.

    Args:
        secret: at least 32 random bytes, shared with the other side alone.
        key_id: which secret it is.
        method: upper case.
        path: request target as sent: path and query, percent-encoded (`common.http_client.read_url(url).path`).
        body: as sent; empty when there is none.
        at: aware; seconds count.
        nonce: 16–128 random letters, digits, `.`, `_`, `-`; never used before with this key.

    Raises:
        ValueError: a part that `verify` would refuse, or a secret that can be guessed.
    """
    stamp = str(int(at.timestamp()))
    for name, value in ((KEY_ID, key_id), (TIMESTAMP, stamp), (NONCE, nonce)):
        if not _FORMS[name].fullmatch(value):
            raise ValueError(f"{name} has a form that the other side refuses")
    if not (_METHOD.fullmatch(method) and _PATH.fullmatch(path)):
        raise ValueError("method is upper case; path begins with / and is percent-encoded")
    signature = _signature(secret, method=method, path=path, stamp=stamp, nonce=nonce, body=body)
    return {KEY_ID: key_id, TIMESTAMP: stamp, NONCE: nonce, SIGNATURE: signature}


def verify(
    headers: Mapping[str, str], *, method: str, path: str, body: bytes, secrets: Mapping[str, bytes], now: datetime,
    max_skew_s: int = MAX_SKEW_S,
) -> str:  # fmt: skip
    """Checks a signed message and returns the id of the key that signed it.

    The same message passes again and again while its time is fresh. **The caller must refuse a replay**: insert
    (key id, nonce) under a unique constraint in the transaction of the effect, and keep it for at least twice `max_skew_s`.

    The signature is checked before the clock, so only a true partner learns how far apart the clocks are.

    Args:
        headers: names in any case.
        path: request target as received, not decoded and encoded again.
        secrets: key id → secret of every key that is valid now.

    Raises:
        SignatureError: SIGNATURE_MISSING, KEY_UNKNOWN, SIGNATURE_WRONG, CLOCK_SKEW.
        ValueError: one of `secrets` can be guessed.
    """
    given = {name.lower(): value for name, value in headers.items()}
    values = {name: given.get(name.lower(), "") for name in _FORMS}
    if missing := [name for name in _FORMS if not values[name]]:
        raise SignatureError(
            "SIGNATURE_MISSING", f"报文没有签名：缺少 {'、'.join(missing)}。请对方按接口文档签名后重发。"
        )
    if malformed := [name for name, form in _FORMS.items() if not form.fullmatch(values[name])]:
        raise SignatureError(
            "SIGNATURE_WRONG", f"报文签名的写法不对：{'、'.join(malformed)}。请对方按接口文档签名后重发。"
        )
    secret = secrets.get(values[KEY_ID])
    if secret is None:
        raise SignatureError("KEY_UNKNOWN", "签名所用的密钥编号不存在或已停用。请双方核对密钥编号。")
    expected = _signature(
        secret, method=method, path=path, stamp=values[TIMESTAMP], nonce=values[NONCE], body=body
    )  # fmt: skip
    if not hmac.compare_digest(expected, values[SIGNATURE]):
        raise SignatureError(
            "SIGNATURE_WRONG",
            "签名与报文不符。请双方核对密钥，并确认报文在途中没有被改动（网关改写路径或正文也会如此）。",
        )
    ahead_s = int(values[TIMESTAMP]) - int(now.timestamp())
    if abs(ahead_s) > max_skew_s:
        raise SignatureError("CLOCK_SKEW", _skew_message(ahead_s, max_skew_s), {"ahead_s": ahead_s})
    return values[KEY_ID]


def _signature(secret: bytes, *, method: str, path: str, stamp: str, nonce: str, body: bytes) -> str:
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"a secret has at least {MIN_SECRET_BYTES} bytes")
    message = "\n".join((VERSION, method, path, stamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret, message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _skew_message(ahead_s: int, max_skew_s: int) -> str:
    apart = f"快 {_words(ahead_s)}" if ahead_s > 0 else f"慢 {_words(-ahead_s)}（或报文在途中耽搁了）"
    return f"对方时钟{apart}，超过允许的 {_words(max_skew_s)}。请对方校准服务器时间（NTP）后重新签名发送。"


def _words(seconds: int) -> str:
    """Years, days or hours, cut to the largest; below an hour to the second: 3 年, 2 小时, 5 分 1 秒."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    minutes, rest = divmod(seconds, 60)
    return " ".join(part for part in (f"{minutes} 分" * bool(minutes), f"{rest} 秒" * bool(rest)) if part)
