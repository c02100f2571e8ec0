"""Labelled texts over a small registry: status, node and faults are exact."""

from __future__ import annotations

from functools import cache

import pytest

from addresses.matching.names import NameEntry
from addresses.matching.resolve import resolve_batch
from addresses.matching.result import RelativePosition, Resolution, to_row
from addresses.parsing.components import Components, full_text
from tests.addresses.unit.synthetic import Registry, build_registry

GUANGZHOU = ("文昌路街道", "定海社区居委会", "光州路", "128", "光州花园")
BUILDING_PLOT = "文昌路街道定海社区居委会光州路128号"
ROOM = "文昌路街道定海社区居委会光州路128号光州花园3号楼2单元501室"
UNIT = ROOM.removesuffix("501室")
BUILDING = UNIT.removesuffix("2单元")
ESTATE = BUILDING.removesuffix("3号楼")
TOWER = ESTATE + "8号楼501室"
HOUSE = "沙河镇路个庄村委会128号"
GROUP = "沙河镇路个庄村委会5组6号"
SUB = "沙河镇路个庄村委会128-1号"
SHOP = "文昌路街道云峰社区居委会文昌路5号"
BLOCK = "文昌路街道东关社区居委会府前街7号2号楼1单元101室"

ROWS = (
    Components(*GUANGZHOU, "3", "2", "501"),
    Components(*GUANGZHOU, "3", "1", "501"),
    Components(*GUANGZHOU, "3", "1", "302"),
    Components(*GUANGZHOU, "8", "", "501"),
    Components(*GUANGZHOU, "A座", "", "1203室"),
    Components("沙河镇", "路个庄村委会", "", "128号"),
    Components("沙河镇", "路个庄村委会", "", "5组6号"),
    Components("沙河镇", "路个庄村委会", "", "128-1"),
    Components("沙河镇", "路个庄村委会", "", "12"),
    Components("城港路街道", "路个庄村委会", "", "12"),
    Components("文昌路街道", "云峰社区居委会", "文昌路", "5"),
    Components("永安路街道", "西苑社区居委会", "北苑路", "12"),
    Components("永安路街道", "北苑社区居委会", "北苑路", "12"),
    Components("文昌路街道", "东关社区居委会", "府前街", "7", "", "2", "1", "101"),
    Components("文昌路街道", "双岭社区居民委员会", "G206(烟汕线)", "9"),
)
ALIASES = (
    NameEntry("西由镇", "old", "town", Components("三山岛街道")),
    NameEntry("老供销社家属院", "alias", "estate", Components(estate="光州花园")),
)


@cache
def registry() -> Registry:
    """The registry of the examples."""
    return build_registry(ROWS, ALIASES)


def resolve(text: str) -> Resolution:
    """One text against the registry of the examples."""
    return resolve_batch([text], registry().names, registry().lookup)[0]


