"""Sentences of reports: six golden texts, periods, ranks, numbers of headings, and templates that cannot be."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.comparison import compare, compare_sums
from analytics.periods import Span
from analytics.reports import phrases
from analytics.reports.blocks import addable, read_block, read_blocks
from analytics.reports.paper import chinese, numbered
from analytics.reports.phrases import ON_PREVIOUS, Figure, Index
from analytics.reports.shipping import read_shipped
from common.errors import DomainError


def index(now: int, before: int | None, unit: str = "起", last: int | None = None) -> Index:
    if unit == "元":
        return Index(Figure(now, phrases.money(now)), unit, compare_sums(now, before), compare_sums(now, last))
    return Index(Figure(now), unit, compare(now, before), compare(now, last))


def four(accidents: tuple, deaths: tuple, injured: tuple, loss: tuple) -> str:
    given = {
        "accidents": (*accidents[:2], "起"),
        "deaths": (*deaths[:2], "人"),
        "injured": (*injured[:2], "人"),
        "loss": (*loss[:2], "元"),
    }
    lasts = {"accidents": accidents[2], "deaths": deaths[2], "injured": injured[2], "loss": loss[2]}
    made = {name: index(now, before, unit, lasts[name]) for name, (now, before, unit) in given.items()}
    return phrases.plain(phrases.four_indices("2026年10月", "全市", made))


GOLDEN = {
    "up": (
        ((60, 48, 50), (8, 6, 5), (70, 50, 60), (250_000, 200_000, 200_000)),
        "2026年10月，全市共发生适用一般程序处理的道路交通事故60起，同比上升25.00%，环比上升20.00%；造成8人死亡，同比上升33.33%，环比上升60.00%；"
        "70人受伤，同比上升40.00%，环比上升16.67%；直接财产损失25.00万元，同比上升25.00%，环比上升25.00%。",
    ),
    "down": (
        ((48, 60, 64), (5, 8, 10), (50, 70, 80), (200_000, 250_000, 400_000)),
        "2026年10月，全市共发生适用一般程序处理的道路交通事故48起，同比下降20.00%，环比下降25.00%；造成5人死亡，同比下降37.50%，环比下降50.00%；"
        "50人受伤，同比下降28.57%，环比下降37.50%；直接财产损失20.00万元，同比下降20.00%，环比下降50.00%。",
    ),
    "flat": (
        ((48, 48, 48), (5, 5, 5), (50, 50, 50), (200_000, 200_000, 200_000)),
        "2026年10月，全市共发生适用一般程序处理的道路交通事故48起，同比持平，环比持平；造成5人死亡，同比持平，环比持平；"
        "50人受伤，同比持平，环比持平；直接财产损失20.00万元，同比持平，环比持平。",
    ),
    "base 0": (
        ((12, 0, 10), (2, 0, 0), (9, 0, 6), (123_456, 0, 100_000)),
        "2026年10月，全市共发生适用一般程序处理的道路交通事故12起，上年同期为0，增加12起，环比上升20.00%；造成2人死亡，上年同期为0，增加2人，"
        "上期为0，增加2人；9人受伤，上年同期为0，增加9人，环比上升50.00%；直接财产损失12.35万元，上年同期为0，增加12.35万元，环比上升23.46%。",
    ),
    "few": (
        ((3, 6, 5), (1, 2, 1), (4, 2, 9), (10_000, 20_000, 40_000)),
        "2026年10月，全市共发生适用一般程序处理的道路交通事故3起，起数较少，不作百分比比较（上年同期6起），"
        "起数较少，不作百分比比较（上期5起）；造成1人死亡，人数较少，不作百分比比较（上年同期2人），环比持平；"
        "4人受伤，人数较少，不作百分比比较（上年同期2人），人数较少，不作百分比比较（上期9人）；"
        "直接财产损失1.00万元，同比下降50.00%，环比下降75.00%。",
    ),
    "missing month": (
        ((48, None, 60), (5, None, 8), (50, None, 70), (200_000, None, 250_000)),
        "2026年10月，全市共发生适用一般程序处理的道路交通事故48起，上年同期数据未知，环比下降20.00%；造成5人死亡，上年同期数据未知，环比下降37.50%；"
        "50人受伤，上年同期数据未知，环比下降28.57%；直接财产损失20.00万元，上年同期数据未知，环比下降20.00%。",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_texts(name):
    given, wanted = GOLDEN[name]

    assert four(*given) == wanted


def test_both_zero_is_flat_and_the_earlier_period_has_its_own_words():
    assert phrases.change(compare(0, 0), "起") == "同比持平"
    assert phrases.change(compare(12, 0), "起", ON_PREVIOUS) == "上期为0，增加12起"
    assert phrases.change(compare(12, None), "起", ON_PREVIOUS) == "上期数据未知"


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        ((2026, 1, 1), (2026, 12, 31), "2026年"), ((2026, 7, 1), (2026, 9, 30), "2026年第三季度"),
        ((2024, 2, 1), (2024, 2, 29), "2024年2月"), ((2026, 11, 16), (2026, 11, 22), "2026年11月16日至22日"),
        ((2026, 9, 28), (2026, 10, 4), "2026年9月28日至10月4日"), ((2026, 11, 26), (2026, 11, 26), "2026年11月26日"),
        ((2025, 12, 29), (2026, 1, 4), "2025年12月29日至2026年1月4日"),
    ],
)  # fmt: skip
def test_periods_in_words(first, last, wanted):
    assert phrases.span_text(Span(date(*first), date(*last))) == wanted


def test_ranks_tell_shares_unless_there_are_few():
    ranked = [("追尾碰撞", Figure(12)), ("刮撞行人", Figure(8)), ("翻车", Figure(4))]

    assert phrases.plain(phrases.ranking("形态", 40, "起", ranked)) == (
        "从形态看，追尾碰撞12起，占30.00%，居首位；其次为刮撞行人8起、翻车4起，前三位合计占60.00%。"
    )
    assert phrases.plain(phrases.ranking("形态", 20, "起", ranked[:2])) == (
        "从形态看，追尾碰撞12起，占60.00%，居首位；其次为刮撞行人8起，占40.00%。"
    )
    few = [("追尾碰撞", Figure(2)), ("翻车", Figure(1))]
    assert phrases.plain(phrases.ranking("形态", 3, "起", few)) == (
        "从形态看，追尾碰撞2起，起数较少，不作占比比较；其次为翻车1起。"
    )
    assert phrases.plain(phrases.ranking("形态", 3, "起", [])) == "从形态看，没有可供统计的记录。"


def test_headings_tables_and_pictures_are_numbered_in_their_order():
    blocks = [
        {"type": "heading", "level": 1, "text": "甲"}, {"type": "table", "title": "表"}, {"type": "heading", "level": 2, "text": "乙"},
        {"type": "chart", "title": "图"}, {"type": "heading", "level": 1, "text": "丙"}, {"type": "heading", "level": 2, "text": "丁"},
        {"type": "annex", "title": "附"},
    ]  # fmt: skip

    shown = [one.get("text") or one["title"] for one in numbered(blocks)]

    assert shown == ["一、甲", "表1　表", "（一）乙", "图1　图", "二、丙", "（一）丁", "表2　附"]
    assert [chinese(one) for one in (1, 10, 11, 20, 42)] == ["一", "十", "十一", "二十", "四十二"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "没有内容"),
        ("text", "没有内容"),
        ([{"type": "heading", "text": "一"}, {"type": "pie"}], "第 2 块：种类“pie”不存在"),
        ([{"type": "heading", "text": " "}], "第 1 块：文字为空"),
        ([{"type": "sentences", "rule": "guess"}], "规则“guess”不存在"),
        ([{"type": "sentences", "rule": "ranking", "by": "plate"}], "分组“plate”不存在"),
        ([{"type": "table", "events": "captures"}], "事件“captures”不存在"),
        ([{"type": "annex", "limit": 5_000}], "更长的清单请从列表导出"),
        ([{"type": "text", "txt": "x"}], "不认识的项“txt”"),
        (["x"], "第 1 块：不是一个块"),
        ([{"type": "text", "text": "x"}] * 61, "最多 60 块"),
    ],
)
def test_a_bad_template_is_refused_with_the_place(given, said):
    with pytest.raises(DomainError) as refused:
        read_blocks(given)

    assert refused.value.code == "BAD_BLOCK" and said in refused.value.message


def test_what_ships_and_what_can_be_added_can_be_read():
    shipped = {one["code"]: one for one in read_shipped()}

    assert sorted(shipped) == [
        "brigade-monthly",
        "brigade-quarterly",
        "city-topic",
        "district-weekly",
        "squadron-daily",
        "squadron-monthly",
    ]
    assert [one["cycle"] for one in shipped.values()] == ["MONTH", "QUARTER", "ONCE", "WEEK", "DAY", "MONTH"]
    for label, block in addable().values():
        assert label
        if block["type"] not in {"text", "heading"}:
            assert read_block(block)["rule"] == block["rule"]
