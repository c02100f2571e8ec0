"""The name index: every surface of every place, found in one pass over a text.

The index holds names, not addresses: thousands of rows. For each surface it knows all the places that the surface can
mean, so that a text that leaves out the village or the town is linked by looking up a few exact keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, TypeVar

import ahocorasick

from addresses.matching.fuzzy import FuzzyIndex
from addresses.matching.outside import ANCESTOR_NAMES, HOME_NAMES, OutsideName
from addresses.matching.places import (
    ANCESTOR,
    COUNTY,
    FORMER_NAME,
    MERGED_DIVISION,
    NOT_YET_VALID,
    OUTSIDE,
    PLACE_LEVELS,
    Meaning,
    Place,
    Surface,
    make_meaning,
    make_place,
)
from addresses.matching.short_names import derived_names
from addresses.parsing.components import LEVELS, SEPARATOR, Components, canonical, canonical_name
from addresses.parsing.normalise import normalise

T = TypeVar("T")

KINDS: tuple[str, ...] = ("official", "alias", "old", "short")
MIN_SURFACE = 2
MAX_SURFACE = 40


@dataclass(frozen=True, slots=True)
class NameEntry:
    """One row of the name table: a surface and the place it means.

    `place` is the path of the place. For an official name of the registry it is the whole node (an estate with its
    road and number). For an alias a blank column means "whatever the registry says": the entry then stands for every
    registered place that agrees with the columns given. The name is in force from `valid_from` up to, and without,
    `valid_to`. `is_merged` says that it is the name of a division that went up in `place`.
    """

    surface: str
    kind: str
    level: str
    place: Components
    valid_from: date | None = None
    valid_to: date | None = None
    is_merged: bool = False

    def doubt(self, today: date | None) -> str:
        """Fault code of a name that is not in force today, "" for one that is."""
        if self.is_merged:
            return MERGED_DIVISION
        if today is not None and self.valid_from is not None and self.valid_from > today:
            return NOT_YET_VALID
        return FORMER_NAME if today is not None and self.valid_to is not None and self.valid_to <= today else ""


def _name_of(components: Components, level: str) -> str:
    return components.values()[LEVELS.index(level)]


@dataclass(slots=True)
class _Builder:
    """Collects surfaces before the automaton is frozen.

    `certain` has the places that bear a surface today, `doubts` those that bore or will bear it.
    """

    today: date | None = None
    meanings: dict[str, dict[tuple[str, str], dict[str, Place]]] = field(default_factory=dict)
    by_name: dict[tuple[str, str], dict[str, Place]] = field(default_factory=dict)
    estates_at: dict[str, dict[str, Place]] = field(default_factory=dict)
    certain: dict[str, set[str]] = field(default_factory=dict)
    doubts: dict[str, dict[str, str]] = field(default_factory=dict)

    def add_place(self, entry: NameEntry) -> None:
        place = make_place(canonical(entry.place), entry.level)
        name = _name_of(place.components, entry.level)
        if not name:
            return
        self.by_name.setdefault((entry.level, name), {})[place.key] = place
        if entry.level == "estate" and place.components.number:
            at = SEPARATOR.join(place.components.values()[:4])
            self.estates_at.setdefault(at, {})[place.key] = place

    def add_surface(self, surface: str, kind: str, level: str, places: Iterable[Place], doubt: str = "") -> None:
        text = normalise(surface).text
        if not MIN_SURFACE <= len(text) <= MAX_SURFACE:
            return
        known = self.meanings.setdefault(text, {}).setdefault((level, kind), {})
        certain, doubts = self.certain.setdefault(text, set()), self.doubts.setdefault(text, {})
        for place in places:
            known[place.key] = place
            if doubt:
                doubts[place.key] = doubt
            else:
                certain.add(place.key)

    def doubts_of(self, text: str) -> dict[str, str]:
        """Places that the surface alone can not be accepted for: an old name only where it is today another's."""
        certain = self.certain[text]
        return {
            key: FORMER_NAME if code == MERGED_DIVISION and certain else code
            for key, code in self.doubts[text].items()
            if key not in certain and (code != FORMER_NAME or certain)
        }

    def places_of(self, entry: NameEntry) -> list[Place]:
        """Registered places that agree with the columns of the entry, else the place of the entry itself."""
        stated = canonical(entry.place)
        name = _name_of(stated, entry.level)
        depth = LEVELS.index(entry.level)
        found = [
            place
            for place in self.by_name.get((entry.level, name), {}).values()
            if all(
                not want or want == have
                for want, have in zip(stated.values()[:depth], place.components.values()[:depth], strict=True)
            )
        ]
        return found or [make_place(stated, entry.level)]

    def add_entry(self, entry: NameEntry) -> None:
        if entry.level not in PLACE_LEVELS:
            return
        self.add_surface(entry.surface, entry.kind, entry.level, self.places_of(entry), entry.doubt(self.today))

    def add_official(self) -> None:
        for (level, name), places in self.by_name.items():
            self.add_surface(name, "official", level, places.values())
            for surface, kind in derived_names(name, level):
                self.add_surface(surface, kind, level, places.values())

    def surfaces(self, outside: Iterable[OutsideName]) -> dict[str, Surface]:
        found = {text: _surface(text, kinds, self.doubts_of(text)) for text, kinds in self.meanings.items()}
        for admin, names in ((COUNTY, HOME_NAMES), (ANCESTOR, ANCESTOR_NAMES)):
            for name, kind in names:
                found.setdefault(name, _admin_surface(name, admin, kind == "short"))
        for other in outside:
            text = normalise(other.surface).text
            own = found.get(text)
            if own is None:
                found[text] = _admin_surface(text, OUTSIDE, other.is_short, other.full_name)
            elif not own.admin:
                # A name of our own wins: 沙河 is a town here before it is a city elsewhere.
                found[text] = replace(own, outside_name=other.full_name)
        return found


