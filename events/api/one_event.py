"""One event as JSON: codes as codes, moments with their offset, names and plates masked, personal numbers always."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point

from common.scope import Actor
from elements.selectors.masking import may_read_names, shown_sealed
from events.choices import EventKind
from events.kinds import EVENT_TABLES, EventTable
from events.list_kinds import EventList
from events.selectors.detail import parties_of
from events.selectors.wording import shown_value

# What no source states.
_DERIVED = ("procedure", "place_quality", "address_id", "road_id", "points_by_rule", "vehicle_id", "person_id")


def event_json(chosen: EventList, event: Any, user: Actor) -> dict[str, Any]:
    """What the API says of an event that the reader may see."""
    parties = parties_of(event, user) if chosen.code == EventKind.ACCIDENT else []
    in_full, party = may_read_names(user), EVENT_TABLES[EventKind.PARTY]
    return {
        "id": event.pk, "kind": chosen.name, "number": event.number, "source": event.source.code,
        "block": event.block.code, "is_withdrawn": getattr(event, "is_withdrawn", False),
        "fields": _fields(chosen.table, event, in_full=in_full),
        "parties": [
            {"id": one.pk, "is_withdrawn": one.is_withdrawn, **_fields(party, one, in_full=in_full)} for one in parties
        ],
    }  # fmt: skip


def _fields(kind: EventTable, event: Any, *, in_full: bool) -> dict[str, Any]:
    names = [*kind.fields, *(name for name in _DERIVED if hasattr(event, name))]
    return {name: _value(kind, name, getattr(event, name), in_full=in_full) for name in names}


def _value(kind: EventTable, name: str, value: Any, *, in_full: bool) -> Any:
    if name in kind.sealed_fields:
        return shown_sealed(kind.sealed_fields[name], value)
    if isinstance(value, Point):
        return list(value.coords)
    return shown_value(name, value, in_full=in_full)
