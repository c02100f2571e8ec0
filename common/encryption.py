"""Personal values at rest: sealed triples, encrypted raw rows, keyed hashes.

A sealed value is one byte string holding the triple

    version (1) | index (16) | tail (8) | ciphertext and tag (n + 16)

`index` is HMAC(field | value), `tail` is HMAC(field | last four). The nonce is derived from the index, so that the
same value gives the same bytes (equality is what the index shows anyway) and SQL may compare and copy the value
from claim to element and history. Additional data of AES-256-GCM: field, version, index; never the row.

A look-up goes by index or tail, never by ciphertext; rotation writes a new version beside the old one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

INDEX_SLICE = slice(1, 17)
TAIL_SLICE = slice(17, 25)
_HEADER_BYTES = 25


class SealBroken(ValueError):
    """A sealed value was altered, belongs to another field, or its key is gone."""


@cache
def _ciphers() -> dict[int, AESGCM]:
    ciphers = {}
    for entry in settings.FIELD_KEYS.split(","):
        version, _, key = entry.strip().partition(":")
        raw = base64.b64decode(key)
        if len(raw) != 32:
            raise ImproperlyConfigured("FIELD_KEYS: each key is base64 of 32 bytes, written version:key")
        ciphers[int(version)] = AESGCM(raw)
    return ciphers


@cache
def _index_key(purpose: str) -> bytes:
    return hmac.digest(base64.b64decode(settings.INDEX_KEY), purpose.encode(), hashlib.sha256)


def keyed_hash(purpose: str, data: bytes) -> bytes:
    """HMAC-SHA-256 cut to 16 bytes; the purpose separates fields, tails, rows and files."""
    return hmac.digest(_index_key(purpose), data, hashlib.sha256)[:16]


def value_index(field: str, value: str) -> bytes:
    """Blind index (16 bytes) of a canonical value of `field`: what equality look-ups compare."""
    return keyed_hash(f"index:{field}", value.encode())


def tail_index(field: str, value: str) -> bytes:
    """Blind index (8 bytes) of the last four characters of `value`."""
    return keyed_hash(f"tail:{field}", value[-4:].encode())[:8]


def seal(field: str, value: str) -> bytes:
    """Seals a canonical value of `field` (e.g. "citizen_id")."""
    version = max(_ciphers())
    index = value_index(field, value)
    header = bytes([version]) + index + tail_index(field, value)
    nonce = keyed_hash("nonce", bytes([version]) + field.encode() + index)[:12]
    aad = field.encode() + b"|" + header[:17]
    return header + _ciphers()[version].encrypt(nonce, value.encode(), aad)


def unseal(field: str, sealed: bytes | memoryview) -> str:
    """Opens a sealed value.

    Raises:
        SealBroken: altered, of another field, or of a key version that is not configured.
    """
    data = bytes(sealed)
    cipher = _ciphers().get(data[0]) if data else None
    if cipher is None or len(data) < _HEADER_BYTES + 16:
        raise SealBroken("unknown key version or cut value")
    nonce = keyed_hash("nonce", data[:1] + field.encode() + data[INDEX_SLICE])[:12]
    try:
        return cipher.decrypt(nonce, data[_HEADER_BYTES:], field.encode() + b"|" + data[:17]).decode()
    except InvalidTag as error:
        raise SealBroken("altered or of another field") from error


def encrypt_bytes(purpose: str, data: bytes) -> bytes:
    """Encrypts a raw row or file: version (1) | random nonce (12) | ciphertext and tag."""
    version = max(_ciphers())
    nonce = os.urandom(12)
    return bytes([version]) + nonce + _ciphers()[version].encrypt(nonce, data, purpose.encode())


def decrypt_bytes(purpose: str, data: bytes | memoryview) -> bytes:
    """Opens what `encrypt_bytes` made for the same purpose.

    Raises:
        SealBroken: altered, of another purpose, or its key is gone.
    """
    raw = bytes(data)
    cipher = _ciphers().get(raw[0]) if raw else None
    if cipher is None:
        raise SealBroken("unknown key version")
    try:
        return cipher.decrypt(raw[1:13], raw[13:], purpose.encode())
    except InvalidTag as error:
        raise SealBroken("altered or of another purpose") from error