def _surface(text: str, kinds: Mapping[tuple[str, str], Mapping[str, Place]], doubts: Mapping[str, str]) -> Surface:
    by_level: dict[str, tuple[str, dict[str, Place]]] = {}
    for (level, kind), places in sorted(kinds.items(), key=lambda item: KINDS.index(item[0][1])):
        if level in by_level:
            for key, place in places.items():
                by_level[level][1].setdefault(key, place)
        else:
            by_level[level] = (kind, dict(places))
    meanings = tuple(
        make_meaning(level, by_level[level][0], tuple(by_level[level][1].values()), doubts)
        for level in PLACE_LEVELS
        if level in by_level
    )
    return Surface(
        text=text,
        length=len(text),
        meanings=meanings,
        is_bounded=all(meaning.kind == "short" for meaning in meanings),
        starts_ascii=text[0].isascii() and text[0].isalnum(),
        ends_ascii=text[-1].isascii() and text[-1].isalnum(),
    )


def _admin_surface(text: str, admin: str, is_short: bool, outside_name: str = "") -> Surface:
    return Surface(text, len(text), (), is_short, admin, outside_name)


@dataclass(frozen=True, slots=True)
class NameIndex:
    """All names of the registry and of the outside world, frozen. Build with `NameIndex.build`.

    A worker holds one and rebuilds it when the version of the name table changes.
    """

    automaton: ahocorasick.Automaton
    surfaces: Mapping[str, Surface]
    estates_at: Mapping[str, tuple[Place, ...]]
    _made: dict[Callable[[NameIndex], Any], Any] = field(default_factory=dict)

    def once(self, make: Callable[[NameIndex], T]) -> T:
        """What `make` makes of these names, on first use: most processes never need all of it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    def fuzzy(self) -> FuzzyIndex:
        """The sound and delete-1 index."""
        return self.once(_fuzzy_index)

    @classmethod
    def build(
        cls, entries: Iterable[NameEntry], outside: Iterable[OutsideName] = (), today: date | None = None
    ) -> NameIndex:
        """Builds the index.

        Args:
            entries: official names of the registry (one per node that has a name) and the rows of the name table
                (alias, old and short names). Derived names are made here and need no rows.
            outside: names of other divisions, as `addresses.matching.outside.outside_names()` gives them.
            today: the day on which names are in force or not; None leaves the dates of the entries aside.
        """
        builder = _Builder(today)
        others: list[NameEntry] = []
        for entry in entries:
            if entry.kind == "official" and entry.level in PLACE_LEVELS:
                builder.add_place(entry)
                if canonical_name(entry.surface) != _name_of(canonical(entry.place), entry.level):
                    others.append(entry)
            else:
                others.append(entry)
        builder.add_official()
        for entry in others:
            builder.add_entry(entry)
        surfaces = builder.surfaces(outside)
        automaton = ahocorasick.Automaton()
        for text, surface in surfaces.items():
            automaton.add_word(text, surface)
        automaton.make_automaton()
        estates = {at: tuple(places.values()) for at, places in builder.estates_at.items()}
        return cls(automaton, MappingProxyType(surfaces), MappingProxyType(estates))


def _fuzzy_index(index: NameIndex) -> FuzzyIndex:
    return FuzzyIndex.build(index.surfaces)


def official_entries(nodes: Iterable[Components]) -> list[NameEntry]:
    """Official name entries of a registry: one for each distinct town, village, road and estate node.

    Args:
        nodes: canonical components of addresses or nodes in any order; every prefix is visited.
    """
    entries: dict[tuple[str, tuple[str, ...]], NameEntry] = {}
    for components in nodes:
        values = components.values()
        for level in PLACE_LEVELS:
            depth = LEVELS.index(level)
            if values[depth] and (level, values[: depth + 1]) not in entries:
                place = Components(*values[: depth + 1])
                entries[level, values[: depth + 1]] = NameEntry(values[depth], "official", level, place)
    return list(entries.values())


def entries_at(index: NameIndex, surface: str) -> Sequence[Meaning]:
    """Meanings of one exact surface, for explaining and for tests."""
    found = index.surfaces.get(normalise(surface).text)
    return found.meanings if found else ()
