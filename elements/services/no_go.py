"""Writing no-go rules and permits; asking about one vehicle, on record."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Polygon
from django.db import IntegrityError, transaction
from django.db.models import Max

from common.audit import record_audit
from common.codes import code_table
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.geometry import SRID, in_laizhou_box
from common.scope import Actor, Right
from elements.choices import DayKind, ElementKind
from elements.models import Element, NoGoPermit, NoGoRule
from elements.no_go_rules import Passage, Verdict
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.no_go import vehicle_by_plate, verdicts

MAX_POINTS = 2_000
_TABLE = "elements_nogorule"
_DAY_MINUTES = 1440


@dataclass(frozen=True)
class RuleDraft:
    """What a rule shall be. Minutes from midnight, both None: all day; `area` is GeoJSON text, else `road_id`."""

    name: str
    valid_from: date
    notice: str = ""
    area: str = ""
    road_id: int | None = None
    days: str = DayKind.EVERY
    from_minute: int | None = None
    to_minute: int | None = None
    vehicle_types: list[str] = field(default_factory=list)
    use_natures: list[str] = field(default_factory=list)
    is_permit_possible: bool = True
    valid_to: date | None = None


def may_write_rules(actor: Actor) -> bool:
    """Who configures, and the brigade: who corrects in the whole city."""
    scope = actor.scope
    return Right.CONFIGURE in scope.rights or (Right.CORRECT in scope.rights and scope.all_blocks)


def save_rule(*, draft: RuleDraft, rule_id: int | None, version: int | None, actor: Actor, now: datetime) -> NoGoRule:
    """Makes a rule, or changes the one that the writer has seen as `version` (id of its last event).

    Raises:
        NotAllowed: the user may not write rules.
        NotVisible: there is no such rule.
        Conflict: changed by somebody else in the meantime, or the notice has a rule of that name already.
        DomainError: what is wrong with the draft.
    """
    require_writer(actor)
    try:
        with transaction.atomic():
            rule = locked_rule(rule_id, version) if rule_id else NoGoRule()
            area = read_area(draft.area) if draft.area.strip() else None
            values = asdict(draft) | {"area": area, "name": draft.name.strip(), "notice": draft.notice.strip()}
            _check(draft, values, keeps_road=draft.road_id is not None and rule.road_id == draft.road_id, actor=actor)
            changed = [name for name, value in values.items() if getattr(rule, name) != value]
            for name, value in values.items():
                setattr(rule, name, value)
            if changed:
                rule.save()
                fields = [name.removesuffix("_id") for name in changed]
                if rule_id:
                    _audit(rule, fields, actor, now, verb="NO_GO_CHANGED")
                else:
                    _audit(rule, fields, actor, now, verb="NO_GO_ADDED")
    except IntegrityError as error:
        raise Conflict("NO_GO_TWICE", "同一通告已有同名、同日起施行的规定。请改用其他名称，或修改原有规定。") from error
    return rule


def read_area(text: str) -> MultiPolygon:
    """Polygons of GeoJSON text; a hole is ground where one may go.

    Raises:
        DomainError: unreadable, none, too fine, outside the city, or crossing itself.
    """
    try:
        geom = GEOSGeometry(json.dumps(json.loads(text)), srid=SRID)
    except (ValueError, TypeError, RecursionError, GEOSException, GDALException) as error:
        raise DomainError("NO_GO_AREA", "禁行区域无法读取，应为 GeoJSON 的多边形。请在地图上重画。") from error
    if not isinstance(geom, Polygon | MultiPolygon) or geom.empty:
        raise DomainError("NO_GO_AREA", "禁行区域不是多边形。请在地图上至少画三个角点。")
    if geom.num_coords > MAX_POINTS:
        raise DomainError("NO_GO_AREA_FINE", f"禁行区域超过 {MAX_POINTS:,} 个角点，请先简化。")
    west, south, east, north = geom.extent
    if not (in_laizhou_box(west, south) and in_laizhou_box(east, north)):
        raise DomainError("NO_GO_OUTSIDE", "禁行区域超出莱州范围。坐标应为 WGS84 经纬度，请检查是否写反。")
    if not geom.valid:
        raise DomainError("NO_GO_CROSSED", "禁行区域的边线自相交，请重画，使边线互不相交。")
    return geom if isinstance(geom, MultiPolygon) else MultiPolygon(geom, srid=SRID)


def add_permit(
    *, rule_id: int, number: str, vehicle_id: int, valid_from: date, valid_to: date, actor: Actor, now: datetime
) -> NoGoPermit:
    """Writes a permit down.

    Raises:
        NotAllowed: the user may not write rules.
        NotVisible: no such rule, or no such vehicle in the scope.
        DomainError: no number, no period, or the rule knows no permits.
        Conflict: the number is taken.
    """
    require_writer(actor)
    number = number.strip()
    if not 1 <= len(number) <= 40:
        raise DomainError("PERMIT_NUMBER", "请填写通行证号，不超过 40 个字。")
    if valid_to <= valid_from:
        raise DomainError("PERMIT_PERIOD", "通行证的失效日期必须晚于生效日期。")
    try:
        with transaction.atomic():
            rule = NoGoRule.objects.select_for_update().filter(pk=rule_id).first()
            vehicle = _standing(vehicle_id, ElementKind.VEHICLE, actor)
            if rule is None or vehicle is None:
                raise NotVisible
            if not rule.is_permit_possible:
                raise DomainError("PERMIT_NONE", "这项规定不接受通行证。如需放行，请先修改规定。")
            permit = NoGoPermit.objects.create(
                rule=rule, number=number, vehicle=vehicle, valid_from=valid_from, valid_to=valid_to
            )
            record_audit(
                actor_id=actor.pk, verb="NO_GO_PERMITTED", subject_table="elements_nogopermit", subject_id=permit.pk,
                count=1, now=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("PERMIT_TWICE", "这个通行证号已经登记过，请核对证号。") from error
    return permit


@dataclass(frozen=True, slots=True)
class Answer:
    """What every rule at a place says of a vehicle; `label` is what the reader may call it."""

    vehicle: Element
    label: str
    at: datetime
    verdicts: list[Verdict]

    @property
    def forbidding(self) -> list[Verdict]:
        return [one for one in self.verdicts if one.is_forbidden]


def check_plate(
    *, plate: str, position: tuple[float, float] | None, road_id: int | None, at: datetime, actor: Actor, now: datetime
) -> Answer:
    """`check_vehicle` for the visible vehicle with that plate: the question of page and API.

    Raises:
        NotVisible: no such vehicle or road in the scope.
        DomainError: no place, or the plate is that of several vehicles.
    """
    vehicle = vehicle_by_plate(plate, actor)
    found = check_vehicle(vehicle=vehicle, position=position, road_id=road_id, at=at, actor=actor, now=now)
    return Answer(vehicle, shown_label(vehicle.kind, vehicle.label, in_full=may_read_names(actor)), at, found)


def check_vehicle(
    *,
    vehicle: Element,
    position: tuple[float, float] | None,
    road_id: int | None,
    at: datetime,
    actor: Actor,
    now: datetime,
) -> list[Verdict]:
    """What every rule at a place says of a visible vehicle at a time; the question is on record like a search.

    Raises:
        NotAllowed: no right to read.
        NotVisible: the vehicle or the road is outside the scope.
        DomainError: no place.
    """  # fmt: skip
    if Right.READ not in actor.scope.rights:
        raise NotAllowed
    if position is None and road_id is None:
        raise DomainError("NO_GO_PLACE", "请选择道路，或填写经纬度。")
    if _standing(vehicle.pk, ElementKind.VEHICLE, actor) is None:
        raise NotVisible
    if road_id is not None and _standing(road_id, ElementKind.ROAD, actor) is None:
        raise NotVisible
    known = getattr(vehicle, "vehicle", None)
    passage = Passage(
        at=at, vehicle_id=vehicle.pk, vehicle_type=(known.vehicle_type if known else "") or "",
        use_nature=(known.use_nature if known else "") or "", position=position, road_id=road_id,
    )  # fmt: skip
    with transaction.atomic():
        record_audit(
            actor_id=actor.pk, verb="NO_GO_CHECKED", subject_table="elements_element", subject_id=vehicle.pk, count=1, now=now
        )  # fmt: skip
        return verdicts(passage)


def require_writer(actor: Actor) -> None:
    """Refuses who may not write rules.

    Raises:
        NotAllowed: see `may_write_rules`.
    """
    if not may_write_rules(actor):
        raise NotAllowed("只有大队和系统管理员可以制定禁行规定。")


def locked_rule(rule_id: int, version: int | None) -> NoGoRule:
    """The rule, held until the transaction ends, as the writer has seen it.

    Raises:
        NotVisible: there is no such rule.
        Conflict: changed by somebody else in the meantime.
    """
    rule = NoGoRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotVisible
    # pghistory adds the relation.
    last = rule.events.aggregate(last=Max("pgh_id"))["last"]  # type: ignore[attr-defined]
    if last != version:
        raise Conflict("NO_GO_STALE", "这项规定刚被别人修改过。请刷新页面，核对后重新修改。")
    return rule


def _check(draft: RuleDraft, values: dict[str, object], *, keeps_road: bool, actor: Actor) -> None:
    """What the database would refuse, and what it cannot know, each with its cure."""
    if not values["name"] or len(str(values["name"])) > 80 or len(str(values["notice"])) > 60:
        raise DomainError("NO_GO_NAME", "请填写名称（80 字以内）；通告文号不超过 60 字。")
    if (values["area"] is None) == (draft.road_id is None):
        raise DomainError("NO_GO_WHERE", "禁行规定要么划定区域，要么指定道路，请选择其一。")
    if draft.road_id is not None and not keeps_road and _standing(draft.road_id, ElementKind.ROAD, actor) is None:
        raise DomainError("NO_GO_ROAD", "没有找到这条道路：它可能已撤销、已并入其他道路，或不在您的管辖范围内。")
    if draft.days not in DayKind.values:
        raise DomainError("NO_GO_DAYS", "请选择每天、工作日或休息日和节假日。")
    _check_minutes(draft.from_minute, draft.to_minute)
    if draft.valid_to is not None and draft.valid_to <= draft.valid_from:
        raise DomainError("NO_GO_PERIOD", "失效日期必须晚于施行日期。")
    types, uses = code_table("cllx"), code_table("syxz")
    unknown = [one for one in draft.vehicle_types if not one or not any(code.startswith(one) for code in types)]
    unknown += [one for one in draft.use_natures if one not in uses]
    if unknown:
        raise DomainError("NO_GO_CODE", f"没有这样的车辆类型或使用性质代码：{'、'.join(unknown)}。请从列表中选择。")


def _check_minutes(start: int | None, end: int | None) -> None:
    if (start is None) != (end is None):
        raise DomainError("NO_GO_HOURS", "禁行时段的起止时间须成对填写；全天禁行请都留空。")
    if start is None or end is None:
        return
    if not (0 <= start < _DAY_MINUTES and 0 < end <= _DAY_MINUTES):
        raise DomainError("NO_GO_HOURS", "禁行时段须在 0:00 至 24:00 之间。")
    if start == end:
        raise DomainError("NO_GO_HOURS", "禁行时段的起止时间不能相同；全天禁行请都留空。")


def _standing(element_id: int, kind: ElementKind, actor: Actor) -> Element | None:
    return Element.objects.visible_to(actor).standing().filter(pk=element_id, kind=kind).first()


def _audit(rule: NoGoRule, fields: list[str], actor: Actor, now: datetime, *, verb: str) -> None:
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=_TABLE, subject_id=rule.pk, fields=fields, count=1, now=now
    )  # fmt: skip
