"""The kinds that are read row by row: things that fold into elements, and events."""

from __future__ import annotations

from elements.choices import KeyScheme
from elements.kinds import KINDS, KeyRule, Kind
from events.choices import EventKind
from events.kinds import EVENT_TABLES, EventTable
from events.models import Position

LandedKind = Kind | EventTable
# Positions are mapped like every other file, and then go their own way: exchange/services/position_files.py.
_POSITION = EventTable(
    EventKind.POSITION,
    Position,
    Position,
    ("occurred_at", "speed_kmh", "direction_deg"),
    is_observation=True,
    keys=(KeyRule(KeyScheme.PLATE, ("plate_number",), "{row}.plate_number"),),
)
LANDED_KINDS: dict[str, LandedKind] = {**KINDS, **EVENT_TABLES, EventKind.POSITION: _POSITION}
