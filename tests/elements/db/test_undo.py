"""Undo restores exactly, keeps what others say too, and can itself be taken back by importing again."""

from __future__ import annotations

import pytest

from addresses.models.map import MapFeature
from common.models import AuditRow
from elements.fold import retract as retract_module
from elements.models import ClaimBatch, ClaimLog, ClaimSupport, Element, Vehicle
from tests.factories.claims import claim, owned_by, person_of, submit, undo, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import citizen_id, file_number, plate, vin

pytestmark = pytest.mark.usefixtures("city")
V = vin(1)


def brand(number: int = 1) -> str | None:
    return Vehicle.objects.values_list("brand", flat=True).get(element=vehicle_of(vin(number)))


def standing() -> set[int]:
    return set(Element.objects.standing().values_list("pk", flat=True))


def test_undo_restores_every_table_exactly(city):
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(n), plate_number=plate(n), plate_type="02", brand="甲", registered_address=city.text(n % 6),
                use_nature="A", relations=[owned_by(n)]) for n in range(1, 6)),
    )  # fmt: skip
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, parking_address=city.text(2), use_nature="A"))
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张甲", points=3))
    ids, before, visible = set(Element.objects.values_list("pk", flat=True)), dump_elements(), standing()

    messy = submit(
        "TRANSPORT", "VEHICLE",
        claim(3, vin=V, plate_number=plate(1), plate_type="02", brand="乙", use_nature="B", parking_address=city.text(4),
              relations=[owned_by(50)]),
        claim(3, vin=vin(2), cleared=["brand", "seats"], parking_address="查无此处"),
        claim(3, vin=vin(3), grid=5),
        claim(3, vin=vin(77), plate_number=plate(2), plate_type="02", brand="新车"),
        claim(3, plate_number=plate(88), plate_type="02", brand="又一"),
    )  # fmt: skip
    person = submit("SECURITY_PERSON", "PERSON", claim(3, citizen_id=citizen_id(2), name="张乙", grid=1))
    changed = dump_elements(ids)
    undo(person)
    undo(messy)

    assert changed != before
    assert standing() == visible
    after = dump_elements(ids)
    for table in before:
        assert after[table] == before[table], table


def test_undo_of_a_first_file_leaves_nothing_in_lists_and_on_the_map(city):
    batch = submit(
        "TMRI_VEHICLE", "VEHICLE", *(claim(1, vin=vin(n), registered_address=city.text(n % 6)) for n in range(1, 6))
    )
    withdrawn = undo(batch)
    dump = dump_elements()

    assert withdrawn == 5
    assert (standing(), dump["addresses_mapfeature"], dump["elements_vehicleclaim"]) == (set(), [], [])
    assert Element.objects.filter(is_withdrawn=True).count() == 5
    batch.refresh_from_db()
    assert batch.state == ClaimBatch.State.RETRACTED
    assert list(AuditRow.objects.values_list("verb", "subject_id")) == [("BATCH_RETRACTED", str(batch.pk))]


def test_undo_of_one_of_two_files_that_say_the_same_keeps_the_value():
    first = submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲", seats=5))
    second = submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="甲", seats=5))
    before = dump_elements()
    undo(first)
    kept = dump_elements()
    undo(second)

    assert kept == before
    assert standing() == set()


def test_undo_of_the_second_of_two_files_that_say_the_same_keeps_the_value():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    before = dump_elements()
    undo(submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="甲")))

    assert dump_elements() == before


def test_undo_of_both_files_that_say_the_same_the_later_one_first():
    """A support that is withdrawn itself keeps nothing."""
    first = submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    undo(submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="甲")))
    undo(first)

    assert standing() == set()
    assert dump_elements()["elements_vehicleclaim"] == []


def test_a_partial_repetition_supports_no_withdrawn_claim():
    wrong = submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="甲", seats=5))
    undo(wrong)
    (withdrawn,) = ClaimSupport.objects.filter(withdrawn_at__isnull=False).values_list("claim_id", flat=True)
    submit("TRANSPORT", "VEHICLE", claim(3, vin=V, brand="甲"))

    assert ClaimLog.objects.count() == 3
    assert not ClaimSupport.objects.filter(claim_id=withdrawn, withdrawn_at__isnull=True).exists()


