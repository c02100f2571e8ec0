"""The tour finds its cases by asking the data; nobody is led outside his own area."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from common import clock
from console.selectors.tour import cases
from elements.choices import KeyScheme
from elements.models import Element
from events.choices import EventFindingState
from events.services.capture_findings import settle_finding
from exchange.models import Partner
from exchange.services.delivery_claim import claim as in_flight
from exchange.services.delivery_results import Delivered, note_delivered
from exchange.services.recall import recall_record
from tests.factories.claims import claim, element_with, submit, vehicle_of
from tests.factories.event_files import land
from tests.factories.events import days_ago, event, report, row, take_back
from tests.factories.numbers import citizen_id, plate, uscc, vin
from tests.factories.partners import fan_out, make_contract, make_partner
from tests.factories.places import point_in
from tests.factories.positions import fix, land_positions
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
TODAY = date(2026, 11, 1)


def owned_by_unit(number: int) -> dict:
    return {
        "type": "OWNED_BY", "kind": "UNIT", "scheme": int(KeyScheme.USCC), "value": uscc(number),
        "label": "试验客运公司",
    }  # fmt: skip


def found(user) -> dict[str, tuple[str, dict]]:
    return {case.key: (case.url, case.figures) for case in cases(user, TODAY, clock.now())}


@pytest.fixture
def brigade():
    return make_user("brigade", "BRIGADE")


def test_without_such_things_there_is_no_card(brigade):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", grid=1))
    assert found(brigade) == {}


def test_a_reissued_plate(brigade):
    for day, number in ((1, 1), (9, 2)):
        submit("TMRI_VEHICLE", "VEHICLE", claim(day, vin=vin(number), plate_number=plate(1), plate_type="02", grid=1))

    url, figures = found(brigade)["reissued_plate"]
    assert url == reverse("console:element", args=[vehicle_of(vin(2)).pk])
    assert figures == {"since": date(2026, 3, 10)}


def test_of_several_plates_that_went_over_the_one_of_a_new_vehicle_is_shown(brigade):
    """The others, of two vehicles registered for years, may be a wrong row: they are newer in the register, and shown last."""
    registered = {1: date(2015, 1, 1), 2: date(2026, 3, 10), 3: date(2016, 1, 1), 4: date(2016, 1, 1)}
    for day, number, of in ((1, 1, 1), (9, 2, 1), (1, 3, 2), (20, 4, 2)):
        submit(
            "TMRI_VEHICLE", "VEHICLE",
            claim(
                day, vin=vin(number), plate_number=plate(of), plate_type="02", grid=1,
                first_registered_on=registered[number],
            ),
        )  # fmt: skip

    url, figures = found(brigade)["reissued_plate"]
    assert (url, figures) == (
        reverse("console:element", args=[vehicle_of(vin(2)).pk]), {"since": date(2026, 3, 10)},
    )  # fmt: skip

    submit("TMRI_VEHICLE", "VEHICLE", claim(30, vin=vin(2), first_registered_on=date(2014, 1, 1)))
    assert found(brigade)["reissued_plate"][0] == reverse("console:element", args=[vehicle_of(vin(4)).pk])


def test_three_sources_with_three_names(brigade):
    for source, name in (("TMRI_DRIVER", "张伟"), ("SECURITY_PERSON", "张玮"), ("VILLAGE_NOTEBOOK", "张纬")):
        submit(source, "PERSON", claim(1, citizen_id=citizen_id(1), name=name, grid=1))

    assert found(brigade)["three_sources"][1] == {"names": 3}


def test_a_fleet_of_which_no_bus_is_inspected(brigade):
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="试验客运公司", grid=1))
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(
            claim(1, vin=vin(n), use_nature="B", inspection_valid_to=date(2026, 5, n), relations=[owned_by_unit(1)])
            for n in (1, 2, 3)
        ),
    )  # fmt: skip
    url, figures = found(brigade)["overdue_bus_fleet"]
    assert figures == {"vehicles": 3}
    assert str(element_with(KeyScheme.USCC, uscc(1)).pk) in url

    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=vin(1), inspection_valid_to=date(2027, 5, 1)))
    assert "overdue_bus_fleet" not in found(brigade)


def test_a_broken_signal_only_where_one_may_look(brigade, city):
    submit("FACILITY_LEDGER", "FACILITY", claim(1, number="1", name="信号灯", facility_type="01", state="2", grid=1))
    signal = Element.objects.get(kind="FACILITY")
    assert f"/elements/{signal.pk}/" in found(brigade)["broken_signal"][0]
    assert found(make_user("officer", "OFFICER")) == {}
    assert cases(make_user("auditor", "AUDITOR"), TODAY, clock.now()) == []


def test_the_page_leads_to_the_cases(brigade, client):
    submit("FACILITY_LEDGER", "FACILITY", claim(1, number="1", name="信号灯甲", facility_type="01", state="2", grid=1))
    client.force_login(brigade)
    page = client.get(reverse("console:tour")).content.decode()
    assert 'data-case="broken_signal"' in page and "信号灯甲" in page
    client.force_login(make_user("auditor", "AUDITOR"))
    assert client.get(reverse("console:tour")).status_code == 403


def test_an_accident_that_was_told_twice_comes_before_a_violation(brigade):
    values = {"occurred_at": days_ago(3), "plate_number": plate(1), "plate_type": "02", "code": "1101", "grid": 0}
    report("VIOLATION", row("VIOLATION", "V1", **values))
    report("ACCIDENT", row("ACCIDENT", "A1", occurred_at=days_ago(3), accident_type="4", place_text="试验路口", grid=0))
    assert "told_anew" not in found(brigade)

    report("VIOLATION", row("VIOLATION", "V1", **(values | {"fine_yuan": 200})))
    violation = reverse("console:event", args=["violations", event("VIOLATION", "V1").pk])
    assert found(brigade)["told_anew"] == (violation, {"kind": "交通违法", "versions": 2})

    again = report("ACCIDENT", row("ACCIDENT", "A1", occurred_at=days_ago(3), injured=2, grid=0))
    accident = reverse("console:event", args=["accidents", event("ACCIDENT", "A1").pk])
    assert found(brigade)["told_anew"] == (accident, {"kind": "交通事故", "versions": 2})
    # What was undone is no version.
    take_back(again)
    assert found(brigade)["told_anew"][0] == violation


def test_a_plate_in_two_places_at_once_until_somebody_settles_it(brigade):
    cells = {"号牌号码": plate(1), "号牌种类": "02", "置信度": "95"}
    for number, at, grid in (("K1", "10:00:00", 0), ("K2", "10:01:00", 5)):
        lon, lat = point_in(grid)
        place = {"经度": f"{lon:.6f}", "纬度": f"{lat:.6f}"}
        land("CAPTURE", {"过车编号": number, "过车时间": f"2026-03-05 {at}", **cells, **place})

    url, figures = found(brigade)["impossible_pair"]
    assert "1 分钟内相距" in figures["evidence"]
    finding_id = int(url.rstrip("/").split("/")[-1])
    assert url == reverse("console:event-finding", args=[finding_id])
    # Seen at grid 5 last: not the area of the officer.
    assert "impossible_pair" not in found(make_user("officer", "OFFICER"))

    settle_finding(finding_id=finding_id, state=EventFindingState.CLONED, note="已核实", actor=brigade, now=clock.now())
    assert "impossible_pair" not in found(brigade)


def test_vehicles_with_a_fresh_position(brigade):
    now = clock.now()
    land_positions([fix(1, now - timedelta(minutes=40))])
    assert "moving_vehicles" not in found(brigade)

    land_positions([fix(1, now - timedelta(minutes=5)), fix(2, now - timedelta(minutes=6))])
    url, figures = found(brigade)["moving_vehicles"]
    assert (url, figures["vehicles"]) == (reverse("map:page") + "?layers=vehicles", 2)


def deliver_all() -> None:
    """What waits goes out, and is taken: without a network."""
    fan_out()
    for partner in Partner.objects.all():
        rendered, _ = in_flight(partner, now=clock.now(), limit=99)
        note_delivered([(one, Delivered("HZ")) for one in rendered], clock.now())


def a_told_driver(*codes: str) -> Element:
    """A driver of whom these partners hold name and phone."""
    for code in codes:
        make_contract(make_partner(code, name=f"伙伴{code}"), "DRIVER", "name", "phone")
    submit(
        "TMRI_DRIVER", "PERSON",
        claim(1, citizen_id=citizen_id(1), name="张试验", phone="13800000001", licence_classes="B2", grid=0),
    )  # fmt: skip
    deliver_all()
    return Element.objects.get(kind="PERSON")


def test_a_driver_whom_three_partners_hold(brigade):
    driver = a_told_driver("a", "b", "c")

    url, figures = found(brigade)["told_to_three"]

    assert url == reverse("console:element", args=[driver.pk])
    assert (figures["record"], figures["holders"], figures["names"]) == (driver.pk, 3, "伙伴a、伙伴b、伙伴c")
    # Who sees no partners is not told who holds what.
    assert "told_to_three" not in found(make_user("officer", "OFFICER"))

    recall_record(subject="DRIVER", subject_id=driver.pk, reason="试验召回", actor=None, now=clock.now())
    deliver_all()
    assert "told_to_three" not in found(brigade)


def test_two_partners_are_not_three(brigade):
    a_told_driver("a", "b")
    assert "told_to_three" not in found(brigade)


def test_the_desk_is_spoken_of_where_one_runs(brigade, client, settings):
    driver = a_told_driver("a", "b", "c")
    client.force_login(brigade)
    address = reverse("console:tour")

    without = client.get(address).content.decode()
    assert "演示台" not in without
    assert all(f'href="/exchange/partners/{code}/?tab=ledger&amp;record={driver.pk}"' in without for code in "abc")
    settings.DEMO_DESK_URL = "http://localhost:8713"
    with_desk = client.get(address).content.decode()
    assert (
        'href="http://localhost:8713/#partner-a"' in with_desk and 'href="http://localhost:8713/#bureau"' in with_desk
    )
    assert f'href="http://localhost:8713/dispute/partner-a?record={driver.pk}"' in with_desk
    assert reverse("exchange:link", args=["bureau-persons"]) in with_desk
