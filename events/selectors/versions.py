"""What sources said about an event, one after the other, and what each changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from common.scope import Actor
from elements.selectors.masking import may_read_names
from events.kinds import EventTable
from events.models import EventVersion
from events.selectors.wording import worded_event


@dataclass(frozen=True, slots=True)
class Said:
    """One version in words.

    Attributes:
        version: with its batch and source.
        is_first: nothing that still stands was said before it.
        changes: (label, before, after) of the fields that it changed; of a version that was undone, what it had said.
    """

    version: EventVersion
    is_first: bool
    changes: list[tuple[str, str, str]] = field(default_factory=list)


def versions_of(kind: EventTable, event_id: int, user: Actor) -> list[Said]:
    """Versions, the newest first; what was undone changes nothing any more: one query."""
    in_full = may_read_names(user)
    known: dict[str, Any] = {}
    result: list[Said] = []
    found = EventVersion.objects.filter(event_id=event_id).select_related("batch__source")
    for version in found.order_by("observed_at", "pk"):
        stands = version.withdrawn_at is None
        changes = _changes(kind, known if stands else {}, version.payload, in_full=in_full)
        result.append(Said(version, stands and not known, changes))
        if stands:
            known = known | version.payload
    return result[::-1]


def _changes(
    kind: EventTable, before: dict[str, Any], said: dict[str, Any], *, in_full: bool
) -> list[tuple[str, str, str]]:
    def words(name: str, value: Any) -> str:
        return worded_event(kind, name, value, in_full=in_full)

    return [
        (kind.label_of(name), words(name, before.get(name)), words(name, said[name]))
        for name in kind.fields
        if name in said and said[name] != before.get(name)
    ]
