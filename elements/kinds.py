"""What the fold, the import and the pages must know of each kind, in one place.

A kind names its tables, its fields, its keys in order of precedence, its address roles in the order in which they decide
the block, and the relations its rows may claim.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.contrib.gis.db.models.fields import BaseSpatialField
from django.db import models

from common.fields import SealedField
from elements.choices import AddressRole, ElementKind, KeyScheme, RelationType
from elements.models import claim, detail
from elements.models.fields import (
    DangerFields,
    FacilityFields,
    HouseFields,
    LicenceFields,
    PersonFields,
    RoadFields,
    UnitFields,
    VehicleFields,
)


@dataclass(frozen=True)
class KeyRule:
    """How a key is read off the typed columns of a row.

    Attributes:
        scheme: what it is a key of.
        columns: the fields it is made of; the first is named in messages.
        expression: SQL over `{row}`, NULL when the row does not have it.
    """

    scheme: KeyScheme
    columns: tuple[str, ...]
    expression: str


@dataclass(frozen=True)
class RelationRule:
    """Columns of a file that claim a relation, e.g. the owner's number and name of a vehicle.

    Attributes:
        number_field: column that says who or what: the number of a person or unit, or of a place in its source.
        name_field: column with its name, "" when there is none; a field of the kind, or only a column.
        place: kind whose number in the quoted source it is; None: a citizen ID, credit or organisation code.
        period: columns with first and last day.
    """

    type: RelationType
    number_field: str
    name_field: str = ""
    place: ElementKind | None = None
    period: tuple[str, str] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a file that it reads."""
        return tuple(name for name in (self.number_field, self.name_field, *(self.period or ())) if name)


@dataclass(frozen=True)
class DetailPart:
    """One detail table and the fields it holds; an optional part has a row only when one of its fields is known."""

    model: type[models.Model]
    fields: tuple[str, ...]
    is_optional: bool = False

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    def known(self, row: str) -> str:
        """SQL that is true when the element of the row has this part."""
        return " OR ".join(f"{row}.{name} IS NOT NULL" for name in self.fields) if self.is_optional else "true"


def _names(base: type[models.Model]) -> tuple[str, ...]:
    return tuple(f.name for f in base._meta.get_fields())


