"""What others changed on an element since a reader opened its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from elements.kinds import KINDS
from elements.models import ClaimBatch, ClaimLog, Element
from elements.selectors.detail import folded_values
from elements.selectors.history import events_model, is_alike, values_at
from elements.selectors.masking import may_read_names
from elements.selectors.wording import worded

_LOG_READ = 50


@dataclass(frozen=True, slots=True)
class Since:
    """One field that is not as it was: in words, masked for the reader; `by` is the source, with the person where there is one."""

    field: str
    label: str
    was: str
    now: str
    by: str
    at: datetime | None


def changes_since(element: Element, version: int, user: Any) -> list[Since]:
    """Fields whose value is another one than when the element had that version: a few queries, one more a table.

    A version that never was gives nothing: there is no telling what the reader saw.
    """
    seen = _time_of(element, version)
    if seen is None:
        return []
    kind, in_full, now = KINDS[element.kind], may_read_names(user), folded_values(element)
    was = values_at(element, seen)
    changed = [name for name in kind.fields if not is_alike(kind, name, was.get(name), now.get(name))]
    said = _last_said(element, changed)
    return [
        Since(
            field=name,
            label=kind.label_of(name),
            was=worded(kind, name, was.get(name), in_full=in_full),
            now=worded(kind, name, now.get(name), in_full=in_full),
            by=said.get(name, ("", None))[0],
            at=said.get(name, ("", None))[1],
        )
        for name in changed
    ]


def _time_of(element: Element, version: int) -> datetime | None:
    """When the element came to that version. Each fold that raises it is one transaction, and history has its time."""
    later = element.version - version
    if not 0 < later <= _LOG_READ:
        return None
    times: set[datetime] = set()
    for model in (Element, *(part.model for part in KINDS[element.kind].parts)):
        events = events_model(model).objects.filter(pgh_obj_id=element.pk).order_by("-pgh_created_at")
        times |= set(events.values_list("pgh_created_at", flat=True)[: later + 1])
    ordered = sorted(times, reverse=True)
    return ordered[later] if len(ordered) > later else None


def _last_said(element: Element, fields: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    """Field → who spoke of it last, and when that came in."""
    log = list(ClaimLog.objects.filter(element=element).select_related("source", "batch").order_by("-pk")[:_LOG_READ])
    actors = {row.batch.actor_id for row in log if row.batch.actor_id}
    names = dict(User.objects.filter(pk__in=actors).values_list("pk", "display_name"))
    said: dict[str, tuple[str, datetime]] = {}
    for row in log:
        who = " · ".join(part for part in (row.source.name, names.get(row.batch.actor_id or 0, "")) if part)
        at = row.batch.created_at
        if row.batch.state == ClaimBatch.State.RETRACTED:
            who, at = f"{who}（已撤销）", row.batch.retracted_at or at
        for name in fields:
            if name not in said and (name in row.payload or name in row.cleared):
                said[name] = (who, at)
    return said
