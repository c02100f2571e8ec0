"""What only a person can settle about events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from common.scope import Actor
from events.choices import EventFindingKind, EventKind
from events.models import Capture, EventFinding


def _about(ids: Iterable[int]) -> Q:
    ids = list(ids)
    return Q(event_kind=EventKind.CAPTURE) & (Q(event_id__in=ids) | Q(other_id__in=ids))


def captures_with_finding() -> Q:
    """Condition on captures: an open finding is about them, as the one or the other."""
    found: QuerySet[EventFinding] = EventFinding.objects.filter(event_kind=EventKind.CAPTURE, closed_at__isnull=True)
    return Q(pk__in=found.values("event_id")) | Q(pk__in=found.filter(other_id__isnull=False).values("other_id"))


def ids_with_finding(capture_ids: Iterable[int]) -> set[int]:
    """Which of the captures have an open finding: one query."""
    pairs = EventFinding.objects.filter(_about(capture_ids), closed_at__isnull=True).values_list("event_id", "other_id")
    return {one for pair in pairs for one in pair if one is not None}


def findings_of(capture: Capture, user: Actor) -> list[dict[str, Any]]:
    """Findings about a capture, open ones first, the other capture only where the reader may see it: two queries."""
    rows = list(EventFinding.objects.filter(_about([capture.pk])).order_by("closed_at", "-opened_at"))
    others = {one for row in rows for one in (row.event_id, row.other_id) if one not in {None, capture.pk}}
    seen = set(Capture.objects.visible_to(user).filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    result = []
    for row in rows:
        other = row.other_id if row.event_id == capture.pk else row.event_id
        result.append(
            {
                "finding": row, "label": _label(row), "is_open": row.closed_at is None, "has_other": other is not None,
                "other_id": other if other in seen else None,
            }
        )  # fmt: skip
    return result


def _label(row: EventFinding) -> str:
    return str(dict(EventFindingKind.choices).get(row.kind, row.kind))
