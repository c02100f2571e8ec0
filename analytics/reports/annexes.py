"""Lists at the end of a report. Written once and read by many: plates are masked for everybody, there are no names or numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from analytics.query import Query
from analytics.reports.figures import READER, count
from common.codes import code_table
from common.masking import mask_plate
from events.choices import Procedure
from events.kinds import EVENT_TABLES


def annex(events: str, query: Query, limit: int) -> dict[str, Any]:
    """Head and rows, the latest first; `left_out`: how many more the list has."""
    fields, head, row_of = _COLUMNS[events]
    rows = query.rows(READER).order_by("-occurred_at", "-pk").values("pk", "occurred_at", "place_text", *fields)[:limit]
    made = []
    for number, row in enumerate(rows, 1):
        moment = timezone.localtime(row["occurred_at"]).strftime("%Y-%m-%d %H:%M")
        link = {
            "text": str(number),
            "value": number,
            "url": reverse("console:event", args=[events, row["pk"]]),
            "is_count": False,
        }
        made.append([link, moment, row["place_text"] or "—", *row_of(row)])
    return {
        "head": ["序号", "时间", "地点", *head], "rows": made, "left_out": max(0, count(query) - len(made)),
        "url": query.url,
    }  # fmt: skip


def _word(kind: str, field: str, value: str | None) -> str:
    return code_table(EVENT_TABLES[kind].coded_fields[field]).get((value or "")[:4], value or "—")


def _accident(row: dict[str, Any]) -> list[str]:
    form, procedure = _word("ACCIDENT", "form", row["form"]), str(Procedure(row["procedure"]).label)
    return [form, procedure, str(row["deaths"] or 0), str(row["injured"] or 0)]


def _violation(row: dict[str, Any]) -> list[str]:
    plate = mask_plate(row["plate_number"]) if row["plate_number"] else "—"
    return [_word("VIOLATION", "code", row["code"]), plate, "是" if row["processed_at"] else "否"]


def _incident(row: dict[str, Any]) -> list[str]:
    plate = mask_plate(row["plate_number"]) if row["plate_number"] else "—"
    return [_word("INCIDENT", "category", row["category"]), plate, "是" if row["closed_at"] else "否"]


_COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[dict[str, Any]], list[str]]]] = {
    "accidents": (("form", "procedure", "deaths", "injured"), ("形态", "程序", "死亡", "受伤"), _accident),
    "violations": (("code", "plate_number", "processed_at"), ("违法行为", "号牌", "已处理"), _violation),
    "incidents": (("category", "plate_number", "closed_at"), ("类别", "号牌", "已处结"), _incident),
}
