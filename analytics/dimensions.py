"""What events can be grouped by, each with the filter that opens the rows of one value.

A dimension is an expression over the events and a parameter of their list. Both are tested against each other: for every value of
every dimension, the list that its link opens has as many rows as were counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import django_filters
from django.db.models import Case, CharField, DateField, F, Value, When
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, Left, TruncDate, TruncMonth
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.periods import Span, month_of
from analytics.query import Query
from analytics.selectors.areas import DISTRICT, GRID, SQUADRON, area_names, is_inside
from common.codes import code_table
from common.errors import DomainError
from elements.models import Element
from events.choices import EventKind, EventPlaceQuality, Procedure, Severity
from events.filters import FILTERS, HOURS, WEEKDAYS
from events.kinds import EVENT_TABLES
from events.selectors.states import AGE_BANDS, SEVERITIES
from events.selectors.wording import violation_name

NULL = "null"
# Values → text of each.
Words = Callable[[Collection[Any]], dict[Any, str]]


@dataclass(frozen=True)
class Dimension:
    """Something that events are grouped by.

    Attributes:
        key: stands in URLs.
        expression: value of an event.
        opened: (query, value) → the query of one value's rows; None = it has none of its own.
        words: texts of values.
        order: values in their natural order, which are shown even where nothing happened; empty = by number of events.
        rollup: the dimension of `DayCount` that holds its values: "" = follows from day or block; None = none does.
        depth: of an area: how far below the brigade.
        party: field of `AccidentParty`; an accident counts once for each of its values.
    """

    key: str
    label: Any
    expression: Any
    opened: Callable[[Query, Any], Query]
    words: Words
    order: tuple[Any, ...] = ()
    rollup: str | None = None
    depth: int | None = None
    party: str = ""


@dataclass(frozen=True)
class _ByParameter:
    """Opens a value by setting one parameter to it."""

    parameter: str

    def __call__(self, query: Query, value: Any) -> Query:
        return query.narrowed(**{self.parameter: NULL if value is None else str(value)})


def _in_days(query: Query, span: Span) -> Query:
    asked = query.span
    return query.during((asked.within(span) or span) if asked else span)


def _open_day(query: Query, value: date) -> Query:
    return _in_days(query, Span(value, value))


def _open_month(query: Query, value: date) -> Query:
    return _in_days(query, month_of(value))


def _each(word: Callable[[Any], Any]) -> Words:
    return lambda values: {one: str(_("未填写") if one is None else word(one)) for one in values}


def _coded_words(table: str) -> Words:
    return _each(lambda value: code_table(table).get(str(value), value))


def _named(choices: Mapping[str, Any]) -> Words:
    return _each(lambda value: choices.get(str(value), value))


def _open_area(query: Query, value: Any) -> Query:
    """An area asked for that lies inside the one of the value stays: the rows counted are its."""
    asked = query.get("area")
    return query if asked and is_inside(int(asked[0]), int(value)) else query.narrowed(area=str(value))


def _road_words(values: Collection[Any]) -> dict[Any, str]:
    names = dict(Element.objects.filter(pk__in=[one for one in values if one]).values_list("pk", "label"))
    return {one: names.get(one) or f"#{one}" if one else _("未落到道路") for one in values}


_TIME = (
    Dimension(
        "hour", gettext_lazy("时段"), ExtractHour("occurred_at"), _ByParameter("hour"), _named(dict(HOURS)),
        tuple(range(24)), rollup="hour",
    ),
    Dimension(
        "weekday", gettext_lazy("星期"), ExtractIsoWeekDay("occurred_at"), _ByParameter("weekday"),
        _named(dict(WEEKDAYS)), tuple(range(1, 8)), rollup="",
    ),
    Dimension(
        "day", gettext_lazy("日期"), TruncDate("occurred_at"), _open_day, _each("{:%Y-%m-%d}".format), rollup=""
    ),
    Dimension(
        "month", gettext_lazy("月份"), TruncMonth("occurred_at", output_field=DateField()), _open_month,
        _each(lambda value: f"{value.year}年{value.month}月"), rollup="",
    ),
)  # fmt: skip
_AREAS = tuple(
    Dimension(key, label, F("block_id"), _open_area, area_names, rollup="", depth=depth)
    for depth, key, label in (
        (SQUADRON, "squadron", gettext_lazy("中队")), (DISTRICT, "district", gettext_lazy("警务区")), (GRID, "grid", gettext_lazy("网格")),
    )
)  # fmt: skip
_ROAD = Dimension(
    "road",
    gettext_lazy("道路"),
    F("road_id"),
    _ByParameter("road"),
    _road_words,
)
_PLACE = Dimension(
    "place",
    gettext_lazy("位置精度"),
    F("place_quality"),
    _ByParameter("place"),
    _named(dict(EventPlaceQuality.choices)),
)
_SEVERITY = Dimension(
    "severity",
    gettext_lazy("严重程度"),
    Case(*(When(condition, then=Value(code)) for code, condition in SEVERITIES.items()), output_field=CharField()),
    _ByParameter("severity"),
    _named(dict(Severity.choices)),
    tuple(Severity.values),
)
_PROCEDURE = Dimension(
    "procedure", gettext_lazy("处理程序"), F("procedure"), _ByParameter("procedure"), _named(dict(Procedure.choices))
)
_PARTIES = (
    Dimension(
        "party_vehicle", gettext_lazy("涉及车辆类型"), None, _ByParameter("party_vehicle"), _coded_words("cllx"),
        party="vehicle_type",
    ),
    Dimension(
        "party_mode", gettext_lazy("涉及交通方式"), None, _ByParameter("party_mode"), _coded_words("jtfs"),
        party="travel_mode",
    ),
    Dimension(
        "party_age", gettext_lazy("涉及年龄"), None, _ByParameter("party_age"), _named(dict(AGE_BANDS)),
        tuple(code for code, _label in AGE_BANDS), party="age_band",
    ),
)  # fmt: skip
# The first four digits: a code may have a local refinement.
_CODE = Dimension(
    "code",
    gettext_lazy("违法行为"),
    Left("code", 4),
    _ByParameter("code"),
    _each(violation_name),
    rollup="code",
)


@dataclass(frozen=True)
class _Own:
    """Dimensions of a kind beside time and area; its coded fields follow from its filters."""

    placed: bool = True
    more: tuple[Dimension, ...] = ()
    rolled: Mapping[str, str] = field(default_factory=dict)


_OWN = {
    EventKind.ACCIDENT: _Own(more=(_PROCEDURE, _SEVERITY, *_PARTIES)),
    EventKind.VIOLATION: _Own(more=(_CODE,), rolled={"method": "method"}),
    EventKind.INCIDENT: _Own(rolled={"category": "category"}),
    EventKind.CAPTURE: _Own(placed=False),
}


@cache
def dimensions_of(name: str) -> dict[str, Dimension]:
    """Key → dimension of a list of events."""
    kind = Query(name).event_list.code
    own = _OWN[kind]
    found = [*_TIME, *_AREAS, *((_ROAD, _PLACE) if own.placed else ()), *own.more, *_coded(kind, own)]
    return {one.key: one for one in found}


def _coded(kind: str, own: _Own) -> list[Dimension]:
    """One for each filter of a coded field."""
    tables, found = EVENT_TABLES[kind].coded_fields, []
    for parameter, one in FILTERS[kind].base_filters.items():
        if (
            isinstance(one, django_filters.MultipleChoiceFilter)
            and one.field_name in tables
            and one.lookup_expr == "exact"
        ):
            if one.method is not None:
                continue
            words = _coded_words(tables[one.field_name])
            rollup = own.rolled.get(parameter)
            found.append(
                Dimension(parameter, one.label, F(one.field_name), _ByParameter(parameter), words, rollup=rollup)
            )
    return found


def dimension_of(name: str, key: str) -> Dimension:
    """The dimension of a key.

    Raises:
        DomainError: events of this list are not grouped by that.
    """
    found = dimensions_of(name).get(key)
    if found is None:
        raise DomainError("NO_SUCH_DIMENSION", "没有这一统计维度，请从页面上的选项中选择。")
    return found
