"""Resolving texts to nodes of the registry: parse all, look all keys up in one query, decide.

The parse needs only the name index; the registry is asked once or twice for a batch, by exact key. Nothing loose decides: a text
is accepted when every character is read, nothing contradicts, and exactly one node is the best fit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from addresses.matching.administrative import Administrative, read_administrative
from addresses.matching.calibration import ConfidenceMap, calibrated
from addresses.matching.chains import Chain, chains_of
from addresses.matching.decide import decide
from addresses.matching.heads import Heads
from addresses.matching.names import NameIndex
from addresses.matching.places import OUTSIDE
from addresses.matching.readings import Reading, read
from addresses.matching.result import Node, Resolution, Status
from addresses.matching.segment import NameToken, segment
from addresses.parsing.accounting import account, covers, unread_spans
from addresses.parsing.normalise import TOO_LONG, Normalised, normalise
from addresses.parsing.tokens import Fault, Shape, Token

Lookup = Callable[[Collection[str]], Mapping[str, Node]]
"""One query: the nodes of those keys that exist."""

NO_ADDRESS_TEXTS = frozenset(
    {
        "",
        "无",
        "不详",
        "同上",
        "未知",
        "不明",
        "空",
        "暂无",
        "没有",
        "NULL",
        "NONE",
        "N/A",
        "NA",
        "-",
        "/",
        "0",
        "无地址",
        "地址不详",
    }
)
_MAX_REPAIRS = 3
# Characters behind a foreign city that are looked at for a name of ours.
_MISSPELT = 4


@dataclass(slots=True)
class Parsed:
    """A text after parsing, before the registry is asked."""

    text: str
    tokens: list[Token] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    administrative: Administrative = field(default_factory=Administrative)
    faults: list[Fault] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    settled: Resolution | None = None


def _unmatched(code: str, text: str = "") -> Resolution:
    return Resolution(Status.UNMATCHED, faults=(Fault(code, text),))


def _has_name(tokens: Sequence[Token]) -> bool:
    return any(isinstance(t, NameToken) and t.surface is not None and not t.surface.admin for t in tokens)


def _repaired(text: str, tokens: list[Token], names: NameIndex) -> tuple[list[Token], list[Fault]]:
    """The tokens with unread spans replaced by the name that they may have meant, for suggestions only."""
    repaired = tokens
    faults: list[Fault] = []
    for start, end in unread_spans(tokens)[:_MAX_REPAIRS]:
        span = text[start:end]
        suggestions = names.fuzzy().suggest(span)
        if not suggestions:
            continue
        surface = suggestions[0]
        kept = [token for token in repaired if token.end <= start or token.start >= end]
        kept.append(NameToken(Shape.NAME, start, end, (), "", surface))
        repaired = sorted(kept, key=lambda token: token.start)
        faults.append(Fault("fuzzy_name", f"{span}≈{surface.text}"))
    return repaired, faults


def _without_misspelt(text: str, tokens: Sequence[Token], names: NameIndex) -> list[Token]:
    """The tokens, with a foreign city unread that begins what is nearly a name of ours: 朝阳大接 may be our 朝阳大街.

    Only a city without its type word is in doubt, and only right before something unread.
    """
    found = list(tokens)
    for position, (token, after) in enumerate(pairwise(tokens)):
        if after.shape is not Shape.UNREAD or not isinstance(token, NameToken) or token.surface is None:
            continue
        city = token.surface
        if city.admin != OUTSIDE or not city.is_bounded:
            continue
        ends = range(min(len(text), after.start + _MISSPELT), after.start, -1)
        near = (name for end in ends for name in names.fuzzy().suggest(text[token.start : end]))
        if any(name.text.startswith(city.text) for name in near):
            found[position] = Token(Shape.UNREAD, token.start, token.end)
    return found


def _settle_outside(parsed: Parsed) -> bool:
    """Texts that are settled before any look-up: of another county, or without any place of ours."""
    administrative = parsed.administrative
    if administrative.outside:
        name = administrative.outside_name
        parsed.settled = Resolution(Status.OUTSIDE, outside=name, faults=(Fault("other_county", name),))
        return True
    return False


def parse(text: str, names: NameIndex) -> Parsed:
    """Reads one text. Bounded by the length limit of the normalised text."""
    return parse_whole(normalise(text), names)


def parse_whole(normalised: Normalised, names: NameIndex) -> Parsed:
    """`parse` of a text that is folded already."""
    parsed = Parsed(normalised.text)
    if normalised.text in NO_ADDRESS_TEXTS:
        parsed.settled = _unmatched("no_address")
        return parsed
    if TOO_LONG in normalised.problems:
        parsed.settled = Resolution(Status.REVIEW, faults=(Fault(TOO_LONG),))
        return parsed
    tokens = parsed.tokens = segment(normalised.text, names)
    parsed.administrative = read_administrative(tokens)
    if parsed.administrative.outside:
        tokens = parsed.tokens = _without_misspelt(normalised.text, tokens, names)
        parsed.administrative = read_administrative(tokens)
    if _settle_outside(parsed):
        return parsed
    parsed.faults = account(normalised.text, tokens)
    parsed.faults += [Fault(problem) for problem in normalised.problems]
    if not covers(tokens, len(normalised.text)):
        parsed.faults.append(Fault("unaccounted"))
    parsed.faults += parsed.administrative.faults
    if any(token.shape is Shape.UNREAD for token in tokens):
        tokens, fuzzy_faults = _repaired(normalised.text, tokens, names)
        parsed.faults += fuzzy_faults
    is_on_route = parsed.administrative.has_county and any(token.shape is Shape.ROUTE for token in tokens)
    if not is_on_route and not _has_name(tokens):
        code = "only_county" if parsed.administrative.has_county else "no_place"
        parsed.settled = Resolution(Status.UNMATCHED, faults=(Fault(code), *parsed.faults))
        return parsed
    parsed.readings = read(normalised.text, tokens)
    _add_chains(parsed, names)
    return parsed


def _add_chains(parsed: Parsed, names: NameIndex) -> None:
    for reading in parsed.readings:
        parsed.chains += chains_of(reading, names)


def parse_by_parts(text: str, names: NameIndex, heads: Heads) -> Parsed:
    """The same as `parse`, without the tokens where head and tail of the text were seen before."""
    normalised = normalise(text)
    found = None if normalised.problems else heads.read(normalised.text)
    if found is None:
        return parse_whole(normalised, names)
    parsed = Parsed(normalised.text)
    parsed.administrative, parsed.readings = found
    _add_chains(parsed, names)
    return parsed


def _find_nodes(chains: Sequence[Chain], lookup: Lookup, twinned: Collection[str]) -> Mapping[str, Node]:
    """Nodes that the decision needs: the deepest of each chain, and all of a chain whose deepest does not exist.

    Most texts mean an address that exists, so that most keys need not be asked for.
    """
    wanted = {chain.links[-1][1] for chain in chains}
    if twinned:
        wanted |= {key for chain in chains for _level, key in chain.links if key in twinned}
    nodes = lookup(wanted) if wanted else {}
    missing = {key for chain in chains if chain.links[-1][1] not in nodes for key in chain.all_keys()} - wanted
    return {**nodes, **lookup(missing)} if missing else nodes


def resolve_batch(
    texts: Sequence[str],
    names: NameIndex,
    lookup: Lookup,
    confidences: ConfidenceMap | None = None,
    twinned: Collection[str] = frozenset(),
) -> list[Resolution]:
    """Resolves texts against the registry.

    Args:
        texts: raw address texts, scrubbed or not; one answer for each, in order.
        names: the name index.
        lookup: returns the existing nodes of a collection of link keys; called twice at most, and not at all when no text
            has a key.
        confidences: what reviewed decisions say of the engine's confidence; changes no status and no node.
        twinned: link keys that more than one node answers to.

    Returns:
        One `Resolution` for each text. Never raises for any text.
    """
    heads = names.once(Heads)
    parsed_texts = [parse_by_parts(text, names, heads) for text in texts]
    nodes = _find_nodes([chain for parsed in parsed_texts for chain in parsed.chains], lookup, twinned)
    results = [
        parsed.settled
        if parsed.settled is not None
        else decide(parsed.readings, parsed.chains, parsed.administrative, parsed.faults, nodes)
        for parsed in parsed_texts
    ]
    return results if confidences is None else [calibrated(result, confidences) for result in results]
