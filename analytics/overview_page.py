"""What the pages of accident and violation analysis show, from the query in their URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from analytics.dimensions import dimensions_of
from analytics.periods import Span, month_of, months_before, months_between, same_last_year, until
from analytics.query import Query
from analytics.reports.figures import stopped_on
from analytics.selectors import enforcement, overview
from analytics.selectors.counting import Cross, crossed, grouped
from common import clock
from common.errors import DomainError
from elements.list_page import chips, prepare_form, with_parameters
from events.filters import TIME_PARAMETERS, filtered_events

# What the page's own parameters open with: the dimension of the breakdown, the two of the cross table.
_USUAL = {"accidents": ("form_code", "weekday", "hour"), "violations": ("code", "weekday", "hour")}
_SHADES = 5
# Places whose hours are worth a look, and violations on the map.
_PLACES, _MAP_KIND = ("road", "grid", "district"), "VIOLATION"


def asked_query(name: str, data: QueryDict) -> Query:
    """The events of a page. A URL without a time means this month up to today; an end left open is today, a beginning that year's.

    Raises:
        DomainError: the days end before they begin.
    """
    query, today = Query.read(name, data), clock.today()
    if not TIME_PARAMETERS & data.keys():
        return query.during(until(month_of(today), today))
    last = query.get("occurred_to") or [today.isoformat()]
    first = query.get("occurred_from") or [f"{last[0][:4]}-01-01"]
    span = query.span or query.narrowed(occurred_from=first[0], occurred_to=last[0]).span
    if span is None:
        raise DomainError("NEEDS_DAYS", "时间自、时间至不是日期，或起晚于止。请在“筛选”中改正。")
    return query.during(span)


def page_context(name: str, data: QueryDict, user: User) -> dict[str, Any]:
    """Everything of the page.

    Raises:
        DomainError: a filter value or a dimension that cannot be.
    """
    query = asked_query(name, data)
    _rows, filterset = filtered_events(query.event_list, query.data, user)
    prepare_form(filterset, user)
    own = {key: data[key] for key in ("by", "down", "across", "rate") if data.get(key)}
    is_accidents = name == "accidents"
    lines = overview.accident_lines(query, user) if is_accidents else overview.violation_lines(query, user)
    return {
        "name": name,
        "query": query,
        "as_of": clock.now(),
        "filterset": filterset,
        "own": own,
        "chips": chips(filterset, query.data, user),
        "lines": lines,
        "is_empty": all(one.value == 0 for one in lines),
        "stopped": stopped_on(name, query.span.last) if query.span else None,
        "months": _months(query, user),
        **_breakdown(query, data, user),
        **_cross(query, data, user),
        **(_factors(query, user) if is_accidents else _repeaters(query, user) | _enforcement(query, data, user)),
    }


def _breakdown(query: Query, data: QueryDict, user: User) -> dict[str, Any]:
    key = data.get("by") or _USUAL[query.name][0]
    found = overview.breakdown(query, key, user)
    most = max((one.cell.count for one in found), default=0)
    tabs = [
        {
            "key": one.key,
            "label": one.label,
            "url": with_parameters(data, by=one.key) + "#breakdown",
            "active": one.key == key,
        }
        for one in dimensions_of(query.name).values()
    ]
    rows = [{"one": one, "width": one.cell.count * 100 // most if most else 0} for one in found]
    return {"by": key, "by_tabs": tabs, "broken": rows}


def _cross(query: Query, data: QueryDict, user: User) -> dict[str, Any]:
    cross, choices = cross_of(query, data, user), dimensions_of(query.name).values()
    most = max(cross.counts.values(), default=0)
    rows = [
        {
            "head": row,
            "cells": [
                {
                    "count": n,
                    "url": cross.query(row, column).url if n else "",
                    "shade": -(-n * _SHADES // most) if n else 0,
                }
                for column in cross.columns
                for n in (cross.counts.get((row.value, column.value), 0),)
            ],
        }
        for row in cross.rows
    ]
    url = reverse("analytics:pivot", args=[query.name]) + with_parameters(data)
    return {"cross": cross, "cross_rows": rows, "dimensions": choices, "pivot_url": url}


def cross_of(query: Query, data: QueryDict, user: User) -> Cross:
    """The cross table that the URL asks for.

    Raises:
        DomainError: dimensions that cannot be crossed.
    """
    _by, down, across = _USUAL[query.name]
    return crossed(query, data.get("down") or down, data.get("across") or across, user)


def _months(query: Query, user: User) -> list[dict[str, Any]]:
    """The twelve months up to the last one asked for, each beside that of the year before: widths in percent of the most."""
    last = query.span.last if query.span else clock.today()
    whole = Span(months_before(last.replace(day=1), 11), last)
    known = overview.first_known(query, user)
    now = {(one.value.year, one.value.month): one for one in grouped(query.during(whole), "month", user)}
    base = query.during(same_last_year(whole))
    before = {(one.value.year, one.value.month): one for one in grouped(base, "month", user)}
    most = max([one.count for one in (*now.values(), *before.values())], default=0)

    def bar(cell: Any, span: Any) -> dict[str, Any]:
        count = cell.count if cell else 0
        return {
            "count": count,
            "height": count * 100 // most if most else 0,
            "url": query.during(span).url,
            "is_known": overview.is_known(span, known),
        }

    found = []
    for span in months_between(whole):
        earlier = same_last_year(span)
        found.append(
            {
                "label": _("%(month)s月") % {"month": span.first.month},
                "year": span.first.year,
                "now": bar(now.get((span.first.year, span.first.month)), span),
                "before": bar(before.get((earlier.first.year, earlier.first.month)), earlier),
            }
        )
    return found


def _factors(query: Query, user: User) -> dict[str, Any]:
    chosen, found = overview.factors(query, user)
    narrowed = chosen != query
    return {"factors": found, "factor_query": chosen, "is_usual_choice": narrowed, "has_factors": True}


def _repeaters(query: Query, user: User) -> dict[str, Any]:
    return {
        "repeated": overview.REPEATED,
        "vehicles": overview.repeaters(query, "vehicle", user),
        "persons": overview.repeaters(query, "person", user),
    }


def _enforcement(query: Query, data: QueryDict, user: User) -> dict[str, Any]:
    """The share that is processed, and ways to the cross tables of place and hour and to the map of the same days."""
    key = data.get("rate") or enforcement.DIMENSIONS[0]
    labels = {one.key: one.label for one in dimensions_of(query.name).values()}
    span = query.span
    days = {"eventFrom": span.first.isoformat(), "eventTo": span.last.isoformat()} if span else {}
    return {
        "rates": enforcement.rates(query, key, user),
        "rate_tabs": [
            {"label": labels[one], "url": with_parameters(data, rate=one) + "#enforcement", "active": one == key}
            for one in enforcement.DIMENSIONS
        ],
        "heat_tabs": [
            {
                "label": f"{labels[one]}×{labels['hour']}",
                "url": with_parameters(data, down=one, across="hour") + "#cross",
            }
            for one in _PLACES
        ],
        "map_url": f"{reverse('map:page')}?{urlencode({'layers': 'events', 'eventKinds': _MAP_KIND} | days)}",
    }


def question_of(query: Query, user: User) -> list[tuple[str, str]]:
    """The conditions in words."""
    _rows, filterset = filtered_events(query.event_list, query.data, user)
    return [(str(one["label"]), str(one["value"])) for one in chips(filterset, query.data, user)]
