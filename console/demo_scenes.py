"""What people of the demonstration did after the files were in: through the services that their pages call.

Every text, notice and picture is invented and says so. A scene that was played is not played again.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.contrib.gis.db.models import Union
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db.models import QuerySet
from django.utils import timezone
from PIL import Image, ImageDraw

from accounts.models import User
from addresses.choices import AreaKind
from addresses.models import Area
from common import clock, jobs
from duty.models import Inspection, WorkOrder
from duty.services import orders
from duty.services.inspections import record_inspection
from duty.services.steps import ReceivedPhoto
from elements.choices import DayKind
from elements.kinds import FAULT_STATES
from elements.models import DuplicatePair, Element, ExpectedCount, FacilityClaim, NoGoPermit, NoGoRule
from elements.services.duplicates import request_search
from elements.services.expected_counts import load_expected_counts
from elements.services.no_go import RuleDraft, add_permit, save_rule

Tell = Callable[[str], None]
# Every request of the demonstration has the same id however often it is played.
_SPACE = uuid.UUID("37068300-0000-4000-8000-000000000000")
_NOTICE = "演示通告〔2026〕1 号"
_DEPARTMENT = "演示·市政设施维护单位"
# How far each order in turn has come: names of the steps after the report.
_COURSES = (
    ("dispatch",),
    ("dispatch", "repair"),
    ("dispatch", "repair", "check"),
    ("dispatch", "repair", "return"),
    (),
)
ORDERS, INSPECTIONS = 20, 40


def play_scenes(city: Path, as_of: date, tell: Tell) -> None:
    """Expected counts, the search for duplicates, no-go rules with permits, upkeep of facilities."""
    brigade = User.objects.get(username="brigade")
    leader = User.objects.get(username="squadron-1")
    if not ExpectedCount.objects.exists():
        report = load_expected_counts(content=(city / "expected.csv").read_bytes(), actor=brigade, now=clock.now())
        tell(f"应有数：新增 {report.created:,}，有问题 {report.rejected:,}")
    if not DuplicatePair.objects.exists():
        jobs.run(request_search().pk)
        tell(f"疑似重复：{DuplicatePair.objects.count():,}")
    _announce_no_go(brigade, as_of)
    tell(f"禁行规定：{NoGoRule.objects.count():,}，通行证 {NoGoPermit.objects.count():,}")
    _keep_up(brigade, leader, as_of)
    tell(f"工单：{WorkOrder.objects.count():,}，巡检 {Inspection.objects.count():,}")


def _announce_no_go(brigade: User, as_of: date) -> None:
    """Trucks by day in the town, and at any time on one of its roads; three trucks have permits."""
    if NoGoRule.objects.filter(notice=_NOTICE).exists():
        return
    since = as_of.replace(month=1, day=1)
    town = Area.objects.filter(kind=AreaKind.GRID, is_urban=True, is_pseudo=False, valid_to__isnull=True)
    ground = town.aggregate(whole=Union("geom"))["whole"]
    drafts = []
    if ground is not None:
        ground = ground if isinstance(ground, MultiPolygon) else MultiPolygon(ground)
        largest = max(ground, key=lambda part: part.area)
        drafts.append(
            RuleDraft(
                "城区货车白天禁行（演示）", since, _NOTICE, MultiPolygon(Polygon(largest.exterior_ring), srid=4326).geojson,
                days=DayKind.WORK, from_minute=7 * 60, to_minute=19 * 60, vehicle_types=["H1", "H2"],
            )
        )  # fmt: skip
    road = Element.objects.standing().filter(kind="ROAD", road__is_section=False, road__line__isnull=False)
    if (street := road.order_by("-road__length_m").first()) is not None:
        drafts.append(
            RuleDraft(
                "夜间货车禁行（演示）", since, _NOTICE, road_id=street.pk, from_minute=22 * 60, to_minute=6 * 60,
                vehicle_types=["H"], is_permit_possible=False,
            )
        )  # fmt: skip
    rules = [save_rule(draft=draft, rule_id=None, version=None, actor=brigade, now=clock.now()) for draft in drafts]
    trucks = Element.objects.standing().filter(kind="VEHICLE", vehicle__vehicle_type__startswith="H").order_by("pk")
    permitting = [rule for rule in rules if rule.is_permit_possible][:1]
    for number, truck in enumerate(trucks[:3] if permitting else (), start=1):
        add_permit(
            rule_id=permitting[0].pk, number=f"演示通行证-{number:03d}", vehicle_id=truck.pk, valid_from=since,
            valid_to=since.replace(year=since.year + 1), actor=brigade, now=clock.now(),
        )  # fmt: skip


def _keep_up(brigade: User, leader: User, as_of: date) -> None:
    """Orders about what is out of order in the leader's area, each a step farther than the one before; inspections."""
    begin = timezone.make_aware(datetime.combine(as_of - timedelta(days=24), time(9)))
    facilities = Element.objects.visible_to(leader).standing().filter(kind="FACILITY", danger__isnull=True)
    # The broken signal is left for whoever looks round: nobody has reported it yet.
    facilities = facilities.exclude(facility__facility_type="01")
    for number, facility in enumerate(_said_to_be(facilities, *FAULT_STATES)[:ORDERS]):
        _order(facility, _COURSES[number % len(_COURSES)], brigade, leader, begin + timedelta(hours=5 * number))
    _inspect(_said_to_be(facilities, "1")[:INSPECTIONS], leader, begin)


