"""Schemes at a glance: how many elements each level holds, how that was in the weeks before, and what waits for a decision."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from common.scope import Actor
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from tagging.choices import OverrideState
from tagging.grade_charts import trend
from tagging.models import Grade, GradeOverride, Scheme
from tagging.selectors.grade_levels import level_named, levels_of

WEEKS = 12
MOST_WAITING = 50


def overview(user: Actor, now: datetime) -> list[dict[str, Any]]:
    """Every scheme with its levels and their counts in the reader's scope: two queries."""
    schemes = list(Scheme.objects.select_related("published").order_by("pk"))
    weeks = [now - timedelta(weeks=back) for back in range(WEEKS - 1, 0, -1)] + [now]
    counted = _counts(user, weeks)
    return [_scheme(scheme, counted, weeks) for scheme in schemes]


def _counts(user: Actor, weeks: list[datetime]) -> dict[tuple[int, str], list[int]]:
    held = {
        f"week{n}": Count("pk", filter=Q(since__lte=week) & (Q(until__isnull=True) | Q(until__gt=week)))
        for n, week in enumerate(weeks)
    }
    rows = Grade.objects.visible_to(user).filter(Q(until__isnull=True) | Q(until__gt=weeks[0]))
    found = rows.order_by().values("scheme_id", "level").annotate(**held)
    return {(row["scheme_id"], row["level"]): [row[f"week{n}"] for n in range(len(weeks))] for row in found}


def _scheme(scheme: Scheme, counted: dict[tuple[int, str], list[int]], weeks: list[datetime]) -> dict[str, Any]:
    levels = levels_of(scheme)
    of_level = {one["code"]: counted.get((scheme.pk, one["code"]), [0] * len(weeks)) for one in levels}
    points = [
        {"day": week, "levels": [{"colour": one["colour"], "count": of_level[one["code"]][n]} for one in levels]}
        for n, week in enumerate(weeks)
    ]
    base = reverse("tagging:grade-list")
    return {
        "scheme": scheme,
        "total": sum(counts[-1] for counts in of_level.values()),
        "url": f"{base}?scheme={scheme.code}",
        "had_before": any(counts[-2] for counts in of_level.values()),
        "levels": [
            {
                **one,
                "count": of_level[one["code"]][-1],
                "before": of_level[one["code"]][-2],
                "change": of_level[one["code"]][-1] - of_level[one["code"]][-2],
                "url": f"{base}?scheme={scheme.code}&level={one['code']}",
            }
            for one in reversed(levels)
        ],
        "trend": trend(points),
        "table": [
            {"day": point["day"], "counts": [level["count"] for level in reversed(point["levels"])]} for point in points
        ],
    }


def waiting_overrides(user: Actor) -> list[dict[str, Any]]:
    """Grades that people asked to set and nobody decided, in the reader's scope, the oldest first: one query."""
    seen = Element.objects.visible_to(user).values("pk")
    rows = GradeOverride.objects.filter(state=OverrideState.REQUESTED, element_id__in=seen)
    in_full = may_read_names(user)
    return [
        {
            "override": row,
            "label": shown_label(row.element.kind, row.element.label, in_full=in_full),
            "level": level_named(levels_of(row.scheme), row.level),
            "block": row.element.block.name,
        }
        for row in rows.select_related("scheme__published", "element__block")
        .defer("element__point", "element__block__geom")
        .order_by("requested_at")[:MOST_WAITING]
    ]