ACCEPTED = (
    # The full text, and all that may be left out of it.
    ("山东省烟台市莱州市" + ROOM, "exact", ROOM),
    (ROOM, "exact", ROOM),
    ("莱州市文昌街道光州花园3号楼2单元501室", "exact", ROOM),
    ("文昌路街道办事处定海社区光州路128号光州花园3号楼2单元501", "exact", ROOM),
    ("文昌街道办定海居委会光州花园小区3号楼2单元501户", "exact", ROOM),
    ("光州路128号3号楼2单元501", "exact", ROOM),
    ("光州路光州花园3号楼2单元501", "exact", ROOM),
    ("光州花园光州路128号3号楼2单元501", "exact", ROOM),
    ("莱州市区光州路128号院内3号楼2单元501", "exact", ROOM),
    ("光州花园3号楼2单元501室(文昌路街道)", "exact", ROOM),
    ("莱州老供销社家属院3号楼2单元501", "exact", ROOM),
    # Spellings of building, unit, floor and room.
    ("光州花园3-2-501", "exact", ROOM),
    ("光州花园３－２－５０１", "exact", ROOM),
    ("光州花园3#2单元501", "exact", ROOM),
    ("光州花园3#楼2-501", "exact", ROOM),
    ("光州花园#3-2-501", "exact", ROOM),
    ("光州花园3栋二单元五〇一", "exact", ROOM),
    ("光州花园三幢2门501室", "exact", ROOM),
    ("光州花园第3栋2单元5层501室", "exact", ROOM),
    ("光州花园3号楼2单元5楼1室", "exact", ROOM),
    ("光州花园3楼2单元501", "exact", ROOM),
    ("光州花园3号2单元501", "exact", ROOM),
    ("光州花园3号楼2单元0501", "exact", ROOM),
    ("光州花园3-2-5-1", "exact", ROOM),
    ("光州花园3号楼，2单元，501室", "exact", ROOM),
    ("光州花园3号楼2单元5F501", "exact", ROOM),
    ("光州花园三号楼二单元五楼五零一", "exact", ROOM),
    ("光州花园-3-2-501", "exact", ROOM),
    ("光州花园3#2#501", "exact", ROOM),
    ("光州花园3号楼2号501", "exact", ROOM),
    ("光州花园第3号楼第2单元第501室", "exact", ROOM),
    ("光州花园3/2/501", "exact", ROOM),
    ("光州花园3号楼2单元501邮编261400", "exact", ROOM),
    ("山东省-烟台市-莱州市-文昌路街道-光州路128号-光州花园-3号楼-2单元-501室", "exact", ROOM),
    ("光州花园8号楼501室", "exact", TOWER),
    ("光州花园8-501", "exact", TOWER),
    ("光州花园A座1203", "exact", ESTATE + "A座1203室"),
    ("光州花园3号楼302", "exact", ESTATE + "3号楼1单元302室"),
    ("光州花园3号楼", "exact", BUILDING),
    ("莱州市光州花园", "exact", ESTATE),
    ("光州花园128号", "exact", ESTATE),
    ("府前街7号2号楼1单元101", "exact", BLOCK),
    ("府前街7-2-1-101", "exact", BLOCK),
    ("府前街7号-2-1-101", "exact", BLOCK),
    # Villages.
    ("沙河镇路个庄村128号", "exact", HOUSE),
    ("沙河路个庄128", "exact", HOUSE),
    ("沙河镇沙河镇路个庄村委会一百二十八号", "exact", HOUSE),
    ("掖县沙河镇路个庄村村民委员会128号", "exact", HOUSE),
    ("地址：莱州市沙河镇路个庄村128号，电话：0535-2200000", "exact", HOUSE),
    ("路个庄村128号13900000000", "exact", HOUSE),
    ("路个庄村128号〔电话〕", "exact", HOUSE),
    ("沙河镇-路个庄村-128号", "exact", HOUSE),
    ("路个庄村128号(沙河镇)", "exact", HOUSE),
    ("路个庄村No.128", "exact", HOUSE),
    ("路个庄村128号副1号", "exact", SUB),
    ("路个庄村第五组6号", "exact", GROUP),
    ("路个庄村5村民小组6", "exact", GROUP),
    ("路个庄村128号之1", "exact", SUB),
    ("路个庄村128—1号", "exact", SUB),
    ("沙河镇", "exact", "沙河镇"),
    ("莱州市沙河镇三教村", "exact", "沙河镇三教村委会"),
    ("西由镇", "exact", "三山岛街道"),
    # A road and a town that share their name.
    ("莱州市文昌路5号", "exact", SHOP),
    ("文昌街道文昌路5号", "exact", SHOP),
    ("莱州市206国道9号", "exact", "文昌路街道双岭社区居民委员会G206(烟汕线)9号"),
    # The deepest node that exists.
    ("光州花园3号楼2单元502", "partial", UNIT),
    ("光州花园3号楼4单元502", "partial", BUILDING),
    ("光州花园3号楼2单元5层", "partial", UNIT),
    ("莱州市光州路128号3楼", "partial", "文昌路街道定海社区居委会光州路128号"),
    ("光州路128号501室", "partial", "文昌路街道定海社区居委会光州路128号"),
)


@pytest.mark.parametrize(("text", "status", "found"), ACCEPTED)
def test_accepted_texts(text: str, status: str, found: str) -> None:
    result = resolve(text)
    assert result.node is not None, result
    assert (str(result.status), full_text(result.node.components)) == (status, found)
    assert result.confidence >= 0.95


