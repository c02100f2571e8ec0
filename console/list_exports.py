"""Lists that are no registry as tables to take out: the filter, order and words of the page, row for row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from common import clock
from common.errors import NotVisible
from console import (
    address_text_exports,
    alert_exports,
    chain_exports,
    change_exports,
    coverage_export,
    event_exports,
    finding_page,
    grade_exports,
    import_exports,
    indicator_exports,
    no_go_exports,
    place_exports,
    risk_exports,
    tag_exports,
)
from console.list_source import ListSource, Rows
from console.selectors import decision_list, merge_list, pair_list
from duty.filters import filtered_due, filtered_orders
from duty.models import WorkOrder
from duty.selectors import inspections, orders
from elements.models import DuplicatePair, Merge
from elements.pair_filters import filtered_merges, filtered_pairs
from elements.selectors import pair_pages
from elements.selectors.keyset_pages import RowPage, every_page
from exchange.exporters.elements_table import CHUNK_ROWS


def _pages(read: Callable[..., RowPage[Any]]) -> Iterator[list[Any]]:
    return every_page(lambda cursor: read(cursor=cursor))


def _order_rows(found: QuerySet[WorkOrder], data: QueryDict, _user: Any) -> Rows:
    order, today = orders.order_of(data.get("sort", "")), clock.today()
    read = partial(orders.read_page, found, order=order, size=CHUNK_ROWS)
    return ([_order_cells(orders.worded(one, today)) for one in page] for page in _pages(read))


def _order_cells(row: dict[str, Any]) -> list[Any]:
    order = row["order"]
    return [
        order.number, row["label"], row["type"], order.get_cause_display(), order.fault, row["state_label"],
        order.owner_department, order.due_on, row["late_days"] or None, row["block"], row["district"], order.reported_at,
        order.facility_id,
    ]  # fmt: skip


def _due_rows(found: QuerySet[Any], _data: QueryDict, _user: Any) -> Rows:
    read = partial(inspections.read_page, found, size=CHUNK_ROWS, today=clock.today())
    return ([_due_cells(row) for row in page] for page in _pages(read))


def _due_cells(row: dict[str, Any]) -> list[Any]:
    return [
        row["label"], row["type"], row["road"], row["block"], row["district"], row["last_on"], row["every_days"],
        row["due_on"], row["overdue_days"] or None, row["id"],
    ]  # fmt: skip


def _merge_rows(found: QuerySet[Merge], data: QueryDict, user: Any) -> Rows:
    order = merge_list.order_of(data.get("sort", ""))
    read = partial(merge_list.read_page, found, order=order, size=CHUNK_ROWS)
    return ([_merge_cells(row) for row in merge_list.merge_rows(page, user)] for page in _pages(read))


def _merge_cells(row: dict[str, Any]) -> list[Any]:
    merge = row["merge"]
    return [
        merge.pk, str(row["kind"]), row["keep_label"], merge.keep_id, row["drop_label"], merge.drop_id, merge.reason,
        row["moved"], row["actor"], merge.decided_at, row["undone_by"], merge.undone_at,
    ]  # fmt: skip


def _pair_rows(found: QuerySet[DuplicatePair], data: QueryDict, user: Any) -> Rows:
    order = pair_pages.order_of(data.get("sort", ""))
    read = partial(pair_pages.read_page, found, order=order, size=CHUNK_ROWS)
    return ([_pair_cells(row) for row in pair_list.pair_rows(page, user)] for page in _pages(read))


def _pair_cells(row: dict[str, Any]) -> list[Any]:
    pair = row["pair"]
    sides = [
        (one["label"], one["id"], one["registry"], one["block"], one["district"], "、".join(one["sources"]))
        for one in row["sides"]
    ]
    grounds = "；".join(
        f"{one['label']} {one['detail']} {one['points']:+d}".replace("  ", " ") for one in row["grounds"]
    )
    return [
        pair.pk, *sides[0], *sides[1], pair.score, grounds, pair.get_state_display(), pair.note, pair.proposed_at,
        pair.decided_at,
    ]  # fmt: skip


SOURCES = {
    **coverage_export.SOURCES,
    **no_go_exports.SOURCES,
    **change_exports.SOURCES,
    **import_exports.SOURCES,
    **chain_exports.SOURCES,
    **risk_exports.SOURCES,
    **indicator_exports.SOURCES,
    **event_exports.SOURCES,
    **finding_page.SOURCES,
    **grade_exports.SOURCES,
    **alert_exports.SOURCES,
    **tag_exports.SOURCES,
    orders.LIST_NAME: ListSource(
        title="工单",
        table="duty_workorder",
        headings=(
            "工单编号", "设施", "设施类型", "事由", "故障或隐患", "状态", "责任单位", "期限", "逾期天数", "责任块", "警务区", "报告时间",
            "设施平台编号",
        ),
        filtered=filtered_orders,
        rows=_order_rows,
    ),
    inspections.LIST_NAME: ListSource(
        title="巡检",
        table="duty_inspection",
        headings=(
            "设施", "设施类型", "道路", "责任块", "警务区", "上次巡检", "周期（天）", "应检日期", "逾期天数", "设施平台编号",
        ),
        filtered=filtered_due,
        rows=_due_rows,
    ),
    merge_list.LIST_NAME: ListSource(
        title="合并台账",
        table="elements_merge",
        headings=(
            "合并编号", "种类", "保留要素", "保留要素编号", "并入要素", "并入要素编号", "理由", "转移内容", "决定人", "决定时间", "撤销人",
            "撤销时间",
        ),
        filtered=filtered_merges,
        rows=_merge_rows,
    ),
    "addresses": ListSource(
        title="标准地址",
        table="addresses_standardaddress",
        headings=place_exports.ADDRESS_HEADINGS,
        filtered=place_exports.filtered_addresses,
        rows=place_exports.address_rows,
    ),
    "areas": ListSource(
        title="责任区",
        table="addresses_area",
        headings=place_exports.AREA_HEADINGS,
        filtered=place_exports.filtered_areas,
        rows=place_exports.area_rows,
    ),
    "blocks": ListSource(
        title="块数据",
        table="addresses_area",
        headings=place_exports.BLOCK_HEADINGS,
        filtered=place_exports.filtered_blocks,
        rows=place_exports.block_rows,
    ),
    "addresses-provisional": ListSource(
        title="临时地址",
        table="addresses_standardaddress",
        headings=place_exports.PROVISIONAL_HEADINGS,
        filtered=place_exports.filtered_provisional,
        rows=place_exports.provisional_rows,
    ),
    "address-texts": ListSource(
        title="地址待核",
        table="addresses_addresstext",
        headings=address_text_exports.TEXT_HEADINGS,
        filtered=address_text_exports.filtered_texts,
        rows=address_text_exports.text_rows,
    ),
    decision_list.LIST_NAME: ListSource(
        title="地址裁定",
        table="addresses_addressdecision",
        headings=address_text_exports.DECISION_HEADINGS,
        filtered=address_text_exports.filtered_decisions,
        rows=address_text_exports.decision_rows,
    ),
    pair_pages.LIST_NAME: ListSource(
        title="疑似重复",
        table="elements_duplicatepair",
        headings=(
            "编号", "要素甲", "要素甲编号", "甲的登记", "甲的责任块", "甲的警务区", "甲的来源", "要素乙", "要素乙编号", "乙的登记",
            "乙的责任块", "乙的警务区", "乙的来源", "相似度", "依据", "状态", "说明", "提出时间", "判断时间",
        ),
        filtered=filtered_pairs,
        rows=_pair_rows,
    ),
}  # fmt: skip


def list_source(name: str) -> ListSource:
    """The list of a URL.

    Raises:
        NotVisible: there is none of this name that is taken out.
    """
    if name not in SOURCES:
        raise NotVisible
    return SOURCES[name]