def _said_to_be(facilities: QuerySet[Element], *states: str) -> QuerySet[Element]:
    """Those of which the ledger says so: what the orders do to their state does not change whom the scene is about."""
    said = FacilityClaim.objects.filter(source__code="FACILITY_LEDGER", state__in=states)
    return facilities.filter(pk__in=said.values("element")).order_by("pk")


def _order(facility: Element, course: tuple[str, ...], brigade: User, leader: User, now: datetime) -> None:
    request_id = uuid.uuid5(_SPACE, f"order {facility.pk}")
    if WorkOrder.objects.filter(request_id=request_id).exists():
        return
    order = orders.report_fault(
        facility_id=facility.pk, cause="FAULT", fault="演示：巡查发现设施损坏，影响通行", request_id=request_id, actor=leader,
        now=now, photos=[_picture("故障现场", facility.pk)],
    )  # fmt: skip
    for step in course:
        now += timedelta(days=2)
        common = {"number": order.number, "version": order.version, "now": now}
        if step == "dispatch":
            due_on = timezone.localdate(now) + timedelta(days=10)
            order = orders.dispatch(owner_department=_DEPARTMENT, due_on=due_on, actor=brigade, **common)
        elif step == "repair":
            photo = _picture("修复后", facility.pk)
            order = orders.report_repair(note="演示：已更换部件", photos=[photo], actor=leader, **common)
        elif step == "check":
            order = orders.check(note="演示：现场复查完好", actor=brigade, **common)
        else:
            order = orders.return_for_rework(note="演示：仍有松动，请重修", actor=brigade, **common)


def _inspect(facilities: QuerySet[Element], leader: User, begin: datetime) -> None:
    for number, facility in enumerate(facilities):
        record_inspection(
            facility_id=facility.pk, result="GOOD", request_id=uuid.uuid5(_SPACE, f"inspection {facility.pk}"),
            actor=leader, now=begin + timedelta(hours=3 * number),
        )  # fmt: skip


def _picture(title: str, number: int) -> ReceivedPhoto:
    """A drawn picture, plainly no photograph; another one for each thing."""
    image = Image.new("RGB", (960, 720), (236, 240, 244))
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, 920, 680), outline=(90, 110, 130), width=6)
    # Bars stand for the number, so that no two pictures are one.
    for bit in range(24):
        height = 260 if number >> bit & 1 else 80
        draw.rectangle((90 + bit * 33, 560 - height, 112 + bit * 33, 560), fill=(0, 95, 153))
    draw.text(
        (90, 90), f"DEMO {number} {'BEFORE' if title == '故障现场' else 'AFTER'}", fill=(60, 70, 80), font_size=44
    )
    content = io.BytesIO()
    image.save(content, "PNG")
    return ReceivedPhoto(content.getvalue(), f"演示-{title}.png")
