"""Indicators as a table to take out: every indicator of the scope as a whole, of its squadrons, districts, grids, town and country."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from analytics.indicators.registry import INDICATORS
from analytics.selectors.indicators import Board, Reading
from common import clock
from console.list_source import ListSource, Rows, nothing_asked

_HEADINGS = (
    "指标", "范围", "代码", "上级", "分子或起数", "分母", "值（%）", "上年同日分子或上年同期起数", "上年同日分母", "上年同日值（%）",
    "变化（百分点）", "变化（%）", "目标（%）", "距目标（百分点）", "截至", "定义", "定义版本",
)  # fmt: skip
_LEVELS = ("SQUADRON", "DISTRICT", "GRID")


def _filtered(_data: QueryDict, user: Any) -> tuple[list[Reading], Any]:
    """Every reading; a few statements however many rows."""
    board = Board(user, INDICATORS.values(), clock.today())
    places = [board.tree.whole("全部辖区"), *board.tree.settings()]
    # A pseudo-block stands in for a squadron and for a district: it is told once.
    seen: set[int | None] = set()
    for place in (one for level in _LEVELS for one in board.tree.places(level)):
        if place.area_id not in seen:
            seen.add(place.area_id)
            places.append(place)
    return [board.at(one, place) for one in INDICATORS.values() for place in places], nothing_asked()


def _rows(found: list[Reading], _data: QueryDict, _user: Any) -> Rows:
    now = clock.now()
    yield [_cells(one, now) for one in found]


def _cells(one: Reading, now: Any) -> list[Any]:
    indicator, place, before = one.indicator, one.place, one.before
    is_share = indicator.is_share
    return [
        str(indicator.label), place.name, place.code, place.above, one.now.numerator,
        one.now.denominator if is_share else None, one.percent, before.numerator if before else "未知",
        before.denominator if before and is_share else None, one.percent_before, one.change,
        one.compared.percent if one.compared else None, one.target, one.gap, now, str(indicator.definition), indicator.version,
    ]  # fmt: skip


SOURCES = {
    "indicators": ListSource(
        title="指标", table="analytics_indicatorsnapshot", headings=_HEADINGS, filtered=_filtered, rows=_rows, count=len
    )
}
