"""Every rule that is shipped, on a thing that nearly meets it: one stored fact more and it is tagged, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from common import clock
from common.jobs import UnwatchedRun
from elements.models import ClaimBatch, Element
from elements.services.sections import cut_roads
from events.models import EventFinding
from events.services.capture_findings import settle_finding
from exchange.importers.lines import parse_line
from tagging.choices import EndCause
from tagging.models import Assignment, Tag
from tagging.selectors.shipped import read_catalogue
from tagging.services.manual import set_tag
from tagging.services.shipping import load_shipped
from tests.factories.claims import claim, owned_by, person_of, submit, vehicle_of
from tests.factories.events import days_ago, report, row, take_back
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.places import SmallCity, point_in
from tests.factories.tagging import Answers, answers, hits, take_changes
from tests.factories.upkeep import danger_spot, facility
from tests.factories.users import make_user

Steps = Iterator[Any]
YES, NO = Answers(True, True, True, True), Answers(False, False, False, False)


@pytest.fixture(scope="module")
def module_shipped(module_city, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        load_shipped(now=clock.now())
        yield


@pytest.fixture
def shipped(module_shipped, city) -> SmallCity:
    return city


def today(days: int = 0) -> date:
    return clock.today() + timedelta(days=days)


def driver(number: int = 1, *, source: str = "TMRI_DRIVER", day: int = 0, **values: Any) -> Element:
    submit(source, "PERSON", claim(day, citizen_id=citizen_id(number), name="张试验", **values))
    return person_of(number)


def vehicle(number: int = 1, *, source: str = "TMRI_VEHICLE", day: int = 0, **values: Any) -> Element:
    said = {"plate_number": plate(number), "plate_type": "02", "grid": 1} | values
    submit(source, "VEHICLE", claim(day, vin=vin(number), **said))
    return vehicle_of(vin(number))


def offence(code: str, days: int = 10, **values: Any) -> ClaimBatch:
    """A violation by the first driver in the first vehicle."""
    said = {
        "citizen_id": citizen_id(1),
        "plate_number": plate(1),
        "plate_type": "02",
        "processed_at": days_ago(1),
    } | values
    number = f"{code}/{days}"
    return report("VIOLATION", row("VIOLATION", number, occurred_at=days_ago(days), code=code, grid=0, **said))


def accident(number: int, days: int = 20, **values: Any) -> ClaimBatch:
    """One with somebody hurt, on the road, in the first grid."""
    said = {"accident_type": "2", "injured": 1, "deaths": 0, "road_name": "试验路", "grid": 0} | values
    return report("ACCIDENT", row("ACCIDENT", f"A{number}", occurred_at=days_ago(days), **said))


def section() -> Element:
    """The part of a road that lies in the first grid."""
    (west, south), (east, north) = point_in(0, 0.3), point_in(1)
    drawn, _problem = parse_line(f"LINESTRING ({west} {south}, {east} {north})", "WGS84")
    named = {"name": "试验路", "route_code": "X901", "road_class": "13", "is_section": False}
    submit("HIGHWAY", "ROAD", claim(1, number="R1", grid=0, **named, **drawn))
    cut_roads(UnwatchedRun())
    return Element.objects.standing().filter(road__is_section=True).order_by("block__code")[0]


def column(make: Callable[..., Element], **fields: tuple[Any, Any]) -> Callable[[SmallCity], Steps]:
    """A thing with the first values, then the second ones, then the first again."""

    def steps(_city: SmallCity) -> Steps:
        yield make(day=1, **{name: near for name, (near, _met) in fields.items()})
        yield make(day=2, **{name: met for name, (_near, met) in fields.items()})
        yield make(day=3, **{name: near for name, (near, _met) in fields.items()})

    return steps


def offended(make: Callable[..., Element], near: str, met: str) -> Callable[[SmallCity], Steps]:
    """Somebody with another violation, then with the one that counts; then that is taken back."""

    def steps(_city: SmallCity) -> Steps:
        driver(), vehicle(vehicle_type="N11")
        offence(near)
        yield make()
        batch = offence(met)
        yield
        yield take_back(batch)

    return steps


def due(make: Callable[..., Element], field: str, last: int = 0, **more: Any) -> Callable[[SmallCity], Steps]:
    """The last day on which it is in order, then the day after."""
    return column(lambda **said: make(**more, **said), **{field: (today(last), today(last - 1))})


def lives_elsewhere(city: SmallCity) -> Steps:
    home = {"source": "SECURITY_PERSON", "household_address": city.text(0)}
    yield driver(day=1, residence_address=city.text(0), **home)
    yield driver(day=2, residence_address=city.text(2), **home)
    yield driver(day=3, residence_address=city.text(0), **home)


def driven_by_another(_city: SmallCity) -> Steps:
    driver(1), driver(2)
    for day, number in enumerate((1, 2, 1), start=1):
        yield vehicle(day=day, relations=[owned_by(1), {**owned_by(number), "type": "DRIVEN_BY"}])


def plate_of_two(_city: SmallCity) -> Steps:
    vehicle(2)
    made = vehicle(1, day=1)
    offence("1717")
    yield made
    submit("TRANSPORT", "VEHICLE", claim(2, vin=vin(1), plate_number=plate(2), plate_type="02"))
    yield


def seen_twice(_city: SmallCity) -> Steps:
    made = vehicle()
    offence("1717")
    seen = {"plate_number": plate(1), "plate_read": plate(1), "plate_type": "02", "confidence_pct": 95}
    report("CAPTURE", row("CAPTURE", "K1", grid=0, occurred_at=days_ago(1), **seen))
    yield made
    report("CAPTURE", row("CAPTURE", "K2", grid=5, occurred_at=days_ago(1, 12, 1), **seen))
    yield
    brigade = make_user("brigade", "BRIGADE")
    yield settle_finding(
        finding_id=EventFinding.objects.get().pk, state="MISREAD", note="看错", actor=brigade, now=clock.now()
    )


def one_open_more(_city: SmallCity) -> Steps:
    made = driver()
    for days in range(1, 5):
        offence("1039", days, processed_at=None)
    yield made
    batch = offence("1039", 5, processed_at=None)
    yield
    yield take_back(batch)


def somebody_died(_city: SmallCity) -> Steps:
    made = driver(points=9)
    accident(1, accident_type="2", injured=1)
    said = {"accident_number": "A1", "citizen_id": citizen_id(1), "responsibility": "3"}
    report("PARTY", row("PARTY", "A1/1", person_name="张试验", **said))
    yield made
    batch = accident(1, accident_type="2", injured=1, deaths=1)
    yield
    yield take_back(batch)


def accidents(make: Callable[[], Element], count: int) -> Callable[[SmallCity], Steps]:
    """One accident short, and one more than meets the eye: only damage."""

    def steps(_city: SmallCity) -> Steps:
        made = make()
        for number in range(1, count):
            accident(number, 20 + number)
        accident(0, accident_type="4", injured=0)
        yield made
        batch = accident(count)
        yield
        yield take_back(batch)

    return steps


CASES: list[tuple[str, Callable[[SmallCity], Steps]]] = [
    ("KEY_DRIVER", column(driver, points=(11, 12))),
    ("KEY_DRIVER", one_open_more),
    ("KEY_DRIVER", somebody_died),
    ("DRINK_DRIVING", offended(driver, "1625", "1712")),
    ("DRUG_DRIVING", offended(driver, "1712", "5035")),
    ("LOST_LICENCE", column(driver, licence_state=("B", "BD"))),
    ("LOST_LICENCE", offended(driver, "1709", "1006")),
    ("REVIEW_OVERDUE", due(driver, "review_due_on", -30, licence_classes="A2", points=3)),
    ("LICENCE_OVERDUE", due(driver, "licence_valid_to")),
    ("DRIVER_OVERCROWD", offended(driver, "1637", "1710")),
    ("LIVES_ELSEWHERE", lives_elsewhere),
    ("INSPECTION_OVERDUE", due(vehicle, "inspection_valid_to")),
    ("SCRAP_OVERDUE", due(vehicle, "scrap_due_on")),
    ("TRANSPORT_PERMIT_EXPIRED", due(vehicle, "transport_permit_valid_to", source="TRANSPORT")),
    ("TWO_PASSENGER_ONE_HAZARD", column(vehicle, vehicle_type=("K11", "K11"), use_nature=("C", "B"))),
    ("KEY_TRANSPORT", column(vehicle, vehicle_type=("H11", "H11"), total_mass_kg=(11_999, 12_000))),
    ("SLAG_CANDIDATE", column(vehicle, vehicle_type=("H11", "H17"))),
    ("DRIVER_NOT_OWNER", driven_by_another),
    ("PLATE_ANOMALY", plate_of_two),
    ("PLATE_ANOMALY", seen_twice),
    ("VEHICLE_OVERCROWD", offended(vehicle, "1637", "1716")),
    ("FARM_PEOPLE", offended(lambda: vehicle(vehicle_type="N11"), "1110", "6017")),
    ("KEY_SECTION", accidents(section, 2)),
    ("ACCIDENT_SECTION", accidents(section, 5)),
    ("ACCIDENT_SPOT", accidents(danger_spot, 5)),
    ("OPEN_DANGER", column(danger_spot, review_result=("1", "2"))),
    ("DANGER_OVERDUE", due(danger_spot, "treat_by_on")),
    ("FACILITY_MISSING", column(facility, state=("2", "3"))),
    ("FACILITY_DAMAGED", column(facility, state=("5", "2"))),
    ("FACILITY_EXPIRED", due(facility, "expires_on")),
]


def test_no_shipped_rule_is_left_out():
    assert {code for code, _steps in CASES} == {one.code for one in read_catalogue().rules}


@pytest.mark.parametrize(("code", "steps"), CASES, ids=[f"{code}-{number}" for number, (code, _) in enumerate(CASES)])
def test_one_stored_fact_gives_the_tag_and_takes_it(shipped, code, steps):
    rule = next(one for one in read_catalogue().rules if one.code == code)
    way = steps(shipped)
    element = next(way)
    take_changes()
    assert answers(code, element) == NO
    assert element.pk in hits(rule.near_body)

    next(way)
    take_changes()
    assert answers(code, element) == YES
    tag = Assignment.objects.standing().get(rule__code=code, element=element)
    assert any(asked["is_met"] for asked in tag.evidence)
    assert element.pk not in hits(rule.near_body)

    if next(way, "stays") == "stays":
        return
    take_changes()
    assert answers(code, element) == NO
    tag.refresh_from_db()
    assert (tag.end_cause, tag.until is None) == (EndCause.RULE, False)


def test_a_candidate_is_none_any_more_once_somebody_says_it_is_a_slag_truck(shipped):
    element = vehicle(vehicle_type="H17")
    take_changes()
    assert answers("SLAG_CANDIDATE", element) == YES

    brigade = make_user("brigade", "BRIGADE")
    tag = Tag.objects.get(code="SLAG_TRUCK")
    set_tag(element=element, tag=tag, reason="城管核准第 1 号", ends_on=today(30), actor=brigade, now=clock.now())
    take_changes()

    assert answers("SLAG_CANDIDATE", element) == NO


def test_a_cancelled_vehicle_is_neither_passenger_nor_freight(shipped):
    element = vehicle(day=1, vehicle_type="H14", use_nature="R", total_mass_kg=20_000, state="A")
    take_changes()
    assert answers("TWO_PASSENGER_ONE_HAZARD", element) == answers("KEY_TRANSPORT", element) == YES

    vehicle(day=2, vehicle_type="H14", use_nature="R", total_mass_kg=20_000, state="GE")
    take_changes()
    assert answers("TWO_PASSENGER_ONE_HAZARD", element) == answers("KEY_TRANSPORT", element) == NO
