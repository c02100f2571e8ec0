"""What the page of a list of events needs beside its rows: quick periods, procedures with their counts, chips, links."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from elements.filters import capped_count
from elements.list_page import OPEN, with_parameters
from events.choices import EventKind, Procedure
from events.filters import filtered_events
from events.list_kinds import EventList
from events.list_periods import Period
from events.selectors.columns import COLUMNS
from events.selectors.lists import worded_cell

# Says in the URL of an event that the rest of the query is that of the list it was opened from.
FROM_LIST = "from_list"


def worded_rows(chosen: EventList, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in words, cell by cell in column order: `{id, row, url, cells: [{column, value}]}`."""
    columns = COLUMNS[chosen.code]
    return [
        {
            "id": row["id"],
            "row": row,
            "url": reverse("console:event", args=[chosen.name, row["id"]]),
            "cells": [{"column": one, "value": worded_cell(one, row[one.name])} for one in columns],
        }
        for row in rows
    ]


def event_query(data: QueryDict) -> str:
    """`?…` that a link to an event carries, so that its page knows the rows beside it."""
    kept = data.copy()
    kept.pop(OPEN, None)
    kept[FROM_LIST] = "1"
    return f"?{kept.urlencode()}"


def time_links(data: QueryDict) -> list[dict[str, Any]]:
    """Quick periods: {label, url, active}; the free span is asked for in the filter dialog."""
    is_free = bool(data.get("occurred_from") or data.get("occurred_to"))
    links = [
        {
            "label": period.label,
            "url": with_parameters(data, period=period, occurred_from=None, occurred_to=None),
            "active": not is_free and data.get("period") == period,
        }
        for period in Period
    ]
    return [*links, {"label": _("自定义"), "url": "", "active": is_free}]


def procedure_links(chosen: EventList, data: QueryDict, user: Any) -> list[dict[str, Any]]:
    """Accidents by procedure under the other filters: {label, count, url, active}; the two are never added up unsaid."""
    if chosen.code != EventKind.ACCIDENT:
        return []
    other = data.copy()
    asked = other.pop("procedure", [""])[-1]
    found, _filters = filtered_events(chosen, other, user)
    return [
        {
            "label": one.label,
            "count": capped_count(found.filter(procedure=one)),
            "url": with_parameters(data, procedure=None if asked == one else one, filter="none"),
            "active": asked == one,
        }
        for one in (Procedure.GENERAL, Procedure.SUMMARY)
    ]


def withdrawn_chip(chosen: EventList, data: QueryDict) -> list[dict[str, Any]]:
    """That events which were taken back are left out, with the link that shows them."""
    if not chosen.is_recorded or data.get("withdrawn"):
        return []
    chip = {"label": _("已撤回的事件"), "value": _("不显示"), "is_default": True}
    return [chip | {"remove_url": with_parameters(data, withdrawn="with", filter="none")}]
