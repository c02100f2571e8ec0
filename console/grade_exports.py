"""Graded elements as a table to take out."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from console.list_source import ListSource, Rows
from elements.selectors.keyset_pages import every_page
from exchange.exporters.elements_table import CHUNK_ROWS
from tagging.grade_filters import filtered_grades
from tagging.models import Grade
from tagging.selectors import grade_list

HEADINGS = (
    "要素",
    "等级",
    "得分",
    "按得分的等级",
    "人工定级",
    "主要原因",
    "责任块",
    "警务区",
    "中队",
    "自",
    "平台编号",
)


def _rows(found: QuerySet[Grade], data: QueryDict, user: Any) -> Rows:
    read = partial(grade_list.read_page, found, order=grade_list.order_of(data.get("sort", "")), size=CHUNK_ROWS)
    pages = every_page(lambda cursor: read(cursor=cursor))
    return ([_cells(row) for row in grade_list.worded(page, user)] for page in pages)


def _cells(row: dict[str, Any]) -> list[Any]:
    grade = row["grade"]
    return [
        row["label"], row["level"]["name"], grade.score, row["computed"]["name"], "是" if row["is_set"] else "",
        "；".join(row["reasons"]), row["block"], row["district"], row["squadron"], timezone.localtime(grade.since),
        grade.element_id,
    ]  # fmt: skip


SOURCES = {
    grade_list.LIST_NAME: ListSource(
        title="分级名单",
        table="tagging_grade",
        headings=HEADINGS,
        filtered=filtered_grades,
        rows=_rows,
        subject="scheme",
    )
}
