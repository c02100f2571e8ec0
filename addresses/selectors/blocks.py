"""Blocks of areas and villages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from addresses.choices import AreaKind
from addresses.models import Area


def _current(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def current_areas(day: date):
    """Areas in force on `day`."""
    return Area.objects.filter(_current(day))


def block_ids_of_areas(area_ids: Iterable[int], day: date) -> set[int]:
    """Ids of the current blocks at or below the areas; the tree is four deep: brigade, squadron, district, grid."""
    ids = list(area_ids)
    if not ids:
        return set()
    below = Q(pk__in=ids) | Q(parent__in=ids) | Q(parent__parent__in=ids) | Q(parent__parent__parent__in=ids)
    return set(current_areas(day).filter(below, kind=AreaKind.GRID).values_list("pk", flat=True))


def block_ids_of_villages(village_codes: Iterable[str], day: date) -> set[int]:
    """Ids of the current blocks that lie in the villages."""
    codes = list(village_codes)
    if not codes:
        return set()
    return set(current_areas(day).filter(village__in=codes, kind=AreaKind.GRID).values_list("pk", flat=True))


def pseudo_block_ids(day: date) -> tuple[dict[str, int], int]:
    """Pseudo-block id by town code, and the city's."""
    rows = current_areas(day).filter(is_pseudo=True).values_list("town_id", "pk")
    by_town = {town: pk for town, pk in rows if town}
    city = next(pk for town, pk in rows if not town)
    return by_town, city
