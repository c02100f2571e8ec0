"""Indicators now, a year ago and against their targets, of every area that the reader sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Min
from django.utils import timezone

from analytics.comparison import Comparison, compare, percent_of
from analytics.indicators.counting import BEFORE, NOW, ByBlock, Tally, tallies
from analytics.indicators.parts import span_last_year, span_of
from analytics.indicators.registry import Indicator
from analytics.models import IndicatorTarget
from analytics.periods import Span, same_last_year
from analytics.selectors.indicator_areas import AreaTree, Place
from analytics.selectors.indicator_history import Earlier
from common.scope import Actor
from events.models import Accident

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Reading:
    """One indicator at one place.

    Attributes:
        before: a year ago; None = not known.
        percent, percent_before: two decimals; None = 0 of 0, not known, or a mere number.
        change: percentage points since; gap: percentage points above the target.
        compared: of a mere number, how it differs.
    """

    indicator: Indicator
    place: Place
    now: Tally
    before: Tally | None
    percent: Decimal | None
    percent_before: Decimal | None
    change: Decimal | None
    target: Decimal | None
    gap: Decimal | None
    compared: Comparison | None


class Board:
    """All figures of a day for a reader: some statements, as many however many areas and indicators."""

    def __init__(self, user: Actor, indicators: Iterable[Indicator], day: date) -> None:
        self.day, self.indicators = day, list(indicators)
        self.tree = AreaTree(user, day)
        self.last_year = same_last_year(Span(day, day)).first
        keys = [one.key for one in self.indicators]
        self._now = tallies(self.indicators, user, day)
        self._earlier = Earlier(self.tree, [one.key for one in self.indicators if one.is_share], self.last_year)
        self._targets = Targets(self.tree, keys, day.year)
        self._is_known_before = (
            _events_known(span_last_year(day)) if any(not one.is_share for one in self.indicators) else False
        )

    def at(self, indicator: Indicator, place: Place) -> Reading:
        """The indicator there."""
        now = _sum(self._now[indicator.key, NOW], place)
        if not indicator.is_share:
            return self._number(indicator, place, now)
        before, target = self._earlier.at(indicator.key, place), self._targets.at(indicator.key, place)
        return share_reading(indicator, place, now, before, target)

    def _number(self, indicator: Indicator, place: Place, now: Tally) -> Reading:
        before = _sum(self._now[indicator.key, BEFORE], place) if self._is_known_before else None
        compared = compare(
            now.numerator, before.numerator if before else None,
            days=span_of(self.day).days, days_before=span_last_year(self.day).days,
        )  # fmt: skip
        return Reading(indicator, place, now, before, None, None, None, None, None, compared)


class Targets:
    """Targets of a year, or of the latest one that has any: one query. An area without one has that of the area above."""

    def __init__(self, tree: AreaTree, keys: Iterable[str], year: int) -> None:
        self._tree = tree
        rows = IndicatorTarget.objects.filter(indicator__in=list(keys), year__lte=year).order_by("year")
        values = rows.values_list("indicator", "area_id", "percent")
        self._by_area = {(key, area_id): percent for key, area_id, percent in values}

    def at(self, key: str, place: Place) -> Decimal | None:
        """None: nobody set one."""
        chain = self._tree.chain(place.area_id or self._tree.top)
        return next((self._by_area[key, area_id] for area_id in chain if (key, area_id) in self._by_area), None)


def share_reading(
    indicator: Indicator, place: Place, now: Tally, before: Tally | None, target: Decimal | None
) -> Reading:
    """A share beside that of a year ago and its target."""
    percent = percent_of(now.numerator, now.denominator)
    return Reading(
        indicator, place, now, before, percent, percent_of(before.numerator, before.denominator) if before else None,
        _points(now, before), target, None if percent is None or target is None else percent - target, None,
    )  # fmt: skip


def _sum(by_block: ByBlock, place: Place) -> Tally:
    return sum((one for block, one in by_block.items() if block in place.blocks), Tally())


def _points(now: Tally, before: Tally | None) -> Decimal | None:
    """Percentage points, from the shares themselves: two rounded shares would make an error of their own."""
    if before is None or not now.denominator or not before.denominator:
        return None
    exact = Decimal(now.numerator) * 100 / now.denominator - Decimal(before.numerator) * 100 / before.denominator
    return exact.quantize(_CENT, ROUND_HALF_UP)


def _events_known(span: Span) -> bool:
    """Whether accidents of these days were known at all: the platform's begin with the month of the first one, or before."""
    first = Accident.objects.aggregate(first=Min("occurred_at"))["first"]
    return first is not None and timezone.localtime(first).date().replace(day=1) <= span.first
