"""The block that a place belonged to on an earlier day, for statistics by old borders."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import BigIntegerField, Case, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from addresses.choices import AreaKind
from addresses.models.border import AreaBorder


def block_on(day: date | None) -> Any:
    """Expression for a row with `point` and `block_id`: its block by the borders of `day`; None: by those of today.

    A change of borders gives every piece from one grid to another, so what lies today in a grid whose border has changed
    lay within the old border of one of them. What has no point stays where it is.
    """
    if day is None:
        return F("block_id")
    past = AreaBorder.objects.filter(valid_from__lte=day, valid_to__gt=day, area__kind=AreaKind.GRID)
    changed = sorted(past.values_list("area_id", flat=True))
    if not changed:
        return F("block_id")
    then = past.filter(geom__covers=OuterRef("point")).order_by("area_id").values("area_id")[:1]
    by_point = Coalesce(Subquery(then), F("block_id"), output_field=BigIntegerField())
    return Case(When(block_id__any=changed, then=by_point), default=F("block_id"), output_field=BigIntegerField())


def in_blocks(rows: QuerySet, block_ids: list[int], block: Any) -> QuerySet:
    """Rows whose block, as `block_on` says it, is one of these."""
    if isinstance(block, F):
        return rows.filter(block_id__any=block_ids)
    return rows.alias(block_then=block).filter(block_then__in=block_ids)


def border_changes() -> list[date]:
    """Days on which borders of grids changed, the latest first."""
    days = AreaBorder.objects.filter(area__kind=AreaKind.GRID).order_by("-valid_to").values_list("valid_to", flat=True)
    return list(days.distinct())
