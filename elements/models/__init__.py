"""Elements, their keys, the claims about them, and who is believed."""

from elements.models.claim import (
    ClaimBatch,
    ClaimLog,
    ClaimSupport,
    FacilityClaim,
    FacilityPlan,
    FacilityStage,
    HouseClaim,
    HousePlan,
    HouseStage,
    PersonClaim,
    PersonPlan,
    PersonStage,
    RoadClaim,
    RoadPlan,
    RoadStage,
    UnitClaim,
    UnitPlan,
    UnitStage,
    VehicleClaim,
    VehiclePlan,
    VehicleStage,
)
from elements.models.correction import BulkCorrection
from elements.models.detail import Danger, DriverLicence, Facility, House, Person, Road, Unit, Vehicle
from elements.models.element import Element, ElementAddress
from elements.models.key import ElementKey, Finding
from elements.models.merge import DuplicatePair, Merge, MergeLineage
from elements.models.no_go import NoGoPermit, NoGoRule
from elements.models.photo import Photo
from elements.models.relation import Relation
from elements.models.search import SavedFilter, SavedSearch
from elements.models.source import ExpectedCount, FieldPolicy, Source

__all__ = [
    "BulkCorrection",
    "ClaimBatch",
    "ClaimLog",
    "ClaimSupport",
    "Danger",
    "DriverLicence",
    "DuplicatePair",
    "Element",
    "ElementAddress",
    "ElementKey",
    "ExpectedCount",
    "Facility",
    "FacilityClaim",
    "FacilityPlan",
    "FacilityStage",
    "FieldPolicy",
    "Finding",
    "House",
    "HouseClaim",
    "HousePlan",
    "HouseStage",
    "Merge",
    "MergeLineage",
    "NoGoPermit",
    "NoGoRule",
    "Person",
    "PersonClaim",
    "PersonPlan",
    "PersonStage",
    "Photo",
    "Relation",
    "Road",
    "RoadClaim",
    "RoadPlan",
    "RoadStage",
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
