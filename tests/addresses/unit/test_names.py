"""Derived names, the name index, loose matching and the outside world."""

from __future__ import annotations

import pytest

from addresses.matching.names import NameEntry, NameIndex, entries_at, official_entries
from addresses.matching.outside import outside_names
from addresses.matching.segment import NameToken, segment
from addresses.matching.short_names import derived_names, name_stem
from addresses.parsing.components import Components
from tests.addresses.unit.test_resolve_examples import registry


def test_short_names_of_a_village() -> None:
    names = dict(derived_names("路个庄村委会", "village"))
    assert names["路个庄"] == "short"
    assert {surface for surface, kind in names.items() if kind == "alias"} == {
        "路个庄村",
        "路个庄村委",
        "路个庄村村委",
        "路个庄村村委会",
        "路个庄村民委员会",
        "路个庄村村民委员会",
    }


def test_short_names_of_a_community_and_a_numbered_village() -> None:
    assert dict(derived_names("定海社区居委会", "village")) == {
        "定海社区": "alias",
        "定海社区居民委员会": "alias",
        "定海居委会": "alias",
        "定海社区委员会": "alias",
        "定海社区委会": "alias",
        "定海": "short",
    }
    numbered = dict(derived_names("吴家一村村委会", "village"))
    assert (numbered["吴家一村"], numbered["吴家一村村"], numbered["吴家一"]) == ("alias", "alias", "short")


def test_short_names_of_towns_roads_and_estates() -> None:
    street = dict(derived_names("文昌路街道", "town"))
    assert (street["文昌街道"], street["文昌路街道办事处"], street["文昌"], street["文昌路"]) == (
        "alias",
        "alias",
        "short",
        "short",
    )
    assert dict(derived_names("沙河镇", "town")) == {"沙河": "short", "沙河乡": "alias"}
    road = dict(derived_names("G206(烟汕线)", "road"))
    assert set(road) == {"G206", "206国道", "国道206", "G206国道", "烟汕线", "G206烟汕线"}
    assert dict(derived_names("北苑小区", "estate")) == {"北苑": "short"}
    assert dict(derived_names("光州花园", "estate")) == {"光州花园小区": "alias"}
    assert derived_names("光州路", "road") == []


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("文昌路街道", "文昌街道", True),
        ("文昌路街道办事处", "文昌路街道", True),
        ("路个庄村委会", "路个庄村", True),
        ("东关社区居委会", "东关村村民委员会", False),
        ("沙河镇", "朱桥镇", False),
    ],
)
def test_stems_compare_places(left: str, right: str, same: bool) -> None:
    assert (name_stem(left) == name_stem(right)) is same


def test_one_surface_knows_all_its_places() -> None:
    meanings = entries_at(registry().names, "路个庄村")
    assert [(m.level, sorted(place.components.town for place in m.places)) for m in meanings] == [
        ("village", ["城港路街道", "沙河镇"])
    ]
    assert [meaning.level for meaning in entries_at(registry().names, "文昌路")] == ["town", "road"]


def test_an_alias_stands_for_the_registered_places_that_agree() -> None:
    rows = [
        Components("文昌路街道", "定海社区居委会", "光州路", "128", "光州花园"),
        Components("文昌路街道", "定海社区居委会", "光州路", "130", "光州花园"),
        Components("永安路街道", "西苑社区居委会", "北苑路", "1", "光州花园"),
    ]
    alias = NameEntry("老粮库", "alias", "estate", Components(town="文昌路街道", estate="光州花园"))
    index = NameIndex.build([*official_entries(rows), alias])
    (meaning,) = entries_at(index, "老粮库")
    assert sorted(place.components.number for place in meaning.places) == ["128", "130"]


def spans(text: str) -> list[str]:
    """Name tokens of a text."""
    return [text[t.start : t.end] for t in segment(text, registry().names) if isinstance(t, NameToken)]


def test_the_longest_cover_wins_over_the_first_name() -> None:
    assert spans("沙河路个庄村128号") == ["沙河", "路个庄村"]
    assert spans("文昌路街道定海社区") == ["文昌路街道", "定海社区"]


def test_short_names_stand_only_before_a_number_a_name_or_the_end() -> None:
    assert spans("路个庄12号") == ["路个庄"]
    assert spans("路个庄") == ["路个庄"]
    assert spans("路个庄光州路") == ["路个庄", "光州路"]
    assert spans("路个庄街12号") == []


def test_names_with_digits_are_not_cut_out_of_longer_numbers() -> None:
    assert spans("G206") == ["G206"]
    assert spans("G2061") == []
    assert spans("1206国道") == []


def test_loose_matching_finds_sound_and_one_wrong_character() -> None:
    fuzzy = registry().names.fuzzy()
    assert [surface.text for surface in fuzzy.suggest("光洲路")] == ["光州路"]
    assert [surface.text for surface in fuzzy.suggest("定海礼区")] == ["定海社区"]
    assert fuzzy.suggest("啊啊啊啊") == []
    assert fuzzy.suggest("光") == []
    assert fuzzy.suggest("光" * 500) == []


def test_the_outside_world_is_all_of_china_without_us() -> None:
    names = {name.surface: name for name in outside_names()}
    assert len(names) > 3_500
    assert names["海淀区"].full_name == "海淀区"
    assert (names["招远"].full_name, names["招远"].is_short) == ("招远市", True)
    assert not {"莱州市", "莱州", "山东省", "烟台市", "东区"} & set(names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("上海古北路666号", ["上海"]), ("上海路12号", []), ("北京东路12号", []), ("招远金岭镇", ["招远"])],
)
def test_a_foreign_city_without_its_type_word_is_no_road_name(text: str, expected: list[str]) -> None:
    assert spans(text) == expected
