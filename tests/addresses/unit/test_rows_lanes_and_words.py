"""House numbers by rows and lanes, and buildings that have a word for a number: accepted only as the registry has them."""

from __future__ import annotations

from functools import cache

import pytest

from addresses.matching.resolve import resolve_batch
from addresses.matching.result import Resolution
from addresses.parsing.components import Components, canonical, full_text
from tests.addresses.unit.synthetic import Registry, build_registry

VILLAGE = ("沙河镇", "三教村委会")
PLOT = ("文昌路街道", "东关社区居委会", "府前街", "7")
ESTATE = ("文昌路街道", "定海社区居委会", "光州路", "128", "光州花园")
ROWS = (
    Components(*VILLAGE, "", "3排5号"),
    Components(*VILLAGE, "", "12巷3号"),
    Components(*VILLAGE, "", "2组4排6号"),
    Components(*VILLAGE, "", "5"),
    Components(*VILLAGE, "", "20"),
    Components(*PLOT[:3], "9弄2号"),
    Components(*PLOT, "", "综合楼", "", "302"),
    Components(*PLOT, "", "办公楼"),
    Components(*ESTATE, "东楼", "1", "201"),
    Components(*ESTATE, "4排", "", "6"),
)


@cache
def registry() -> Registry:
    return build_registry(ROWS)


def resolve(text: str) -> Resolution:
    return resolve_batch([text], registry().names, registry().lookup)[0]


ACCEPTED = (
    ("沙河镇三教村3排5号", "exact", "沙河镇三教村委会3排5号"),
    ("三教村第三排五号", "exact", "沙河镇三教村委会3排5号"),
    ("三教村3排5", "exact", "沙河镇三教村委会3排5号"),
    ("三教村十二巷3号", "exact", "沙河镇三教村委会12巷3号"),
    ("沙河镇三教村12巷-3号", "exact", "沙河镇三教村委会12巷3号"),
    ("三教村2组4排6号", "exact", "沙河镇三教村委会2组4排6号"),
    ("莱州市府前街9弄2号", "exact", "文昌路街道东关社区居委会府前街9弄2号"),
    ("莱州市府前街7号综合楼302室", "exact", "文昌路街道东关社区居委会府前街7号综合楼302室"),
    ("莱州市府前街7号综合楼3楼302", "exact", "文昌路街道东关社区居委会府前街7号综合楼302室"),
    ("莱州市府前街7号院办公楼", "exact", "文昌路街道东关社区居委会府前街7号办公楼"),
    ("光州花园东楼1单元201", "exact", "文昌路街道定海社区居委会光州路128号光州花园东楼1单元201室"),
    ("光州花园四排6号", "exact", "文昌路街道定海社区居委会光州路128号光州花园4排楼6室"),
    # A room that the registry lacks backs off to the building.
    ("莱州市府前街7号综合楼303室", "partial", "文昌路街道东关社区居委会府前街7号综合楼"),
)


@pytest.mark.parametrize(("text", "status", "found"), ACCEPTED)
def test_what_the_registry_has_is_accepted(text: str, status: str, found: str) -> None:
    result = resolve(text)
    assert result.node is not None, result
    assert (str(result.status), full_text(result.node.components)) == (status, found)


REFUSED = (
    # House 5 exists; row 4, lane 2 and group 3 do not.
    ("沙河镇三教村4排5号", "review", {"number_not_found"}),
    ("沙河镇三教村2巷5号", "review", {"number_not_found"}),
    ("沙河镇三教村3组5号", "review", {"number_not_found"}),
    ("沙河镇三教村3排", "review", {"number_not_found"}),
    ("沙河镇三教村3排6号", "review", {"number_not_found"}),
    ("沙河镇三教村20号3排", "review", {"unplaced_number"}),
    ("沙河镇三教村3排村5号", "review", {"unread_text"}),
    ("莱州市府前街7号教学楼", "review", {"building_not_found"}),
    ("莱州市府前街7号综合大楼", "review", {"building_not_found"}),
    ("莱州市府前街7号办公楼综合楼", "review", {"unplaced_number"}),
    ("光州花园西楼1单元201", "review", {"building_not_found", "unit_not_found", "room_not_found"}),
    ("光州花园5排6号", "review", {"building_not_found", "room_not_found"}),
    # In every city there is such a road with such a building.
    ("府前街7号办公楼", "review", {"county_not_stated"}),
    ("府前街7号综合楼302室", "review", {"county_not_stated"}),
    ("莱州市府前街7号市医院综合楼", "review", {"unread_text"}),
)


@pytest.mark.parametrize(("text", "status", "faults"), REFUSED)
def test_what_the_registry_lacks_is_not(text: str, status: str, faults: set[str]) -> None:
    result = resolve(text)
    assert (str(result.status), {fault.code for fault in result.faults}, result.node) == (status, faults, None)


def test_rows_lanes_and_words_have_one_spelling_in_registry_and_text() -> None:
    spellings = Components(*VILLAGE, "", "第三排五号", "", "综合楼")
    assert canonical(spellings) == Components(*VILLAGE, "", "3排5", "", "综合")
    assert canonical(canonical(spellings)) == canonical(spellings)
    assert full_text(Components(*VILLAGE, "", "12巷")) == "沙河镇三教村委会12巷"
