"""Who was in several accidents, as a table to take out: one row a thing."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils import timezone

from analytics.chains_page import LIST_NAME, NAME, TITLES, asked
from analytics.selectors.chains import Chain, chains, road_names
from console.list_source import ListSource, Rows
from events.choices import Severity
from events.filters import filtered_events
from events.list_kinds import event_list

_SEVERITIES = tuple(str(label) for label in Severity.labels)
_HEADINGS = ("种类", "名称", "事故起数", *_SEVERITIES, "道路数", "道路", "首起", "最近一起", "编号")


def _filtered(data: QueryDict, user: Any) -> tuple[list[Chain], Any]:
    query, least = asked(data)
    _rows_of, filterset = filtered_events(event_list(NAME), query.data, user)
    return [one for rows in chains(query, user, least=least).values() for one in rows], filterset


def _rows(found: list[Chain], _data: QueryDict, _user: Any) -> Rows:
    names = road_names(found)
    yield [_cells(one, names) for one in found]


def _cells(one: Chain, names: dict[int, str]) -> list[Any]:
    roads = "、".join(f"{names.get(pk) or pk}（{count}）" for pk, count in one.roads.items())
    return [
        str(TITLES[one.kind]), one.label if one.element_id else "不在管辖范围", one.count,
        *(one.severities.get(severity, 0) for severity in Severity.values), len(one.roads), roads,
        *(timezone.localtime(day) for day in one.days), one.element_id,
    ]  # fmt: skip


SOURCES = {
    LIST_NAME: ListSource(
        title="多次涉事", table="events_accident", headings=_HEADINGS, filtered=_filtered, rows=_rows, count=len
    )
}
