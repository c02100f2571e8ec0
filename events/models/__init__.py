"""Accidents, violations, incidents, captures and positions."""

from events.models.event import Accident, AccidentParty, Capture, EventKey, Incident, Violation
from events.models.position import LastPosition, Position, Tracker
from events.models.version import (
    AccidentStage,
    CaptureStage,
    EventFinding,
    EventVersion,
    IncidentStage,
    PartyStage,
    ViolationStage,
)

__all__ = [
    "Accident",
    "AccidentParty",
    "AccidentStage",
    "Capture",
    "CaptureStage",
    "EventFinding",
    "EventKey",
    "EventVersion",
    "Incident",
    "IncidentStage",
    "LastPosition",
    "PartyStage",
    "Position",
    "Tracker",
    "Violation",
    "ViolationStage",
]
