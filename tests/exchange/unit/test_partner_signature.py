"""The checker names the step that differs, for every mistake that people make."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from common.signing import sign
from exchange.selectors.partners_signature import Given, explain, signed_text

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET, PATH, BODY, NONCE = b"s" * 43, "/api/v1/partners/receipts?x=1", b'{"a": 1}', "n" * 20


def request(**changed) -> Given:
    values = {"method": "POST", "path": PATH, "body": BODY} | changed
    headers = sign(SECRET, key_id="key-1", method="POST", path=PATH, body=BODY, at=NOW, nonce=NONCE) | changed.get(
        "headers", {}
    )
    return Given(values["method"], values["path"], headers, values["body"])


def mac(*lines: str, end: str = "", joint: str = "\n") -> bytes:
    return hmac.new(SECRET, (joint.join(lines) + end).encode(), "sha256").digest()


def lines(**changed: str) -> list[str]:
    parts = {
        "version": "v1", "method": "POST", "path": PATH, "time": str(int(NOW.timestamp())), "nonce": NONCE,
        "body": hashlib.sha256(BODY).hexdigest(),
    } | changed  # fmt: skip
    return list(parts.values())


def failed(given: Given, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(one.label, one.detail) for one in explain(given, {"key-1": SECRET}, now) if one.is_right is not True]


def test_a_right_signature_passes_every_step():
    assert failed(request()) == []
    assert signed_text(request()) == lines()


@pytest.mark.parametrize(
    ("signature", "word"),
    [
        (mac(*lines()).hex().upper(), "大写"),
        (base64.b64encode(mac(*lines())).decode(), "Base64"),
        (mac(*lines(path=PATH.partition("?")[0])).hex(), "查询参数"),
        (mac(*lines(method="post")).hex(), "改为大写"),
        (mac(*lines(body=hashlib.sha256(b"").hexdigest())).hex(), "正文是空的"),
        (mac(*lines(body=hashlib.sha256(BODY + b"\n").hexdigest())).hex(), "正文末尾"),
        (mac(*lines(), end="\n").hex(), "最后多了"),
        (mac(*lines()[1:]).hex(), "v1"),
        (mac(*lines(), joint="\r\n").hex(), "回车"),
        (hashlib.sha256("\n".join(lines()).encode()).hexdigest(), "HMAC"),
        ("0" * 64, "逐行比较"),
        ("short", "64 位"),
    ],
)
def test_a_wrong_signature_is_told_why(signature, word):
    ((label, detail),) = failed(request(headers={"X-Signature": signature}))

    assert label == "签名" and word in detail


@pytest.mark.parametrize(
    ("headers", "label"),
    [
        ({"X-Nonce": ""}, "四个报文头"),
        ({"X-Nonce": "short"}, "四个报文头"),
        ({"X-Key-Id": "key-9"}, "密钥编号"),
        ({"X-Timestamp": "yesterday"}, "时间"),
        ({"X-Timestamp": str(int(NOW.timestamp()) * 1000)}, "时间"),
        ({"X-Timestamp": str(int(NOW.timestamp()) - 301)}, "时间"),
    ],
)
def test_a_wrong_header_is_named_first(headers, label):
    assert failed(request(headers=headers))[0][0] == label
