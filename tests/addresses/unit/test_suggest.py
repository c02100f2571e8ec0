"""Names that are being typed: beginnings, parts, pinyin, and the numbers behind them."""

from __future__ import annotations

import pytest

from addresses.matching.names import NameEntry, NameIndex, official_entries
from addresses.matching.outside import outside_names
from addresses.matching.suggest import SuggestIndex
from addresses.parsing.components import Components

PATHS = (
    Components("沙河镇", "路个庄村委会"),
    Components("文昌路街道", "崇文社区居委会", "府前街", "24-1", "凯棠园"),
    Components("沙河镇", "北郑村委会", "府前街"),
    Components("文昌路街道", "光州社区居委会", "", "", "光州花园"),
    Components("文昌路街道", "光州社区居委会", "光州东街"),
)


@pytest.fixture(scope="module")
def index() -> SuggestIndex:
    alias = NameEntry("老电影院", "alias", "estate", Components("文昌路街道", "光州社区居委会", estate="光州花园"))
    return SuggestIndex.build(NameIndex.build([*official_entries(PATHS), alias], outside_names()))


def names(index: SuggestIndex, typed: str) -> list[str]:
    return ["".join(place.components.values()) for place in index.wanted(typed).places]


def test_a_name_is_found_by_its_beginning_and_then_by_a_part(index):
    assert names(index, "光")[0] == "文昌路街道光州社区居委会光州东街"
    assert set(names(index, "花园")) == {"文昌路街道光州社区居委会光州花园"}
    assert names(index, "电影院") == ["文昌路街道光州社区居委会光州花园"]


@pytest.mark.parametrize("typed", ["gzhy", "GZHY", "ｇｚｈｙ", "guangzhouhua"])
def test_a_name_is_found_by_pinyin_and_its_initials(index, typed):
    assert names(index, typed) == ["文昌路街道光州社区居委会光州花园"]


def test_letters_with_numbers_ask_for_the_numbers_under_the_name(index):
    wanted = index.wanted("gzhy3-2")

    assert wanted.numbers == ("3", "2")
    assert wanted.places[0].components.estate == "光州花园"


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("光州花园", ()),
        ("光州花园3", ("3",)),
        ("光州花园3号楼2", ("3", "2")),
        ("光州花园三号楼二单元5", ("3", "2", "5")),
        ("光州花园3-2-501", ("3", "2", "501")),
        ("路个庄5组6号", ("5组6",)),
        ("路个庄5组", ("5组",)),
        ("府前街24号之1", ("24-1",)),
    ],
)
def test_numbers_are_read_while_they_are_typed(index, typed, numbers):
    assert index.wanted(typed).numbers == numbers


def test_what_is_stated_before_narrows_a_name_of_several_places(index):
    assert len(names(index, "府前街")) == 2
    assert names(index, "沙河镇府前街") == ["沙河镇北郑村委会府前街"]
    assert names(index, "沙河镇府") == ["沙河镇北郑村委会府前街"]
    assert names(index, "山东省烟台市莱州市沙河镇府前街") == ["沙河镇北郑村委会府前街"]


@pytest.mark.parametrize(
    "typed", ["", " ", "不存在的地方", "zzzz", "烟台市招远市", "\x00", "12号", "〇" * 500, "a" * 5_000]
)
def test_nothing_of_ours_asks_for_nothing(index, typed):
    assert index.wanted(typed).places == ()
