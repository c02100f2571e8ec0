"""Tokens: what a span of the normalised text was read as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Shape(Enum):
    """What a token is. The shapes of numbers say how the number was written, not yet which component it is."""

    # Members are singletons; the hash of Enum is a Python function and is asked for every token.
    __hash__ = object.__hash__

    NAME = "name"
    GROUP = "group"
    """5组, or a row or lane of houses: 3排, 12巷"""
    NUMBER = "number"
    """128号, 128号之1"""
    BUILDING = "building"
    """3号楼, 3栋, A座, 综合楼"""
    HASH = "hash"
    """3#"""
    TOWER = "tower"
    """3楼: a building or a floor"""
    UNIT = "unit"
    """2单元"""
    FLOOR = "floor"
    """5层"""
    ROOM = "room"
    """501室, 东户"""
    CHAIN = "chain"
    """3-2-501"""
    BARE = "bare"
    """501 without a unit word"""
    ROUTE = "route"
    """G206烟汕线 before a stake: a road that no address has"""
    STAKE = "stake"
    """K19+906: a point on a road"""
    DISTANCE = "distance"
    """西100米"""
    POSITION = "position"
    """对面, 路口东南角"""
    JOINER = "joiner"
    """与, 和 between two roads"""
    PERSONAL = "personal"
    """A phone or ID number, or the mark of one that was cut"""
    FILLER = "filler"
    """Words that say nothing: 地址, 位于, 内"""
    DASH = "dash"
    SEPARATOR = "separator"
    UNREAD = "unread"
    """Nothing is known of it: the address goes to review"""


NUMBER_SHAPES = frozenset(
    {
        Shape.GROUP,
        Shape.NUMBER,
        Shape.BUILDING,
        Shape.HASH,
        Shape.TOWER,
        Shape.UNIT,
        Shape.FLOOR,
        Shape.ROOM,
        Shape.CHAIN,
        Shape.BARE,
    }
)
POSITION_SHAPES = frozenset({Shape.ROUTE, Shape.STAKE, Shape.DISTANCE, Shape.POSITION})
SILENT_SHAPES = frozenset({Shape.FILLER, Shape.SEPARATOR, Shape.DASH, Shape.PERSONAL})
"""Shapes that are accounted for but say nothing about the place."""


@dataclass(slots=True)
class Token:
    """A span [start, end) of the normalised text and its reading.

    `parts` are the canonical values of a number token: one, or one for each link of a chain. `suffix` is the unit word
    at the end of a chain, 院 behind a house number, or the word of a row or lane (排, 巷).
    """

    shape: Shape
    start: int
    end: int
    parts: tuple[str, ...] = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A named reason against accepting, with the text that it is about (personal numbers never shown)."""

    code: str
    text: str = ""
