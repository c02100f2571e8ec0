"""What partners can be told about: subjects, their fields, and the named selections of records that a contract may take.

A contract can name nothing that is not declared here. Paths start from the record's own model: `Element` for things, the
event's table for events; a code of a national table leaves as code and name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from elements.choices import RelationType
from elements.kinds import KINDS, Kind
from elements.models import Element, Relation, Road
from events.kinds import EVENT_TABLES, EventTable
from events.models import AccidentParty, EventKey
from exchange.choices import Subject

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Codes of 使用性质 (syxz): passenger, tourism, hire, freight, dangerous goods; school buses; dump trucks (cllx); farm plates (hpzl).
KEY_USES = ("B", "C", "D", "E", "F", "G", "R", "T")
SCHOOL_USES = ("O", "P", "Q", "S")
DUMP_TYPES = ("H17", "H27", "H37", "H45", "H54", "H5B", "H5C", "B16", "B26", "B35", "G16", "G26", "G35")
FARM_PLATES = ("14", "25")
FARM_TYPES = "T"
_SCHOOL_WORDS = r"(学校|小学|中学|幼儿园)"
# National, provincial and county roads; village roads (C) are no highway office's.
_ROUTE = r"^[GSXZ]\d"
ELEMENT_TABLE, PARTY_TABLE = "elements_element", "events_accidentparty"
# Whom a changed vehicle belongs to or is driven by, and was: the relation that went is only in its history.
_EVER_RELATED = "SELECT DISTINCT object_id FROM elements_relationevent WHERE subject_id = ANY(%(ids)s) AND type = '{}'"


@dataclass(frozen=True, slots=True)
class SharedField:
    """One field that a contract may name.

    Attributes:
        path: look-up from the record's model.
        table: national code table of its values.
        purpose: of a sealed value, which leaves in clear.
        is_personal: it tells something of a person: shown apart in the form, masked on pages.
        is_state: a change of this alone is a transition.
        claim_field: the field of the kind that a dispute about it becomes a claim on; "" = a person decides.
    """

    name: str
    label: StrOrPromise
    path: str
    table: str = ""
    purpose: str = ""
    is_personal: bool = False
    is_state: bool = False
    claim_field: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """A named set of records; the condition is made anew for each use, since it may hold sub-queries."""

    label: StrOrPromise
    condition: Callable[[], Q]


@dataclass(frozen=True)
class SubjectSpec:
    """One subject: where its records lie, what may be said of them, which sets of them there are.

    Attributes:
        kind: whose fields they are.
        concerned: table of changed things → SQL of the records that they concern as well, `%(ids)s` being what changed.
        base: what makes a record one of this subject.
    """

    subject: Subject
    kind: Kind | EventTable
    fields: dict[str, SharedField]
    selections: dict[str, Selection]
    concerned: dict[str, str] = field(default_factory=dict)
    base: Q = field(default_factory=Q)

    @property
    def is_event(self) -> bool:
        return isinstance(self.kind, EventTable)

    @property
    def table(self) -> str:
        """Table of the change rows that name its records."""
        return self.kind.table if isinstance(self.kind, EventTable) else ELEMENT_TABLE

    @property
    def model(self) -> Any:
        return self.kind.model if isinstance(self.kind, EventTable) else Element

    def standing(self, ids: Collection[int]) -> QuerySet[Any]:
        """The records among `ids` that are there: not withdrawn, not merged away. Events are sought in their own parts."""
        found: QuerySet[Any] = self.model._default_manager.standing().filter(self.base, pk__any=list(ids))
        if not self.is_event:
            return found.filter(kind=self.kind.code)
        keys = EventKey.objects.filter(pk__any=list(ids), kind=self.kind.code)
        span = keys.aggregate(first=Min("occurred_at"), last=Max("occurred_at"))
        return found.filter(occurred_at__range=(span["first"], span["last"])) if span["first"] else found.none()

    def everything(self) -> QuerySet[Any]:
        """All standing records."""
        found: QuerySet[Any] = self.model._default_manager.standing().filter(self.base)
        return found if self.is_event else found.filter(kind=self.kind.code)

    def selected(self, records: QuerySet[Any], selection: str) -> QuerySet[Any]:
        """Those of the records that the selection holds; an unknown selection holds none."""
        one = self.selections.get(selection)
        return records.filter(one.condition()) if one else records.none()


def _fields(
    kind: Kind | EventTable, names: Iterable[str], *, prefix: str = "", personal: Collection[str] = (), state: str = "",
    claimable: bool = False,
) -> list[SharedField]:  # fmt: skip
    """Fields of a kind as it declares them: label, code table and seal come from there."""
    return [
        SharedField(
            name, kind.label_of(name), f"{prefix}{name}", "" if name in kind.letter_fields else kind.coded_fields.get(name, ""),
            kind.sealed_fields.get(name, ""), name in personal or name in kind.sealed_fields, name == state,
            name if claimable and name != "point" else "",
        )
        for name in names
    ]  # fmt: skip


def _spec(
    subject: Subject, kind: Kind | EventTable, fields: Iterable[SharedField], *, concerned: dict[str, str] | None = None,
    base: Q | None = None, selections: dict[str, Selection] | None = None,
) -> SubjectSpec:  # fmt: skip
    every = Selection(_("全部"), Q)
    return SubjectSpec(
        subject,
        kind,
        {one.name: one for one in fields},
        {"ALL": every} | (selections or {}),
        concerned or {},
        base or Q(),
    )


def _of_vehicle(path: str) -> dict[str, Selection]:
    """Sets of vehicles, of what is tied to one by `path`."""
    return {
        "SCHOOL_BUS": Selection(_("校车"), lambda: Q(**{f"{path}use_nature__in": SCHOOL_USES})),
        "KEY_TRANSPORT": Selection(_("营运车辆"), lambda: Q(**{f"{path}use_nature__in": KEY_USES})),
        "AGRICULTURAL": Selection(
            _("农机"),
            lambda: Q(**{f"{path}vehicle_type__startswith": FARM_TYPES}) | Q(**{f"{path}plate_type__in": FARM_PLATES}),
        ),
        "DUMP_TRUCK": Selection(_("自卸货车"), lambda: Q(**{f"{path}vehicle_type__in": DUMP_TYPES})),
    }


def _driving(uses: Collection[str]) -> Callable[[], Q]:
    """Persons who usually drive a vehicle of such use."""
    return lambda: Q(
        Exists(
            Relation.objects.filter(
                type=RelationType.DRIVEN_BY, object=OuterRef("pk"), subject__vehicle__use_nature__in=uses
            )
        )
    )


def _driving_types(types: Collection[str]) -> Callable[[], Q]:
    """Persons who usually drive a vehicle of such a type."""
    return lambda: Q(
        Exists(
            Relation.objects.filter(
                type=RelationType.DRIVEN_BY, object=OuterRef("pk"), subject__vehicle__vehicle_type__in=types
            )
        )
    )


def _owning(uses: Collection[str]) -> Callable[[], Q]:
    """Units that own a vehicle of such use."""
    return lambda: Q(
        Exists(
            Relation.objects.filter(
                type=RelationType.OWNED_BY, object=OuterRef("pk"), subject__vehicle__use_nature__in=uses
            )
        )
    )


def _on_highway() -> Q:
    """Accidents on a road with a route number, by the road they were placed on or the name that was stated."""
    return Q(Exists(Road.objects.filter(element=OuterRef("road_id"), route_code__regex=_ROUTE))) | Q(
        road_name__regex=_ROUTE
    )


def _at_school() -> Q:
    """Accidents at a school, or with a school bus in them."""
    bus = AccidentParty.objects.standing().filter(
        accident_id=OuterRef("pk"), vehicle__vehicle__use_nature__in=SCHOOL_USES
    )
    return Q(place_text__regex=_SCHOOL_WORDS) | Q(Exists(bus))


def _danger_on_highway() -> Q:
    """Danger spots on a road with a route number, by the code or the name that the ledger states."""
    road = Road.objects.filter(name=OuterRef("facility__road_name"), route_code__regex=_ROUTE)
    return Q(facility__road_name__regex=_ROUTE) | Q(Exists(road))


_UNIT, _VEHICLE, _PERSON = KINDS["UNIT"], KINDS["VEHICLE"], KINDS["PERSON"]
_FACILITY, _VIOLATION, _ACCIDENT = KINDS["FACILITY"], EVENT_TABLES["VIOLATION"], EVENT_TABLES["ACCIDENT"]

SUBJECTS: dict[str, SubjectSpec] = {
    Subject.VIOLATION: _spec(
        Subject.VIOLATION,
        _VIOLATION,
        [
            SharedField("number", _("违法编号"), "number"),
            *_fields(
                _VIOLATION,
                ("occurred_at", "code", "method", "plate_number", "plate_type", "person_name", "citizen_id", "place_text",
                 "road_name", "stake_m", "point", "speed_kmh", "limit_kmh", "seen_by", "processed_at", "processed_by",
                 "decision_number", "fine_yuan", "points", "is_paid"),
                personal=("person_name", "plate_number"), state="processed_at",
            ),
            SharedField("vehicle_use", _("车辆使用性质"), "vehicle__vehicle__use_nature", "syxz"),
            SharedField("vehicle_type", _("车辆类型"), "vehicle__vehicle__vehicle_type", "cllx"),
            SharedField("owner_name", _("车辆所有人"), "vehicle__vehicle__owner_name", is_personal=True),
        ],
        concerned={ELEMENT_TABLE: "SELECT id FROM events_violation WHERE vehicle_id = ANY(%(ids)s)"},
        selections=_of_vehicle("vehicle__vehicle__"),
    ),
    Subject.ACCIDENT: _spec(
        Subject.ACCIDENT,
        _ACCIDENT,
        [
            SharedField("number", _("事故编号"), "number"),
            *_fields(
                _ACCIDENT,
                ("occurred_at", "accident_type", "form", "collision", "main_cause", "deaths", "injured", "property_loss_yuan",
                 "weather", "light", "visibility", "surface", "road_condition", "road_class", "alignment", "junction",
                 "control", "terrain", "place_text", "road_name", "stake_m", "point", "handled_by", "closed_on", "description"),
                personal=("description",), state="closed_on",
            ),
            SharedField("procedure", _("处理程序"), "procedure"),
        ],
        concerned={PARTY_TABLE: "SELECT accident_id FROM events_accidentparty WHERE id = ANY(%(ids)s) AND accident_id IS NOT NULL"},
        selections={
            "ON_HIGHWAY": Selection(_("国省县道上"), _on_highway),
            "SCHOOL": Selection(_("涉及学校、校车"), _at_school),
        },
    ),
    Subject.DANGER: _spec(
        Subject.DANGER,
        _FACILITY,
        [
            *_fields(_FACILITY, ("name", "road_name", "stake_m", "site_address", "point"), prefix="facility__", claimable=True),
            *_fields(
                _FACILITY,
                ("danger_grade", "danger", "treatment", "treated_by", "treat_by_on", "reviewed_on", "review_result"),
                prefix="danger__", state="review_result", claimable=True,
            ),
        ],
        base=Q(danger__isnull=False),
        selections={
            "HIGHWAY": Selection(_("国省县道上"), _danger_on_highway),
        },
    ),
    Subject.UNIT: _spec(
        Subject.UNIT,
        _UNIT,
        _fields(
            _UNIT, _UNIT.fields, prefix="unit__", personal=("legal_person_name",), state="state", claimable=True
        ),
        concerned={ELEMENT_TABLE: _EVER_RELATED.format("OWNED_BY")},
        selections={
            "TRANSPORT": Selection(_("有营运车辆的单位"), _owning(KEY_USES)),
            "SCHOOL": Selection(_("学校和幼儿园"), lambda: Q(unit__name__regex=_SCHOOL_WORDS)),
            "DUMP_TRUCK": Selection(_("有自卸货车的单位"), lambda: Q(Exists(Relation.objects.filter(
                type=RelationType.OWNED_BY, object=OuterRef("pk"), subject__vehicle__vehicle_type__in=DUMP_TYPES)))),
        },
    ),
    Subject.VEHICLE: _spec(
        Subject.VEHICLE,
        _VEHICLE,
        _fields(
            _VEHICLE, _VEHICLE.fields, prefix="vehicle__", personal=("plate_number", "vin", "owner_name", "registered_address",
                                                                     "parking_address", "engine_number", "point"),
            state="state", claimable=True,
        ),
        selections=_of_vehicle("vehicle__"),
    ),
    Subject.DRIVER: _spec(
        Subject.DRIVER,
        _PERSON,
        [
            *_fields(
                _PERSON, ("name", "citizen_id", "sex", "birth_on", "phone", "residence_address"), prefix="person__",
                personal=("name", "sex", "birth_on", "residence_address"), claimable=True,
            ),
            *_fields(
                _PERSON,
                ("file_no", "licence_classes", "first_licensed_on", "licence_valid_from", "licence_valid_to", "points",
                 "licence_state", "review_due_on", "issuing_authority"),
                prefix="licence__", state="licence_state", claimable=True,
            ),
        ],
        concerned={ELEMENT_TABLE: _EVER_RELATED.format("DRIVEN_BY")},
        base=Q(licence__isnull=False),
        selections={
            "KEY_TRANSPORT": Selection(_("营运车辆驾驶人"), _driving(KEY_USES)),
            "SCHOOL_BUS": Selection(_("校车驾驶人"), _driving(SCHOOL_USES)),
            "DUMP_TRUCK": Selection(_("自卸货车驾驶人"), _driving_types(DUMP_TYPES)),
        },
    ),
}  # fmt: skip
# Every table whose changes concern a subject.
TABLES = sorted({table for spec in SUBJECTS.values() for table in (spec.table, *spec.concerned)})
# Kind of a thing → as what partners may be told of it.
TOLD_SUBJECTS = {str(spec.kind.code): str(subject) for subject, spec in SUBJECTS.items()}
