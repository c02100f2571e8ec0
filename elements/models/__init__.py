"""Elements, their keys, the claims about them, and who is believed."""

from elements.models.claim import (
    ClaimBatch,
    ClaimLog,
    ClaimSupport,
    PersonClaim,
    PersonPlan,
    PersonStage,
    UnitClaim,
    UnitPlan,
    UnitStage,
    VehicleClaim,
    VehiclePlan,
    VehicleStage,
)
from elements.models.detail import DriverLicence, Person, Unit, Vehicle
from elements.models.element import Element, ElementAddress
from elements.models.key import ElementKey, Finding
from elements.models.relation import Relation
from elements.models.search import SavedFilter, SavedSearch
from elements.models.source import FieldPolicy, Source

__all__ = [
    "ClaimBatch",
    "ClaimLog",
    "ClaimSupport",
    "DriverLicence",
    "Element",
    "ElementAddress",
    "ElementKey",
    "FieldPolicy",
    "Finding",
    "Person",
    "PersonClaim",
    "PersonPlan",
    "PersonStage",
    "Relation",
    "SavedFilter",
    "SavedSearch",
    "Source",
    "Unit",
    "UnitClaim",
    "UnitPlan",
    "UnitStage",
    "Vehicle",
    "VehicleClaim",
    "VehiclePlan",
    "VehicleStage",
]
