"""What the wall view shows beside what every board counts: the newest open alerts, and what its map is drawn from.

Nothing here is personal: an alert is told by its kind and squadron, and stands on the map in the middle of its block.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models.functions import PointOnSurface
from django.db.models import Count as CountOf
from django.db.models import Q, QuerySet
from django.http import QueryDict

from addresses.choices import AreaKind
from addresses.models import Area
from analytics.choices import SpotMethod
from analytics.models import HotSpot, HotSpotRun
from analytics.selectors.hot_spots import run_shown
from common.scope import Actor
from console.selectors.board import ALERTS, Ground
from tagging.alert_filters import filtered_alerts
from tagging.choices import AlertLevel
from tagging.models import Alert

TICKER, SPOTS = 9, 30
# About 50 m: a pixel of the wall's map is more.
_SIMPLER_DEG = 0.0005


@dataclass(frozen=True, slots=True)
class Told:
    """One open alert: what it is about is not said."""

    alert_id: int
    title: str
    is_urgent: bool
    state: str
    squadron: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertPlace:
    """Open alerts of one block."""

    lon: float
    lat: float
    count: int
    urgent: int


def _open_alerts(user: Actor, where: Ground) -> QuerySet[Alert]:
    alerts = filtered_alerts(QueryDict(ALERTS["open"]), user)[0]
    return alerts if where.blocks is None else alerts.filter(block_id__any=where.blocks)


def newest_alerts(user: Actor, where: Ground) -> list[Told]:
    """Open alerts, the newest first: one query."""
    values = ("pk", "title", "level", "state", "block_id", "first_at")
    rows = _open_alerts(user, where).order_by("-first_at", "-pk").values_list(*values)[:TICKER]
    return [
        Told(pk, title, level == AlertLevel.URGENT, state, where.tree.name_above(block_id, AreaKind.SQUADRON), at)
        for pk, title, level, state, block_id, at in rows
    ]


def alert_places(user: Actor, where: Ground) -> list[AlertPlace]:
    """Blocks with open alerts, of which the shape is known: two queries."""
    rows = _open_alerts(user, where).order_by().values_list("block_id")
    counts = {
        block_id: (count, urgent)
        for block_id, count, urgent in rows.annotate(n=CountOf("pk"), urgent=CountOf("pk", filter=Q(level=AlertLevel.URGENT)))
    }  # fmt: skip
    blocks = Area.objects.filter(pk__in=counts, geom__isnull=False, is_pseudo=False).order_by("pk")
    middles = blocks.annotate(middle=PointOnSurface("geom")).values_list("pk", "middle")
    return [AlertPlace(round(at.x, 5), round(at.y, 5), *counts[pk]) for pk, at in middles]


def spots_shown(user: Actor, where: Ground) -> tuple[HotSpotRun | None, list[dict[str, Any]]]:
    """The run in force and the shapes of its first places in the area: two queries."""
    run = run_shown(user, method=SpotMethod.WINDOW)
    if run is None:
        return None, []
    spots = HotSpot.objects.visible_to(user).filter(run=run)
    if where.blocks is not None:
        spots = spots.filter(block_id__any=where.blocks)
    shapes = spots.order_by("rank").values_list("geom", flat=True)[:SPOTS]
    return run, [json.loads(shape.simplify(_SIMPLER_DEG, preserve_topology=True).geojson) for shape in shapes]
