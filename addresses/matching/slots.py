"""Which components a number token can be, given what was read before it and what follows.

Numbers descend: house number, building, unit, floor, room. A token is never placed above one that stands before it.
Each function returns the possible assignments; none means that the token fits nowhere and the text goes to review.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from addresses.parsing.tokens import Shape

_RANKS = {"number": 3, "building": 5, "unit": 6, "floor": 7, "room": 8}
_NUMBER, _BUILDING, _UNIT, _FLOOR, _ROOM = 3, 5, 6, 7, 8
_BELOW_BUILDING: frozenset[Shape | None] = frozenset(
    {Shape.UNIT, Shape.FLOOR, Shape.ROOM, Shape.BARE, Shape.CHAIN, Shape.TOWER}
)
_MAX_DIGITS = {"number": 5, "building": 4, "unit": 2, "floor": 2, "room": 6}


def rank_of(level: str) -> int:
    """Rank of a number level; deeper is larger."""
    return _RANKS[level]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Components that one token gives. `is_group` says that the house number may still follow (5组 + 6号)."""

    values: tuple[tuple[str, str], ...]
    is_guess: bool = False
    is_group: bool = False


class NumberWord(NamedTuple):
    """A number token and the shape of the meaningful token after it."""

    parts: tuple[str, ...]
    suffix: str
    after: Shape | None

    @property
    def is_below_next(self) -> bool:
        """Whether a number that belongs inside a building comes next."""
        return self.after in _BELOW_BUILDING


class Situation(NamedTuple):
    """What was read before a number token: the house number ("" for none), the rank of the deepest number, which names.

    `has_group` says that the house number so far is a villagers' group, a row or a lane that a number may follow.
    """

    number: str
    last_rank: int
    has_estate: bool
    has_place: bool
    has_village: bool
    has_group: bool

    @property
    def has_anchor(self) -> bool:
        """Whether there is a place that numbers can belong to."""
        return self.has_estate or self.has_place

    @property
    def is_inside(self) -> bool:
        """Whether the text is at a plot (estate or house number) but not yet in a building."""
        return self.last_rank < _BUILDING and (self.has_estate or bool(self.number))


def _one(level: str, value: str, *, is_guess: bool = False) -> Assignment:
    return Assignment(((level, value),), is_guess)


def _fits(values: tuple[tuple[str, str], ...]) -> bool:
    return all(sum(c.isdigit() for c in value) <= _MAX_DIGITS[level] for level, value in values)


def _several(levels: tuple[str, ...], parts: tuple[str, ...], *, is_guess: bool = False) -> list[Assignment]:
    values = tuple(zip(levels, parts, strict=True))
    return [Assignment(values, is_guess)] if _fits(values) else []


def _group(token: NumberWord, situation: Situation) -> list[Assignment]:
    word = token.suffix or "组"
    value = token.parts[0] + word
    if token.suffix and situation.has_estate and situation.last_rank < _BUILDING:
        # Rows and lanes of an estate stand where its buildings do.
        return [_one("building", value)]
    if token.suffix and situation.has_group and situation.number.endswith("组"):
        return [Assignment((("number", situation.number + value),), is_group=True)]
    has_place = situation.has_place if token.suffix else situation.has_village
    if not has_place or situation.number or situation.last_rank:
        return []
    return [Assignment((("number", value),), is_group=True)]


def _house_number(value: str, situation: Situation) -> Assignment:
    prefix = situation.number if situation.has_group else ""
    return _one("number", prefix + value)


def _number(token: NumberWord, situation: Situation) -> list[Assignment]:
    value = "-".join(token.parts)
    lone = len(token.parts) == 1 and not token.suffix
    if situation.last_rank >= _BUILDING:
        if situation.last_rank >= _ROOM:
            return []
        if lone:
            is_unit = situation.last_rank == _BUILDING and token.is_below_next
            return [_one("unit" if is_unit else "room", value)]
        return _several(("unit", "room"), token.parts) if len(token.parts) == 2 else []
    if situation.has_group:
        return [_house_number(value, situation)]
    if situation.number:
        if situation.number == value and not token.is_below_next:
            return [_one("number", value)]
        return [_one("building", value)] if lone and token.is_below_next else []
    if situation.has_estate:
        assignments = [_one("number", value)]
        if lone:
            assignments.insert(0, _one("building", value))
        elif len(token.parts) == 2 and not token.suffix:
            assignments += _several(("building", "room"), token.parts, is_guess=True)
        return assignments
    return [_one("number", value)] if situation.has_place else []


def _building(token: NumberWord, situation: Situation) -> list[Assignment]:
    value = token.parts[0]
    if situation.last_rank < _BUILDING:
        return [_one("building", value)]
    return []


def _hash(token: NumberWord, situation: Situation) -> list[Assignment]:
    value = token.parts[0]
    if situation.last_rank < _BUILDING:
        assignments = [_one("building", value)]
        if not situation.has_estate and not situation.number and situation.has_place:
            assignments.append(_one("number", value, is_guess=True))
        return assignments
    if situation.last_rank == _BUILDING and token.is_below_next:
        return _several(("unit",), token.parts)
    return _several(("room",), token.parts) if situation.last_rank < _ROOM else []


def _unit(token: NumberWord, situation: Situation) -> list[Assignment]:
    return _several(("unit",), token.parts) if situation.last_rank < _UNIT else []


