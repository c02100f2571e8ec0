"""What landing, lists and pages must know of each kind of event, in one place.

A kind of event has the same shape as a kind of element where a file is read: fields, keys, address fields, code tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.contrib.gis.db.models.fields import BaseSpatialField
from django.db import models

from common.fields import SealedField
from elements.choices import AddressRole, KeyScheme
from elements.kinds import KeyRule, RelationRule
from events.choices import EventKind
from events.models import event, version
from events.models.fields import (
    AccidentFields,
    CaptureFields,
    IncidentFields,
    PartyFields,
    PlaceFields,
    PlateFields,
    ViolationFields,
)

# The file's word for "this event is void"; it becomes `takes_back`.
VOID = "is_void"
_NUMBER = (KeyRule(KeyScheme.SOURCE_ID, ("source_row_id",), "{row}.number"),)


@dataclass(frozen=True)
class EventTable:
    """One kind of event: its tables, fields and code tables.

    Attributes:
        coded_fields: field → national code table of its values.
        is_observation: written once by a device, never corrected: no versions, undone by deleting.
    """

    code: EventKind
    model: type[models.Model]
    stage_model: type[models.Model]
    fields: tuple[str, ...]
    coded_fields: dict[str, str] = field(default_factory=dict)
    letter_fields: frozenset[str] = frozenset()
    is_observation: bool = False
    keys: tuple[KeyRule, ...] = _NUMBER
    relations: tuple[RelationRule, ...] = ()

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def stage_table(self) -> str:
        return self.stage_model._meta.db_table

    @cached_property
    def has_place(self) -> bool:
        """It happened at a place of its own (a party was where its accident was)."""
        return "place_text" in self.fields

    @cached_property
    def has_road(self) -> bool:
        """Its place is kept with road and precision."""
        return "stake_m" in self.fields

    @cached_property
    def tie_columns(self) -> tuple[str, ...]:
        """Columns that name elements found by key: vehicle_id, person_id."""
        names = {f.name for f in self.model._meta.get_fields()}
        return tuple(f"{name}_id" for name in ("vehicle", "person") if name in names)

    @cached_property
    def address_fields(self) -> tuple[tuple[AddressRole, str], ...]:
        return ((AddressRole.SITE, "place_text"),) if self.has_place else ()

    @cached_property
    def sealed_fields(self) -> dict[str, str]:
        """Sealed field → purpose."""
        return {
            name: f.purpose
            for name in self.fields
            if isinstance(f := self.stage_model._meta.get_field(name), SealedField)
        }

    @cached_property
    def geometry_fields(self) -> frozenset[str]:
        found = (self.stage_model._meta.get_field(name) for name in self.fields)
        return frozenset(f.name for f in found if isinstance(f, BaseSpatialField))

    def is_same(self, row: str, other: str, *, key: str = "id") -> str:
        """SQL that says that a row is the event that another one names; the time leads to its part of the table."""
        same = f"{row}.id = {other}.{key}"
        return f"{same} AND {row}.occurred_at = {other}.occurred_at" if hasattr(self.model, "partitioning") else same

    def label_of(self, name: str) -> str:
        """Chinese name of a field."""
        return str(getattr(self.stage_model._meta.get_field(name), "verbose_name", name))


def _names(*bases: type[models.Model]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.name for base in bases for f in base._meta.get_fields()))


EVENT_TABLES: dict[str, EventTable] = {
    EventKind.ACCIDENT: EventTable(
        EventKind.ACCIDENT,
        event.Accident,
        version.AccidentStage,
        _names(AccidentFields, PlaceFields),
        {
            "accident_type": "sglx", "form": "sgxt", "collision": "cljsg", "main_cause": "sgrdyy", "weather": "tq",
            "light": "zmtj", "visibility": "njd", "surface": "lbqk", "road_condition": "lmzk", "road_class": "dllx",
            "alignment": "dlxx", "junction": "lkldlx", "control": "jtxhfs", "terrain": "dx", "scene": "xc",
        },
    ),
    EventKind.PARTY: EventTable(
        EventKind.PARTY,
        event.AccidentParty,
        version.PartyStage,
        _names(PartyFields, PlateFields),
        {
            "plate_type": "hpzl", "travel_mode": "jtfs", "injury": "shcd", "responsibility": "sgzr", "cause": "sgrdyy",
            "vehicle_type": "cllx",
        },
    ),
    EventKind.VIOLATION: EventTable(
        EventKind.VIOLATION,
        event.Violation,
        version.ViolationStage,
        _names(ViolationFields, PlaceFields, PlateFields),
        {"plate_type": "hpzl", "code": "wfxw", "method": "clfs"},
    ),
    EventKind.INCIDENT: EventTable(
        EventKind.INCIDENT,
        event.Incident,
        version.IncidentStage,
        _names(IncidentFields, PlaceFields, PlateFields),
        {"plate_type": "hpzl", "category": "jqlb"},
    ),
    EventKind.CAPTURE: EventTable(
        EventKind.CAPTURE,
        event.Capture,
        version.CaptureStage,
        _names(CaptureFields, PlateFields),
        {"plate_type": "hpzl", "vehicle_type": "cllx", "colour": "csys"},
        letter_fields=frozenset({"colour"}),
        is_observation=True,
    ),
}  # fmt: skip
