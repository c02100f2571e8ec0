"""What place texts say about roads."""

from __future__ import annotations

import pytest

from events.parsing.place_text import RoadPlace, read_road_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("G206线K12+300处", RoadPlace("G206", 12_300)),
        ("沙河镇G206K240", RoadPlace("G206", 240_000)),
        ("Ｇ２０６ 线 Ｋ１２＋３００", RoadPlace("G206", 12_300)),
        ("S307小莱线 K291+050", RoadPlace("S307", 291_050)),
        ("G18荣乌高速公路230公里+200米", RoadPlace("G18", 230_200)),
        ("文三线12公里300米", RoadPlace("文三线", 12_300)),
        ("烟汕线241公里", RoadPlace("烟汕线", 241_000)),
        ("X060线K3", RoadPlace("X060", 3_000)),
        ("光州路与文化路交叉口", RoadPlace("光州路", crossing="文化路")),
        ("莱州市文昌路街道北苑路与莱州北路交叉路口东50米", RoadPlace("北苑路", crossing="莱州北路")),
        ("莱州北路", RoadPlace("莱州北路")),
        ("沿振兴路路段", RoadPlace("振兴路")),
        ("莱州市平里店镇平里店大街", RoadPlace("平里店大街")),
        ("文峰路街道赵家村12号门前", None),
        ("永安路街道办事处", None),
        ("", None),
    ],
)
def test_a_road_place_is_read_or_left_to_the_address_engine(text: str, place: RoadPlace | None) -> None:
    assert read_road_place(text) == place
