"""Named places and the surfaces that mean them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from addresses.matching.short_names import name_stem
from addresses.parsing.components import LEVELS, SEPARATOR, Components

PLACE_LEVELS: tuple[str, ...] = ("town", "village", "road", "estate")
"""Levels that have names; the other components are numbers."""

MANY_PLACES = 6
"""From this many places on, a name is looked up by the stated town or village instead of compared one by one."""

COUNTY, ANCESTOR, OUTSIDE = "county", "ancestor", "outside"

FORMER_NAME = "former_name"
"""The place was called so once; today the name is that of another place."""
NOT_YET_VALID = "name_not_yet_valid"
"""The place will be called so; today nobody calls it that."""
MERGED_DIVISION = "merged_division"
"""The division was merged into another, where its house numbers need not be the same."""


@dataclass(frozen=True, slots=True)
class Place:
    """A registered node that has a name, prepared for comparing and for building keys.

    `key` holds the canonical values down to `level`, joined but with the inner blanks kept.
    """

    components: Components
    level: str
    key: str
    town_stem: str
    village_stem: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a surface can mean at one level: all places of that name, widest first in registry order.

    `doubts` gives the fault code of the places that the surface alone can not be accepted for.
    """

    level: str
    kind: str
    places: tuple[Place, ...]
    identities: frozenset[str]
    by_town: Mapping[str, tuple[Place, ...]]
    by_village: Mapping[str, tuple[Place, ...]]
    doubts: Mapping[str, str] = field(default_factory=dict)


def identities_of(places: Iterable[Place], level: str) -> frozenset[str]:
    """Own names of the places and their stems (marked by ~), for comparing a stated name with the one a node holds."""
    position = LEVELS.index(level)
    identities: set[str] = set()
    for place in places:
        identities.add(place.components.values()[position])
        if level == "town":
            identities.add("~" + place.town_stem)
        elif level == "village":
            identities.add("~" + place.village_stem)
    return frozenset(identities)


def make_meaning(level: str, kind: str, places: tuple[Place, ...], doubts: Mapping[str, str] | None = None) -> Meaning:
    """A meaning with its identities and, for a name of many places, its look-up by town and by village."""
    by_town: dict[str, list[Place]] = {}
    by_village: dict[str, list[Place]] = {}
    if len(places) >= MANY_PLACES:
        for place in places:
            by_town.setdefault(place.components.town and "~" + place.town_stem, []).append(place)
            by_village.setdefault(place.components.village and "~" + place.village_stem, []).append(place)
    return Meaning(
        level,
        kind,
        places,
        identities_of(places, level),
        {name: tuple(found) for name, found in by_town.items()},
        {name: tuple(found) for name, found in by_village.items()},
        doubts or {},
    )


def narrowed(meaning: Meaning, town: Meaning | None, village: Meaning | None) -> tuple[Place, ...]:
    """Places that can agree with the stated town and village: a quick first cut, nothing is dropped that could agree.

    Places with few rivals are not cut at all. A blank town or village of the registry can agree with any.
    """
    if not meaning.by_town:
        return meaning.places
    for stated, groups in ((village, meaning.by_village), (town, meaning.by_town)):
        if stated is not None and (stated is village) <= (meaning.level != "village"):
            found = [*groups.get("", ())]
            for identity in stated.identities:
                found += groups.get(identity, ())
            return tuple(found)
    return meaning.places


@dataclass(frozen=True, slots=True)
class Surface:
    """A surface in the automaton.

    `is_bounded` says that every meaning is a short name, which counts only before a number, another name or the end.
    `admin` is "" for a place, else county, ancestor or outside. `outside_name` names the other division that the
    surface means, or could mean beside a place of ours (河北 is a village here and a province).
    """

    text: str
    length: int
    meanings: tuple[Meaning, ...]
    is_bounded: bool
    admin: str = ""
    outside_name: str = ""
    starts_ascii: bool = False
    ends_ascii: bool = False

    def meaning_at(self, level: str) -> Meaning | None:
        """The meaning at a level, if there is one."""
        for meaning in self.meanings:
            if meaning.level == level:
                return meaning
        return None


def make_place(components: Components, level: str) -> Place:
    """Prepares a node for matching. Expects canonical components."""
    depth = LEVELS.index(level) + 1
    return Place(
        components=components,
        level=level,
        key=SEPARATOR.join(components.values()[:depth]),
        town_stem=name_stem(components.town),
        village_stem=name_stem(components.village),
    )
