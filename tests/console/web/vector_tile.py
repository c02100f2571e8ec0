"""A reader of vector tiles for tests, written against the specification apart from the product's SQL.

Source: Mapbox Vector Tile specification 2.1; Protocol Buffers wire format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dot:
    """One point feature: layer, id (0 when it has none), place in units of the tile, properties."""

    layer: str
    id: int
    x: int
    y: int
    properties: dict[str, Any]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        elif wire == 2:
            length, at = _varint(data, at)
            yield key >> 3, data[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {wire} does not occur in our tiles")


def _packed(data: bytes) -> list[int]:
    numbers, at = [], 0
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def _value(data: bytes) -> Any:
    ((number, value),) = _fields(data)
    if number == 1:
        return value.decode()
    if number == 6:
        return (value >> 1) ^ -(value & 1)
    return value


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def read_tile(data: bytes) -> list[Dot]:
    """Every point of every layer."""
    return [dot for number, layer in _fields(data) if number == 3 for dot in _read_layer(layer)]


def _read_layer(data: bytes) -> list[Dot]:
    fields = list(_fields(data))
    name = next(value.decode() for number, value in fields if number == 1)
    keys = [value.decode() for number, value in fields if number == 3]
    values = [_value(value) for number, value in fields if number == 4]
    dots = []
    for feature in (dict(_fields(value)) for number, value in fields if number == 2):
        tags, geometry = _packed(feature.get(2, b"")), _packed(feature[4])
        properties = {keys[tags[i]]: values[tags[i + 1]] for i in range(0, len(tags), 2)}
        dots.append(Dot(name, feature.get(1, 0), _signed(geometry[1]), _signed(geometry[2]), properties))
    return dots
