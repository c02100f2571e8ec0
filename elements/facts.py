"""Facts about elements, and the paths between them, as rules may ask for them.

Every folded field that is neither sealed nor a place nor an address text is a fact; so are what is overdue, conflicts and
findings, where the thing lies, and for a date the days that have passed since. At a past moment they are read from the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models

from common.codes import code_table
from common.facts import (
    ANY_KIND,
    Bind,
    ColumnRead,
    Fact,
    FactType,
    Moment,
    Nulls,
    register_facts,
    register_paths,
)
from elements.choices import PlaceQuality, Sex
from elements.fact_groups import KEY_GROUPS, PLACE_GROUP
from elements.fact_paths import PATHS
from elements.kinds import KINDS, DetailPart, Kind
from elements.models import Element
from elements.selectors.dues import DueRule, due_rules
from elements.selectors.history import events_model

# Names and numbers of things, which no rule should ask for, and texts without a meaning of their own.
_NOT_ASKED = frozenset({"vin", "engine_number", "uscc", "org_code", "transport_permit", "file_no"})
_SUFFIXES = {"_m": "米", "_m2": "平方米", "_kg": "千克", "_kmh": "千米/时"}
_UNITS = {"points": "分", "seats": "人", "lanes": "条", "storeys": "层"}
_CHOICES = {"sex": Sex}


def register() -> None:
    """Called once, when the app is ready."""
    register_facts([*_element_facts(), *(fact for kind in KINDS.values() for fact in _facts_of(kind)), *_due_facts()])
    register_paths(PATHS)


def standing(bind: Bind, moment: Moment, only: str | None = None) -> str:
    """SQL of the elements that lists and counts mean at a moment: `id, kind, block_id`."""
    if not moment.is_past:
        narrowed = f" AND id = ANY({only})" if only else ""
        return f"""SELECT id, kind, block_id FROM elements_element
                   WHERE is_owned AND NOT is_withdrawn AND merged_into_id IS NULL{narrowed}"""
    history = _as_of(Element, ("block_id", "is_owned", "is_withdrawn", "merged_into_id"), bind, moment, only)
    return f"""SELECT h.element_id AS id, e.kind, h.block_id FROM {history} h JOIN elements_element e ON e.id = h.element_id
               WHERE h.is_owned AND NOT h.is_withdrawn AND h.merged_into_id IS NULL"""


def first_record_at() -> datetime | None:
    """When the first history row of any element was written."""
    first: datetime | None = (
        events_model(Element).objects.order_by("pgh_id").values_list("pgh_created_at", flat=True).first()
    )
    return first


def _as_of(model: type[models.Model], columns: tuple[str, ...], bind: Bind, moment: Moment, only: str | None) -> str:
    """SQL of the rows of a tracked table as they were, one an element; a row that was deleted by then is none."""
    listed = ", ".join(f"h.{column}" for column in columns)
    narrowed = f" AND h.pgh_obj_id = ANY({only})" if only else ""
    return f"""(SELECT * FROM (
        SELECT DISTINCT ON (h.pgh_obj_id) h.pgh_obj_id AS element_id, h.pgh_label, {listed}
        FROM {events_model(model)._meta.db_table} h
        WHERE h.pgh_created_at <= {bind(moment.as_of)}{narrowed}
        ORDER BY h.pgh_obj_id, h.pgh_created_at DESC, h.pgh_id DESC) w WHERE w.pgh_label <> 'delete')"""


@dataclass(frozen=True, slots=True)
class _Table:
    """A tracked table whose rows belong to one element each; `key` is the column that says to which."""

    model: type[models.Model]
    columns: tuple[str, ...]
    key: str = "element_id"

    def rows(self, bind: Bind, moment: Moment, only: str | None) -> str:
        """SQL of the rows at a moment."""
        if moment.is_past:
            return _as_of(self.model, self.columns, bind, moment, only)
        table = self.model._meta.db_table
        if self.key == "element_id":
            return table
        return f"(SELECT {self.key} AS element_id, {', '.join(self.columns)} FROM {table})"

    def versions(self, bind: Bind, after: datetime, until: datetime, only: str | None) -> str:
        """SQL of the rows written after one time and up to another."""
        narrowed = f" AND h.pgh_obj_id = ANY({only})" if only else ""
        return f"""SELECT h.pgh_obj_id AS element_id, h.pgh_label, {", ".join(f"h.{one}" for one in self.columns)}
                   FROM {events_model(self.model)._meta.db_table} h
                   WHERE h.pgh_created_at > {bind(after)} AND h.pgh_created_at <= {bind(until)}{narrowed}"""

    def read(self, expression: str, *, due: str | None = None, slides: bool = False) -> ColumnRead:
        """A value over a row of the table."""
        return ColumnRead(self.rows, expression, self.versions, due, slides)


@cache
def _table_of(part: DetailPart) -> _Table:
    return _Table(part.model, part.fields)


_ELEMENT = _Table(Element, ("block_id", "place_quality", "conflicts"), key="id")


def _facts_of(kind: Kind) -> Iterator[Fact]:
    for part in kind.parts:
        table = _table_of(part)
        for name in part.fields:
            if name in kind.sealed_fields or name in kind.geometry_fields or name in _NOT_ASKED:
                continue
            field = part.model._meta.get_field(name)
            if isinstance(field, models.CharField) and (field.max_length or 0) > 120:
                continue
            key = f"{kind.code.lower()}.{name}"
            group, label = str(kind.code.label), kind.label_of(name)
            type_, codes = _type_of(kind, name, field)
            yield Fact(
                key, kind.code, label, type_, table.read(f"{{t}}.{name}"), group, unit=_unit(name, type_), codes=codes
            )
            if type_ is FactType.DATE:
                yield Fact(
                    f"{key}.days_since",
                    kind.code,
                    f"{label}至今天数",
                    FactType.NUMBER,
                    table.read(f"({{today}} - {{t}}.{name})", due=f"{{t}}.{name}", slides=True),
                    group,
                    unit="天",
                    null_meaning="日期无人登记；未到的日期为负数",
                )
            if name == "birth_on":
                yield Fact(
                    "person.age",
                    kind.code,
                    "年龄",
                    FactType.NUMBER,
                    table.read("date_part('year', age({today}, {t}.birth_on))::int"),
                    group,
                    unit="岁",
                )


def _type_of(kind: Kind, name: str, field: models.Field) -> tuple[FactType, Any]:
    if name in kind.letter_fields:
        return FactType.LETTERS, _table(kind.coded_fields[name])
    if name in kind.coded_fields:
        return FactType.CODE, _table(kind.coded_fields[name])
    if name in _CHOICES:
        return FactType.CODE, lambda: dict(_CHOICES[name].choices)
    if isinstance(field, models.BooleanField):
        return FactType.BOOL, None
    if isinstance(field, models.DateField):
        return FactType.DATE, None
    if isinstance(field, (models.IntegerField, models.DecimalField)):
        return FactType.NUMBER, None
    return FactType.TEXT, None


def _table(name: str) -> Any:
    return lambda: code_table(name)


def _unit(name: str, type_: FactType) -> str:
    if type_ is not FactType.NUMBER:
        return ""
    return _UNITS.get(name) or next((unit for end, unit in _SUFFIXES.items() if name.endswith(end)), "")


def _element_facts() -> Iterator[Fact]:
    group = "位置与质量"
    yield Fact(
        "element.town",
        ANY_KIND,
        "所在镇街",
        FactType.CODE,
        _ELEMENT.read("(SELECT a.town_id FROM addresses_area a WHERE a.id = {t}.block_id)"),
        group,
        null_meaning="未落地",
        codes=_towns,
    )
    yield Fact(
        "element.place_quality",
        ANY_KIND,
        "落地质量",
        FactType.CODE,
        _ELEMENT.read("{t}.place_quality"),
        group,
        codes=lambda: dict(PlaceQuality.choices),
    )
    yield Fact(
        "element.conflicts",
        ANY_KIND,
        "来源冲突的字段数",
        FactType.NUMBER,
        _ELEMENT.read("cardinality({t}.conflicts)"),
        group,
        unit="个",
    )
    yield from KEY_GROUPS
    yield PLACE_GROUP


def _towns() -> Mapping[str, str]:
    from addresses.choices import DivisionLevel
    from addresses.models import Division

    return dict(Division.objects.filter(level=DivisionLevel.TOWN).order_by("code").values_list("code", "name"))


def _due_facts() -> Iterator[Fact]:
    for rule in due_rules().values():
        kind = KINDS[rule.kind]
        part = next(part for part in kind.parts if rule.field in part.fields)
        yield Fact(
            f"{kind.code.lower()}.overdue.{rule.code.lower()}",
            kind.code,
            rule.overdue_label,
            FactType.BOOL,
            _table_of(part).read(_overdue_sql(rule), due=f"{{t}}.{rule.field} + {rule.grace_days}"),
            "逾期",
            nulls=Nulls.NONE,
            null_meaning="没有这一期限，不算逾期",
            source=rule.basis,
        )


def _overdue_sql(rule: DueRule) -> str:
    """The condition of `DueRule.overdue` over one row; a test holds both together."""
    late = f"coalesce({{t}}.{rule.field} + {rule.grace_days} < {{today}}, false)"
    if rule.classes:
        held = " OR ".join(f"strpos({{t}}.licence_classes, '{one}') > 0" for one in rule.classes)
        late = f"({late} AND coalesce(({held}), false) AND coalesce({{t}}.points >= {rule.min_points}, false))"
    if not rule.state_field:
        return late
    state = f"coalesce({{t}}.{rule.state_field}, '')"
    stated = "".join(f" OR strpos({state}, '{one}') > 0" for one in rule.overdue_states)
    exempt = "".join(f" AND strpos({state}, '{one}') = 0" for one in rule.exempt_states)
    return f"(({late}{stated}){exempt})"
