"""Figures to Chinese sentences in the words of official reports. Pure: no database, no clock.

A sentence is a list of plain texts and `Figure`s, so that whoever shows it can make every figure a link to its rows.
Source: the customer's reference §3.10 (percent to two decimals, base 0 as a number) and §6.2 (phrases).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from analytics.comparison import SMALL, Comparison, percent_of
from analytics.periods import Span, month_of, quarter_of, year_of

YEAR_ON_YEAR, ON_PREVIOUS = ("同比", "上年同期"), ("环比", "上期")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a sentence or a cell.

    Attributes:
        value: the plain number.
        text: how it is written; "" = as it is.
        url: list page of the rows behind it; "" = none.
        is_count: `value` is the number of those rows, not a sum over them.
    """

    value: int
    text: str = ""
    url: str = ""
    is_count: bool = True

    def __str__(self) -> str:
        return self.text or str(self.value)


Sentence = list[str | Figure]


@dataclass(frozen=True, slots=True)
class Index:
    """One of the figures that a period is told by, with its comparisons.

    Attributes:
        unit: 起, 人, 元.
        by_year, by_period: with the same period of last year and with the period before; None = not compared.
    """

    figure: Figure
    unit: str
    by_year: Comparison | None = None
    by_period: Comparison | None = None


def plain(sentence: Sequence[str | Figure]) -> str:
    """The sentence as text."""
    return "".join(str(part) for part in sentence)


def span_text(span: Span) -> str:
    """2026年10月, 2026年第三季度, 2026年11月16日至22日 …"""
    first, last = span.first, span.last
    if span == year_of(first):
        return f"{first.year}年"
    if span == quarter_of(first):
        return f"{first.year}年第{'一二三四'[(first.month - 1) // 3]}季度"
    if span == month_of(first):
        return f"{first.year}年{first.month}月"
    if first == last:
        return day_text(first)
    if first.year == last.year:
        end = f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"
        return f"{day_text(first)}至{end}"
    return f"{day_text(first)}至{day_text(last)}"


def day_text(day: date) -> str:
    """2026年11月28日."""
    return f"{day.year}年{day.month}月{day.day}日"


def money(yuan: int) -> str:
    """In 万元 with two decimals, as reports give losses."""
    return str((Decimal(yuan) / 10_000).quantize(_CENT, ROUND_HALF_UP))


def change(compared: Comparison, unit: str, words: tuple[str, str] = YEAR_ON_YEAR) -> str:
    """同比上升12.50%, 同比持平, 上年同期为0，增加12起, 起数较少，不作百分比比较, 上年同期数据未知."""
    verb, base = words
    if compared.before is None or compared.difference is None:
        return f"{base}数据未知"
    if compared.difference == 0:
        return f"{verb}持平"
    if compared.percent is None:
        return f"{base}为0，增加{_amount(compared.difference, unit)}"
    if compared.is_small:
        return f"{_what(unit)}较少，不作百分比比较（{base}{_amount(compared.before, unit)}）"
    return f"{verb}{'上升' if compared.percent > 0 else '下降'}{abs(compared.percent)}%"


def _amount(value: int, unit: str) -> str:
    return f"{money(value)}万元" if unit == "元" else f"{value}{unit}"


def _what(unit: str) -> str:
    return {"起": "起数", "人": "人数", "元": "数额"}.get(unit, "数量")


def four_indices(period: str, place: str, indices: dict[str, Index]) -> Sentence:
    """The opening of an accident report.

    Args:
        indices: `accidents`, `deaths`, `injured`, `loss` of the general procedure.
    """
    said: Sentence = [f"{period}，{place}共发生适用一般程序处理的道路交通事故"]
    said += [indices["accidents"].figure, f"起，{_changes(indices['accidents'])}；造成"]
    said += [indices["deaths"].figure, f"人死亡，{_changes(indices['deaths'])}；"]
    said += [indices["injured"].figure, f"人受伤，{_changes(indices['injured'])}；直接财产损失"]
    said += [indices["loss"].figure, f"万元，{_changes(indices['loss'])}。"]
    return said


def _changes(index: Index) -> str:
    told = [
        change(one, index.unit, words)
        for one, words in ((index.by_year, YEAR_ON_YEAR), (index.by_period, ON_PREVIOUS))
        if one is not None
    ]
    return "，".join(told)


def total(period: str, place: str, what: str, index: Index) -> Sentence:
    """2026年10月，全市共登记交通违法120起，同比…，环比…。"""
    return [f"{period}，{place}共{what}", index.figure, f"{index.unit}，{_changes(index)}。"]


def also(what: str, index: Index) -> Sentence:
    """另有…12起，同比…。"""
    return [f"另有{what}", index.figure, f"{index.unit}，{_changes(index)}。"]


def ranking(aspect: str, whole: int, unit: str, ranked: Sequence[tuple[str, Figure]]) -> Sentence:
    """从形态看，追尾碰撞12起，占25.00%，居首位；其次为… Shares of few are not told.

    Args:
        whole: what the shares are of.
        ranked: name and figure, the largest first.
    """
    if not ranked:
        return [f"从{aspect}看，没有可供统计的记录。"]
    (name, first), *rest = ranked
    said: Sentence = [f"从{aspect}看，{name}", first, unit]
    if whole < SMALL:
        said.append(f"，{_what(unit)}较少，不作占比比较")
    else:
        said.append(f"，占{percent_of(first.value, whole)}%，居首位")
    for number, (other, figure) in enumerate(rest):
        said += ["；其次为" if number == 0 else "、", other, figure, unit]
        if whole >= SMALL:
            said.append(f"，占{percent_of(figure.value, whole)}%" if len(rest) == 1 else "")
    if len(rest) > 1 and whole >= SMALL:
        together = sum(figure.value for _name, figure in ranked)
        said.append(f"，前{'一二三四五'[len(ranked) - 1]}位合计占{percent_of(together, whole)}%")
    return [part for part in said if part != ""] + ["。"]


def unfinished(moment: str, what: str, figure: Figure, unit: str) -> Sentence:
    """截至…，尚有未处结的警情3起。"""
    return [f"截至{moment}，尚有{what}", figure, f"{unit}。"]


def open_orders(waiting: Figure, overdue: Figure) -> Sentence:
    """尚有未办结工单12件，其中已逾期3件。"""
    if waiting.value == 0:
        return ["没有未办结的工单（", waiting, "件）。"]
    return ["尚有未办结工单", waiting, "件，其中已逾期", overdue, "件。"]
