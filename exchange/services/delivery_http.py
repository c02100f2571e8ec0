"""The signed push of one message, and what the answer means."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

import orjson

from common import clock
from common.allow_list import AllowList
from common.http_client import PeerClient, PeerError, PeerResponse, read_url
from common.signing import sign
from exchange.services.delivery_results import Answer, Delivered, Refused, Unreachable

TIMEOUT_S = 10.0
Keys = Sequence[tuple[str, bytes]]
# Answers that speak of this message; any other refusal speaks of address, key or clock, and concerns all of them.
_ABOUT_THE_MESSAGE = {400, 409, 413, 415, 422}
_UNAUTHORISED = 401


def push(url: str, keys: Keys, body: bytes) -> Answer:
    """Sends a message, signed with the newest key; a partner that does not know it yet gets it signed with the one before."""
    if not keys:
        return Unreachable("NO_KEY", "没有有效的签名密钥，请在“密钥”页新建一把并交给对方。")
    for key_id, secret in keys:
        try:
            return _read(signed_request("POST", url, key_id, secret, body))
        except PeerError as error:
            answer = _of_error(error)
            if _status(error) != _UNAUTHORISED:
                return answer
    return answer


def signed_request(method: str, url: str, key_id: str, secret: bytes, body: bytes = b"") -> PeerResponse:
    """One signed request; the time of the signature is that of the clock on the wall.

    Raises:
        PeerError: it did not end in an answer of 2xx.
    """
    headers = sign(
        secret, key_id=key_id, method=method, path=read_url(url).path, body=body, at=clock.now(), nonce=secrets.token_hex(16)
    )  # fmt: skip
    client = PeerClient(AllowList.from_settings(), TIMEOUT_S)
    return client.request(method, url, headers=headers | {"Content-Type": "application/json"}, body=body or None)


def received_list_url(url: str, query: str = "") -> str:
    """Where a partner lists what it received, beside the address that takes messages: `/inbox` → `/api/received`."""
    return urljoin(url, "api/received") + (f"?{query}" if query else "")


def _status(error: PeerError) -> int:
    return int(error.extra.get("status", 0))


def _of_error(error: PeerError) -> Answer:
    status = _status(error)
    if status not in _ABOUT_THE_MESSAGE:
        return Unreachable(error.code if not status else f"HTTP_{status}", error.message)
    document = _document(error.response)
    if status == 409 and document.get("receipt"):
        return _receipt(document)
    return Refused(f"HTTP_{status}", error.message)


def _read(response: PeerResponse) -> Answer:
    document = _document(response)
    if document.get("accepted") is False:
        return Refused("NOT_ACCEPTED", str(document.get("reason") or document.get("message") or "对方不接收")[:200])
    return _receipt(document)


def _receipt(document: dict[str, Any]) -> Delivered:
    """Receipt and the partner's number where they are texts; anything else is an answer without a receipt."""
    receipt, number = document.get("receipt"), document.get("partner_id")
    if not isinstance(receipt, str) or not 0 < len(receipt) <= 80:
        return Delivered()
    return Delivered(receipt, number if isinstance(number, str) and len(number) <= 80 else "")


def _document(response: PeerResponse | None) -> dict[str, Any]:
    try:
        document = orjson.loads(response.body) if response else {}
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
