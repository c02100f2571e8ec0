"""The accounting invariant and its consequences, on any text made of address parts."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from addresses.matching.resolve import parse, resolve_batch
from addresses.parsing.accounting import covers
from addresses.parsing.components import Components, full_text
from addresses.parsing.normalise import MAX_LENGTH
from addresses.parsing.tokens import Shape
from tests.addresses.unit.synthetic import build_registry, noisy_text, random_rows
from tests.addresses.unit.test_resolve_bad_input import PIECES
from tests.addresses.unit.test_resolve_examples import ACCEPTED, registry, resolve

UNKNOWN_CHARACTERS = "崮麟甪鑫吉丘窑"
"""Characters of no name of the example registry and of no word of the grammar."""


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=220), st.lists(PIECES, max_size=14).map("".join)))
def test_each_character_belongs_to_one_token_and_unread_means_not_accepted(text: str) -> None:
    parsed = parse(text, registry().names)
    if parsed.tokens:
        assert covers(parsed.tokens, len(parsed.text))
    else:
        assert parsed.settled is not None
    result = resolve(text)
    if any(token.shape is Shape.UNREAD for token in parsed.tokens):
        assert str(result.status) in {"review", "outside", "unmatched"}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ACCEPTED), st.data())
def test_an_unknown_character_anywhere_stops_acceptance(case: tuple[str, str, str], data: st.DataObject) -> None:
    text = case[0]
    position = data.draw(st.integers(0, len(text)))
    character = data.draw(st.sampled_from(UNKNOWN_CHARACTERS))
    result = resolve(text[:position] + character + text[position:])
    assert not result.is_accepted


def _numbers(components: Components) -> tuple[str, ...]:
    return (components.number, components.building, components.unit, components.room)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ACCEPTED), st.data())
def test_an_added_digit_is_never_ignored(case: tuple[str, str, str], data: st.DataObject) -> None:
    text, _, found = case
    position = data.draw(st.integers(0, len(text)))
    digit = data.draw(st.sampled_from("123456789"))
    if any(part.isdigit() and len(part) > 6 for part in text.replace("-", " ").split()) or "电话" in text:
        return
    changed = text[:position] + digit + text[position:]
    result = resolve(changed)
    if result.is_accepted and result.node is not None:
        # The digit made another number: then either another node is meant, or the level that it changed was not found.
        # (8号楼501室 → 8号5楼501室 is the one honest exception: the digit is read, as the floor of the same room.)
        shapes = {token.shape for token in parse(changed, registry().names).tokens}
        same = full_text(result.node.components) == found and not shapes & {Shape.FLOOR, Shape.TOWER}
        assert not same or result.level_reached != result.level_wanted


def test_no_number_of_the_registry_is_confused_with_its_neighbours() -> None:
    small = build_registry(random_rows(11, 400))
    chance = random.Random(11)
    texts, rows = [], []
    for row in small.rows:
        for _ in range(3):
            texts.append(noisy_text(chance, row))
            rows.append(row)
    for row, result in zip(rows, resolve_batch(texts, small.names, small.lookup), strict=True):
        if result.is_accepted and result.node is not None:
            held = _numbers(result.node.components)
            assert all(not have or have == want for have, want in zip(held, _numbers(row), strict=True))


def test_length_limit_is_where_the_specification_says() -> None:
    padded = "，" * (MAX_LENGTH - 8) + "路个庄村128号"
    assert str(resolve(padded).status) == "exact"
    assert str(resolve("，" + padded).status) == "review"
