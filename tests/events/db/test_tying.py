"""Which vehicle and person an event concerns: the plate of its day, what waits, what changes hands, merges."""

from __future__ import annotations

import pytest

from accounts.choices import Role
from common.models import ChangeRow
from elements.models import Element, Source
from elements.services.merges import merge_elements, undo_merge
from events.models import AccidentParty, Capture, Tracker, Violation
from events.services.tying import tie_elements
from tests.factories.claims import NOW, claim, person_of, submit, vehicle_of
from tests.factories.event_files import land
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")


def a_vehicle(number: int = 1, day: int = 0, plate_of: int | None = None, **values: str) -> Element:
    values = {"plate_number": plate(plate_of or number), "plate_type": "02"} | values
    submit("TMRI_VEHICLE", "VEHICLE", claim(day, vin=vin(number), **values))
    return vehicle_of(vin(number))


def a_violation(number: str = "V1", at: str = "2026-03-20 10:00", **cells: str) -> Violation:
    land("VIOLATION", {"违法编号": number, "违法时间": at, "号牌号码": plate(1), "号牌种类": "02"} | cells)
    return Violation.objects.get(number=number)


def tie(*elements: Element) -> int:
    """What the reader does with changes of these elements."""
    from django.db import connection

    with connection.cursor() as cursor:
        return tie_elements(cursor, "SELECT unnest(%(ids)s::bigint[])", {"ids": [one.pk for one in elements]})


def test_an_event_is_tied_to_vehicle_and_person_as_it_comes_in():
    vehicle = a_vehicle()
    submit("TMRI_DRIVER", "PERSON", claim(0, citizen_id=citizen_id(1), name="张试验"))

    violation = a_violation(身份证号=citizen_id(1))
    assert (violation.vehicle, violation.person) == (vehicle, person_of(1))


def test_an_event_waits_until_its_vehicle_and_person_are_known():
    violation = a_violation(身份证号=citizen_id(1))
    assert (violation.vehicle, violation.person) == (None, None)

    vehicle = a_vehicle()
    submit("TMRI_DRIVER", "PERSON", claim(0, citizen_id=citizen_id(1), name="张试验"))
    assert tie(vehicle, person_of(1)) == 2
    violation.refresh_from_db()
    assert (violation.vehicle, violation.person) == (vehicle, person_of(1))
    assert ChangeRow.objects.filter(subject_table="events_violation", verb="TIED").count() == 2
    assert tie(vehicle, person_of(1)) == 0


def test_a_reissued_plate_ties_each_event_to_who_bore_it_on_that_day():
    before = a_vehicle(1, day=0)
    old, new = a_violation("V1", "2026-03-20 10:00"), a_violation("V2", "2026-06-20 10:00")
    assert (old.vehicle, new.vehicle) == (before, before)

    # The register says on day 60 (April 30th) that another vehicle has the plate.
    after = a_vehicle(2, day=60, plate_of=1)
    tie(before, after)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.vehicle, new.vehicle) == (before, after)


def test_a_plate_without_its_type_is_tied_only_where_one_vehicle_bears_it():
    small = a_vehicle(1)
    violation = a_violation("V1", 号牌种类="")
    assert violation.vehicle == small

    trailer = a_vehicle(2, plate_of=1, plate_type="15")
    tie(small, trailer)
    violation.refresh_from_db()
    assert violation.vehicle is None
    assert a_violation("V2", 号牌种类="15").vehicle == trailer


def test_merge_and_unmerge_carry_the_events_along():
    keep, drop = a_vehicle(1), a_vehicle(2)
    violation = a_violation(号牌号码=plate(2))
    assert violation.vehicle == drop

    actor = make_user("brigade", Role.BRIGADE)
    merge = merge_elements(keep_id=keep.pk, drop_id=drop.pk, reason="同一辆车", actor=actor, now=NOW)
    violation.refresh_from_db()
    assert violation.vehicle == keep
    assert tie(keep, drop) == 0

    undo_merge(merge=merge, actor=actor, now=NOW)
    violation.refresh_from_db()
    assert violation.vehicle == drop
    assert tie(keep, drop) == 0


def test_captures_parties_and_trackers_are_tied_as_well():
    land("CAPTURE", {"过车编号": "K1", "过车时间": "2026-03-20 10:00", "号牌号码": plate(1), "号牌种类": "02"})
    land("ACCIDENT", {"事故编号": "SG1", "事故时间": "2026-03-20 10:00"})
    land(
        "PARTY", {"事故编号": "SG1", "人员编号": "1", "号牌号码": plate(1), "号牌种类": "02", "身份证号": citizen_id(1)}
    )
    tracker = Tracker.objects.create(
        source=Source.objects.get(code="TRANSPORT"), plate_number=plate(1), plate_type="02"
    )

    vehicle = a_vehicle()
    submit("TMRI_DRIVER", "PERSON", claim(0, citizen_id=citizen_id(1), name="张试验"))
    assert tie(vehicle, person_of(1)) == 3
    tracker.refresh_from_db()
    party = AccidentParty.objects.get()
    assert (Capture.objects.get().vehicle, party.vehicle, party.person, tracker.vehicle) == (
        vehicle, vehicle, person_of(1), vehicle,
    )  # fmt: skip
