"""Counting for reports: without a reader, inside the report's own area, each figure with the list that shows its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncDate, TruncMonth
from django.utils import timezone

from addresses.models import Area
from addresses.selectors.blocks import current_areas
from analytics.comparison import compare, compare_sums
from analytics.periods import Span, previous, same_last_year
from analytics.query import Query
from analytics.reports.groupings import Grouping
from analytics.reports.phrases import Figure, Index, money
from analytics.selectors import counting
from common import clock
from common.scope import Right, Scope
from events.list_kinds import event_list

# Shorter spans of a whole city may really be without an event; from here on nothing known means nothing imported.
SURELY_SOMETHING_DAYS = 28
# Longer than this the whole city is not quiet: the imports have stopped.
QUIET_DAYS = 7


class SystemReader:
    """Who counts for reports: sees every block, since the area of the report narrows each query; knows no names."""

    pk = 0
    scope = Scope(True, (), frozenset({Right.READ}), frozenset(), 0)


READER = SystemReader()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about.

    Attributes:
        area: None = the whole city.
        topic: list of events → parameters that narrow it, of a special topic.
    """

    area: Area | None
    span: Span
    as_of: datetime
    topic: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def query(self, events: str, **values: Any) -> Query:
        """The events of the report's area and period."""
        asked = Query.of(events, **self.topic.get(events, {}))
        if self.area is not None:
            asked = asked.narrowed(area=str(self.area.pk))
        return asked.narrowed(**values).during(self.span)


def count(query: Query) -> int:
    """How many."""
    return int(query.rows(READER).count())


def index(query: Query, unit: str = "起") -> Index:
    """The number of events with both comparisons."""
    spans = _spans(query)
    values = [count(query.during(one)) if is_known(query.name, one) else None for one in spans]
    now, before, last = values[0] or 0, values[1], values[2]
    days = [one.days for one in spans]
    return Index(
        Figure(now, url=query.url), unit, compare(now, before, days=days[0], days_before=days[1]),
        compare(now, last, days=days[0], days_before=days[2]),
    )  # fmt: skip


def four_indices(query: Query) -> dict[str, Index]:
    """起数、死亡人数、受伤人数、直接财产损失: one statement a span."""
    spans = _spans(query)
    sums = [_sums(query.during(one)) if is_known(query.name, one) else None for one in spans]
    now = sums[0] or dict.fromkeys(_COLUMNS, 0)
    links = {
        "accidents": query.url, "deaths": query.narrowed(is_fatal="true").url,
        "injured": query.narrowed(is_injury="true").url, "loss": query.url,
    }  # fmt: skip
    found = {}
    for name, unit in _COLUMNS.items():
        value = now[name]
        figure = Figure(value, money(value) if name == "loss" else "", links[name], name == "accidents")
        years, periods = (one[name] if one else None for one in (sums[1], sums[2]))
        if name == "loss":
            compared = compare_sums(value, years), compare_sums(value, periods)
        else:
            compared = (
                compare(value, years, days=spans[0].days, days_before=spans[1].days),
                compare(value, periods, days=spans[0].days, days_before=spans[2].days),
            )
        found[name] = Index(figure, unit, *compared)
    return found


_COLUMNS = {"accidents": "起", "deaths": "人", "injured": "人", "loss": "元"}


def _sums(query: Query) -> dict[str, int]:
    found = query.rows(READER).aggregate(
        accidents=Count("pk"), deaths=Sum("deaths"), injured=Sum("injured"), loss=Sum("property_loss_yuan")
    )
    return {name: int(value or 0) for name, value in found.items()}


def _spans(query: Query) -> tuple[Span, Span, Span]:
    span = query.span
    if span is None:
        raise ValueError("a figure of a report has a period")
    return span, same_last_year(span), previous(span)


def is_known(events: str, span: Span) -> bool:
    """Whether the platform knows the events of these days: it had begun and not stopped, and a long span is not empty."""
    first, last = known_days(events)
    if first is None or last is None or span.first < first.replace(day=1) or (span.first - last).days > QUIET_DAYS:
        return False
    if span.days < SURELY_SOMETHING_DAYS:
        return True
    return bool(Query.of(events).during(span).rows(READER).exists())


def known_days(events: str) -> tuple[date | None, date | None]:
    """The days of the earliest and the latest event of the kind."""
    model = event_list(events).table.model
    found = model._default_manager.aggregate(first=Min("occurred_at"), last=Max("occurred_at"))
    first, last = (timezone.localtime(one).date() if one else None for one in (found["first"], found["last"]))
    return first, last


def stopped_on(events: str, day: date) -> date | None:
    """The day of the last event, where the whole city has had none for so long before a day that the imports have stopped."""
    last = known_days(events)[1]
    return last if last and (day - last).days > QUIET_DAYS else None


def grouped(query: Query, grouping: Grouping) -> list[tuple[str, Figure]]:
    """(name, figure) of each value that the list can be asked for, the most frequent first. Values nobody stated are left out."""
    cells = [
        one for one in counting.grouped(query, grouping.dimension, READER) if one.count and grouping.is_known(one.value)
    ]
    ordered = sorted(cells, key=lambda one: -one.count)
    return [(str(one.label), Figure(one.count, url=one.query.url)) for one in ordered]


def by_area(query: Query, area: Area | None) -> list[tuple[str, Figure]]:
    """(name, figure) of the areas right below, in their order, and of the unplaced blocks that have any."""
    rows = current_areas(clock.today()).order_by("code").values_list("pk", "name", "parent_id", "kind", "is_pseudo")
    parents = {pk: parent for pk, _name, parent, _kind, _pseudo in rows}
    top = area.pk if area else next((pk for pk, parent in parents.items() if parent is None), None)
    below = {pk: (name, pseudo) for pk, name, parent, _kind, pseudo in rows if parent == top or (pseudo and not area)}
    counts = dict.fromkeys(below, 0)
    for block, number in query.rows(READER).order_by().values_list("block_id").annotate(n=Count("pk")):
        place: int | None = block
        while place is not None and place not in below:
            place = parents.get(place)
        if place is not None:
            counts[place] += number
    return [
        (name, Figure(counts[pk], url=query.narrowed(area=str(pk)).url))
        for pk, (name, pseudo) in below.items()
        if counts[pk] or not pseudo
    ]


def by_month(query: Query, span: Span) -> dict[date, int]:
    """Events by the first day of their month; a month without any is absent."""
    rows = query.during(span).rows(READER).order_by().annotate(unit=TruncMonth("occurred_at"))
    return {timezone.localtime(unit).date(): n for unit, n in rows.values_list("unit").annotate(n=Count("pk"))}


def by_day(query: Query, span: Span) -> dict[date, int]:
    """Events by day, every day of the span."""
    rows = query.during(span).rows(READER).order_by().annotate(unit=TruncDate("occurred_at"))
    found = dict(rows.values_list("unit").annotate(n=Count("pk")))
    return {day: found.get(day, 0) for day in (span.first + timedelta(n) for n in range(span.days))}
