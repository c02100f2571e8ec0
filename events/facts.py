"""Facts about what happened to a thing: accidents, violations, calls and checkpoint readings in a window of time.

An event counts when it happened in the window and was known by then. What its source took back never counts.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path as FilePath

from common.facts import Asked, Fact, FactType, GroupRead, Nulls, Parameter, Touches, register_facts
from elements.choices import ElementKind

_GROUPS_FILE = FilePath(__file__).resolve().parent / "codes" / "offence_groups.csv"
_WINDOW = Parameter("days", "最近", FactType.NUMBER, unit="天")
SERIOUS, SERIOUS_POINTS = "SERIOUS", 6
_MOST_METRES = 5_000
# Shares of responsibility that make somebody answerable: whole, main, equal.
_CULPABLE = "('1', '2', '3')"


@dataclass(frozen=True, slots=True)
class _Subject:
    """How rows `x` of a table of events lead to things: SQL joins and the column of the thing's id."""

    kind: ElementKind
    column: str
    joins: str = ""
    parameters: tuple[Parameter, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Measure:
    """What is counted: a table `x`, conditions over it, and the value.

    Attributes:
        where: SQL that the rows must meet, from the question.
        value: SQL over the rows of one thing; "" = how many events.
        is_age: days since the latest; the window tells how far back one looks.
        touched_by: further tables of change rows → SQL of the rows `x` they touch, over the array placeholder.
    """

    key: str
    label: str
    table: str
    unit: str
    where: Callable[[Asked], str] = lambda _asked: ""
    value: str = ""
    parameters: tuple[Parameter, ...] = ()
    is_age: bool = False
    is_versioned: bool = True
    touched_by: Mapping[str, str] = field(default_factory=dict)
    null_meaning: str = "期间没有发生"


@cache
def offence_groups() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Group of offences → name and codes of 违法行为; of `SERIOUS` no codes, it goes by points."""
    with _GROUPS_FILE.open(encoding="utf-8") as stream:
        return {row["code"]: (row["name"], tuple(row["members"].split())) for row in csv.DictReader(stream)}


def register() -> None:
    """Called once, when the app is ready."""
    register_facts([_fact(measure, subject) for measure, subjects in _MEASURES for subject in subjects])


def _fact(measure: _Measure, subject: _Subject) -> Fact:
    return Fact(
        f"{subject.kind.lower()}.{measure.key}",
        subject.kind,
        subject.label + measure.label,
        FactType.NUMBER,
        GroupRead(
            lambda asked: _rows(measure, subject, asked), lambda asked, since: _by_time(measure, subject, asked, since)
        ),
        "事件",
        unit=measure.unit,
        nulls=Nulls.UNKNOWN if measure.is_age else Nulls.NONE,
        null_meaning=measure.null_meaning,
        parameters=(_WINDOW, *subject.parameters, *measure.parameters),
        touched_by=_touches(measure, subject),
        record_table=measure.table,
    )


def _from(measure: _Measure, subject: _Subject, asked: Asked) -> str:
    """FROM and WHERE of the events that count, but for the window."""
    known = ""
    if asked.moment.is_past and measure.is_versioned:
        known = f"JOIN events_eventkey k ON k.id = x.id AND k.known_at <= {asked.bind(asked.moment.as_of)}"
    metres = asked.bind(asked.arguments["metres"]) if "metres" in asked.arguments else "0"
    standing = " AND NOT x.is_withdrawn" if measure.is_versioned else ""
    return f"""FROM {measure.table} x {known} {subject.joins.format(metres=metres)}
               WHERE {subject.column} IS NOT NULL{standing}{measure.where(asked)}{asked.narrowed(subject.column)}"""


def _rows(measure: _Measure, subject: _Subject, asked: Asked) -> str:
    at, days = asked.bind(asked.moment.at), asked.bind(asked.arguments["days"])
    window = f"make_interval(days => {days})"
    # Telling events apart costs a sort of each group; only a join can bring one twice.
    count = "count(DISTINCT x.id)" if subject.joins else "count(*)"
    value = measure.value.format(at=at) or count
    evidence = ""
    if asked.with_evidence:
        # One event may come by two sources' relations: its id is kept once.
        until = f"max(x.occurred_at) + {window}" if measure.is_age else f"min(x.occurred_at) + {window}"
        evidence = f""", (ARRAY(SELECT DISTINCT i FROM unnest(array_agg(x.id ORDER BY x.occurred_at DESC)) i ORDER BY i DESC))[1:20] AS records,
                       {until} AS until"""
    return f"""SELECT {subject.column} AS id, {value} AS value{evidence}
               {_from(measure, subject, asked)} AND x.occurred_at > {at}::timestamptz - {window} AND x.occurred_at <= {at}
               GROUP BY 1"""


def _by_time(measure: _Measure, subject: _Subject, asked: Asked, since: datetime) -> str:
    """Whose events left the window; of days since the latest, whose passed another day."""
    at, before, days = asked.bind(asked.moment.at), asked.bind(since), asked.bind(asked.arguments["days"])
    window = f"make_interval(days => {days})"
    left = f"x.occurred_at > {before}::timestamptz - {window} AND x.occurred_at <= {at}::timestamptz - {window}"
    if measure.is_age:
        left = f"""({left} OR x.occurred_at > {at}::timestamptz - {window} AND x.occurred_at <= {at}
                    AND floor(extract(epoch FROM {at}::timestamptz - x.occurred_at) / 86400)
                        <> floor(extract(epoch FROM {before}::timestamptz - x.occurred_at) / 86400))"""
    return f"SELECT {subject.column} AS id {_from(measure, subject, asked)} AND {left}"


def _touches(measure: _Measure, subject: _Subject) -> dict[str, Touches]:
    rows = {measure.table: "x.id = ANY({ids})", **measure.touched_by}
    return {table: _touch(measure, subject, which) for table, which in rows.items()}


def _touch(measure: _Measure, subject: _Subject, which: str) -> Touches:
    joins = subject.joins.format(metres=_MOST_METRES)
    sql = f"SELECT {subject.column} FROM {measure.table} x {joins} WHERE {subject.column} IS NOT NULL AND "
    return lambda ids: sql + which.format(ids=ids)


def _offence(asked: Asked) -> str:
    """Violations of the groups asked for; of none, all."""
    groups = [str(one) for one in asked.arguments.get("offences") or ()]
    if not groups:
        return ""
    codes = asked.bind(sorted({code for one in groups for code in offence_groups()[one][1]}))
    serious = f" OR x.points_by_rule >= {SERIOUS_POINTS}" if SERIOUS in groups else ""
    return f" AND (x.code = ANY({codes}){serious})"


def _open_offence(asked: Asked) -> str:
    at = asked.bind(asked.moment.at)
    return f"{_offence(asked)} AND (x.processed_at IS NULL OR x.processed_at > {at})"


def _severity(asked: Asked) -> str:
    wanted = asked.arguments.get("severity") or ()
    return "" if not wanted else f" AND {_SEVERITY} = ANY({asked.bind(list(wanted))})"


_SEVERITY = """CASE WHEN coalesce(x.deaths, 0) > 0 OR x.accident_type = '1' THEN 'FATAL'
                    WHEN coalesce(x.injured, 0) > 0 OR x.accident_type = '2' THEN 'INJURY' ELSE 'LOSS' END"""


def _culpable_fatal(_asked: Asked) -> str:
    return f""" AND x.responsibility IN {_CULPABLE} AND EXISTS (
        SELECT 1 FROM events_accident a WHERE a.id = x.accident_id AND NOT a.is_withdrawn
          AND (a.deaths > 0 OR a.accident_type = '1'))"""


def _doubt(asked: Asked) -> str:
    """Doubts that stand: open, or found to be a cloned plate. At a past moment what was settled since was open."""
    standing = "x.state IN ('OPEN', 'CLONED')"
    if asked.moment.is_past:
        at = asked.bind(asked.moment.at)
        standing = f"x.opened_at <= {asked.bind(asked.moment.as_of)} AND ({standing} OR x.closed_at > {at})"
    return f" AND ({standing})"


def _severities() -> Mapping[str, str]:
    from events.choices import Severity

    return dict(Severity.choices)


_OFFENCES = Parameter(
    "offences", "违法种类", FactType.CODE, choices=lambda: {k: n for k, (n, _) in offence_groups().items()}, default=()
)
_SEVERITIES = Parameter("severity", "事故后果", FactType.CODE, choices=_severities, default=())
_METRES = Parameter("metres", "周边", FactType.NUMBER, unit="米", most=_MOST_METRES)
# A section takes what happened on its road inside its own block.
_ON_SECTION = """CROSS JOIN LATERAL (
    SELECT x.road_id AS id UNION
    SELECT r.subject_id FROM elements_relation r JOIN elements_element s ON s.id = r.subject_id AND s.block_id = x.block_id
    WHERE r.type = 'SECTION_OF' AND r.object_id = x.road_id) road"""
_OWNED = """JOIN elements_relation r ON r.subject_id = x.vehicle_id AND r.type = 'OWNED_BY'
            JOIN elements_element u ON u.id = r.object_id AND u.kind = 'UNIT'"""
# The box is fenced, so that the dear distance never makes the planner leave the index.
_AROUND = """JOIN LATERAL (
                  SELECT m.subject_id, m.geom FROM addresses_mapfeature m
                  WHERE m.layer = 2 AND m.kind IN ('FACILITY', 'DANGER', 'FAULT') AND m.geom && ST_Expand(x.point, {metres}::float8 / 85000) OFFSET 0) f
             ON ST_DistanceSphere(f.geom, x.point) <= {metres}"""

# A party learns from its accident when it was and how it ended.
_OF_ACCIDENT = {"events_accident": "x.accident_id = ANY({ids})"}
_DRIVER = _Subject(ElementKind.PERSON, "x.person_id")
_CAR = _Subject(ElementKind.VEHICLE, "x.vehicle_id")
_FLEET = _Subject(ElementKind.UNIT, "r.object_id", _OWNED, label="名下车辆的")
_ROAD = _Subject(ElementKind.ROAD, "road.id", _ON_SECTION)
_SPOT = _Subject(ElementKind.FACILITY, "f.subject_id", _AROUND, (_METRES,), label="周边")

_MEASURES: tuple[tuple[_Measure, tuple[_Subject, ...]], ...] = (
    (
        _Measure("violations", "交通违法起数", "events_violation", "起", _offence, parameters=(_OFFENCES,)),
        (_DRIVER, _CAR, _FLEET, _ROAD),
    ),
    (
        _Measure(
            "open_violations", "未处理违法起数", "events_violation", "起", _open_offence, parameters=(_OFFENCES,)
        ),
        (_DRIVER, _CAR, _FLEET),
    ),
    (
        _Measure(
            "violation_points", "违法记分合计", "events_violation", "分", _offence,
            value="coalesce(sum(coalesce(x.points, x.points_by_rule, 0)), 0)", parameters=(_OFFENCES,),
        ),
        (_DRIVER,),
    ),
    (
        _Measure(
            "days_since_violation", "距最近一次违法天数", "events_violation", "天", _offence,
            value="floor(extract(epoch FROM {at}::timestamptz - max(x.occurred_at)) / 86400)::int", parameters=(_OFFENCES,),
            is_age=True, null_meaning="期间没有违法",
        ),
        (_DRIVER, _CAR),
    ),
    (
        _Measure("accidents", "事故起数", "events_accident", "起", _severity, parameters=(_SEVERITIES,)),
        (_ROAD, _SPOT),
    ),
    (
        _Measure("deaths", "事故死亡人数", "events_accident", "人", value="coalesce(sum(x.deaths), 0)"),
        (_ROAD,),
    ),
    (
        _Measure(
            "party_accidents", "涉及事故起数", "events_accidentparty", "起",
            value="count(DISTINCT x.accident_id)", touched_by=_OF_ACCIDENT,
        ),
        (_DRIVER, _CAR, _FLEET),
    ),
    (
        _Measure(
            "culpable_fatal", "负同等以上责任的死亡事故起数", "events_accidentparty", "起", _culpable_fatal,
            value="count(DISTINCT x.accident_id)", touched_by=_OF_ACCIDENT,
        ),
        (_DRIVER, _CAR, _FLEET),
    ),
    (
        _Measure("incidents", "警情起数", "events_incident", "起"),
        (_CAR, _ROAD),
    ),
    (
        _Measure(
            "plate_doubts", "卡口疑点（套牌嫌疑）", "events_eventfinding", "个",
            _doubt, is_versioned=False,
        ),
        (_Subject(ElementKind.VEHICLE, "x.element_id"),),
    ),
    (
        _Measure("captures", "过车次数", "events_capture", "次", is_versioned=False),
        (_CAR,),
    ),
)  # fmt: skip
