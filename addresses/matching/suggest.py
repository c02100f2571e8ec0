"""Names that a person may be typing: by their beginning, by a part of them, by pinyin or its initials.

Plain Python over the names that every worker holds; what stands under a name (house numbers, buildings, rooms) is asked of
the registry by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pypinyin import lazy_pinyin

from addresses.matching.names import NameIndex
from addresses.matching.places import Place, Surface
from addresses.matching.segment import NameToken, segment
from addresses.parsing.components import LEVELS
from addresses.parsing.normalise import MAX_LENGTH, normalise
from addresses.parsing.tokens import NUMBER_SHAPES, Shape, Token

MAX_NAMES = 40
"""Most places of an answer: a person reads a dozen."""

_NUMBERS_FROM = 3
_KINDS = ("official", "alias", "old", "short")


@lru_cache(maxsize=16_384)
def _sound(character: str) -> str:
    return lazy_pinyin(character)[0].upper()


@dataclass(frozen=True, slots=True)
class TypedName:
    """One name with what it sounds like; letters and digits sound as they are written."""

    surface: Surface
    initials: str
    sound: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the typed text asks for.

    `places` are in the order to be shown. `numbers` are the numbers typed after the name, the last of them perhaps not yet
    finished. `is_exact` says that the first place's name was typed to its end.
    """

    places: tuple[Place, ...] = ()
    numbers: tuple[str, ...] = ()
    is_exact: bool = False


@dataclass(slots=True)
class SuggestIndex:
    """The full names of a name index, in the order of their length."""

    index: NameIndex
    names: list[TypedName] = field(default_factory=list)

    @classmethod
    def build(cls, index: NameIndex) -> SuggestIndex:
        """Names of our own places; a short form that is the beginning of the official name is found by that."""
        names = [
            TypedName(surface, "".join(_sound(c)[:1] for c in text), "".join(map(_sound, text)))
            for text, surface in _own(index.surfaces).items()
        ]
        names.sort(key=lambda name: (len(name.surface.text), name.surface.text))
        return cls(index, names)

    def by_letters(self, letters: str) -> list[Surface]:
        """Names whose initials, then whose whole pinyin, begin with the letters."""
        first = [name.surface for name in self.names if name.initials.startswith(letters)]
        return first + [name.surface for name in self.names if name.sound.startswith(letters)]

    def by_part(self, part: str) -> list[Surface]:
        """Names that begin with the part, then those that hold it."""
        first = [name.surface for name in self.names if name.surface.text.startswith(part)]
        return first + [name.surface for name in self.names if part in name.surface.text[1:]]

    def wanted(self, typed: str) -> Wanted:
        """What a text that is being typed asks for; empty when no name of ours is in it."""
        text = normalise(typed).text[:MAX_LENGTH]
        letters = text[: len(text) - len(text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
        if letters and (len(letters) >= _NUMBERS_FROM - 1 or letters == text):
            found = _places(self.by_letters(letters))
            if found:
                return Wanted(found, _numbers(segment(text[len(letters) :], self.index)))
        return self._of_tokens(text, segment(text, self.index)) if text else Wanted()

    def _of_tokens(self, text: str, tokens: list[Token]) -> Wanted:
        names = [token for token in tokens if isinstance(token, NameToken) and token.surface and token.surface.meanings]
        open_part = _open_part(text, tokens)
        if open_part:
            stated = [name.surface for name in names if name.end <= open_part[0] and name.surface]
            surfaces = self.by_part(text[open_part[0] : open_part[1]])
            return Wanted(_agreeing(_places(surfaces), stated), _numbers(_after(tokens, open_part[1])))
        last = names[-1].surface if names else None
        if last is None:
            return Wanted()
        stated = [name.surface for name in names[:-1] if name.surface]
        numbers = _numbers(_after(tokens, names[-1].end))
        surfaces = [last] if numbers else [last, *self.by_part(last.text)]
        return Wanted(_agreeing(_places(surfaces), stated), numbers, is_exact=True)


def _own(surfaces: Mapping[str, Surface]) -> dict[str, Surface]:
    """Surfaces of our own places; short forms are left to the official names that begin with them."""
    return {text: surface for text, surface in surfaces.items() if surface.meanings and not surface.is_bounded}


def _after(tokens: list[Token], position: int) -> list[Token]:
    return [token for token in tokens if token.start >= position]


def _numbers(tokens: list[Token]) -> tuple[str, ...]:
    """Values of the numbers in order; a chain 3-2-501 is three of them, a group with its house (5组6) is one."""
    values: list[str] = []
    group = ""
    for token in tokens:
        if token.shape is Shape.GROUP:
            group += "".join(token.parts) + (token.suffix or "组")
        elif token.shape in NUMBER_SHAPES:
            parts = ("-".join(token.parts),) if token.shape is Shape.NUMBER else token.parts
            values += [group + parts[0], *parts[1:]] if parts else []
            group = ""
    return (*values, group) if group else tuple(values)


def _open_part(text: str, tokens: list[Token]) -> tuple[int, int] | None:
    """The last run of characters that no token read: a name that is not yet typed to its end."""
    run: tuple[int, int] | None = None
    for token in tokens:
        if token.shape is not Shape.UNREAD:
            continue
        run = (run[0], token.end) if run and run[1] == token.start else (token.start, token.end)
    return run


def _places(surfaces: list[Surface]) -> tuple[Place, ...]:
    """Places of the surfaces, each once, in the order of the surfaces; the widest level of a surface first."""
    found: dict[str, Place] = {}
    for surface in surfaces:
        for meaning in sorted(surface.meanings, key=lambda one: (_KINDS.index(one.kind), LEVELS.index(one.level))):
            for place in meaning.places:
                found.setdefault(place.key, place)
        if len(found) >= MAX_NAMES * 4:
            break
    return tuple(found.values())


def _agreeing(places: tuple[Place, ...], stated: list[Surface]) -> tuple[Place, ...]:
    """Places that lie in, or on, what is stated before them; all of them when nothing is."""
    for surface in stated:
        inside = [place for place in places if any(_lies_in(place, one) for m in surface.meanings for one in m.places)]
        places = tuple(inside)
    return places[:MAX_NAMES]


def _lies_in(place: Place, outer: Place) -> bool:
    """True when every component that the outer place has is blank here or the same; numbers are left aside."""
    return all(
        not have or not want or have == want
        for level, have, want in zip(LEVELS, place.components.values(), outer.components.values(), strict=True)
        if level != "number"
    )
