"""From tokens to readings: which component each name and number is.

A text has one reading, rarely a few (北苑 is an estate or a community; 3楼501 is building 3 or floor 3). All of them
are looked up; what the registry holds decides. A token that fits no component of any reading blocks acceptance, so that
a number which is not understood is never skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from addresses.matching.places import Meaning, Place, Surface, make_meaning
from addresses.matching.segment import NameToken
from addresses.matching.slots import Assignment, Situation, number_assignments, rank_of
from addresses.parsing.accounting import shown
from addresses.parsing.tokens import NUMBER_SHAPES, POSITION_SHAPES, SILENT_SHAPES, Fault, Shape, Token

MAX_READINGS = 8
_HOUSE_NUMBER_SHAPES = frozenset({Shape.NUMBER, Shape.GROUP, Shape.BARE, Shape.CHAIN})
_ORDER = {"town": 1, "village": 2, "road": 3, "estate": 4}


@dataclass(frozen=True, slots=True)
class NamePart:
    """A stated name: the surface and what it means at its level."""

    surface: str
    meaning: Meaning


@dataclass(slots=True)
class Reading:
    """One way to read a text. Numbers are canonical, "" when not stated.

    `last_name` is the level of the last name, `last_rank` the rank of the deepest number so far. `is_guess` marks a
    reading whose numbers were placed without a unit word and may be meant otherwise: it is accepted only when the
    registry holds it whole. `cross_road` is the second road of an intersection.
    """

    names: dict[str, NamePart] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    last_name: str = ""
    last_rank: int = 0
    has_group: bool = False
    is_guess: bool = False
    cross_road: NamePart | None = None
    positions: list[Token] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def copy(self) -> Reading:
        """An independent copy."""
        return replace(
            self,
            names=dict(self.names),
            numbers=dict(self.numbers),
            positions=list(self.positions),
            faults=list(self.faults),
        )

    def anchor_level(self) -> str:
        """The named level that decides the place: estate, else road, else village, else town."""
        for level in ("estate", "road", "village", "town"):
            if level in self.names:
                return level
        return ""


def _same_places(part: NamePart, meaning: Meaning) -> tuple[Place, ...]:
    if part.meaning is meaning:
        return meaning.places
    keys = {place.key for place in part.meaning.places}
    return tuple(place for place in meaning.places if place.key in keys)


def _may_follow_number(reading: Reading, level: str) -> bool:
    """After a house number an estate may come, or the town of what is known; else it is a second address."""
    if reading.last_rank == 0 or (reading.last_rank <= rank_of("number") and level == "estate"):
        return True
    # 光州花园3号楼(文昌路街道): said afterwards, it is compared with the place that was found.
    anchor = reading.anchor_level()
    return (anchor in ("estate", "road") and level in ("town", "village")) or (anchor == "village" and level == "town")


def _comes_too_late(reading: Reading, meaning: Meaning) -> bool:
    """A short name above one that was read (光州路文昌5号) says too little to be a correction of the place."""
    if meaning.kind != "short":
        return False
    return any(_ORDER[level] > _ORDER[meaning.level] for level in reading.names)


def _name_fits(reading: Reading, meaning: Meaning) -> bool:
    if _comes_too_late(reading, meaning):
        return False
    part = reading.names.get(meaning.level)
    return bool(_same_places(part, meaning)) if part is not None else _may_follow_number(reading, meaning.level)


def _with_name(reading: Reading, surface: Surface, meaning: Meaning) -> None:
    reading.last_name = meaning.level
    part = reading.names.get(meaning.level)
    if part is None:
        reading.names[meaning.level] = NamePart(surface.text, meaning)
    elif part.meaning is not meaning:
        # Named twice, a place is in doubt only when both names are.
        doubts = {key: code for key, code in meaning.doubts.items() if key in part.meaning.doubts}
        common = make_meaning(meaning.level, meaning.kind, _same_places(part, meaning), doubts)
        reading.names[meaning.level] = NamePart(surface.text, common)


def _plausible(surface: Surface, reading: Reading, after: Token | None) -> list[Meaning]:
    """Meanings that can stand here: a town or a village reading of a short name yields to a road before a number."""
    fitting = [meaning for meaning in surface.meanings if _name_fits(reading, meaning)]
    if len(fitting) < 2:
        return fitting
    before_number = after is not None and after.shape in NUMBER_SHAPES
    if before_number or after is None:
        narrower = [meaning for meaning in fitting if meaning.level != "town" or meaning.kind != "short"]
        fitting = narrower or fitting
    return fitting


def _second_road(reading: Reading, surface: Surface) -> bool:
    """光州路与文昌路: the second road of an intersection, as long as no number was stated."""
    meaning = surface.meaning_at("road")
    if meaning is None or "road" not in reading.names or reading.numbers or reading.cross_road is not None:
        return False
    reading.cross_road = NamePart(surface.text, meaning)
    return True


def _apply_name(reading: Reading, surface: Surface, before: Token | None, after: Token | None) -> list[Reading]:
    if len(surface.meanings) == 1 and reading.last_rank == 0 and not reading.positions:
        meaning = surface.meanings[0]
        if meaning.level not in reading.names and meaning.kind != "short":
            _with_name(reading, surface, meaning)
            return [reading]
    if before is not None and before.shape is Shape.JOINER and _second_road(reading, surface):
        return [reading]
    meanings = _plausible(surface, reading, after)
    if not meanings:
        if not _second_road(reading, surface):
            reading.faults.append(Fault("second_place", surface.text))
        return [reading]
    results = [reading] + [reading.copy() for _ in meanings[1:]]
    for result, meaning in zip(results, meanings, strict=True):
        _with_name(result, surface, meaning)
    return results


def _assign(reading: Reading, assignment: Assignment) -> Reading:
    for level, value in assignment.values:
        reading.numbers[level] = value
        reading.last_rank = max(reading.last_rank, rank_of(level))
    reading.has_group = assignment.is_group
    reading.is_guess = reading.is_guess or assignment.is_guess
    return reading


def _belongs_elsewhere(reading: Reading, token: Token) -> bool:
    """光州路定海社区5号: a house number right behind a village that is not the anchor is not the road's."""
    if reading.numbers or token.shape not in _HOUSE_NUMBER_SHAPES:
        return False
    anchor = reading.anchor_level()
    return anchor in ("road", "estate") and reading.last_name in ("town", "village")


