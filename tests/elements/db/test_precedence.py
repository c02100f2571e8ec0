"""Whose word stands: precedence by field, blanks, clearing, conflicts, places."""

from __future__ import annotations

import pytest

from common import jobs
from elements.choices import KeyScheme, PlaceQuality
from elements.models import DriverLicence, Element, ElementAddress, FieldPolicy, Vehicle
from elements.services.policies import change_precedence
from tests.factories.claims import NOW, claim, person_of, submit, vehicle_of
from tests.factories.dumps import count_rows, dump_elements
from tests.factories.numbers import citizen_id, file_number, plate, vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
V = vin(1)


def values_of(vin_value: str, *fields: str) -> tuple:
    return Vehicle.objects.values_list(*fields).get(element=vehicle_of(vin_value))


def test_each_field_takes_the_source_that_comes_first_for_it():
    submit("TRANSPORT", "VEHICLE", claim(9, vin=V, brand="乙牌", parking_address="交通局停车场", seats=50))
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", parking_address="登记停放处", colour="A"))

    # brand: the registry first, though it spoke earlier; parking: transport before the registry; seats, colour: who speaks.
    assert values_of(V, "brand", "parking_address", "seats", "colour") == ("甲牌", "交通局停车场", 50, "A")


def test_a_source_that_no_policy_names_is_believed_last():
    submit("MARKET", "VEHICLE", claim(9, vin=V, brand="丙牌", use_nature="B"))
    submit("FIELD", "VEHICLE", claim(1, vin=V, brand="丁牌"))

    assert values_of(V, "brand", "use_nature") == ("丁牌", "B")


def test_a_blank_says_nothing():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", colour="A"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=V, colour="B"))

    assert values_of(V, "brand", "colour") == ("甲牌", "B")


def test_clearing_says_empty_at_the_precedence_of_its_source():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="乙牌", parking_address="交通局停车场"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", parking_address="登记停放处"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=V, cleared=["brand", "parking_address"]))

    # First for brand: empty. Behind transport for the parking address: transport stands.
    assert values_of(V, "brand", "parking_address") == (None, "交通局停车场")


def test_what_was_cleared_can_be_said_again():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=V, cleared=["brand"]))
    submit("TMRI_VEHICLE", "VEHICLE", claim(3, vin=V, brand="新牌"))

    assert values_of(V, "brand") == ("新牌",)


def test_several_claims_of_one_source_on_one_element_speak_latest_first():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, plate_number=plate(1), plate_type="02"))
    # One row by plate alone, later: another subject key of the same source, the same vehicle.
    submit("TRANSPORT", "VEHICLE", claim(2, plate_number=plate(1), plate_type="02", brand="后说", seats=9))
    submit("TRANSPORT", "VEHICLE", claim(3, vin=V, brand="最后说"))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, fuel="A"))

    assert Element.objects.filter(kind="VEHICLE").count() == 1
    assert values_of(V, "brand", "seats", "fuel") == ("最后说", 9, "A")


def test_conflicts_appear_and_disappear():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, use_nature="A", brand="甲牌"))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, use_nature="B", brand="乙牌"))
    disputed = vehicle_of(V).conflicts
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, use_nature="A"))

    # Brand is observed: precedence alone decides, nothing to dispute.
    assert (disputed, vehicle_of(V).conflicts) == (["use_nature"], [])


def test_the_licence_makes_the_driver():
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(1), name="张试验"))
    before = DriverLicence.objects.count()
    submit(
        "TMRI_DRIVER",
        "PERSON",
        claim(1, citizen_id=citizen_id(1), file_no=file_number(1), licence_classes="C1", points=3),
    )

    assert before == 0
    assert DriverLicence.objects.get(element=person_of(1)).points == 3
    assert Element.objects.standing().filter(kind="PERSON").count() == 1


def test_changing_the_precedence_refolds_and_setting_it_back_restores_exactly():
    for number in range(1, 6):
        submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(number), brand="甲牌", seats=number))
        submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(number), brand="乙牌" if number % 2 else "甲牌"))
    before = dump_elements()
    policy = FieldPolicy.objects.get(kind="VEHICLE", field="brand")
    order, actor = policy.source_order, make_user("admin", "ADMIN")

    job = change_precedence(
        policy=policy, source_order=["TRANSPORT", "TMRI_VEHICLE"], field_class="observed", actor=actor, now=NOW
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    brands = set(Vehicle.objects.values_list("vin", "brand"))
    back = change_precedence(policy=policy, source_order=order, field_class="observed", actor=actor, now=NOW)
    jobs.run(back.pk)
    back.refresh_from_db()

    assert (job.state, job.counts) == ("DONE", {"changed": 3})
    assert brands == {(vin(n), "乙牌" if n % 2 else "甲牌") for n in range(1, 6)}
    assert (back.state, back.counts) == ("DONE", {"changed": 3})
    assert dump_elements() == before


def test_making_a_field_official_opens_its_conflicts():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌"))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="乙牌"))
    policy = FieldPolicy.objects.get(kind="VEHICLE", field="brand")
    job = change_precedence(
        policy=policy, source_order=policy.source_order, field_class="official", actor=make_user("a", "ADMIN"), now=NOW
    )
    jobs.run(job.pk)

    assert (vehicle_of(V).conflicts, *values_of(V, "brand")) == (["brand"], "甲牌")


def test_a_surveyed_point_places_before_an_address(city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, registered_address=city.text(0), grid=3))
    placed = vehicle_of(V)

    assert (placed.block, placed.place_quality) == (city.grids[3], PlaceQuality.SURVEYED)


def test_the_roles_decide_the_block_in_their_order(city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, registered_address=city.text(0), parking_address=city.text(4)))
    parked = vehicle_of(V)
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=V, cleared=["parking_address"]))
    moved = vehicle_of(V)

    assert (parked.block, parked.place_quality) == (city.grids[4], PlaceQuality.ADDRESS)
    assert (moved.block, moved.place_quality) == (city.grids[0], PlaceQuality.ADDRESS)
    assert moved.point == city.address(0).point
    assert list(ElementAddress.objects.filter(element=moved).values_list("role", "text__address")) == [
        ("REGISTERED", city.address(0).pk)
    ]


def test_what_cannot_be_placed_goes_to_its_town_or_to_the_city(city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), registered_address="山东省莱州市沙河镇查无此村99号"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(2)))

    assert (vehicle_of(vin(1)).block, vehicle_of(vin(1)).place_quality) == (
        city.unplaced_towns[1],
        PlaceQuality.UNPLACED,
    )
    assert (vehicle_of(vin(2)).block, vehicle_of(vin(2)).point) == (city.unplaced, None)


def test_keys_of_a_unit_come_from_its_credit_code():
    from tests.factories.numbers import uscc

    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="莱州试验一公司"))
    submit("SECURITY_UNIT", "UNIT", claim(1, org_code=uscc(1)[8:17], name="莱州试验一公司", business_address="云峰路"))

    held = Element.objects.get(kind="UNIT").keys.order_by("scheme").values_list("scheme", "value")
    assert list(held) == [(KeyScheme.USCC, uscc(1)), (KeyScheme.ORG_CODE, uscc(1)[8:17])]
    assert count_rows("elements_finding") == {"elements_finding": 0}