REFUSED = (
    ("光州花园3号楼501", "ambiguous", {"several_places"}),
    ("路个庄村12号", "ambiguous", {"several_places"}),
    ("北苑路12号", "ambiguous", {"several_places"}),
    ("光州花园33号楼2单元501", "review", {"building_not_found", "unit_not_found", "room_not_found"}),
    ("路个庄村999号", "review", {"number_not_found"}),
    ("光州花园3号楼2单元3层501", "review", {"floor_contradicts_room"}),
    ("朱桥镇光州花园3号楼2单元501", "review", {"town_contradiction"}),
    ("云峰社区光州花园3号楼2单元501", "review", {"village_contradiction"}),
    ("教育路光州花园3号楼2单元501", "review", {"village_contradiction"}),
    ("府前街光州花园3号楼2单元501", "review", {"road_contradiction"}),
    ("光州路130号光州花园3号楼2单元501", "review", {"number_contradiction"}),
    ("光州花园2号院", "review", {"number_contradiction"}),
    ("光州路128号光州花园东区3号楼", "review", {"unread_text"}),
    ("崮路个庄村128号", "review", {"unread_text"}),
    ("内路个庄村128号", "review", {"unread_text"}),
    ("路个庄村-1号", "review", {"stray_dash"}),
    ("光州花园3号楼2单元501/502", "review", {"unplaced_number"}),
    ("光州花园3号楼2单元501-502室", "review", {"unplaced_number"}),
    ("光州花园0号楼0单元", "review", {"zero_number"}),
    # No position that is read: the east staircase, a part of the estate, a number of houses.
    ("光州花园3号楼东门501", "review", {"unread_text"}),
    ("光州花园东", "review", {"unread_text"}),
    ("光州路128号往西第三家", "review", {"unread_text"}),
    ("西外环K31+210处", "unmatched", {"no_place"}),
    ("光州路128号；文昌路5号", "review", {"second_place", "unplaced_number"}),
    ("路个庄村128号 文昌路5号", "review", {"second_place", "unplaced_number"}),
    ("光州路文昌路5号", "review", {"second_place"}),
    ("光州路文昌5号", "review", {"second_place"}),
    ("光州路定海社区5号", "review", {"unplaced_number"}),
    ("光州花园3", "review", {"room_not_found"}),
    ("光洲路128号", "review", {"unread_text", "fuzzy_name"}),
    ("定海礼区", "review", {"unread_text", "fuzzy_name"}),
    ("莱州路12号", "review", {"unread_text", "fuzzy_name"}),
    ("烟台市文昌路5号", "review", {"county_not_stated"}),
    ("文昌路5号", "review", {"county_not_stated"}),
    ("光州花园", "review", {"county_not_stated"}),
    ("光州花园①②号楼", "review", {"decorated_number"}),
    ("沙河镇128号", "review", {"unplaced_number"}),
    ("莱州镇", "unmatched", {"no_place", "unread_text"}),
    ("3号楼2单元501", "unmatched", {"no_place"}),
    ("西100米", "unmatched", {"no_place"}),
    ("莱州市", "unmatched", {"only_county"}),
    ("海淀区中关村大街1号", "outside", {"other_county"}),
    ("山东省招远市沙河镇路个庄村128号", "outside", {"other_county"}),
    ("招远路个庄村128号", "outside", {"other_county"}),
    ("莱州市招远市路个庄村128号", "review", {"other_county"}),
)


@pytest.mark.parametrize(("text", "status", "faults"), REFUSED)
def test_refused_texts_name_their_faults(text: str, status: str, faults: set[str]) -> None:
    result = resolve(text)
    assert (str(result.status), {fault.code for fault in result.faults}) == (status, faults)
    assert result.node is None
    assert result.confidence <= 0.5


RELATIVE = (
    ("文昌路5号旁", RelativePosition(SHOP)),
    ("光州路128号西100米", RelativePosition("文昌路街道定海社区居委会光州路128号", "西", 100)),
    ("光州路与文昌路路口东南角", RelativePosition("文昌路街道定海社区居委会光州路与文昌路", "东南")),
    ("光州路和府前街", RelativePosition("文昌路街道定海社区居委会光州路与府前街")),
    ("G206烟汕线K19+906", RelativePosition("文昌路街道双岭社区居民委员会G206(烟汕线)", stake="K19+906")),
    ("206国道19公里906米处路西", RelativePosition("文昌路街道双岭社区居民委员会G206(烟汕线)", "西", stake="K19+906")),
    ("光州花园对面", RelativePosition(ESTATE)),
    ("光州路128号光州花园3号楼(北侧)", RelativePosition(BUILDING, "北")),
    ("光州路128号以东200米", RelativePosition(BUILDING_PLOT, "东", 200)),
    ("光州路128号往东约50米路南", RelativePosition(BUILDING_PLOT, "东", 50)),
    ("距光州路128号50米", RelativePosition(BUILDING_PLOT, metres=50)),
    ("光州路128号正对面", RelativePosition(BUILDING_PLOT)),
    ("光州路与府前街交叉口西", RelativePosition("文昌路街道定海社区居委会光州路与府前街", "西")),
    ("光州路中段", RelativePosition("文昌路街道定海社区居委会光州路")),
    ("光州花园的周边", RelativePosition(ESTATE)),
    ("光州花园北门", RelativePosition(ESTATE, "北")),
    ("光州花园南门东20米", RelativePosition(ESTATE, "东", 20)),
    ("光州花园3号楼前", RelativePosition(BUILDING)),
    ("沙河镇路个庄村口", RelativePosition("沙河镇路个庄村委会")),
    ("沙河镇路个庄村西首", RelativePosition("沙河镇路个庄村委会", "西")),
    ("沙河镇路个庄东100米", RelativePosition("沙河镇路个庄村委会", "东", 100)),
    ("定海社区委会东50米", RelativePosition("文昌路街道定海社区居委会", "东", 50)),
    # Roads of the network that no address has, before their stake.
    ("沙河镇S304三城线K12+300处", RelativePosition("沙河镇S304三城线", stake="K12+300")),
    ("沙河镇G228(丹东线)K3+40", RelativePosition("沙河镇G228丹东线", stake="K3+40")),
    ("莱州市西外环K31+210处", RelativePosition("西外环", stake="K31+210")),
)