def _assignments(reading: Reading, token: Token, after: Token | None) -> tuple[Assignment, ...]:
    names = reading.names
    has_village = "village" in names
    # 光州花园光州路128号: right behind the road the number is the road's, not a building of the estate.
    is_of_road = token.shape is Shape.NUMBER and reading.last_name == "road" and not reading.numbers
    situation = Situation(
        number=reading.numbers.get("number", ""),
        last_rank=reading.last_rank,
        has_estate="estate" in names and not is_of_road,
        has_place="road" in names or has_village,
        has_village=has_village,
        has_group=reading.has_group,
    )
    return number_assignments(token.shape, token.parts, token.suffix, after.shape if after else None, situation)


def _apply_number(reading: Reading, token: Token, after: Token | None, text: str) -> list[Reading]:
    assignments = () if _belongs_elsewhere(reading, token) else _assignments(reading, token, after)
    if not assignments:
        code = "number_without_place" if not reading.names else "unplaced_number"
        reading.faults.append(Fault(code, shown(text[token.start : token.end])))
        return [reading]
    results = [reading] + [reading.copy() for _ in assignments[1:]]
    return [_assign(result, assignment) for result, assignment in zip(results, assignments, strict=True)]


def settle_floor(reading: Reading) -> list[Reading]:
    """The room carries the floor: 5层501 agrees, 5层1室 is 501, 3层501 is a contradiction."""
    floor, room = reading.numbers.get("floor", ""), reading.numbers.get("room", "")
    if not floor or not room:
        return [reading]
    del reading.numbers["floor"]
    if room.isdigit() and len(room) <= 2:
        reading.numbers["room"] = floor + room.zfill(2)
    elif not room[0].isascii():
        reading.numbers["room"] = floor + room
    elif not room.startswith(floor) or len(room.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - len(floor) != 2:
        reading.faults.append(Fault("floor_contradicts_room", f"{floor}≠{room}"))
    return [reading]


def significant(tokens: Sequence[Token]) -> list[Token]:
    """Tokens that say something about the place; admin names above the town are judged elsewhere."""
    return [
        token
        for token in tokens
        if token.shape not in SILENT_SHAPES
        and token.shape is not Shape.UNREAD
        and not (isinstance(token, NameToken) and token.surface is not None and token.surface.admin)
    ]


def _check_joiners(text: str, tokens: Sequence[Token], reading: Reading) -> None:
    """与 and 和 are read only between the two roads of an intersection."""
    if reading.cross_road is None or reading.numbers:
        for token in tokens:
            if token.shape is Shape.JOINER:
                reading.faults.append(Fault("unread_text", text[token.start : token.end]))
    if reading.cross_road is not None and not reading.positions and not any(t.shape is Shape.JOINER for t in tokens):
        reading.faults.append(Fault("second_place", reading.cross_road.surface))


def read(text: str, tokens: Sequence[Token]) -> list[Reading]:
    """Readings of the tokens, at most `MAX_READINGS`; those without a fault only, when there are any."""
    readings = grow([Reading()], significant(tokens), text)
    settled = [result for reading in readings for result in settle_floor(reading)]
    for reading in settled:
        _check_joiners(text, tokens, reading)
    return _keep_best(settled)


def grow(readings: list[Reading], meaningful: Sequence[Token], text: str, then: Token | None = None) -> list[Reading]:
    """What the readings become by significant tokens; `then` is the one that comes after the last of them.

    The readings given are changed.
    """
    count = len(meaningful)
    for position, token in enumerate(meaningful):
        before = meaningful[position - 1] if position else None
        after = meaningful[position + 1] if position + 1 < count else then
        grown: list[Reading] = []
        for reading in readings:
            if isinstance(token, NameToken) and token.surface is not None:
                grown += _apply_name(reading, token.surface, before, after)
            elif token.shape in NUMBER_SHAPES:
                grown += _apply_number(reading, token, after, text)
            else:
                if token.shape in POSITION_SHAPES:
                    reading.positions.append(token)
                grown.append(reading)
        readings = _keep_best(grown)
    return readings


def _keep_best(readings: list[Reading]) -> list[Reading]:
    if len(readings) == 1:
        return readings
    clean = [reading for reading in readings if not reading.faults]
    return (clean or readings)[:MAX_READINGS]
