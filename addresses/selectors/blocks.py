"""Blocks of areas and villages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import connection
from django.db.models import Q

from addresses.choices import AreaKind
from addresses.models import Area


def _current(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def current_areas(day: date):
    """Areas in force on `day`."""
    return Area.objects.filter(_current(day))


def blocks_sql(*, area: str, village: str = "NULL") -> str:
    """SQL of the ids of the blocks of `%(day)s` at or below an area, and of those in a village.

    Args:
        area: what an area's id equals: a column, or `ANY(…)`.
        village: what a village's code equals.
    """
    return f"""
        WITH RECURSIVE below AS (
            SELECT a.id FROM addresses_area a WHERE a.id = {area}
            UNION
            SELECT a.id FROM addresses_area a JOIN below ON a.parent_id = below.id)
        SELECT a.id FROM addresses_area a
        WHERE (a.id IN (SELECT id FROM below) OR a.village_id = {village}) AND a.kind = '{AreaKind.GRID.value}'
          AND a.valid_from <= %(day)s AND (a.valid_to IS NULL OR a.valid_to > %(day)s)"""


def block_ids_of_areas(area_ids: Iterable[int], day: date) -> set[int]:
    """Ids of the blocks of `day` at or below the areas."""
    with connection.cursor() as cursor:
        cursor.execute(blocks_sql(area="ANY(%(areas)s)"), {"areas": list(area_ids), "day": day})
        return {block_id for (block_id,) in cursor.fetchall()}


def pseudo_block_ids(day: date) -> tuple[dict[str, int], int]:
    """Pseudo-block id by town code, and the city's."""
    rows = current_areas(day).filter(is_pseudo=True).values_list("town_id", "pk")
    by_town = {town: pk for town, pk in rows if town}
    city = next(pk for town, pk in rows if not town)
    return by_town, city