@pytest.mark.parametrize(("text", "position"), RELATIVE)
def test_relative_positions_are_never_exact(text: str, position: RelativePosition) -> None:
    result = resolve(text)
    assert (str(result.status), result.relative, result.node) == ("relative", position, None)


def test_outside_names_the_other_county() -> None:
    assert resolve("北京市海淀区上地东路35号").outside == "北京市海淀区"
    assert resolve("烟台开发区长江路12号").outside == "烟台经济技术开发区"
    assert resolve("河北石家庄裕华区建华南大街").outside == "河北省石家庄市裕华区"


def test_a_wrong_town_keeps_the_place_as_candidate() -> None:
    result = resolve("朱桥镇光州花园3号楼2单元501")
    assert [full_text(candidate.node.components) for candidate in result.candidates] == [ROOM]
    assert [fault.code for fault in result.candidates[0].faults] == ["town_contradiction"]


def test_levels_wanted_and_reached_are_kept_apart() -> None:
    result = resolve("光州花园3号楼2单元502")
    assert (result.level_wanted, result.level_reached) == ("room", "unit")
    assert [(fault.code, fault.text) for fault in result.faults] == [("room_not_found", "502")]


def test_ambiguity_counts_equal_candidates() -> None:
    result = resolve("路个庄村12号")
    assert sorted(full_text(candidate.node.components) for candidate in result.candidates) == [
        "城港路街道路个庄村委会12号",
        "沙河镇路个庄村委会12号",
    ]
    assert [candidate.confidence for candidate in result.candidates] == [0.4975, 0.4975]


def test_the_explanation_goes_level_by_level() -> None:
    steps = resolve("文昌街道光州花园3号楼2单元502").steps
    assert [(step.level, step.stated, step.held, step.outcome) for step in steps] == [
        ("town", "文昌街道", "文昌路街道", "found"),
        ("village", "", "定海社区居委会", "filled"),
        ("road", "", "光州路", "filled"),
        ("number", "", "128", "filled"),
        ("estate", "光州花园", "光州花园", "found"),
        ("building", "3", "3", "found"),
        ("unit", "2", "2", "found"),
        ("room", "502", "", "missing"),
    ]


def test_the_row_has_the_agreed_keys() -> None:
    row = to_row(resolve("沙河路个庄128"))
    assert row == {
        "status": "exact",
        "code": "LZC2QW63IWIHQJROQ3",
        "components": Components("沙河镇", "路个庄村委会", "", "128").as_dict(),
        "confidence": 0.998,
        "level_wanted": "number",
        "level_reached": "number",
        "candidates": [],
        "faults": [],
    }
    empty = to_row(resolve(""))
    assert (empty["code"], empty["components"], empty["level_wanted"]) == (None, None, None)


def test_personal_numbers_never_show_and_never_are_a_room() -> None:
    for text in (
        "光州花园3号楼2单元13900000000",
        "光州花园3号楼2单元370683199001010017",
        "光州花园3号楼2单元身份证370683199001010017",
    ):
        result = resolve(text)
        assert result.node is not None
        assert full_text(result.node.components) == UNIT
        assert not any(len(fault.text) > 6 for fault in result.faults)
    unread = resolve("光州花园3号楼" + "7" * 30)
    assert (str(unread.status), {fault.text for fault in unread.faults}) == ("review", {"…"})
