"""From a reading to the keys to look up: for each place that the anchor can mean, the chain of nodes down to what is
stated.

The anchor is the name that decides the place: estate, else road, else village, else town. The name index gives every
node of that name with all that the text may have left out (town, village, road and number of an estate).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from addresses.matching.names import NameIndex
from addresses.matching.places import FORMER_NAME, MERGED_DIVISION, NOT_YET_VALID, Place, make_meaning, narrowed
from addresses.matching.readings import NamePart, Reading
from addresses.parsing.components import KEY_LIMIT, SEPARATOR, join_key
from addresses.parsing.tokens import Fault

MAX_PLACES = 128
"""A name with more places than this is no anchor without its town (中心街 of a thousand villages)."""

PROBE_UNITS: tuple[str, ...] = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "A", "B", "C", "D", "东", "西")
"""Units tried when a text gives building and room but leaves out the unit."""


@dataclass(slots=True)
class Chain:
    """Keys of one interpretation, widest first: `links` are (level, key); the deepest that exists is the answer.

    `probes` are keys of the room with each possible unit. `faults` are contradictions between text and place, `doubts` are
    names that mean this place only by their dates.
    `is_derived` marks an estate that the text does not name, found at its house number.
    """

    reading: Reading
    place: Place
    links: list[tuple[str, str]]
    faults: list[Fault]
    probes: list[str]
    is_derived: bool = False
    doubts: tuple[Fault, ...] = ()

    def all_keys(self) -> Iterator[str]:
        """All keys of the chain."""
        for _, key in self.links:
            yield key
        yield from self.probes


def _finish(key: str) -> str:
    return key if len(key) <= KEY_LIMIT else join_key(tuple(key.split(SEPARATOR)))


def _agrees(held: str, held_stem: str, part: NamePart) -> bool:
    """Whether a stated town or village is the one that the registry holds; a blank in the registry says nothing."""
    return not held or held in part.meaning.identities or "~" + held_stem in part.meaning.identities


def _contradictions(place: Place, reading: Reading) -> list[Fault]:
    faults: list[Fault] = []
    town = reading.names.get("town")
    if town is not None and not _agrees(place.components.town, place.town_stem, town):
        faults.append(Fault("town_contradiction", town.surface))
    village = reading.names.get("village")
    is_above = village is not None and place.level != "village"
    if village is not None and is_above and not _agrees(place.components.village, place.village_stem, village):
        faults.append(Fault("village_contradiction", village.surface))
    if place.level == "estate":
        faults += _estate_contradictions(place, reading)
    return faults


def _estate_contradictions(place: Place, reading: Reading) -> list[Fault]:
    faults: list[Fault] = []
    road = reading.names.get("road")
    held_road = place.components.road
    if road is not None and held_road and held_road not in road.meaning.identities:
        faults.append(Fault("road_contradiction", road.surface))
    number = reading.numbers.get("number")
    if number and number != place.components.number:
        code = "number_contradiction" if place.components.number else "number_unverified"
        faults.append(Fault(code, number))
    return faults


def _doubt_above(held: str, held_stem: str, part: NamePart | None) -> Fault | None:
    """The doubt of a stated town or village, when it is only by a name out of force that the place agrees with it."""
    if part is None or not part.meaning.doubts:
        return None
    bearers = part.meaning.places
    agreeing = [p for p in bearers if _agrees(held, held_stem, NamePart(part.surface, make_meaning(p.level, "", (p,))))]
    codes = {part.meaning.doubts.get(place.key, "") for place in agreeing}
    has_other_bearer = any(place.key not in part.meaning.doubts for place in bearers)
    for code in (FORMER_NAME, NOT_YET_VALID):
        if codes == {code} and (has_other_bearer or code == NOT_YET_VALID):
            return Fault(code, part.surface)
    return None


def _doubts(place: Place, reading: Reading) -> tuple[Fault, ...]:
    names = reading.names
    anchor = names[place.level]
    code = anchor.meaning.doubts.get(place.key, "")
    found: list[Fault | None] = []
    # The house numbers of a merged village are not those of the village it went up in.
    if code and (code != MERGED_DIVISION or any(reading.numbers.values())):
        found.append(Fault(code, anchor.surface))
    if place.level != "town":
        found.append(_doubt_above(place.components.town, place.town_stem, names.get("town")))
    if place.level not in ("town", "village"):
        found.append(_doubt_above(place.components.village, place.village_stem, names.get("village")))
    return tuple(fault for fault in found if fault is not None)


def _inside(prefix: str, reading: Reading) -> tuple[list[tuple[str, str]], list[str]]:
    """Links and probes below the plot whose five columns are `prefix`."""
    numbers = reading.numbers
    building, unit, room = numbers.get("building", ""), numbers.get("unit", ""), numbers.get("room", "")
    links: list[tuple[str, str]] = []
    probes: list[str] = []
    if building:
        links.append(("building", _finish(f"{prefix}|{building}")))
    if unit:
        links.append(("unit", _finish(f"{prefix}|{building}|{unit}")))
    if room:
        links.append(("room", _finish(f"{prefix}|{building}|{unit}|{room}")))
        if building and not unit:
            probes = [_finish(f"{prefix}|{building}|{probe}|{room}") for probe in PROBE_UNITS]
    return links, probes


_BLANKS = {"road": "", "village": SEPARATOR, "town": SEPARATOR * 2}


def _plot_chain(place: Place, reading: Reading, faults: list[Fault]) -> Chain:
    """Chain of a road, village or town: itself, its house number, what is inside."""
    number = reading.numbers.get("number", "")
    at = f"{place.key}{_BLANKS[place.level]}{SEPARATOR}{number}"
    links = [(place.level, place.key)]
    if number:
        links.append(("number", _finish(at)))
    inner, probes = _inside(at + SEPARATOR, reading)
    return Chain(reading, place, links + inner, faults, probes)


def _estate_chain(place: Place, reading: Reading, faults: list[Fault]) -> Chain:
    inner, probes = _inside(place.key, reading)
    return Chain(reading, place, [("estate", _finish(place.key)), *inner], faults, probes)


def _chains_at_number(chain: Chain, index: NameIndex) -> Iterable[Chain]:
    """The estates that stand at the stated house number, when the text leaves the estate out."""
    reading = chain.reading
    if not any(reading.numbers.get(level) for level in ("building", "unit", "room")):
        return
    at = f"{chain.place.key}{_BLANKS[chain.place.level]}{SEPARATOR}{reading.numbers.get('number', '')}"
    for estate in index.estates_at.get(at, ())[:MAX_PLACES]:
        inner, probes = _inside(estate.key, reading)
        yield Chain(
            reading, estate, chain.links[:2] + inner, chain.faults, probes, is_derived=True, doubts=chain.doubts
        )


def _places_to_try(reading: Reading, level: str) -> tuple[Place, ...]:
    """Places of the anchor: those of the stated town and village, or all when none of them is there."""
    town, village = reading.names.get("town"), reading.names.get("village")
    anchor = reading.names[level].meaning
    found = narrowed(anchor, town.meaning if town else None, village.meaning if village else None)
    return found or anchor.places[:MAX_PLACES]


def chains_of(reading: Reading, index: NameIndex) -> list[Chain]:
    """All chains of a reading: those whose place agrees with the text, or, if there is none, the contradicting ones."""
    level = reading.anchor_level()
    if not level:
        return []
    is_dated = any(part.meaning.doubts for part in reading.names.values())
    agreeing: list[Chain] = []
    contradicting: list[Chain] = []
    for place in _places_to_try(reading, level):
        faults = _contradictions(place, reading)
        if faults and (agreeing or len(contradicting) >= MAX_PLACES):
            continue
        make = _estate_chain if level == "estate" else _plot_chain
        chain = make(place, reading, faults)
        if is_dated:
            chain.doubts = _doubts(place, reading)
        (contradicting if faults else agreeing).append(chain)
        if len(agreeing) > MAX_PLACES:
            break
    chains = agreeing or contradicting
    if level != "estate" and reading.numbers.get("number"):
        chains = chains + [derived for chain in chains for derived in _chains_at_number(chain, index)]
    return chains[: MAX_PLACES + 1]
