"""Risk sheets as a table to take out, each with its measures in one cell."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.http import QueryDict
from django.utils import timezone

from analytics.models import RiskMeasure, RiskSheet
from analytics.reports.risk_paper import post_text
from analytics.risk_filters import filtered_sheets
from analytics.selectors import risk_sheets as reading
from console.list_source import ListSource, Rows
from elements.selectors.keyset_pages import every_page
from exchange.exporters.elements_table import CHUNK_ROWS

HEADINGS = (
    "对象", "位置", "种类", "风险等级", "得分", "状态", "版次", "数据截至", "签发时间", "复评日期", "研判结论", "管控措施", "措施数", "已完成",
)  # fmt: skip


def _rows(found: QuerySet[RiskSheet], data: QueryDict, _user: Any) -> Rows:
    read = partial(reading.read_page, found, order=reading.order_of(data.get("sort", "")), size=CHUNK_ROWS)
    pages = every_page(lambda cursor: read(cursor=cursor))
    return (_cells_of(page) for page in pages)


def _cells_of(page: list[Any]) -> list[list[Any]]:
    prefetch_related_objects(page, "measures__area")
    return [_cells(sheet) for sheet in page]


def _cells(sheet: Any) -> list[Any]:
    return [
        sheet.subject, sheet.place, sheet.get_kind_display(), sheet.level, sheet.score, sheet.get_state_display(), sheet.edition,
        timezone.localtime(sheet.as_of), timezone.localtime(sheet.signed_at) if sheet.signed_at else None, sheet.review_on,
        sheet.conclusion, "\n".join(_words(sheet.measures.all())), sheet.planned, sheet.done,
    ]  # fmt: skip


def _words(measures: Iterable[RiskMeasure]) -> Iterable[str]:
    for one in sorted(measures, key=lambda each: each.number):
        done = f"{one.done_on:%Y-%m-%d} {one.result}" if one.done_on else "未完成"
        yield f"{one.number}. {one.text}（{post_text(one)}，限 {one.due_on:%Y-%m-%d}；{done}）"


SOURCES = {
    reading.LIST_NAME: ListSource(
        title="风险评估表", table="analytics_risksheet", headings=HEADINGS, filtered=filtered_sheets, rows=_rows
    )
}  # fmt: skip