def test_undo_in_the_middle_of_there_and_back():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    middle = submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="乙"))
    last = submit("TRANSPORT", "VEHICLE", claim(3, vin=V, brand="甲"))
    undo(middle)
    without_middle = brand()
    undo(last)

    assert (without_middle, brand()) == ("甲", "甲")
    assert ClaimLog.objects.count() == 3


def test_undo_then_import_again_revives_the_same_elements(city):
    rows = [
        claim(
            1,
            vin=vin(n),
            plate_number=plate(n),
            plate_type="02",
            registered_address=city.text(n),
            relations=[owned_by(n)],
        )
        for n in range(1, 4)
    ]
    first = submit("TMRI_VEHICLE", "VEHICLE", *rows)
    before = dump_elements()
    undo(first)
    gone = standing()
    submit("TMRI_VEHICLE", "VEHICLE", *rows)

    assert gone == set()
    assert dump_elements() == before


def test_undo_twice_withdraws_nothing_more():
    batch = submit("TRANSPORT", "VEHICLE", claim(1, vin=V))
    undo(batch)

    assert undo(batch) == 0


def test_a_withdrawn_claim_is_not_revived_by_a_later_row_that_repeats_it():
    wrong = submit("TRANSPORT", "VEHICLE", claim(10, vin=V, brand="甲"))
    undo(wrong)
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    submit("TRANSPORT", "VEHICLE", claim(5, vin=V, brand="乙"))
    probe = submit("TRANSPORT", "VEHICLE", claim(6, vin=V, brand="乙", seats=5))
    undo(probe)

    assert brand() == "乙"


def test_a_value_said_by_a_fuller_row_survives_the_undo_of_the_partial_ones():
    first = submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲", seats=5))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, colour="A"))
    submit("TRANSPORT", "VEHICLE", claim(3, vin=V, brand="甲", colour="A"))
    undo(first)

    assert brand() == "甲"


def test_slices_add_up_to_the_whole(monkeypatch, city):
    rows = [claim(1, vin=vin(n), registered_address=city.text(n % 6)) for n in range(1, 24)]
    submit("TRANSPORT", "VEHICLE", *(claim(0, vin=vin(n), brand="甲") for n in range(1, 12)))
    ids, before = set(Element.objects.values_list("pk", flat=True)), dump_elements()
    batch = submit("TMRI_VEHICLE", "VEHICLE", *rows)
    monkeypatch.setattr(retract_module, "SLICE_SUPPORTS", 5)
    undo(batch)

    assert dump_elements(ids) == before
    assert len(standing()) == 11


def test_relations_go_with_their_claim():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, relations=[owned_by(1)]))
    other = submit("TRANSPORT", "VEHICLE", claim(1, vin=V, relations=[owned_by(2)]))
    undo(other)

    assert list(vehicle_of(V).relations.values_list("object", flat=True)) == [person_of(1).pk]


def test_who_loses_the_licence_is_no_driver_any_more(city):
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(1), name="张甲", residence_address=city.text(1)))
    element, before = person_of(1), dump_elements()
    assert MapFeature.objects.get(subject_id=element.pk).kind == "PERSON"

    drivers = submit("TMRI_DRIVER", "PERSON", claim(2, citizen_id=citizen_id(1), file_no=file_number(1), points=3))
    assert MapFeature.objects.get(subject_id=element.pk).kind == "DRIVER"

    undo(drivers)
    assert dump_elements() == before
    assert MapFeature.objects.get(subject_id=element.pk).kind == "PERSON"


def test_an_undo_says_how_many_rows_it_withdrew(city):
    batch = submit("TMRI_VEHICLE", "VEHICLE", *(claim(vin=vin(n), brand="甲") for n in range(1, 4)))

    assert undo(batch) == 3
    assert AuditRow.objects.get(verb="BATCH_RETRACTED", subject_id=batch.pk).count == 3
    assert undo(batch) == 0
