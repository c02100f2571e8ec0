"""Properties of the whole engine over the unseen wording, its noise, and any text."""

from __future__ import annotations

import random
import re
import unicodedata
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from addresses.matching.names import NameIndex, official_entries
from addresses.matching.outside import outside_names
from addresses.matching.resolve import parse, resolve_batch
from addresses.matching.result import Node, Resolution
from addresses.parsing.components import LEVELS, canonical_name
from addresses.parsing.normalise import normalise
from addresses.parsing.numerals import NUMERAL
from addresses.parsing.tokens import Shape
from tests.addresses.unit.test_resolve_bad_input import PIECES
from tests.addresses.unit.test_unseen_noise import SEED
from tests.addresses.unit.test_unseen_noise import registry as noise_registry
from tests.addresses.unit.test_unseen_wording import CASES, registry, resolve
from tests.addresses.unit.unseen_noise import noise
from tests.addresses.unit.unseen_registry import ALIASES

NOWHERE = "麟甪鑫丘鄢"
"""Characters of no name of the registry and of no word of the grammar."""

ANY_TEXT = st.one_of(
    st.text(max_size=120),
    st.lists(PIECES, max_size=14).map("".join),
    st.text(alphabet="㍍㋿ー－-—一二十1２ 　①²⻄aＡ號‐\u0301", max_size=30),
)


@settings(max_examples=500, deadline=None)
@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    folded = normalise(text).text
    assert normalise(folded).text == folded


def _may_come_from(character: str, raw: str) -> bool:
    """Whether the raw character can have given the folded one."""
    folded = unicodedata.normalize("NFKC", raw).upper()
    if character in folded or (character == " " and raw.isspace()):
        return True
    if character.isdigit():
        return re.fullmatch(NUMERAL, folded) is not None
    return character in "-()" or unicodedata.name(raw, "").startswith(("CJK RADICAL", "KANGXI"))


@settings(max_examples=500, deadline=None)
@given(ANY_TEXT)
def test_each_folded_character_points_at_the_raw_one_that_gave_it(text: str) -> None:
    folded = normalise(text)
    assert len(folded.offsets) == len(folded.text)
    assert list(folded.offsets) == sorted(folded.offsets)
    for character, offset in zip(folded.text, folded.offsets, strict=True):
        raw = unicodedata.normalize("NFKC", text[offset]).upper()
        assert _may_come_from(character, text[offset]) or character in unicodedata.normalize("NFKC", raw)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CASES), st.data())
def test_an_unread_character_never_turns_an_open_text_into_a_link(case, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(case.text)))
    character = data.draw(st.sampled_from(NOWHERE))
    changed = case.text[:position] + character + case.text[position:]
    # A road before its stake is read by its form; such a text is never accepted either.
    shapes = {token.shape for token in parse(changed, registry().names).tokens}
    assert shapes & {Shape.UNREAD, Shape.ROUTE}
    assert not resolve(changed).is_accepted


def _shuffled(seed: int) -> NameIndex:
    entries = [*official_entries(node.components for node in registry().nodes.values()), *ALIASES]
    random.Random(seed).shuffle(entries)
    return NameIndex.build(entries, outside_names())


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1_000_000))
def test_the_order_of_the_names_in_the_table_changes_nothing(seed: int) -> None:
    shuffled = _shuffled(seed)
    texts = [case.text for case in CASES]
    for before, after in zip(
        resolve_batch(texts, registry().names, registry().lookup),
        resolve_batch(texts, shuffled, registry().lookup),
        strict=True,
    ):
        assert (after.status, after.node, after.confidence) == (before.status, before.node, before.confidence)
        assert {one.node.key for one in after.candidates} == {one.node.key for one in before.candidates}


@cache
def _known_surfaces() -> dict[str, set[str]]:
    """Own name → all surfaces by which the noise registry knows a place of that name, by level."""
    found: dict[str, set[str]] = {}
    for text, surface in noise_registry().names.surfaces.items():
        for meaning in surface.meanings:
            for place in meaning.places:
                own = place.components.as_dict()[meaning.level]
                found.setdefault(f"{meaning.level}:{canonical_name(own)}", set()).add(text)
    return found


def _unexplained(text: str, result: Resolution) -> list[str]:
    """Levels of the accepted node that the text states by nothing that is in it."""
    assert result.node is not None and result.stated is not None
    folded, held, stated = normalise(text).text, result.node.components.as_dict(), result.stated.values
    bad = []
    for level in LEVELS:
        said = stated.get(level, "")
        if not said or not held[level]:
            continue
        if level in {"town", "village", "road", "estate"}:
            known = _known_surfaces().get(f"{level}:{held[level]}", set())
            if said not in folded or said not in known:
                bad.append(level)
        elif [part for part in re.findall("[0-9A-Z]+", held[level]) if part not in folded]:
            bad.append(level)
    return bad


def test_every_accepted_component_is_in_the_text_by_its_name_or_a_known_alias() -> None:
    texts = [one.text for one in noise(SEED + 3, noise_registry().rows, 1_500)]
    results = resolve_batch(texts, noise_registry().names, noise_registry().lookup)
    accepted = [(text, result) for text, result in zip(texts, results, strict=True) if result.is_accepted]
    assert len(accepted) > 1_200
    assert [(text, found) for text, result in accepted if (found := _unexplained(text, result))] == []
    assert all(
        result.stated is not None and result.stated.values.get(result.level_reached) for _, result in accepted
    ), "the deepest level is always stated"


def test_two_places_of_one_number_are_ambiguous_with_both_as_candidates() -> None:
    text = "石桥镇前王庄村12号"
    first = resolve(text).node
    assert first is not None
    second = Node(f"{first.key}~2", "TWIN", first.components, first.level, 99_999)
    both = Node(first.key, first.code, first.components, first.level, first.id, twins=(second,))

    def lookup(keys):
        found = dict(registry().lookup(keys))
        return found | ({first.key: both} if first.key in found else {})

    result = resolve_batch([text], registry().names, lookup)[0]
    assert (str(result.status), result.node) == ("ambiguous", None)
    assert {one.node.code for one in result.candidates} == {first.code, "TWIN"}
