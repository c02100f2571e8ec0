"""The beginning of a text and its numbers, each read once for a whole batch.

Most texts are a head that ends with a name (莱州市沙河镇路个庄村) and a tail of numbers (128号, 3号楼2单元501室). A registry
has few heads and few tails, and a batch asks for them again and again. What the two say apart is what the text says
whole: no name reaches over the cut, and numbers ask only which levels stand before them. Where that is not certain, or
anything at all is wrong with the text, it is read whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from addresses.matching.administrative import Administrative, read_administrative
from addresses.matching.names import NameIndex
from addresses.matching.places import make_meaning
from addresses.matching.readings import NamePart, Reading, grow, settle_floor, significant
from addresses.matching.segment import NameToken, segment
from addresses.matching.slots import rank_of
from addresses.parsing.accounting import account
from addresses.parsing.numbers import lex
from addresses.parsing.tokens import NUMBER_SHAPES, POSITION_SHAPES, Shape

_TAIL = re.compile("[0-9](?:[0-9A-Z#-]|号|楼|栋|幢|座|单元|室|户|层|组|排|巷)*+$")
_UNIT_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ#-号楼栋幢座单元室户层组排巷")
_TAIL_CHARACTERS = _UNIT_CHARACTERS.union("0123456789")
_DIGITS = re.compile("[0-9]+")
# Stands for any tail while a head is read: all that a head sees of what follows is that it is a number.
_ANY_TAIL = "1号"
# A house number before the tail that the tail does not repeat; it can be none of a tail.
_OTHER_NUMBER = "?"
_ANY_NAME = NamePart("", make_meaning("town", "", ()))
_HEADS, _TAILS = 4_096, 16_384
# Their product is no more than MAX_READINGS: reading the whole text would not have dropped any.
_MOST_READINGS, _MOST_WAYS = 2, 4
_UNCERTAIN = POSITION_SHAPES | {Shape.JOINER, Shape.UNREAD}


@dataclass(frozen=True, slots=True)
class Head:
    """What a text says up to its last name. The readings are never changed: new ones are made from them."""

    administrative: Administrative
    readings: tuple[Reading, ...]


class Numbers(NamedTuple):
    """One way to read a tail, and the state of a reading behind it. `values` is never changed."""

    values: dict[str, str]
    last_rank: int
    has_group: bool
    is_guess: bool


class Before(NamedTuple):
    """All that a tail asks of what stands before it."""

    levels: tuple[str, ...]
    last_name: str
    number: str


class Heads:
    """Reads texts by head and tail, for one name index; keeps what it saw lately."""

    def __init__(self, names: NameIndex) -> None:
        self._names = names
        self._read_head = lru_cache(maxsize=_HEADS)(self._new_head)
        self._read_tail = lru_cache(maxsize=_TAILS)(self._new_tail)
        with_digits = [text for text in names.surfaces if _DIGITS.search(text)]
        # A name is never cut out of a longer number: one that reaches over the cut has a number that begins there, and
        # one that lies behind the cut has one of the tail's numbers whole, or it is all unit words.
        self._before_numbers = tuple(
            {text[: run.start()] for text in with_digits for run in _DIGITS.finditer(text) if run.start()}
        )
        behind = [text for text in with_digits if _TAIL_CHARACTERS.issuperset(text)]
        self._numbers_behind = frozenset(run for text in behind for run in _DIGITS.findall(text))
        self._may_cut = not any(_UNIT_CHARACTERS.issuperset(text) for text in names.surfaces)

    def read(self, text: str) -> tuple[Administrative, list[Reading]] | None:
        """The divisions above and the readings of a normalised text, the same as when it is read whole.

        None when it is to be read whole: it is not a head and a tail, or no reading is without a fault.
        """
        cut = _TAIL.search(text) if self._may_cut else None
        if cut is None:
            return None
        tail = cut.group()
        head = self._read_head(text[: cut.start()])
        if head is None:
            return None
        readings: list[Reading] = []
        for reading in head.readings:
            found = self._read_tail(_before(reading, tail), tail)
            if found is None:
                return None
            readings += [_joined(reading, numbers) for numbers in found]
        return (head.administrative, readings) if readings else None

    def _new_head(self, head: str) -> Head | None:
        """None for one that does not end with a name, or with anything in it that may not be accepted."""
        if head.endswith(self._before_numbers):
            return None
        tokens = segment(head + _ANY_TAIL, self._names)
        *before, number = tokens
        if not before or not isinstance(before[-1], NameToken) or number.shape is not Shape.NUMBER:
            return None
        administrative = read_administrative(tokens)
        if administrative.outside or administrative.faults or account(head + _ANY_TAIL, tokens):
            return None
        if number.start != len(head) or any(token.shape in _UNCERTAIN for token in before):
            return None
        readings = grow([Reading()], significant(before), head, then=number)
        is_plain = len(readings) <= _MOST_READINGS and all(map(_is_plain, readings))
        return Head(administrative, tuple(readings)) if is_plain else None

    def _new_tail(self, before: Before, tail: str) -> tuple[Numbers, ...] | None:
        """The ways to read a tail without a fault; None when it takes more than numbers, or more than a few ways."""
        is_certain = self._numbers_behind.isdisjoint(_DIGITS.findall(tail))
        return _tail_ways(before, tail) if is_certain else None


def _is_plain(reading: Reading) -> bool:
    """Whether a tail can be added: no fault, named at least once, and of numbers at most a whole house number."""
    has_more = reading.has_group or reading.is_guess or reading.cross_road is not None
    return bool(reading.names) and not reading.faults and not has_more and reading.numbers.keys() <= {"number"}


def _before(reading: Reading, tail: str) -> Before:
    number = reading.numbers.get("number", "")
    if number and "-" not in number and number not in tail:
        number = _OTHER_NUMBER
    return Before(tuple(reading.names), reading.last_name, number)


def _tail_ways(before: Before, tail: str) -> tuple[Numbers, ...] | None:
    tokens = lex(tail, 0, len(tail))
    if account(tail, tokens) or not all(token.shape in NUMBER_SHAPES or token.shape is Shape.DASH for token in tokens):
        return None
    reading = Reading(names=dict.fromkeys(before.levels, _ANY_NAME), last_name=before.last_name)
    if before.number:
        reading.numbers["number"], reading.last_rank = before.number, rank_of("number")
    readings, numbers = [reading], significant(tokens)
    for token, after in zip_longest(numbers, numbers[1:]):
        readings = grow(readings, [token], tail, then=after)
        if len(readings) > _MOST_WAYS:
            return None
    settled = [one for reading in readings for one in settle_floor(reading) if not one.faults]
    if before.number and any(one.numbers["number"] != before.number for one in settled):
        return None
    return tuple(Numbers(one.numbers, one.last_rank, one.has_group, one.is_guess) for one in settled)


def _joined(head: Reading, tail: Numbers) -> Reading:
    values = tail.values | head.numbers if head.numbers else tail.values
    return Reading(head.names, values, head.last_name, tail.last_rank, tail.has_group, tail.is_guess)
