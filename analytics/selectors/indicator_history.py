"""What indicators were on earlier days: counted by the platform, or loaded from a file; else nobody knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db.models import Sum

from analytics.indicators.counting import Tally
from analytics.indicators.registry import INDICATORS
from analytics.models import IndicatorSnapshot
from analytics.selectors.indicator_areas import AreaTree, Place
from common.scope import Actor

TREND_DAYS = 30


class Earlier:
    """The figures of one day by indicator and place: two queries.

    What the platform counted is known of every block. What a file states is known of the areas that it names, and of those all
    of whose parts it names. Figures of another version of the definition are no figures.
    """

    def __init__(self, tree: AreaTree, keys: Iterable[str], day: date) -> None:
        self._tree, self.day = tree, day
        self._own: dict[str, dict[int, Tally]] = defaultdict(dict)
        self._loaded: dict[str, dict[int, Tally]] = defaultdict(dict)
        of_day = IndicatorSnapshot.objects.filter(indicator__in=list(keys), day=day)
        # That a day was counted is known to everybody, also where the own blocks had nothing.
        counted = of_day.filter(batch_id__isnull=True).values_list("indicator", "definition").distinct()
        self._counted = {key for key, definition in counted if definition == INDICATORS[key].version}
        rows = of_day.filter(block_id__any=tree.fully_seen()).values_list(
            "indicator", "block_id", "numerator", "denominator", "definition", "batch_id"
        )
        for key, area_id, numerator, denominator, definition, batch_id in rows:
            if definition == INDICATORS[key].version:
                kept = self._own if batch_id is None else self._loaded
                kept[key][area_id] = Tally(numerator, denominator)

    def at(self, key: str, place: Place) -> Tally | None:
        """None: not known."""
        if key in self._counted:
            return sum((one for pk, one in self._own[key].items() if pk in place.blocks), Tally())
        if key not in self._loaded:
            return None
        stated = self._loaded[key]
        if place.area_id is not None:
            return self._stated(place.area_id, stated)
        if place.params:
            wanted = [pk for pk in place.blocks if not self._tree.is_pseudo(pk)]
            return _sum_of([stated.get(pk) for pk in wanted])
        return _sum_of([self._stated(pk, stated) for pk in self._tree.tops()])

    def _stated(self, area_id: int, stated: Mapping[int, Tally]) -> Tally | None:
        if area_id in stated:
            return stated[area_id]
        children = [pk for pk in self._tree.children(area_id) if pk in stated or not self._tree.is_pseudo(pk)]
        return _sum_of([self._stated(pk, stated) for pk in children])


def _sum_of(parts: list[Tally | None]) -> Tally | None:
    known = [one for one in parts if one is not None]
    return sum(known, Tally()) if parts and len(known) == len(parts) else None


def trends(tree: AreaTree, user: Actor, keys: Iterable[str], today: date) -> dict[str, list[tuple[date, Tally]]]:
    """Indicator → (day, figure of all that the reader sees) of the last days that are known: two queries."""
    wanted = list(keys)
    recent = {"indicator__in": wanted, "day__gt": today - timedelta(days=TREND_DAYS), "day__lte": today}
    found: dict[str, dict[date, Tally]] = {key: {} for key in wanted}
    values = ("indicator", "day", "definition")
    if len(tree.tops()) == 1:
        loaded = IndicatorSnapshot.objects.filter(**recent, batch_id__isnull=False, block_id=tree.tops()[0])
        for key, day, definition, numerator, denominator in loaded.values_list(*values, "numerator", "denominator"):
            if definition == INDICATORS[key].version:
                found[key][day] = Tally(numerator, denominator)
    counted = IndicatorSnapshot.objects.visible_to(user).filter(**recent, batch_id__isnull=True).order_by()
    sums = counted.values_list(*values).annotate(numerator=Sum("numerator"), denominator=Sum("denominator"))
    for key, day, definition, numerator, denominator in sums:
        if definition == INDICATORS[key].version:
            found[key][day] = Tally(numerator, denominator)
    return {key: sorted(days.items()) for key, days in found.items()}
