"""Facts about elements that are compared or counted over more than one row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from common.facts import ANY_KIND, Asked, Bind, ColumnRead, Fact, FactType, GroupRead, Moment, Nulls, Parameter
from elements.choices import ElementKind, FindingKind, RelationType
from elements.fact_paths import days_passed, relations
from elements.selectors.history import events_model

_TEXT_TOUCHES = {
    "addresses_addresstext": lambda ids: f"SELECT element_id FROM elements_elementaddress WHERE text_id = ANY({ids})"
}
_FINDING_TOUCHES = {"elements_finding": lambda ids: f"SELECT element_id FROM elements_finding WHERE id = ANY({ids})"}


def _persons(bind: Bind, moment: Moment, only: str | None) -> str:
    """Persons whose household and residence address are both read: whether these are two.

    Of a past moment the texts are those of then, read as they are read today.
    """
    from elements.models import Person

    narrowed = f" AND p.pgh_obj_id = ANY({only})" if only else ""
    persons = "elements_person"
    if moment.is_past:
        persons = f"""(SELECT DISTINCT ON (p.pgh_obj_id) p.pgh_obj_id AS element_id, p.household_address, p.residence_address
                       FROM {events_model(Person)._meta.db_table} p WHERE p.pgh_created_at <= {bind(moment.as_of)}{narrowed}
                       ORDER BY p.pgh_obj_id, p.pgh_created_at DESC, p.pgh_id DESC)"""
    return f"""(SELECT p.element_id, h.address_id <> r.address_id AS is_elsewhere FROM {persons} p
                JOIN addresses_addresstext h ON h.text = p.household_address
                JOIN addresses_addresstext r ON r.text = p.residence_address)"""


def _not_the_owners(asked: Asked) -> str:
    """Vehicles that belong to persons and are usually driven by somebody who is none of them; the records are the drivers."""
    narrowed = asked.narrowed("r.subject_id")
    driven = relations(asked.bind, asked.moment, RelationType.DRIVEN_BY, narrowed)
    owned = relations(asked.bind, asked.moment, RelationType.OWNED_BY, narrowed)
    return f"""SELECT d.subject_id AS id, true AS value, (array_agg(DISTINCT d.object_id))[1:20] AS records, NULL::timestamptz AS until
               FROM ({driven}) d
               WHERE EXISTS (SELECT 1 FROM ({owned}) o JOIN elements_element p ON p.id = o.object_id AND p.kind = 'PERSON'
                             WHERE o.subject_id = d.subject_id)
               GROUP BY 1
               HAVING NOT bool_or(EXISTS (SELECT 1 FROM ({owned}) o
                                          WHERE o.subject_id = d.subject_id AND o.object_id = d.object_id))"""


def _relations_moved(asked: Asked, since: datetime) -> str:
    """Vehicles of which a driver or owner began or ended with a day since then."""
    types = (RelationType.DRIVEN_BY, RelationType.OWNED_BY)
    return days_passed(asked.bind, types, "subject_id", timezone.localdate(since), asked.moment.today)


def _findings(kind: FindingKind) -> GroupRead:
    def sql(asked: Asked) -> str:
        at = asked.bind(asked.moment.at)
        return f"""SELECT f.element_id AS id, count(*) AS value, (array_agg(f.id))[1:20] AS records, NULL::timestamptz AS until
                   FROM elements_finding f
                   WHERE f.kind = '{kind}' AND f.opened_at <= {at} AND (f.closed_at IS NULL OR f.closed_at > {at})
                   {asked.narrowed("f.element_id")} GROUP BY 1"""

    return GroupRead(sql)


def _inside(asked: Asked) -> str:
    from elements.facts import standing

    areas = asked.bind([int(one) for one in asked.arguments["areas"]])
    return f"""WITH RECURSIVE below AS (
                   SELECT id FROM addresses_area WHERE id = ANY({areas}::bigint[])
                   UNION SELECT a.id FROM addresses_area a JOIN below b ON a.parent_id = b.id)
               SELECT e.id, true AS value, NULL::bigint[] AS records, NULL::timestamptz AS until
               FROM ({standing(asked.bind, asked.moment, asked.only)}) e WHERE e.block_id IN (SELECT id FROM below)"""


def _areas() -> Mapping[str, str]:
    from addresses.models import Area

    rows = Area.objects.filter(valid_to__isnull=True, is_pseudo=False).order_by("kind", "code")
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}


KEY_GROUPS = (
    Fact(
        "person.lives_elsewhere",
        ElementKind.PERSON,
        "户籍地址与现住址不是一处",
        FactType.BOOL,
        ColumnRead(_persons, "{t}.is_elsewhere"),
        "不一致",
        null_meaning="两个地址没有都落到标准地址，不判断",
        touched_by=_TEXT_TOUCHES,
        source="人户不一致：户籍标准地址不等于核实的现住标准地址",
    ),
    Fact(
        "vehicle.driver_not_owner",
        ElementKind.VEHICLE,
        "经常驾驶人不是登记所有人",
        FactType.BOOL,
        GroupRead(_not_the_owners, _relations_moved),
        "不一致",
        nulls=Nulls.NONE,
        null_meaning="没有登记经常驾驶人，或车辆属于单位，不算不一致",
        record_table="elements_element",
        source="人车不一致：登记所有人不等于实际使用人",
    ),
    Fact(
        "vehicle.plate_findings",
        ElementKind.VEHICLE,
        "未了结的号牌异常",
        FactType.NUMBER,
        _findings(FindingKind.PLATE_ANOMALY),
        "异常",
        unit="个",
        nulls=Nulls.NONE,
        null_meaning="没有发现",
        touched_by=_FINDING_TOUCHES,
    ),
)
PLACE_GROUP = Fact(
    "element.inside",
    ANY_KIND,
    "位于责任区",
    FactType.BOOL,
    GroupRead(_inside),
    "位置与质量",
    nulls=Nulls.NONE,
    null_meaning="不在其中",
    parameters=(Parameter("areas", "责任区", FactType.CODE, choices=_areas),),
)
