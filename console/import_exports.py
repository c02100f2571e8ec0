"""Batches, their rows and the sources as tables to take out: the rows of their pages, in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.timezone import localtime

from common import clock
from common.errors import NotVisible
from console.list_source import Filtered, ListSource, Rows, nothing_asked
from elements.choices import ElementKind
from elements.list_view import NEWEST_FIRST
from elements.selectors.keyset_pages import every_page
from exchange.exporters.elements_table import CHUNK_ROWS
from exchange.forms import BatchFilterForm
from exchange.models import LandingBatch, LandingRow
from exchange.selectors import batch_list
from exchange.selectors.batch_rows import RowOnPage, chosen_rows, row_page
from exchange.selectors.batches import (
    OUTCOMES,
    State,
    filtered_batches,
    require_import,
    require_rows,
    state_of,
    visible_batch,
)
from exchange.selectors.sources import SourceLine, precedence, require_sources, source_lines, source_names

_BATCH_HEADINGS = (
    "文件", "状态", "种类", "来源", "收到", "新增", "更新", "无变化", "待核对", "无法读取", "数据日期", "上传人", "上传时间", "批次编号",
)  # fmt: skip
_ROW_HEADINGS = ("行", "结果", "对象", "对象平台编号", "问题", "变化", "修补批次", "批次编号")
_SOURCE_HEADINGS = (
    "来源", "代码", "主管部门", "号牌核发机关", "停用", "地址", "标准化（%）", "最近一批", "最近一批上传时间", "最近一批编号",
)  # fmt: skip
_ORDER_HEADINGS = ("种类", "字段", "性质", "来源次序")


def _filtered_batches(data: QueryDict, user: Any) -> tuple[QuerySet[LandingBatch], Filtered]:
    """Batches of the list with these parameters; like the list it passes over a filter that cannot be.

    Raises:
        NotAllowed: the user may not import.
    """
    require_import(user)
    form = BatchFilterForm(data)
    form.is_valid()
    return filtered_batches(user, form.cleaned_data), Filtered(form)


def _batch_rows(found: QuerySet[LandingBatch], _data: QueryDict, _user: Any) -> Rows:
    """Cells of some batches at a time, the latest first."""
    read = partial(batch_list.read_page, found, order=NEWEST_FIRST, size=CHUNK_ROWS)
    pages = every_page(lambda cursor: read(cursor=cursor))
    return ([_batch_cells(row) for row in batch_list.batch_rows(page)] for page in pages)


def _batch_cells(row: dict[str, Any]) -> list[Any]:
    batch = row["batch"]
    counts = [batch.counts.get(name, 0) if batch.counts else None for name in ("received", *OUTCOMES)]
    return [
        batch.upload.name, row["state"], batch.get_kind_display(), batch.source.name, *counts,
        localtime(batch.observed_at).date(), row["owner"], batch.created_at, batch.pk,
    ]  # fmt: skip


class _RowForm(forms.Form):
    """Whose rows, and what they are narrowed by."""

    batch = forms.IntegerField(min_value=1, max_value=2**62)
    outcome = forms.ChoiceField(choices=[("", ""), *LandingRow.Outcome.choices], required=False)
    problem = forms.CharField(max_length=40, required=False)


def _asked_rows(data: QueryDict) -> tuple[_RowForm, dict[str, Any]]:
    """Like the page it passes over an outcome that cannot be."""
    form = _RowForm(data)
    form.is_valid()
    if "batch" not in form.cleaned_data:
        raise NotVisible
    return form, form.cleaned_data


def _batch_of(data: QueryDict, user: Any) -> LandingBatch:
    require_import(user)
    return visible_batch(_asked_rows(data)[1]["batch"], user)


def _filtered_rows(data: QueryDict, user: Any) -> tuple[QuerySet[LandingRow], Filtered]:
    """Rows of one batch with these parameters.

    Raises:
        NotAllowed, NotVisible: the user may not import, or not see this batch.
        Conflict: its page shows no rows yet.
    """
    batch = _batch_of(data, user)
    require_rows(batch)
    form, asked = _asked_rows(data)
    return chosen_rows(batch, outcome=asked.get("outcome", ""), problem=asked.get("problem", "")), Filtered(form)


def _row_rows(_found: QuerySet[LandingRow], data: QueryDict, user: Any) -> Rows:
    """Cells of some rows at a time, by row number: as many statements a chunk as a page takes."""
    batch, (_form, asked) = _batch_of(data, user), _asked_rows(data)
    read = partial(
        row_page, batch, user, outcome=asked.get("outcome", ""), problem=asked.get("problem", ""),
        with_changes=state_of(batch) == State.PLANNED, size=CHUNK_ROWS,
    )  # fmt: skip
    after: int | None = 0
    while after is not None:
        page = read(after=after)
        yield [_row_cells(row, batch) for row in page.rows]
        after = page.next_after


def _row_cells(row: RowOnPage, batch: LandingBatch) -> list[Any]:
    changes = "；".join(f"{one.label}：{one.before or '（空）'} → {one.after or '（空）'}" for one in row.changes or ())
    return [
        row.row_number, row.outcome_label, row.element_label, row.element_id, "；".join(one["text"] for one in row.problems),
        changes or row.note, row.mended_by, batch.pk,
    ]  # fmt: skip


def _filtered_sources(_data: QueryDict, user: Any) -> tuple[list[SourceLine], Filtered]:
    """Sources of the page; it has no filters.

    Raises:
        NotAllowed: the user neither imports nor configures.
    """
    require_sources(user)
    return source_lines(user, clock.now())[0], nothing_asked()


def _source_rows(found: list[SourceLine], _data: QueryDict, _user: Any) -> Rows:
    """Cells of all sources."""
    yield [_source_cells(line) for line in found]


def _source_cells(line: SourceLine) -> list[Any]:
    source, last = line.source, line.last_batch
    return [
        source.name, source.code, source.department, "是" if source.is_plate_authority else "", "" if source.is_active else "是",
        line.texts, line.share_pct, last.upload.name if last else "", last.created_at if last else None,
        last.pk if last else None,
    ]  # fmt: skip


def _filtered_order(_data: QueryDict, user: Any) -> tuple[list[list[Any]], Filtered]:
    """Whom the platform believes, field by field; public to all who see the sources.

    Raises:
        NotAllowed: the user neither imports nor configures.
    """
    require_sources(user)
    return list(_order_cells()), nothing_asked()


def _order_cells() -> Iterator[list[Any]]:
    names = source_names()
    for code, label in ElementKind.choices:
        for group in precedence(code, names):
            yield [str(label), group["fields"], group["field_class"], "、".join(group["sources"])]


def _order_rows(found: list[list[Any]], _data: QueryDict, _user: Any) -> Rows:
    yield found


SOURCES = {
    batch_list.LIST_NAME: ListSource(
        title="导入批次", table="exchange_landingbatch", headings=_BATCH_HEADINGS, filtered=_filtered_batches,
        rows=_batch_rows,
    ),
    "batch-rows": ListSource(
        title="批次逐行结果", table="exchange_landingbatch", headings=_ROW_HEADINGS, filtered=_filtered_rows, rows=_row_rows,
        subject="batch",
    ),
    "sources": ListSource(
        title="数据来源", table="elements_source", headings=_SOURCE_HEADINGS, filtered=_filtered_sources,
        rows=_source_rows, count=len,
    ),
    "source-order": ListSource(
        title="各字段信谁", table="elements_fieldpolicy", headings=_ORDER_HEADINGS, filtered=_filtered_order,
        rows=_order_rows, count=len,
    ),
}  # fmt: skip