def _floor(token: NumberWord, situation: Situation) -> list[Assignment]:
    return _several(("floor",), token.parts) if situation.last_rank < _FLOOR else []


def _tower(token: NumberWord, situation: Situation) -> list[Assignment]:
    """3楼 is a floor inside a building; before one it may be either."""
    if situation.last_rank >= _BUILDING:
        return _floor(token, situation)
    assignments = [_one("building", token.parts[0])]
    if token.after is None and not situation.has_estate:
        # 光州路128号3楼 is the third floor of the house.
        return _floor(token, situation)
    if token.after is not Shape.UNIT:
        assignments += [Assignment(a.values, is_guess=True) for a in _floor(token, situation)]
    return assignments


def _room(token: NumberWord, situation: Situation) -> list[Assignment]:
    return _several(("room",), token.parts) if situation.last_rank < _ROOM else []


def _bare(token: NumberWord, situation: Situation) -> list[Assignment]:
    value = token.parts[0]
    if situation.last_rank >= _BUILDING:
        if situation.last_rank == _BUILDING and token.is_below_next and len(value) <= 2:
            return [_one("unit", value)]
        return _room(token, situation)
    if situation.has_group:
        return [_house_number(value, situation)]
    if situation.is_inside:
        if token.is_below_next:
            return _several(("building",), token.parts, is_guess=True)
        return _several(("room",), token.parts, is_guess=True)
    return _several(("number",), token.parts) if situation.has_place else []


def _is_range(parts: tuple[str, ...]) -> bool:
    """1102-1103 is two rooms, not a unit and a room."""
    return len(parts) == 2 and len(parts[0]) >= 3 and len(parts[1]) >= 3


def _chain_inside(parts: tuple[str, ...]) -> list[Assignment]:
    """Chain at an estate or house number: 3-2-501, 3-501, 3-2."""
    if len(parts) == 4:
        return _several(("building", "unit", "floor", "room"), parts)
    if len(parts) == 3:
        return _several(("building", "unit", "room"), parts)
    if _is_range(parts):
        return []
    if len(parts[1]) >= 3:
        return _several(("building", "room"), parts) + _several(("unit", "room"), parts, is_guess=True)
    return _several(("building", "unit"), parts, is_guess=True) + _several(("building", "room"), parts, is_guess=True)


def _chain_at_place(parts: tuple[str, ...], situation: Situation) -> list[Assignment]:
    """Chain right after a road or village: it begins with the house number, or with a building of the village."""
    joined = ("-".join(parts[:2]),)
    assignments = []
    if len(parts) == 2:
        assignments += _several(("number",), ("-".join(parts),))
        if len(parts[1]) >= 3 and not _is_range(parts):
            assignments += _several(("number", "room"), parts, is_guess=True)
    elif len(parts) == 3:
        assignments += _several(("number", "building", "room"), parts, is_guess=True)
        assignments += _several(("number", "room"), joined + parts[2:], is_guess=True)
        assignments += _several(("building", "unit", "room"), parts, is_guess=True)
    else:
        assignments += _several(("number", "building", "unit", "room"), parts, is_guess=True)
    if len(parts) == 2 and situation.has_village and not _is_range(parts):
        assignments += _several(("building", "room"), parts, is_guess=True)
    return assignments


def _chain(token: NumberWord, situation: Situation) -> list[Assignment]:
    parts = token.parts
    if situation.has_group and situation.last_rank < _BUILDING:
        return [_house_number("-".join(parts), situation)] if len(parts) == 2 else []
    if situation.last_rank < _BUILDING:
        assignments = _chain_inside(parts) if situation.is_inside else []
        if not situation.is_inside and situation.has_place:
            assignments = _chain_at_place(parts, situation)
    elif situation.last_rank == _BUILDING:
        assignments = (
            _several(("unit", "room"), parts) if len(parts) == 2 else _several(("unit", "floor", "room"), parts[:3])
        )
        if len(parts) > 3:
            assignments = []
    elif situation.last_rank == _UNIT and len(parts) == 2:
        assignments = _several(("floor", "room"), parts)
    else:
        assignments = []
    if token.suffix:
        assignments = [a for a in assignments if a.values[-1][0] == "room"]
    return assignments


_RULES: Mapping[Shape, Callable[[NumberWord, Situation], list[Assignment]]] = {
    Shape.GROUP: _group,
    Shape.NUMBER: _number,
    Shape.BUILDING: _building,
    Shape.HASH: _hash,
    Shape.TOWER: _tower,
    Shape.UNIT: _unit,
    Shape.FLOOR: _floor,
    Shape.ROOM: _room,
    Shape.CHAIN: _chain,
    Shape.BARE: _bare,
}


@lru_cache(maxsize=32_768)
def number_assignments(
    shape: Shape,
    parts: tuple[str, ...],
    suffix: str,
    after: Shape | None,
    situation: Situation,
) -> tuple[Assignment, ...]:
    """Possible components of a number token; empty when it fits nowhere.

    Kept in a cache, because a registry has few different numbers and a batch asks for the same ones again and again.

    Args:
        shape: shape of the token.
        parts: its canonical parts.
        suffix: its unit word, for a chain.
        after: shape of the next token that says something about the place.
        situation: what was read before it.
    """
    if not situation.has_anchor:
        return ()
    return tuple(_RULES[shape](NumberWord(parts, suffix, after), situation))
