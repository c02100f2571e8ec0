"""Signatures between agencies: fixed vectors, every changed byte refused, clocks told apart in words."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.signing import SignatureError, sign, verify

SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))
NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
NONCE = "a1b2c3d4e5f60718"
BODY = '{"号牌":"鲁F12345"}'.encode()
MESSAGE = {"method": "POST", "path": "/api/v1/rows?after=7&q=%E8%8E%B1", "body": BODY}
VECTORS = [
    ("GET", "/", b"", "6f07414dabec322ec0269264dbe19c493a1bb852e72e9e4e7b0cce23cfb32688"),
    (
        MESSAGE["method"],
        MESSAGE["path"],
        MESSAGE["body"],
        "000998fbacd742aa69c96c1121f09d3d374096b1586ae4509ac498e857e2ad8c",
    ),
    ("PUT", "/a", bytes(range(256)), "effba2557be2ea1c4f5d2ee3cd1ad629811b6e73b180440c77c9b55245969f3c"),
]


def by_hand(secret: bytes, message: bytes) -> str:
    """HMAC by its definition (RFC 2104), from hashlib alone."""
    key = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


def signed(**changes) -> dict[str, str]:
    return sign(SECRET, **{"key_id": "bureau-1", "at": NOW, "nonce": NONCE, **MESSAGE, **changes})


def check(headers, **changes) -> str:
    return verify(headers, **{**MESSAGE, "secrets": {"bureau-1": SECRET, "bureau-2": OTHER}, "now": NOW, **changes})


def refused(headers, **changes) -> SignatureError:
    with pytest.raises(SignatureError) as error:
        check(headers, **changes)
    return error.value


@pytest.mark.parametrize(("method", "path", "body", "expected"), VECTORS)
def test_vectors(method, path, body, expected):
    headers = signed(method=method, path=path, body=body)
    text = f"v1\n{method}\n{path}\n1777608000\n{NONCE}\n{hashlib.sha256(body).hexdigest()}".encode()

    assert headers == {
        "X-Key-Id": "bureau-1", "X-Timestamp": "1777608000", "X-Nonce": NONCE, "X-Signature": expected,
    }  # fmt: skip
    assert by_hand(SECRET, text) == expected


def test_a_signed_message_is_accepted_and_names_its_key():
    assert check(signed()) == "bureau-1"
    assert check({name.lower(): value for name, value in signed().items()}) == "bureau-1"


@given(body=st.binary(min_size=1, max_size=300), at=st.integers(0), new=st.integers(1, 255))
def test_any_changed_byte_of_the_body_is_refused(body, at, new):
    changed = bytearray(body)
    changed[at % len(body)] ^= new

    assert check(signed(body=body), body=body) == "bureau-1"
    assert refused(signed(body=body), body=bytes(changed)).code == "SIGNATURE_WRONG"


@given(data=st.data())
def test_any_changed_letter_of_head_or_path_is_refused(data):
    parts = {**signed(), "method": MESSAGE["method"], "path": MESSAGE["path"]}
    name = data.draw(st.sampled_from(sorted(parts)))
    at = data.draw(st.integers(0, len(parts[name]) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != parts[name][at]))
    parts[name] = parts[name][:at] + letter + parts[name][at + 1 :]
    method, path = parts.pop("method"), parts.pop("path")

    expected = {"SIGNATURE_WRONG", "KEY_UNKNOWN"} if name == "X-Key-Id" else {"SIGNATURE_WRONG"}
    assert refused(parts, method=method, path=path).code in expected


@given(st.binary(max_size=40), st.integers(0, 40))
def test_a_byte_moved_from_body_to_path_is_refused(body, count):
    headers = signed(path="/x", body=b"yz" + body)

    assert refused(headers, path="/xy", body=b"z" + body).code == "SIGNATURE_WRONG"


@pytest.mark.parametrize("name", ["X-Key-Id", "X-Timestamp", "X-Nonce", "X-Signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header_is_named(name, value):
    headers = signed()
    headers.pop(name)
    if value is not None:
        headers[name] = value
    error = refused(headers)

    assert (error.code, error.status) == ("SIGNATURE_MISSING", 401)
    assert f"缺少 {name}。" in error.message


def test_an_unknown_key_and_the_key_of_another():
    assert refused(signed(key_id="nobody")).code == "KEY_UNKNOWN"
    assert refused(signed() | {"X-Key-Id": "bureau-2"}).code == "SIGNATURE_WRONG"
    assert refused(signed(), secrets={}).code == "KEY_UNKNOWN"


@pytest.mark.parametrize("value", ["１７７７６０８０００", "-1", "1e9", "1777608000 ", "\n1", "9" * 40])
def test_a_timestamp_is_plain_digits(value):
    assert refused(signed() | {"X-Timestamp": value}).code == "SIGNATURE_WRONG"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_clocks_may_differ_by_five_minutes(seconds):
    assert check(signed(at=NOW + timedelta(seconds=seconds))) == "bureau-1"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (301, "对方时钟快 5 分 1 秒，超过允许的 5 分。"), (-301, "对方时钟慢 5 分 1 秒（或报文在途中耽搁了），超过允许的 5 分。"), (3_600, "对方时钟快 1 小时，"),
        (-8 * 3_600, "对方时钟慢 8 小时（"), (2 * 86_400, "对方时钟快 2 天，"), (3 * 365 * 86_400, "对方时钟快 3 年，"), (-56 * 365 * 86_400, "对方时钟慢 56 年（"),
    ],
)  # fmt: skip
def test_a_wrong_clock_is_told_by_how_much(seconds, words):
    error = refused(signed(at=NOW + timedelta(seconds=seconds)))

    assert (error.code, error.extra) == ("CLOCK_SKEW", {"ahead_s": seconds})
    assert error.message.startswith(words)


def test_only_a_true_partner_learns_about_the_clock():
    late = sign(OTHER, key_id="bureau-1", at=NOW + timedelta(days=9), nonce=NONCE, **MESSAGE)

    assert refused(late).code == "SIGNATURE_WRONG"


@pytest.mark.parametrize(
    "changes",
    [{"method": "post"}, {"path": "api"}, {"path": "/a b"}, {"path": "/a\nb"}, {"path": "/莱"}, {"nonce": "short"}, {"nonce": NONCE + "\n"}, {"key_id": ""},
     {"key_id": "a b"}, {"at": datetime(1960, 1, 1, tzinfo=UTC)}],
)  # fmt: skip
def test_what_the_other_side_would_refuse_is_not_signed(changes):
    with pytest.raises(ValueError, match=r"form that|upper case"):
        signed(**changes)


@pytest.mark.parametrize("secret", [b"", b"x" * 31])
def test_a_secret_that_can_be_guessed_neither_signs_nor_verifies(secret):
    with pytest.raises(ValueError, match="at least 32 bytes"):
        sign(secret, key_id="bureau-1", at=NOW, nonce=NONCE, **MESSAGE)
    with pytest.raises(ValueError, match="at least 32 bytes"):
        check(signed(), secrets={"bureau-1": secret})
