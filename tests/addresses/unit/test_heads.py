"""A text read by head and tail is the text read whole: same readings, same chains, same decision."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addresses.matching.heads import Heads
from addresses.matching.names import NameEntry, NameIndex
from addresses.matching.resolve import Parsed, parse, parse_by_parts, resolve_batch
from addresses.parsing.components import Components, full_text
from tests.addresses.unit.synthetic import Registry, build_registry
from tests.addresses.unit.test_engine_properties import ANY_TEXT
from tests.addresses.unit.test_unseen_noise import SEED
from tests.addresses.unit.test_unseen_noise import registry as noise_registry
from tests.addresses.unit.test_unseen_wording import CASES
from tests.addresses.unit.test_unseen_wording import registry as wording_registry
from tests.addresses.unit.unseen_noise import absent, noise

ROAD = ("文昌路街道", "定海社区居委会", "光州路")
# Names that would reach over the cut, lie behind it, or leave open what they are.
ROWS = (
    Components(*ROAD, "128", "光州花园", "3", "2", "501"),
    Components(*ROAD, "128", "北苑小区", "3", "2", "501"),
    Components(*ROAD, "12", "光州花园"),
    Components(*ROAD, "5"),
    Components("文昌路街道", "东关社区居委会", "府前街", "7"),
    Components("文昌路街道", "东关社区居委会", "府前街", "7", "", "东楼", "1", "201"),
    Components("文昌路街道", "北苑社区居委会", "光州路1号路", "7"),
    Components("文昌路街道", "北苑社区居委会", "2号路", "7"),
    Components("沙河镇", "光州村委会", "", "5组6号"),
    Components("沙河镇", "北苑村委会", "", "12"),
    Components("沙河镇", "光州村委会", "", "12", "", "6号楼"),
    Components("沙河镇", "光州村委会", "", "14", "", "A座"),
)
ALIASES = (
    NameEntry("27号院", "alias", "estate", Components(*ROAD, "128", "光州花园")),
    NameEntry("370683001", "alias", "town", Components("文昌路街道")),
    NameEntry("光州3号", "alias", "village", Components("沙河镇", "光州村委会")),
)
HEADS = (
    "", "莱州市", "文昌路街道", "文昌路街道光州路", "光州路128号光州花园", "光州路128号北苑", "光州花园", "北苑", "光州", "光州村", "沙河镇",
    "莱州市沙河镇光州村", "光州路1号路", "2号路", "第2号路", "光州路与2号路", "光州路与2号路交叉口", "招远市光州路", "光州花园-", "地址：光州村",
    "沙河镇内光州村", "麟光州村", "光州路128号甲", "府前街", "莱州府前街", "光州路128号北苑小区", "府前街7号北苑小区", "光州村5组", "光州路光州花园128号光州花园", "光州花园光州路", "文昌路街道沙河镇光州村", "27号院",
    "370683001光州路", "烟台市光州路", "光州花园莱州市", "光州路(光州花园)", "光州路12-1号光州花园", "光州村6号楼", "光州村14号A座", "光州路5号光州路",
)  # fmt: skip
NUMBERS = st.sampled_from(
    ["0", "1", "2", "3", "5", "6", "7", "12", "14", "27", "01", "128", "128-1", "501", "0501", "1101", "370683001", "13700000000"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["号", "号楼", "栋", "座", "单元", "室", "户", "层", "组", "排", "巷", "-", "#", "楼", "A", "", "", "弄", "院"]
)
TAILS = st.lists(st.tuples(NUMBERS, WORDS).map("".join), max_size=5).map("".join)


@cache
def registry() -> Registry:
    """Built once."""
    return build_registry(ROWS, ALIASES)


def by_parts(text: str, names: NameIndex) -> Parsed:
    """Read by parts twice: the second time out of what was kept."""
    heads = names.once(Heads)
    parse_by_parts(text, names, heads)
    return parse_by_parts(text, names, heads)


def assert_same(text: str, names: NameIndex) -> None:
    whole, parts = parse(text, names), by_parts(text, names)
    whole.tokens = parts.tokens = []
    assert parts == whole, text


@settings(max_examples=1_500, deadline=None)
@given(st.sampled_from(HEADS), TAILS)
def test_any_tail_behind_any_head_reads_as_the_whole_text(head: str, tail: str) -> None:
    assert_same(head + tail, registry().names)


@settings(max_examples=700, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(HEADS), TAILS), max_size=5).map("".join))
def test_heads_and_tails_in_any_order_read_as_the_whole_text(text: str) -> None:
    assert_same(text, registry().names)


@settings(max_examples=500, deadline=None)
@given(ANY_TEXT)
def test_any_text_reads_the_same(text: str) -> None:
    assert_same(text, registry().names)


def test_the_unseen_wording_and_its_noise_read_the_same() -> None:
    noisy = [*noise(SEED + 5, noise_registry().rows, 1_500), *absent(SEED + 6, noise_registry().rows, 500)]
    for text in [case.text for case in CASES]:
        assert_same(text, wording_registry().names)
    for one in noisy:
        assert_same(one.text, noise_registry().names)


@pytest.mark.parametrize(
    "text",
    [
        "莱州市文昌路街道定海社区居委会光州路128号光州花园3号楼2单元501室", "文昌路街道府前街7号", "沙河镇光州村委会12号", "光州路128号北苑小区3-2-501",
    ],
)  # fmt: skip
def test_plain_texts_are_read_by_parts(text: str) -> None:
    assert registry().names.once(Heads).read(text) is not None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("府前街27号院", "a name begins behind the cut"),
        ("光州3号", "a name reaches over the cut"),
        ("光州路5号", "a name could reach over the cut: 光州路1号路"),
        ("府前街370683001", "a name lies behind the cut"),
        ("麟府前街5号", "something is unread before the name"),
        ("府前街甲5号", "the head ends with no name"),
        ("府前街与2号路5号", "two roads meet"),
        ("三教村0号", "the number has a fault"),
        ("三教村13700000000", "the tail is no number of a house"),
        ("光州路", "there is no tail"),
    ],
)
def test_what_can_not_be_cut_for_certain_is_read_whole(text: str, why: str) -> None:
    assert registry().names.once(Heads).read(text) is None, why


def test_a_registry_with_a_name_of_unit_words_is_read_whole() -> None:
    names = build_registry(ROWS, [NameEntry("楼座", "alias", "estate", Components(*ROAD, "128", "光州花园"))]).names
    assert names.once(Heads).read("府前街7号") is None
    assert_same("府前街7号楼座3室", names)


def test_nodes_that_are_not_asked_for_change_no_decision() -> None:
    """Only the deepest node of each chain is asked for first; all others are there in the other look-up."""
    made = noise_registry()
    texts = [one.text for one in noise(SEED + 7, made.rows, 1_000)] + [full_text(row) for row in made.rows[:500]]
    asked: list[int] = []

    def lookup(keys):
        asked.append(len(keys))
        return made.lookup(keys)

    sparing = resolve_batch(texts, made.names, lookup)
    assert len(asked) == 2
    assert sparing == resolve_batch(texts, made.names, lambda _keys: made.nodes)
