"""Keys decide what is one thing: VIN before plate, re-issued plates, keys that two things state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from elements.choices import FindingKind, KeyScheme
from elements.models import Element, ElementKey, Finding, Vehicle
from tests.factories.claims import claim, on_day, person_of, submit, vehicle_of
from tests.factories.numbers import citizen_id, file_number, plate, uscc, vin

pytestmark = pytest.mark.usefixtures("city")
P = plate(1)


def plate_periods(number: str = P) -> list[tuple]:
    """(VIN of the holder, from, to), oldest first."""
    keys = ElementKey.objects.filter(scheme=KeyScheme.PLATE, value=f"02:{number}")
    return list(keys.order_by("valid_to").values_list("element__vehicle__vin", "valid_from", "valid_to"))


def day(number: int):
    return timezone.localdate(on_day(number))


def findings() -> list[tuple]:
    return list(
        Finding.objects.order_by("pk").values_list("kind", "element__vehicle__vin", "other__vehicle__vin", "scheme")
    )


def test_the_vin_is_never_overruled_by_a_plate():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(1), plate_number=P, plate_type="02", brand="甲"))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=vin(2), plate_number=P, plate_type="02", brand="乙"))

    assert list(Vehicle.objects.order_by("vin").values_list("vin", "brand")) == sorted([(vin(1), "甲"), (vin(2), "乙")])


def test_one_plate_with_two_vins_is_a_finding_and_never_a_merge():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(1), plate_number=P, plate_type="02"))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=vin(2), plate_number=P, plate_type="02"))

    assert Element.objects.filter(kind="VEHICLE").count() == 2
    assert plate_periods() == [(vin(1), None, None)]
    assert findings() == [(FindingKind.PLATE_ANOMALY, vin(2), vin(1), KeyScheme.PLATE)]


def test_the_same_two_vins_in_one_file():
    submit(
        "TRANSPORT", "VEHICLE",
        claim(1, vin=vin(1), plate_number=P, plate_type="02"), claim(1, vin=vin(2), plate_number=P, plate_type="02"),
    )  # fmt: skip

    assert Element.objects.filter(kind="VEHICLE").count() == 2
    assert len(findings()) == 1


def test_the_finding_opens_once_however_often_the_file_comes():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(1), plate_number=P, plate_type="02"))
    for day_number in (2, 3, 4):
        submit("TRANSPORT", "VEHICLE", claim(day_number, vin=vin(2), plate_number=P, plate_type="02", seats=day_number))

    assert len(findings()) == 1


def test_a_reissue_by_the_authority_cuts_the_old_period():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=P, plate_type="02"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(40, vin=vin(2), plate_number=P, plate_type="02"))

    assert plate_periods() == [(vin(1), None, day(40)), (vin(2), day(40), None)]
    assert findings() == []


def test_a_row_by_plate_alone_means_the_vehicle_that_held_it_on_its_day():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=P, plate_type="02"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(40, vin=vin(2), plate_number=P, plate_type="02"))
    submit("TRANSPORT", "VEHICLE", claim(20, plate_number=P, plate_type="02", brand="旧主"))
    submit("FIELD", "VEHICLE", claim(50, plate_number=P, plate_type="02", brand="新主"))

    assert dict(Vehicle.objects.values_list("vin", "brand")) == {vin(1): "旧主", vin(2): "新主"}


def test_an_older_word_of_the_authority_does_not_cut():
    submit("TMRI_VEHICLE", "VEHICLE", claim(40, vin=vin(1), plate_number=P, plate_type="02"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(2), plate_number=P, plate_type="02"))

    assert plate_periods() == [(vin(1), None, None)]
    assert findings() == [(FindingKind.PLATE_ANOMALY, vin(2), vin(1), KeyScheme.PLATE)]


def test_two_words_of_the_authority_on_one_day_are_an_anomaly_and_no_reissue():
    """A plate is not returned and issued again within a day: the later hour decides nothing."""
    first, second = (claim(1, vin=vin(n), plate_number=P, plate_type="02") for n in (1, 2))
    submit("TMRI_VEHICLE", "VEHICLE", first)
    submit("TMRI_VEHICLE", "VEHICLE", replace(second, observed_at=first.observed_at + timedelta(hours=3)))

    assert plate_periods() == [(vin(1), None, None)]
    assert findings() == [(FindingKind.PLATE_ANOMALY, vin(2), vin(1), KeyScheme.PLATE)]


def test_the_same_number_of_another_plate_type_is_another_plate():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(1), plate_number=P, plate_type="02"))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=vin(2), plate_number=P, plate_type="01"))

    assert (Element.objects.filter(kind="VEHICLE").count(), findings()) == (2, [])


def test_two_keys_at_two_elements_are_a_conflict_and_no_merge():
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张甲"))
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(2), file_no=file_number(2), name="张乙"))
    submit("TMRI_DRIVER", "PERSON", claim(2, citizen_id=citizen_id(1), file_no=file_number(2), points=3))

    opened = list(Finding.objects.values_list("kind", "element", "other", "scheme"))
    assert opened == [(FindingKind.KEY_CONFLICT, person_of(1).pk, person_of(2).pk, KeyScheme.FILE_NO)]
    assert Element.objects.filter(kind="PERSON").count() == 2
    assert (person_of(1).label, person_of(2).label) == ("张甲", "张乙")


def test_one_organisation_code_under_two_credit_codes_is_a_conflict():
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="甲公司"), claim(1, uscc=uscc(2), name="乙公司"))
    submit("SECURITY_UNIT", "UNIT", claim(1, uscc=uscc(1), org_code=uscc(2)[8:17]))

    assert list(Finding.objects.values_list("kind", "element__label", "other__label")) == [
        ("KEY_CONFLICT", "甲公司", "乙公司")
    ]


def test_the_plate_vehicle_takes_its_vin_when_it_is_said():
    submit("TRANSPORT", "VEHICLE", claim(1, plate_number=P, plate_type="02", brand="甲"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=vin(1), plate_number=P, plate_type="02", seats=5))

    assert list(Vehicle.objects.values_list("vin", "plate_number", "brand", "seats")) == [(vin(1), P, "甲", 5)]
    assert vehicle_of(vin(1)).keys.count() == 2


def test_a_period_that_ends_before_it_begins_cannot_be_stored():
    from django.db import IntegrityError, transaction

    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=P, plate_type="02"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ElementKey.objects.filter(scheme=KeyScheme.PLATE).update(valid_from=day(3), valid_to=day(3) - timedelta(days=1))
    assert plate_periods() == [(vin(1), None, None)]


def test_a_plate_changes_hands_on_the_day_of_the_city_not_of_utc():
    midnight = datetime(2026, 3, 31, 16, 0, tzinfo=UTC)  # the first of April in Laizhou
    for moment, number in ((midnight - timedelta(days=20), 1), (midnight, 2)):
        said = claim(0, vin=vin(number), plate_number=plate(1), plate_type="02")
        said.observed_at = moment
        submit("TMRI_VEHICLE", "VEHICLE", said)

    old = ElementKey.objects.get(element=vehicle_of(vin(1)), scheme=KeyScheme.PLATE)
    new = ElementKey.objects.get(element=vehicle_of(vin(2)), scheme=KeyScheme.PLATE)
    assert (old.valid_to, new.valid_from) == (date(2026, 4, 1), date(2026, 4, 1))
