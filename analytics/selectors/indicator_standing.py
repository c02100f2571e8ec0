"""Where the shares stand as the last count of the night left them: what boards show, which ask again every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from analytics.indicators.counting import Tally
from analytics.indicators.registry import INDICATORS, SHARES
from analytics.models import IndicatorSnapshot
from analytics.periods import Span, same_last_year
from analytics.selectors.indicator_areas import AreaTree, Place
from analytics.selectors.indicator_history import Earlier
from analytics.selectors.indicators import Reading, Targets, share_reading


@dataclass(frozen=True, slots=True)
class Standing:
    """The shares of one day at one place; `day` None = nothing was ever counted, and no reading has a value."""

    day: date | None
    readings: list[Reading]


def standing(tree: AreaTree, place: Place, today: date) -> Standing:
    """The shares of the last day that was counted, beside a year before and their targets: six queries."""
    counted = IndicatorSnapshot.objects.filter(indicator__in=SHARES, day__lte=today)
    day = counted.aggregate(last=Max("day"))["last"]
    now = Earlier(tree, SHARES, day or today)
    before = Earlier(tree, SHARES, same_last_year(Span(now.day, now.day)).first)
    targets = Targets(tree, SHARES, today.year)
    readings = [
        share_reading(
            INDICATORS[key], place, now.at(key, place) or Tally(), before.at(key, place), targets.at(key, place)
        )
        for key in SHARES
    ]
    return Standing(day, readings)
