"""Alerts as a table to take out."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from common import clock
from console.list_source import ListSource, Rows
from elements.selectors.keyset_pages import every_page
from exchange.exporters.elements_table import CHUNK_ROWS
from tagging.alert_filters import filtered_alerts
from tagging.models import Alert
from tagging.selectors import alert_list

HEADINGS = (
    "预警编号", "预警", "对象", "级别", "状态", "责任块", "警务区", "次数", "首次", "最近", "期限", "逾期情况", "对象平台编号",
)  # fmt: skip


def _rows(found: QuerySet[Alert], data: QueryDict, user: Any) -> Rows:
    read = partial(alert_list.read_page, found, order=alert_list.order_of(data.get("sort", "")), size=CHUNK_ROWS)
    pages, now = every_page(lambda cursor: read(cursor=cursor)), clock.now()
    return ([_cells(row) for row in alert_list.worded(page, user, now)] for page in pages)


def _cells(row: dict[str, Any]) -> list[Any]:
    alert = row["alert"]
    return [
        alert.pk, alert.title, row["label"], alert.get_level_display(), alert.get_state_display(), row["block"],
        row["district"], alert.count, timezone.localtime(alert.first_at), timezone.localtime(alert.last_at),
        timezone.localtime(alert.due_at) if alert.due_at else None, row["late"], alert.element_id,
    ]  # fmt: skip


SOURCES = {
    alert_list.LIST_NAME: ListSource(
        title="预警",
        table="tagging_alert",
        headings=HEADINGS,
        filtered=filtered_alerts,
        rows=_rows,
    )
}
