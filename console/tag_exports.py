"""Rules, and the things that bear a tag, as tables to take out."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from console.list_source import ListSource, Rows
from elements.selectors.keyset_pages import every_page
from exchange.exporters.elements_table import CHUNK_ROWS
from tagging.models import Assignment, Rule
from tagging.rule_filters import filtered_rules
from tagging.selectors import rule_list, tag_list
from tagging.tag_filters import AssignmentFilter, filtered_assignments

RULE_HEADINGS = (
    "代码",
    "规则",
    "标签",
    "对象种类",
    "条件",
    "状态",
    "故障",
    "现行版本",
    "待办版本",
    "在标",
    "最近运行",
    "依据",
)
BEARER_HEADINGS = (
    "名称",
    "责任块",
    "警务区",
    "标签",
    "依据",
    "标注时间",
    "下次核对",
    "标注方式",
    "是否升级",
    "要素平台编号",
)


def _rule_rows(found: QuerySet[Rule], data: QueryDict, user: Any) -> Rows:
    read = partial(rule_list.read_page, found, order=rule_list.order_of(data.get("sort", "")), size=CHUNK_ROWS)
    pages = every_page(lambda cursor: read(cursor=cursor))
    return ([_rule_cells(row) for row in rule_list.rows(page, user)] for page in pages)


def _rule_cells(row: dict[str, Any]) -> list[Any]:
    rule, waiting = row["rule"], row["waiting"]
    return [
        rule.code, rule.title, rule.tag.name, rule.tag.get_kind_display(), row["sentence"], str(row["state"]["label"]),
        rule.failure, row["number"], f"第 {waiting.number} 版 {waiting.get_state_display()}" if waiting else "", row["hits"],
        timezone.localtime(row["last_run_at"]) if row["last_run_at"] else None, rule.source,
    ]  # fmt: skip


def _filtered_bearers(data: QueryDict, user: Any) -> tuple[QuerySet[Assignment], AssignmentFilter]:
    return filtered_assignments(data, user, tag_list.visible_tag(data.get("tag", "")))


def _bearer_rows(found: QuerySet[Assignment], data: QueryDict, user: Any) -> Rows:
    read = partial(tag_list.read_page, found, order=tag_list.order_of(data.get("sort", "")), size=CHUNK_ROWS)
    pages = every_page(lambda cursor: read(cursor=cursor))
    return ([_bearer_cells(one) for one in tag_list.worded(page, user)] for page in pages)


def _bearer_cells(one: dict[str, Any]) -> list[Any]:
    row = one["row"]
    grounds = (f"{each['text']}（{each['value']}）" if each["value"] else each["text"] for each in one["grounds"])
    return [
        one["label"], one["block"], one["district"], row.tag.name, "；".join(grounds) or row.reason,
        timezone.localtime(row.since), timezone.localtime(row.next_check_at) if row.next_check_at else None,
        row.rule.title if row.rule else "人工标注", "是" if row.level else "", row.element_id,
    ]  # fmt: skip


SOURCES = {
    rule_list.LIST_NAME: ListSource(
        title="规则", table="tagging_rule", headings=RULE_HEADINGS, filtered=filtered_rules, rows=_rule_rows
    ),
    tag_list.LIST_NAME: ListSource(
        title="带标签的要素", table="tagging_assignment", headings=BEARER_HEADINGS, filtered=_filtered_bearers,
        rows=_bearer_rows, subject="tag",
    ),
}  # fmt: skip
