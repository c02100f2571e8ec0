"""The kinds that are read row by row: things that fold into elements, and events."""

from __future__ import annotations

from elements.kinds import KINDS, Kind
from events.kinds import EVENT_TABLES, EventTable

LandedKind = Kind | EventTable
LANDED_KINDS: dict[str, LandedKind] = {**KINDS, **EVENT_TABLES}
