"""The decision: which node is the best fit, and whether it is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from addresses.matching.administrative import Administrative
from addresses.matching.chains import MAX_PLACES, Chain
from addresses.matching.confidence import CAP_UNREAD, confidence_of
from addresses.matching.places import MERGED_DIVISION
from addresses.matching.positions import relative_position
from addresses.matching.readings import Reading
from addresses.matching.result import MAX_CANDIDATES, Candidate, Node, RelativePosition, Resolution, Stated, Status
from addresses.parsing.components import LEVELS
from addresses.parsing.tokens import Fault

DECIDING_LEVELS = frozenset({"number", "building"})
"""Levels that must exist when stated. A room or unit that the registry lacks backs off to its building (partial); a
house number or building that it lacks goes to review, because its road or village is no address of the thing."""

ACCEPTS_BARE_PLACE = False
"""Whether a text that names nothing above its road or estate and no building (城港路388号) is accepted when exactly one
node fits; the fault is `county_not_stated`. Not accepted: the same road runs in many cities, and two of 18,366 company
addresses from all over the country were placed here by it; in the demonstration city it concerns 58 of 37,800 texts."""

COUNTY_NOT_STATED = "county_not_stated"

_DEEPEST_FIRST = ("room", "floor", *reversed(LEVELS[:7]))


@dataclass(slots=True)
class Match:
    """A chain with what the registry holds of it."""

    chain: Chain
    node: Node
    missing: tuple[str, ...]
    is_probed: bool = False
    is_below_twin: bool = False

    @property
    def is_acceptable(self) -> bool:
        """Whether this node may be accepted when no other fits as well."""
        return self.is_honest and not self.chain.doubts and not self.is_below_twin

    @property
    def is_honest(self) -> bool:
        """Whether backing off to this node is honest."""
        if self.chain.faults:
            return False
        return not self.missing or not (self.chain.reading.is_guess or DECIDING_LEVELS.intersection(self.missing))


def _is_bare(reading: Reading, administrative: Administrative) -> bool:
    """Whether the text could lie in any city: only a road or estate, nothing above it and no building in it.

    A building that is only a word says no more than the road: 文化路1号办公楼 is in every city.
    """
    if administrative.has_county:
        return False
    stated = {*reading.names, *reading.numbers}
    below = {"building", "room"}
    if "estate" not in stated and not reading.numbers.get("building", "0")[-1].isascii():
        below = set()
    return not stated.intersection({"town", "village", *below})


def level_wanted(readings: Sequence[Reading]) -> str:
    """Deepest level that the text states, by its first reading."""
    if not readings:
        return ""
    names, numbers = readings[0].names, readings[0].numbers
    for level in _DEEPEST_FIRST:
        if numbers.get(level) or level in names:
            return level
    return ""


def _matches(chain: Chain, nodes: Mapping[str, Node]) -> list[Match]:
    """The deepest existing node of a chain; several when the unit is open and the room is in more than one.

    A key that several places answer to means each of them. What only one of them has below it is no proof that it is meant.
    """
    links = chain.links
    floor = ("floor",) if chain.reading.numbers.get("floor") else ()
    for position in range(len(links) - 1, -1, -1):
        node = nodes.get(links[position][1])
        missing = tuple(level for level, _ in links[position + 1 :])
        if missing and chain.probes:
            probed = [nodes[key] for key in chain.probes if key in nodes]
            if probed:
                is_twin = _is_twinned(links, nodes)
                return [Match(chain, found, floor, is_probed=True, is_below_twin=is_twin) for found in probed]
        if node is not None:
            is_twin = _is_twinned(links[:position], nodes)
            return [Match(chain, one, missing + floor, is_below_twin=is_twin) for one in (node, *node.twins)]
    return []


def _is_twinned(links: Sequence[tuple[str, str]], nodes: Mapping[str, Node]) -> bool:
    return any(key in nodes and nodes[key].twins for _level, key in links)


def _distinct(matches: Sequence[Match]) -> list[Match]:
    found: dict[str, Match] = {}
    for match in matches:
        found.setdefault(match.node.key, match)
    return list(found.values())


def _missing_faults(match: Match) -> tuple[Fault, ...]:
    numbers = match.chain.reading.numbers
    missing = tuple(Fault(f"{level}_not_found", numbers.get(level, "")) for level in match.missing)
    twin = (Fault("several_places"),) if match.is_below_twin else ()
    return (*match.chain.doubts, *twin, *missing)


def _bucket(match: Match) -> str:
    if match.chain.faults or match.chain.doubts:
        return "contradiction"
    if not match.is_acceptable:
        return "missing_number"
    stated_town = "town" in match.chain.reading.names
    if match.missing:
        return "partial_town_stated" if stated_town else "partial"
    if match.chain.reading.is_guess or match.is_probed:
        return "exact_filled_from_guess"
    return "exact_town_stated" if stated_town else "exact"


def _candidates(matches: Sequence[Match], blocking: Sequence[Fault]) -> tuple[Candidate, ...]:
    """Best candidates first, each with its own faults; confidence capped when the text was not read whole."""
    ordered = sorted(
        matches,
        key=lambda match: (len(match.chain.faults), len(match.missing), len(match.chain.doubts), match.node.key),
    )
    chosen = _distinct(ordered)[:MAX_CANDIDATES]
    rivals = len(chosen)
    fuzzy = any(fault.code == "fuzzy_name" for fault in blocking)
    candidates = []
    for match in chosen:
        confidence = confidence_of(_bucket(match), rivals)
        if blocking:
            confidence = min(confidence, CAP_UNREAD, confidence_of("fuzzy" if fuzzy else "unread", rivals))
        candidates.append(Candidate(match.node, confidence, (*match.chain.faults, *_missing_faults(match))))
    return tuple(candidates)


def _stated(match: Match) -> Stated:
    reading = match.chain.reading
    values = {level: part.surface for level, part in reading.names.items()} | reading.numbers
    contradicted = [fault.code.removesuffix("_contradiction") for fault in match.chain.faults]
    return Stated(match.node, values, frozenset(contradicted))


def _best(matches: Sequence[Match]) -> list[Match]:
    """Matches without contradiction that miss the least of what is stated; a whole guess yields to a whole reading."""
    if len(matches) == 1:
        return [] if matches[0].chain.faults else [*matches]
    clean = [match for match in matches if not match.chain.faults]
    if not clean:
        return []
    least = min(len(match.missing) for match in clean)
    best = [match for match in clean if len(match.missing) == least]
    # The same node by a name that is in force, or a house under the path it had before its village was merged, is sure.
    best.sort(key=lambda match: bool(match.chain.doubts))
    if not best[0].chain.doubts:
        best = [match for match in best if not _is_merged(match)]
    return _distinct(best)


def _is_merged(match: Match) -> bool:
    return any(fault.code == MERGED_DIVISION for fault in match.chain.doubts)


def _blocking(
    readings: Sequence[Reading], chains: Sequence[Chain], administrative: Administrative, faults: Sequence[Fault]
) -> list[Fault]:
    blocking = [*faults]
    if all(reading.faults for reading in readings):
        blocking += readings[0].faults
    if len(chains) > MAX_PLACES and not faults:
        blocking.append(Fault("too_many_places"))
    names = readings[0].names
    if administrative.is_county_open and "town" not in names and "village" not in names:
        blocking.append(Fault(COUNTY_NOT_STATED))
    return blocking


def decide(
    readings: Sequence[Reading],
    chains: Sequence[Chain],
    administrative: Administrative,
    faults: Sequence[Fault],
    nodes: Mapping[str, Node],
) -> Resolution:
    """Decides one text from its readings and the nodes that exist."""
    matches = [match for chain in chains for match in _matches(chain, nodes)]
    wanted = level_wanted(readings)
    best = _best(matches)
    blocking = _blocking(readings, chains, administrative, faults)
    relative = relative_position(readings[0], best[0].node if len(best) == 1 else None)
    if relative is not None and not blocking:
        candidates = _candidates(best or matches, blocking)
        return _open(Status.RELATIVE, wanted, best, candidates, (), relative=relative)
    if blocking:
        return _open(Status.REVIEW, wanted, best, _candidates(best or matches, blocking), blocking, relative=relative)
    is_bare = _is_bare(readings[0], administrative)
    if len(best) == 1 and best[0].is_acceptable:
        if is_bare and not ACCEPTS_BARE_PLACE:
            blocking = [Fault(COUNTY_NOT_STATED)]
            return _open(Status.REVIEW, wanted, best, _candidates(best, blocking), blocking)
        return _accepted(
            best[0], wanted if len(readings) == 1 else level_wanted([best[0].chain.reading]), is_bare=is_bare
        )
    if not matches:
        return Resolution(Status.UNMATCHED, level_wanted=wanted, faults=(Fault("not_in_registry"),))
    return _undecided(best, matches, wanted)


def _accepted(match: Match, wanted: str, *, is_bare: bool) -> Resolution:
    confidence = confidence_of(_bucket(match))
    faults = _missing_faults(match)
    if is_bare:
        confidence = min(confidence, confidence_of("place_not_stated"))
        faults = (*faults, Fault(COUNTY_NOT_STATED))
    return Resolution(
        Status.PARTIAL if match.missing else Status.EXACT,
        node=match.node,
        confidence=confidence,
        level_wanted=wanted,
        level_reached=match.node.level,
        faults=faults,
        stated=_stated(match),
    )


def _undecided(best: Sequence[Match], matches: Sequence[Match], wanted: str) -> Resolution:
    candidates = _candidates(best or matches, ())
    if len(best) > 1 and all(match.is_honest for match in best):
        return _open(Status.AMBIGUOUS, wanted, best, candidates, [Fault("several_places", str(len(best)))])
    return _open(Status.REVIEW, wanted, best, candidates, candidates[0].faults)


def _open(
    status: Status,
    wanted: str,
    best: Sequence[Match],
    candidates: tuple[Candidate, ...],
    faults: Sequence[Fault],
    *,
    relative: RelativePosition | None = None,
) -> Resolution:
    """A result that is not accepted."""
    return Resolution(
        status,
        confidence=candidates[0].confidence if candidates else 0.0,
        level_wanted=wanted,
        level_reached=best[0].node.level if best else "",
        candidates=candidates,
        faults=tuple(faults),
        stated=_stated(best[0]) if len(best) == 1 else None,
        relative=relative,
    )
