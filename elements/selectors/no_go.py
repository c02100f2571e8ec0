"""No-go rules: which of them forbid whom where and when, for one question and for a whole track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from common import identifiers
from common.errors import DomainError, NotAllowed, NotVisible
from common.geometry import METRIC_SRID
from common.scope import Actor, Right
from elements.choices import ElementKind, RelationType
from elements.models import Element, NoGoPermit, NoGoRule, Relation
from elements.no_go_calendar import is_work_day
from elements.no_go_rules import Passage, Verdict, judge

# A position beside the line of a road is on it up to here: half a wide road and the error of a receiver.
ON_ROAD_M = 25

_ASKED = """
    SELECT q.n, q.vehicle_id, q.vehicle_type, q.use_nature, q.road_id, q.at AT TIME ZONE 'Asia/Shanghai' AS local,
           CASE WHEN q.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(q.lon, q.lat), 4326) END AS point
    FROM unnest(%(n)s::int[], %(vehicle_id)s::bigint[], %(vehicle_type)s::text[], %(use_nature)s::text[],
                %(lon)s::float8[], %(lat)s::float8[], %(road_id)s::bigint[], %(at)s::timestamptz[])
         AS q(n, vehicle_id, vehicle_type, use_nature, lon, lat, road_id, at)"""
# A road without a position: a rule of an area holds when its line crosses the area.
_AT_PLACE = f"""
    SELECT a.*, r.id AS rule_id, r.days, r.from_minute, r.to_minute, r.vehicle_types, r.use_natures, r.is_permit_possible,
           r.valid_from, r.valid_to, extract(hour FROM a.local)::int * 60 + extract(minute FROM a.local)::int AS minute
    FROM asked a JOIN elements_nogorule r ON
        (r.area IS NOT NULL AND (
            (a.point IS NOT NULL AND r.area && a.point AND ST_Intersects(r.area, a.point))
            OR (a.point IS NULL AND EXISTS (
                SELECT 1 FROM elements_road l WHERE l.element_id = a.road_id AND ST_Intersects(r.area, l.line)))))
        OR (r.road_id IS NOT NULL AND (
            r.road_id = a.road_id
            OR EXISTS (SELECT 1 FROM elements_relation s
                       WHERE s.type = 'SECTION_OF' AND s.subject_id = a.road_id AND s.object_id = r.road_id)
            OR (a.point IS NOT NULL AND EXISTS (
                SELECT 1 FROM elements_road l WHERE l.element_id = r.road_id AND l.line && ST_Expand(a.point, 0.001)
                AND ST_DWithin(ST_Transform(l.line, {METRIC_SRID}), ST_Transform(a.point, {METRIC_SRID}), {ON_ROAD_M})))))"""
_TIMED = """
    SELECT p.*, CASE
        WHEN p.from_minute IS NULL THEN p.local::date
        WHEN p.from_minute < p.to_minute THEN CASE WHEN p.minute >= p.from_minute AND p.minute < p.to_minute THEN p.local::date END
        WHEN p.minute >= p.from_minute THEN p.local::date
        WHEN p.minute < p.to_minute THEN p.local::date - 1 END AS begun
    FROM at_place p"""
_FORBIDDING = f"""
    WITH asked AS ({_ASKED}), at_place AS ({_AT_PLACE}), timed AS ({_TIMED})
    SELECT t.n, t.rule_id FROM timed t
    WHERE t.begun IS NOT NULL AND t.begun >= t.valid_from AND (t.valid_to IS NULL OR t.begun < t.valid_to)
      AND (t.days = 'EVERY' OR (t.days = 'WORK') = (t.begun = ANY(%(work_days)s::date[])))
      AND (cardinality(t.vehicle_types) = 0
           OR EXISTS (SELECT 1 FROM unnest(t.vehicle_types) one WHERE starts_with(t.vehicle_type, one)))
      AND (cardinality(t.use_natures) = 0 OR t.use_nature = ANY(t.use_natures))
      AND NOT (t.is_permit_possible AND EXISTS (
          SELECT 1 FROM elements_nogopermit m WHERE m.rule_id = t.rule_id AND m.vehicle_id = t.vehicle_id
          AND m.valid_from <= t.local::date AND m.valid_to > t.local::date))
    ORDER BY t.n, t.rule_id"""
_PLACED = (
    f"WITH asked AS ({_ASKED}), at_place AS ({_AT_PLACE}) SELECT DISTINCT n, rule_id FROM at_place ORDER BY n, rule_id"
)


def forbidding_rules(passages: Sequence[Passage]) -> list[set[int]]:
    """Ids of the rules that forbid each passage, in the order asked: one query however many. For machines: no scope."""
    return _rule_sets(_FORBIDDING, passages)


def rules_at(passages: Sequence[Passage]) -> list[set[int]]:
    """Ids of the rules whose place is that of each passage, whatever the time and the vehicle: one query."""
    return _rule_sets(_PLACED, passages)


def verdicts(passage: Passage) -> list[Verdict]:
    """Every rule at the place of a passage with what speaks for and against it, those that forbid first: three queries."""
    rules = list(NoGoRule.objects.filter(pk__in=rules_at([passage])[0]).select_related("road").order_by("pk"))
    permits = NoGoPermit.objects.filter(rule__in=rules, vehicle_id=passage.vehicle_id).order_by("pk")
    by_rule: dict[int, list[NoGoPermit]] = {}
    for permit in permits:
        by_rule.setdefault(permit.rule_id, []).append(permit)
    found = [judge(rule, passage, place=_place(rule), permits=by_rule.get(rule.pk, [])) for rule in rules]
    return sorted(found, key=lambda one: (not one.is_forbidden, not one.applies))


def _place(rule: NoGoRule) -> str:
    if rule.road is not None:
        return _("位于禁行道路 %(road)s") % {"road": rule.road.label}
    return _("位于禁行区域内")


def _rule_sets(sql: str, passages: Sequence[Passage]) -> list[set[int]]:
    found: list[set[int]] = [set() for _passage in passages]
    if not passages:
        return found
    with connection.cursor() as cursor:
        cursor.execute(sql, _parameters(passages))
        for number, rule_id in cursor.fetchall():
            found[number].add(rule_id)
    return found


def _parameters(passages: Sequence[Passage]) -> dict[str, list[Any]]:
    local_days = {timezone.localdate(one.at) for one in passages}
    days: set[date] = local_days | {day - timedelta(days=1) for day in local_days}
    return {
        "n": list(range(len(passages))),
        "vehicle_id": [one.vehicle_id for one in passages],
        "vehicle_type": [one.vehicle_type for one in passages],
        "use_nature": [one.use_nature for one in passages],
        "lon": [one.position[0] if one.position else None for one in passages],
        "lat": [one.position[1] if one.position else None for one in passages],
        "road_id": [one.road_id for one in passages],
        "at": [one.at for one in passages],
        "work_days": sorted(day for day in days if is_work_day(day)),
    }


# --- pages ---


@dataclass(frozen=True, slots=True)
class RulesOfPage:
    """Rules that hold today or later, and those that ended."""

    current: list[NoGoRule]
    ended: list[NoGoRule]


def require_reader(user: Actor) -> None:
    """Rules are public notices: who reads elements or configures may read them all.

    Raises:
        NotAllowed: the user does neither.
    """
    if not {Right.READ, Right.CONFIGURE} & user.scope.rights:
        raise NotAllowed


def rules_of_page(user: Actor, today: date) -> RulesOfPage:
    """All rules with the number of permits that hold today: one query."""
    rules = list(rules_with_permits(user, today).order_by("-valid_from", "-pk"))
    ended = [one for one in rules if one.valid_to is not None and one.valid_to <= today]
    return RulesOfPage(current=[one for one in rules if one not in ended], ended=ended)


def rules_with_permits(user: Actor, today: date) -> QuerySet[NoGoRule]:
    """Rules with their road, `permit_count` (of permits that hold today) and `version` (id of the last event).

    Raises:
        NotAllowed: the user neither reads elements nor configures.
    """
    require_reader(user)
    holding = Q(permits__valid_from__lte=today, permits__valid_to__gt=today)
    rules = NoGoRule.objects.select_related("road")
    return rules.annotate(permit_count=Count("permits", filter=holding), version=Max("events__pgh_id"))


def rule_of_page(rule_id: int, user: Actor, today: date) -> NoGoRule:
    """A rule with its `version` (id of its last event), for the form.

    Raises:
        NotVisible: there is none.
    """
    rule = rules_with_permits(user, today).filter(pk=rule_id).first()
    if rule is None:
        raise NotVisible
    return rule


def rules_touching(road: Element, user: Actor, today: date) -> list[NoGoRule]:
    """Rules of a road or section, of the road it is part of and of its parts, and of areas that its line crosses."""
    line = road.road.line if getattr(road, "road", None) else None
    relations = Relation.objects.filter(type=RelationType.SECTION_OF)
    touching = (
        Q(road=road)
        | Q(road__in=relations.filter(subject=road).values("object"))
        | Q(road__in=relations.filter(object=road).values("subject"))
    )
    if line is not None:
        touching |= Q(area__intersects=line)
    return list(rules_with_permits(user, today).filter(touching).order_by("-valid_from", "-pk"))


def road_choices(user: Actor) -> list[tuple[int, str]]:
    """Whole roads in the scope by name."""
    roads = Element.objects.visible_to(user).standing().filter(kind=ElementKind.ROAD).exclude(road__is_section=True)
    return [(pk, label or f"#{pk}") for pk, label in roads.order_by("label", "pk").values_list("pk", "label")]


def vehicle_by_plate(text: str, user: Actor) -> Element:
    """The visible vehicle with exactly that plate.

    Raises:
        NotVisible: none in the scope.
        DomainError: several, of different kinds of plate.
    """
    plate = identifiers.parse_plate(text)
    vehicles = Element.objects.visible_to(user).standing().select_related("vehicle")
    found = list(vehicles.filter(kind=ElementKind.VEHICLE, vehicle__plate_number=plate.value)[:2])
    if not plate.is_valid or not found:
        raise NotVisible
    if len(found) > 1:
        raise DomainError("PLATE_TWICE", "有几辆车登记了这个号牌（号牌种类不同），请先在机动车登记中核对。")
    return found[0]
