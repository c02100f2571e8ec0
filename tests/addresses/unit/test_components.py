"""Canonical components, prefixes and keys."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addresses.parsing.components import (
    LEVELS,
    Components,
    canonical,
    canonical_building,
    canonical_number,
    canonical_room,
    canonical_unit,
    full_text,
    link_key,
    prefixes,
    stable_code,
)

FULL = Components("文昌路街道", "定海社区居委会", "光州路", "128", "光州花园", "3", "2", "501")
VALUES = st.text(alphabet="沙河镇村路号楼单元室组栋之附-#0123456789０３ABc一二十百|¦~ 　", max_size=12)
ANY_VALUES = st.text(max_size=80)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("128", "128"),
        ("128号", "128"),
        ("128号院", "128"),
        ("０128号", "128"),
        ("128-1", "128-1"),
        ("128—1号", "128-1"),
        ("128号之1", "128-1"),
        ("128号附1号", "128-1"),
        ("128号-1", "128-1"),
        ("5组6号", "5组6"),
        ("五组六号", "5组6"),
        ("5村民小组6", "5组6"),
        ("5组", "5组"),
        ("一百二十三号", "123"),
        ("甲128号", "甲128"),
    ],
)
def test_house_numbers_have_one_spelling(written: str, expected: str) -> None:
    assert canonical_number(written) == expected


@pytest.mark.parametrize(
    "written", ["3", "3号楼", "3栋", "3幢", "3#", "#3", "3#楼", "第3栋", "三号楼", "03号楼", "３号楼"]
)
def test_buildings_have_one_spelling(written: str) -> None:
    assert canonical_building(written) == "3"


def test_lettered_and_sided_buildings_keep_their_mark() -> None:
    assert [canonical_building(text) for text in ("A座", "b1栋", "东楼", "楼")] == ["A", "B1", "东", "楼"]


def test_units_and_rooms_have_one_spelling() -> None:
    assert [canonical_unit(text) for text in ("2", "2单元", "二单元", "2门", "2号单元")] == ["2"] * 5
    assert [canonical_room(text) for text in ("501", "501室", "0501", "5层501室", "501号", "五〇一室")] == ["501"] * 6
    assert canonical_room("东户") == "东"


def test_full_text_is_generated_from_the_components() -> None:
    assert full_text(FULL) == "文昌路街道定海社区居委会光州路128号光州花园3号楼2单元501室"
    assert full_text(Components("沙河镇", "路个庄村委会", number="128")) == "沙河镇路个庄村委会128号"
    assert full_text(Components("沙河镇", "路个庄村委会", number="5组")) == "沙河镇路个庄村委会5组"
    assert full_text(Components(estate="光州花园", building="A", room="东")) == "光州花园A座东户"


def test_prefixes_are_the_path_to_the_address() -> None:
    row = Components("沙河镇", "路个庄村委会", number="128")
    assert prefixes(row) == [
        Components("沙河镇"),
        Components("沙河镇", "路个庄村委会"),
        Components("沙河镇", "路个庄村委会", number="128"),
    ]
    assert [node.level() for node in prefixes(FULL)] == list(LEVELS)
    assert prefixes(Components()) == []


def test_the_key_holds_the_path_and_the_code_is_fixed_forever() -> None:
    assert link_key(FULL) == "文昌路街道|定海社区居委会|光州路|128|光州花园|3|2|501"
    assert link_key(Components("沙河镇", "路个庄村委会", number="128")) == "沙河镇|路个庄村委会||128"
    assert stable_code(FULL) == "LZKYODQYMAEPSVSFWP"


@given(st.lists(VALUES, min_size=8, max_size=8))
def test_canonical_is_idempotent_and_the_key_tells_nodes_apart(values: list[str]) -> None:
    once = canonical(Components(*values))
    assert canonical(once) == once
    assert link_key(once).split("|") + [""] * (7 - link_key(once).count("|")) == list(once.values())


@given(st.lists(ANY_VALUES, min_size=8, max_size=8), st.lists(ANY_VALUES, min_size=8, max_size=8))
def test_keys_are_equal_exactly_for_equal_nodes(left: list[str], right: list[str]) -> None:
    one, two = canonical(Components(*left)), canonical(Components(*right))
    assert (link_key(one) == link_key(two)) == (one == two)
    assert len(link_key(one)) < 200
    assert re.fullmatch("LZ[A-Z2-7]{16}", stable_code(one))


@given(st.lists(VALUES, min_size=8, max_size=8))
def test_every_prefix_has_its_own_key(values: list[str]) -> None:
    nodes = prefixes(canonical(Components(*values)))
    assert len({link_key(node) for node in nodes}) == len(nodes)