@dataclass(frozen=True)
class Kind:
    """One kind of element."""

    code: ElementKind
    parts: tuple[DetailPart, ...]
    claim_model: type[models.Model]
    stage_model: type[models.Model]
    plan_model: type[models.Model]
    keys: tuple[KeyRule, ...]
    address_fields: tuple[tuple[AddressRole, str], ...]
    label_expression: str
    map_kind_expression: str
    relations: tuple[RelationRule, ...] = ()
    # National code table of a field's values.
    coded_fields: dict[str, str] = field(default_factory=dict)
    # Fields that hold several codes, a letter each.
    letter_fields: frozenset[str] = frozenset()
    # Fields besides the place that decide what its dot is.
    map_fields: tuple[str, ...] = ()

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Folded fields in column order; equal in detail, claim, stage and plan tables."""
        return tuple(name for part in self.parts for name in part.fields)

    @cached_property
    def sealed_fields(self) -> dict[str, str]:
        """Sealed field → purpose."""
        return {
            name: f.purpose
            for name in self.fields
            if isinstance(f := self.claim_model._meta.get_field(name), SealedField)
        }

    @cached_property
    def geometry_fields(self) -> frozenset[str]:
        """Fields that hold a place on the earth."""
        found = (self.claim_model._meta.get_field(name) for name in self.fields)
        return frozenset(f.name for f in found if isinstance(f, BaseSpatialField))

    @property
    def claim_table(self) -> str:
        return self.claim_model._meta.db_table

    @property
    def stage_table(self) -> str:
        return self.stage_model._meta.db_table

    @property
    def plan_table(self) -> str:
        return self.plan_model._meta.db_table

    def label_of(self, name: str) -> str:
        """Chinese name of a field."""
        return str(getattr(self.claim_model._meta.get_field(name), "verbose_name", name))


def _hex_index(column: str) -> str:
    return f"encode(substring({{row}}.{column} from 2 for 16), 'hex')"


def source_id_value(kind: str, source_id: int, number: str) -> str:
    """Value of a SOURCE_ID key: the number of a thing in the files of one source, apart for each kind."""
    return f"{kind}:{source_id}:{number}"


def _source_id(kind: ElementKind) -> KeyRule:
    expression = f"'{kind.value}:' || {{row}}.source_id::text || ':' || {{row}}.source_row_id"
    return KeyRule(KeyScheme.SOURCE_ID, ("source_row_id",), expression)


# The number in the files of the source that named it first, for what has neither name nor address.
_FIRST_NUMBER = f"""(SELECT split_part(k.value, ':', 3) FROM elements_elementkey k
                     WHERE k.element_id = {{row}}.element_id AND k.scheme = {int(KeyScheme.SOURCE_ID)} ORDER BY k.id LIMIT 1)"""

# What dots are on the map where the kind alone does not say: a person with a licence, a section, a danger spot, a
# facility that is damaged, missing or under repair (codes of sszt).
DRIVER, SECTION, DANGER, FAULT = "DRIVER", "SECTION", "DANGER", "FAULT"
FAULT_STATES = ("2", "3", "5")

KINDS: dict[str, Kind] = {
    ElementKind.PERSON: Kind(
        code=ElementKind.PERSON,
        parts=(
            DetailPart(detail.Person, _names(PersonFields)),
            DetailPart(detail.DriverLicence, _names(LicenceFields), is_optional=True),
        ),
        claim_model=claim.PersonClaim,
        stage_model=claim.PersonStage,
        plan_model=claim.PersonPlan,
        keys=(
            KeyRule(KeyScheme.CITIZEN_ID, ("citizen_id",), _hex_index("citizen_id")),
            KeyRule(KeyScheme.FILE_NO, ("file_no",), _hex_index("file_no")),
        ),
        address_fields=(
            (AddressRole.RESIDENCE, "residence_address"),
            (AddressRole.HOUSEHOLD, "household_address"),
        ),
        label_expression="{row}.name",
        map_kind_expression=f"""CASE WHEN EXISTS (SELECT 1 FROM elements_driverlicence l WHERE l.element_id = {{row}}.element_id)
                                     THEN '{DRIVER}' ELSE 'PERSON' END""",
        relations=(
            RelationRule(
                RelationType.EMPLOYED_BY, "employer_number", "employer_name", period=("employed_from", "employed_to")
            ),
            RelationRule(RelationType.LIVES_IN, "house_number", place=ElementKind.HOUSE),
        ),
        coded_fields={"licence_state": "jszzt"},
        letter_fields=frozenset({"licence_state"}),
    ),
    ElementKind.VEHICLE: Kind(
        code=ElementKind.VEHICLE,
        parts=(DetailPart(detail.Vehicle, _names(VehicleFields)),),
        claim_model=claim.VehicleClaim,
        stage_model=claim.VehicleStage,
        plan_model=claim.VehiclePlan,
        keys=(
            KeyRule(KeyScheme.VIN, ("vin",), "{row}.vin"),
            KeyRule(KeyScheme.PLATE, ("plate_number", "plate_type"), "{row}.plate_type || ':' || {row}.plate_number"),
            _source_id(ElementKind.VEHICLE),
        ),
        address_fields=(
            (AddressRole.PARKING, "parking_address"),
            (AddressRole.REGISTERED, "registered_address"),
        ),
        label_expression="coalesce({row}.plate_number, {row}.vin)",
        map_kind_expression="'VEHICLE'",
        relations=(
            RelationRule(RelationType.OWNED_BY, "owner_number", "owner_name"),
            RelationRule(RelationType.DRIVEN_BY, "driver_number", "driver_name"),
            RelationRule(RelationType.PARKS_AT, "car_park_number", place=ElementKind.FACILITY),
        ),
        coded_fields={
            "plate_type": "hpzl",
            "vehicle_type": "cllx",
            "use_nature": "syxz",
            "colour": "csys",
            "fuel": "rlzl",
            "state": "jdczt",
        },
        letter_fields=frozenset({"state"}),
    ),
    ElementKind.UNIT: Kind(
        code=ElementKind.UNIT,
        parts=(DetailPart(detail.Unit, _names(UnitFields)),),
        claim_model=claim.UnitClaim,
        stage_model=claim.UnitStage,
        plan_model=claim.UnitPlan,
        keys=(
            KeyRule(KeyScheme.USCC, ("uscc",), "{row}.uscc"),
            KeyRule(KeyScheme.ORG_CODE, ("org_code",), "coalesce({row}.org_code, substring({row}.uscc from 9 for 9))"),
        ),
        address_fields=(
            (AddressRole.BUSINESS, "business_address"),
            (AddressRole.REGISTERED, "registered_address"),
        ),
        label_expression="{row}.name",
        map_kind_expression="'UNIT'",
        relations=(RelationRule(RelationType.LED_BY, "legal_person_number", "legal_person_name"),),
    ),
    ElementKind.HOUSE: Kind(
        code=ElementKind.HOUSE,
        parts=(DetailPart(detail.House, _names(HouseFields)),),
        claim_model=claim.HouseClaim,
        stage_model=claim.HouseStage,
        plan_model=claim.HousePlan,
        keys=(_source_id(ElementKind.HOUSE),),
        address_fields=((AddressRole.SITE, "site_address"),),
        label_expression=f"coalesce({{row}}.name, {{row}}.site_address, {_FIRST_NUMBER})",
        map_kind_expression="'HOUSE'",
        relations=(RelationRule(RelationType.OWNED_BY, "owner_number", "owner_name"),),
        coded_fields={"usage": "fwyt"},
    ),
    ElementKind.ROAD: Kind(
        code=ElementKind.ROAD,
        parts=(DetailPart(detail.Road, _names(RoadFields)),),
        claim_model=claim.RoadClaim,
        stage_model=claim.RoadStage,
        plan_model=claim.RoadPlan,
        # A section bears the code of its road, which is the key of the whole road alone.
        keys=(
            KeyRule(
                KeyScheme.ROUTE_CODE,
                ("route_code",),
                "CASE WHEN {row}.is_section IS NOT TRUE THEN {row}.route_code END",
            ),
            _source_id(ElementKind.ROAD),
        ),
        address_fields=(),
        label_expression="{row}.name",
        map_kind_expression=f"CASE WHEN {{row}}.is_section THEN '{SECTION}' ELSE 'ROAD' END",
        relations=(
            RelationRule(RelationType.KEPT_BY, "manager_number", "manager_name"),
            RelationRule(RelationType.SECTION_OF, "road_number", place=ElementKind.ROAD),
        ),
        coded_fields={"road_class": "dllx", "admin_class": "glxzdj"},
    ),
    ElementKind.FACILITY: Kind(
        code=ElementKind.FACILITY,
        parts=(
            DetailPart(detail.Facility, _names(FacilityFields)),
            DetailPart(detail.Danger, _names(DangerFields), is_optional=True),
        ),
        claim_model=claim.FacilityClaim,
        stage_model=claim.FacilityStage,
        plan_model=claim.FacilityPlan,
        keys=(_source_id(ElementKind.FACILITY),),
        address_fields=((AddressRole.SITE, "site_address"),),
        label_expression=f"coalesce({{row}}.name, {{row}}.site_address, {_FIRST_NUMBER})",
        map_kind_expression=f"""CASE WHEN EXISTS (SELECT 1 FROM elements_danger d WHERE d.element_id = {{row}}.element_id)
                                     THEN '{DANGER}' WHEN {{row}}.state IN {FAULT_STATES} THEN '{FAULT}' ELSE 'FACILITY' END""",
        map_fields=("state",),
        relations=(RelationRule(RelationType.KEPT_BY, "owner_number", "owner_department"),),
        coded_fields={
            "facility_type": "sslx",
            "state": "sszt",
            "danger_grade": "yhdj",
            "review_result": "fcjg",
        },
    ),
}
