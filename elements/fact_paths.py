"""Paths between elements as rules may go them: relations in both directions, and what is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from addresses.choices import MapLayer
from common.facts import ANY_KIND, Asked, Bind, FactType, Moment, Parameter, Path
from elements.choices import ElementKind, RelationType
from elements.kinds import DANGER, DRIVER, FAULT, SECTION
from elements.models import Relation
from elements.selectors.history import events_model

_RELATION_EVENTS = events_model(Relation)._meta.db_table
# A degree of latitude in metres, rounded down: a box of that many degrees holds the circle. Of longitude: at 38° north.
_METRES_PER_DEGREE = 85_000
_LAYER = int(MapLayer.ELEMENT)
# What the dots of a kind may be on the map.
_DOTS = {kind.value: (kind.value,) for kind in ElementKind} | {
    "PERSON": ("PERSON", DRIVER),
    "ROAD": ("ROAD", SECTION),
    "FACILITY": ("FACILITY", DANGER, FAULT),
}


def relations(bind: Bind, moment: Moment, type_: RelationType, narrowed: str = "") -> str:
    """SQL of the relations of a type that hold at a moment: `subject_id, object_id`; one a source, so pairs may come twice.

    Args:
        narrowed: further condition over `r`, with its leading AND.
    """
    today, rows = bind(moment.today), "elements_relation r WHERE true"
    if moment.is_past:
        rows = f"""(SELECT DISTINCT ON (h.pgh_obj_id) h.* FROM {_RELATION_EVENTS} h
                    WHERE h.type = '{type_}' AND h.pgh_created_at <= {bind(moment.as_of)}
                    ORDER BY h.pgh_obj_id, h.pgh_created_at DESC, h.pgh_id DESC) r WHERE r.pgh_label <> 'delete'"""
    return f"""SELECT r.subject_id, r.object_id FROM {rows} AND r.type = '{type_}'
               AND (r.valid_from IS NULL OR r.valid_from <= {today}) AND (r.valid_to IS NULL OR r.valid_to > {today}){narrowed}"""


def days_passed(bind: Bind, types: Sequence[RelationType], column: str, after: date, until: date) -> str:
    """SELECT of the ends of relations that began or ended with a day after one and up to another."""
    span = f"> {bind(after)}::date AND {{0}} <= {bind(until)}::date"
    began, ended = (f"r.{name} {span.format(f'r.{name}')}" for name in ("valid_from", "valid_to"))
    return f"SELECT r.{column} FROM elements_relation r WHERE r.type = ANY({bind([*types])}) AND ({began} OR {ended})"


def _relation(key: str, type_: RelationType, kind: ElementKind, other: ElementKind, label: str, *, back: bool) -> Path:
    near, far = ("object_id", "subject_id") if back else ("subject_id", "object_id")

    def pairs(asked: Asked) -> str:
        narrowed = f" AND r.{near} = ANY({asked.only})" if asked.only else ""
        found = relations(asked.bind, asked.moment, type_, narrowed)
        return f"""SELECT r.{near} AS id, r.{far} AS other FROM ({found}) r
                   JOIN elements_element o ON o.id = r.{far} AND o.kind = '{other}'"""

    def subjects_of(_bind: Bind, _arguments: Mapping[str, Any], others: str) -> str:
        # By whatever was ever said: a relation that ended changes what its subject counts as well.
        return f"""SELECT {near} FROM {_RELATION_EVENTS} WHERE type = '{type_}' AND {far} = ANY({others})"""

    def by_time(bind: Bind, after: date, until: date) -> str:
        return days_passed(bind, (type_,), near, after, until)

    return Path(key, kind, other, label, pairs, subjects_of, by_time=by_time)


def _near_pairs(asked: Asked) -> str:
    metres = asked.bind(asked.arguments["metres"])
    kinds = asked.bind([*_DOTS[asked.arguments["kind"]]])
    near = _near("a", f"{metres}::float8", f" AND m.kind = ANY({kinds})")
    return f"""SELECT a.subject_id AS id, b.subject_id AS other
               FROM addresses_mapfeature a CROSS JOIN LATERAL ({near}) b
               WHERE a.layer = {_LAYER} AND a.kind = ANY({asked.bind([*_DOTS[asked.kind]])}){asked.narrowed("a.subject_id")} AND b.subject_id <> a.subject_id
                 AND ST_DistanceSphere(a.geom, b.geom) <= {metres}"""


def _near_subjects(bind: Bind, arguments: Mapping[str, Any], others: str) -> str:
    return f"""SELECT a.subject_id FROM addresses_mapfeature b
               CROSS JOIN LATERAL ({_near("b", f"{bind(arguments['metres'])}::float8")}) a
               WHERE b.layer = {_LAYER} AND b.subject_id = ANY({others})"""


def _near(row: str, metres: str, narrowed: str = "") -> str:
    """SQL of the dots in the box around a row.

    Fenced, so that the planner never leaves the index for the distance. Outside of it that is compared on the sphere: within
    three thousandths here, and a tenth of the time of two transformations; ST_DWithin would let the planner expect one row
    where there are thousands.
    """
    return f"""SELECT m.subject_id, m.geom FROM addresses_mapfeature m
               WHERE m.layer = {_LAYER}{narrowed} AND m.geom && ST_Expand({row}.geom, {metres} / {_METRES_PER_DEGREE}) OFFSET 0"""


_P, _V, _U, _R, _H = (
    ElementKind.PERSON,
    ElementKind.VEHICLE,
    ElementKind.UNIT,
    ElementKind.ROAD,
    ElementKind.HOUSE,
)
PATHS = (
    _relation("vehicle.owner_persons", RelationType.OWNED_BY, _V, _P, "所有人（个人）", back=False),
    _relation("vehicle.owner_units", RelationType.OWNED_BY, _V, _U, "所有人（单位）", back=False),
    _relation("vehicle.drivers", RelationType.DRIVEN_BY, _V, _P, "经常驾驶人", back=False),
    _relation("person.vehicles", RelationType.OWNED_BY, _P, _V, "名下机动车", back=True),
    _relation("person.driven", RelationType.DRIVEN_BY, _P, _V, "经常驾驶的机动车", back=True),
    _relation("person.employers", RelationType.EMPLOYED_BY, _P, _U, "任职单位", back=False),
    _relation("person.houses", RelationType.LIVES_IN, _P, _H, "居住房屋", back=False),
    _relation("unit.vehicles", RelationType.OWNED_BY, _U, _V, "名下机动车", back=True),
    _relation("unit.employees", RelationType.EMPLOYED_BY, _U, _P, "从业人员", back=True),
    _relation("unit.leader", RelationType.LED_BY, _U, _P, "法定代表人", back=False),
    _relation("road.sections", RelationType.SECTION_OF, _R, _R, "路段", back=True),
    _relation("road.whole", RelationType.SECTION_OF, _R, _R, "所属道路", back=False),
    Path(
        "element.near",
        ANY_KIND,
        ANY_KIND,
        "附近的要素",
        _near_pairs,
        _near_subjects,
        parameters=(
            Parameter("metres", "距离", FactType.NUMBER, unit="米", most=5_000),
            Parameter("kind", "种类", FactType.TEXT, choices=lambda: dict(ElementKind.choices)),
        ),
    ),
)
