"""What reports tell of the moment rather than of a period: accident-prone places in force, work orders that are open."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from analytics.choices import SpotMethod
from analytics.query import Query
from analytics.reports.figures import READER, SystemReader
from analytics.reports.phrases import Figure
from analytics.selectors.hot_spots import rows_of, run_shown, spots_of
from common import clock
from common.scope import Right, Scope
from duty.filters import filtered_orders


class AreaReader(SystemReader):
    """Who counts inside one area alone."""

    def __init__(self, area: Area) -> None:
        blocks = tuple(sorted(block_ids_of_areas([area.pk], clock.today())))
        self.scope = Scope(False, blocks, frozenset({Right.READ}), frozenset(), 0)


def reader_of(area: Area | None) -> SystemReader:
    """Who counts for a report of the area."""
    return AreaReader(area) if area else READER


def hot_spots(area: Area | None, limit: int | None) -> list[list[Any]] | None:
    """Rank, place, kind, accidents of either procedure, deaths and injured of each place in force; None = no search is in force."""
    reader = reader_of(area)
    run = run_shown(reader, method=SpotMethod.WINDOW)
    if run is None:
        return None
    rows = []
    for row in rows_of(spots_of(run, reader)[:limit], reader):
        query = Query.of("accidents", hot_spot=str(row.spot.pk), area=str(area.pk) if area else None)
        page = reverse("analytics:hot-spot", args=[row.spot.pk])
        rows.append([
            Figure(row.spot.rank, url=page, is_count=False), row.place, str(row.spot.get_kind_display()),
            Figure(row.general, url=query.narrowed(procedure="GENERAL").url),
            Figure(row.summary, url=query.narrowed(procedure="SUMMARY").url),
            Figure(row.deaths, url=query.narrowed(is_fatal="true").url, is_count=False),
            Figure(row.injured, url=query.narrowed(is_injury="true").url, is_count=False),
        ])  # fmt: skip
    return rows


def orders(area: Area | None, standing: str) -> Figure:
    """Work orders that are open, or overdue."""
    data = QueryDict(mutable=True)
    data["standing"] = standing
    if area is not None:
        data["area"] = str(area.pk)
    found, _filters = filtered_orders(data, READER)
    return Figure(found.count(), url=f"{reverse('duty:orders')}?{data.urlencode()}")
