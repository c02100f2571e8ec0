"""Answers from the day counts: exact at once, since the days that changed after they were counted come from the events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay, TruncMonth

from addresses.choices import AreaKind
from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from analytics.models import DayCount, StaleDay
from analytics.periods import Span
from analytics.selectors.areas import GRID, AreaTree
from common import clock
from common.scope import Actor, Right
from events.choices import EventKind
from events.filters import TIME_PARAMETERS
from events.list_periods import begin_of

if TYPE_CHECKING:
    from analytics.dimensions import Dimension
    from analytics.query import Query

# Accidents are few, and most of what is asked of them is held nowhere.
COUNTED = (EventKind.VIOLATION, EventKind.INCIDENT, EventKind.CAPTURE)
_DAYS = {"day": F("day"), "month": TruncMonth("day"), "weekday": ExtractIsoWeekDay("day")}
_FREE = TIME_PARAMETERS | {"area", "weekday"}


def is_held(query: Query, dimensions: tuple[Dimension, ...], user: Actor) -> bool:
    """Whether day counts hold the answer.

    Beside days and areas at most one property is asked for, and it is counted. By a property districts are counted: who asks for grids,
    or sees some blocks only, asks about few events.
    """
    if query.event_list.code not in COUNTED or query.span is None:
        return False
    property_ = _dimension(query, dimensions)
    if not property_:
        return property_ is not None
    is_fine = any(one.depth == GRID for one in dimensions)
    return user.scope.all_blocks and not is_fine and not _asks_for_a_grid(query)


def _asks_for_a_grid(query: Query) -> bool:
    asked = query.get("area")
    return bool(asked) and Area.objects.filter(pk=int(asked[0]), kind=AreaKind.GRID).exists()


def _dimension(query: Query, dimensions: tuple[Dimension, ...]) -> str | None:
    """The dimension of `DayCount` that answers; None where none does."""
    asked = {key for key, _value in query.params} - _FREE
    if asked - {"hour"} or any(one.rollup is None for one in dimensions):
        return None
    properties = {one.rollup for one in dimensions if one.rollup} | asked
    return None if len(properties) > 1 else next(iter(properties), "")


def counted_by_day(query: Query, dimensions: tuple[Dimension, ...], user: Actor) -> list[tuple[Any, ...]]:
    """Rows of (values of the dimensions, number of events).

    Days that changed are looked up before anything is counted: one that changes in between was right a moment ago.
    """
    span = query.span
    if span is None:
        raise ValueError("day counts need days")
    kind = query.event_list.code
    stale = sorted(
        set(StaleDay.objects.filter(kind=kind, day__range=(span.first, span.last)).values_list("day", flat=True))
    )
    property_ = _dimension(query, dimensions) or ""
    held = _scoped(DayCount.objects.filter(kind=kind, dimension=property_, day__range=(span.first, span.last)), user)
    held = _asked(held.exclude(day__in=stale), query)
    rows = _grouped(held, dimensions, lambda one: _expression(one), Sum("count"))
    if stale:
        events = query.rows(user).filter(_on_days(stale))
        rows += _grouped(events, dimensions, lambda one: one.expression, Count("pk"))
    return rows


def _expression(dimension: Dimension) -> Any:
    if dimension.depth is not None:
        return F("area_id")
    return _DAYS.get(dimension.key) or F("value")


def _grouped(
    rows: QuerySet[Any], dimensions: tuple[Dimension, ...], expression: Any, number: Any
) -> list[tuple[Any, ...]]:
    names = {f"d_{n}": expression(one) for n, one in enumerate(dimensions)}
    if not names:
        return [(rows.aggregate(n=number)["n"] or 0,)]
    found = rows.order_by().annotate(**names).values_list(*names).annotate(n=number)
    is_number = [one.key == "hour" for one in dimensions]
    return [
        (*(_value(value, number) for value, number in zip(values, is_number, strict=True)), count)
        for *values, count in found
    ]


def _value(value: Any, is_number: bool) -> Any:
    """The counts keep texts, and nothing where the events say nothing."""
    if isinstance(value, str):
        return int(value) if is_number else value or None
    return value


def _scoped(counts: QuerySet[DayCount], user: Actor) -> QuerySet[DayCount]:
    scope = user.scope
    if Right.READ not in scope.rights or scope.sees_nothing:
        return counts.none()
    return counts if scope.all_blocks else counts.filter(area_id__any=scope.block_ids)


def _asked(counts: QuerySet[DayCount], query: Query) -> QuerySet[DayCount]:
    if area := query.get("area"):
        asked = int(area[0])
        # Blocks in force today, as in the lists; of the districts above them, those that lie in the area.
        inside = block_ids_of_areas([asked], clock.today()) | AreaTree.read().below(asked) - _all_blocks()
        counts = counts.filter(area_id__any=sorted(inside))
    if weekdays := query.get("weekday"):
        counts = counts.filter(day__iso_week_day__in=[int(one) for one in weekdays])
    if hours := query.get("hour"):
        counts = counts.filter(value__in=hours)
    return counts


def _all_blocks() -> set[int]:
    return set(Area.objects.filter(kind=AreaKind.GRID).values_list("pk", flat=True))


def _on_days(days: list[date]) -> Q:
    """Moments of these days; days that follow each other are one condition, since each leads to parts of the table."""
    found = Q(pk__in=[])
    for span in _runs(days):
        found |= Q(occurred_at__gte=begin_of(span.first), occurred_at__lt=begin_of(span.last + timedelta(1)))
    return found


def _runs(days: list[date]) -> Iterator[Span]:
    first = last = days[0]
    for day in days[1:]:
        if day != last + timedelta(1):
            yield Span(first, last)
            first = day
        last = day
    yield Span(first, last)
