"""What happens to claims as files come: repeats, A→B→A, late older files, several rows of one subject."""

from __future__ import annotations

import pytest
from django.db import connection

from common.models import ChangeRow
from elements.choices import KeyScheme
from elements.fold.sql import said_in_log
from elements.kinds import KINDS
from elements.models import ClaimLog, ClaimSupport, Element, Vehicle, VehicleClaim
from elements.selectors.detail import visible_element
from elements.services.claims import StagedClaim
from tests.factories.claims import claim, on_day, owned_by, person_of, submit, undo, vehicle_of
from tests.factories.dumps import SILENT_TABLES, count_rows, dump_elements
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
V = vin(1)


def brand() -> str | None:
    return Vehicle.objects.values_list("brand", flat=True).get(element=vehicle_of(V))


def test_there_and_back_again_is_three_claims():
    for day, name in enumerate(("甲", "乙", "甲"), start=1):
        submit("TRANSPORT", "VEHICLE", claim(day, vin=V, brand=name))

    log = ClaimLog.objects.order_by("pk").values_list("payload__brand", "observed_at")
    assert list(log) == [("甲", on_day(1)), ("乙", on_day(2)), ("甲", on_day(3))]
    assert (brand(), VehicleClaim.objects.count()) == ("甲", 1)


def test_the_same_file_twice_changes_nothing(city):
    rows = [
        claim(1, vin=vin(n), plate_number=plate(n), plate_type="02", brand="甲", registered_address=city.text(n % 6),
              relations=[owned_by(n)])
        for n in range(1, 8)
    ]  # fmt: skip
    submit("TMRI_VEHICLE", "VEHICLE", *rows)
    before = (
        dump_elements(),
        count_rows(*SILENT_TABLES),
        list(Element.objects.order_by("pk").values_list("pk", "version", "updated_at")),
    )
    submit("TMRI_VEHICLE", "VEHICLE", *rows)

    after = (
        dump_elements(),
        count_rows(*SILENT_TABLES),
        list(Element.objects.order_by("pk").values_list("pk", "version", "updated_at")),
    )
    assert after == before
    # Each row of the second file stands behind the claim that the first one made.
    assert ClaimSupport.objects.count() == 14


def test_the_same_thing_said_on_another_day_changes_nothing_either():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲", seats=5))
    before = count_rows(*SILENT_TABLES)
    submit("TRANSPORT", "VEHICLE", claim(5, vin=V, brand="甲", seats=5))

    assert count_rows(*SILENT_TABLES) == before


def test_a_row_that_repeats_a_part_is_logged_once_and_changes_no_element():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲", seats=5))
    before = dump_elements(), Element.objects.get().version
    batches = [submit("TRANSPORT", "VEHICLE", claim(5, vin=V, brand="甲")) for _ in range(3)]
    assert (Element.objects.get().version, ClaimLog.objects.count()) == (before[1], 2)
    assert VehicleClaim.objects.get().observed_at == on_day(5)

    for batch in batches:
        undo(batch)
    assert (dump_elements(), Element.objects.get().version) == before


def test_a_late_older_row_does_not_win():
    submit("TRANSPORT", "VEHICLE", claim(5, vin=V, brand="新"))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="旧", seats=7))

    # It adds what nobody said later.
    assert list(Vehicle.objects.values_list("brand", "seats")) == [("新", 7)]
    assert ClaimLog.objects.count() == 2


def test_a_late_older_row_does_not_win_over_a_repetition():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    repeated = submit("TRANSPORT", "VEHICLE", claim(3, vin=V, brand="甲"))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="乙"))
    assert brand() == "甲"

    undo(repeated)
    assert brand() == "乙"


def test_a_repetition_puts_its_subject_before_another_one_of_its_source():
    """One thing, known to one source once by VIN and once by plate."""
    submit("MARKET", "VEHICLE", claim(0, vin=V, plate_number=plate(1), plate_type="02"))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    submit("TRANSPORT", "VEHICLE", claim(2, plate_number=plate(1), plate_type="02", brand="乙"))
    assert brand() == "乙"

    submit("TRANSPORT", "VEHICLE", claim(3, vin=V, brand="甲"))
    assert brand() == "甲"


def test_the_last_row_of_a_file_speaks_for_the_subject():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="一"), claim(1, vin=V, brand="二"), claim(1, vin=V, seats=4))

    assert list(Vehicle.objects.values_list("brand", "seats")) == [("二", 4)]


def test_the_latest_date_in_a_file_goes_before_its_last_row():
    submit("TRANSPORT", "VEHICLE", claim(9, vin=V, brand="晚"), claim(3, vin=V, brand="早"))

    assert brand() == "晚"


def test_there_and_back_within_one_file_ends_at_its_last_row():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, brand="甲"))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="乙"), claim(2, vin=V, brand="甲"))

    assert brand() == "甲"


def test_two_rows_that_add_to_a_known_subject():
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=V, brand="甲"), claim(2, vin=V, seats=9))

    assert list(Vehicle.objects.values_list("brand", "seats")) == [("甲", 9)]


def test_rows_of_one_file_meet_by_their_better_key():
    submit(
        "TRANSPORT", "VEHICLE",
        claim(1, plate_number=plate(1), plate_type="02", brand="甲"),
        claim(1, vin=V, plate_number=plate(1), plate_type="02", seats=5),
    )  # fmt: skip

    assert list(Vehicle.objects.values_list("vin", "brand", "seats")) == [(V, "甲", 5)]


def test_a_row_with_its_own_number_only_is_found_again():
    tricycle = StagedClaim(1, on_day(1), {"brand": "三轮"}, source_row_id="N-17")
    later = StagedClaim(1, on_day(2), {"brand": "三轮", "colour": "C"}, source_row_id="N-17")
    from elements.models import Source
    from elements.services.claims import submit_claims
    from tests.factories.claims import NOW

    for row, source in ((tricycle, "AGRICULTURE"), (later, "AGRICULTURE"), (tricycle, "VILLAGE_NOTEBOOK")):
        submit_claims(source=Source.objects.get(code=source), kind_code="VEHICLE", claims=[row], actor=None, now=NOW)

    # The same number of another source is another thing.
    assert list(Vehicle.objects.order_by("pk").values_list("brand", "colour")) == [("三轮", "C"), ("三轮", None)]


def test_an_owner_is_a_stub_until_a_source_brings_the_person(city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, relations=[owned_by(7, "李试验")], grid=0))
    stub = person_of(7)
    before = (stub.is_owned, stub.label, stub.block, Element.objects.standing().filter(kind="PERSON").count())
    submit("SECURITY_PERSON", "PERSON", claim(2, citizen_id=citizen_id(7), name="李试验", grid=1))
    person = person_of(7)

    assert before == (False, "李试验", city.unplaced, 0)
    assert (person.pk, person.is_owned, person.block) == (stub.pk, True, city.grids[1])
    assert list(person.inverse_relations.values_list("subject__vehicle__vin", "type")) == [(V, "OWNED_BY")]
    assert visible_element(person.pk, make_user("brigade", "BRIGADE")).pk == person.pk


def test_a_new_owner_replaces_the_one_of_the_same_source():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, relations=[owned_by(7)]))
    submit("TRANSPORT", "VEHICLE", claim(1, vin=V, relations=[owned_by(8)]))
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=V, relations=[owned_by(9)]))

    owners = vehicle_of(V).relations.order_by("source__code").values_list("source__code", "object")
    assert list(owners) == [("TMRI_VEHICLE", person_of(9).pk), ("TRANSPORT", person_of(8).pk)]


def test_a_new_owner_alone_is_told_about_either_end():
    """Who is told of a vehicle may follow from its owner, though no field of it changed."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, colour="A", relations=[owned_by(7)]))
    before = ChangeRow.objects.latest("pk").pk
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=V, colour="A", relations=[owned_by(9)]))
    told = ChangeRow.objects.filter(pk__gt=before)
    ends = {vehicle_of(V).pk, person_of(7).pk, person_of(9).pk}
    assert {(row.verb, row.subject_id) for row in told} == {("RELATED", pk) for pk in ends}

    after = told.count()
    submit("TMRI_VEHICLE", "VEHICLE", claim(3, vin=V, colour="A", relations=[owned_by(9)]))
    assert told.count() == after == 3


def test_a_stub_whose_number_is_a_credit_code_is_a_unit():
    from tests.factories.numbers import uscc

    relation = {
        "type": "OWNED_BY",
        "kind": "UNIT",
        "scheme": int(KeyScheme.USCC),
        "value": uscc(3),
        "label": "试验公司",
    }
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, relations=[relation]))
    submit("MARKET", "UNIT", claim(1, uscc=uscc(3), name="莱州试验公司"))

    assert list(Element.objects.filter(kind="UNIT").values_list("label", "is_owned")) == [("莱州试验公司", True)]


def test_undo_of_a_promoted_stub_takes_it_out_of_the_lists_again():
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, relations=[owned_by(7)]))
    own = submit("SECURITY_PERSON", "PERSON", claim(2, citizen_id=citizen_id(7), name="李试验"))
    undo(own)

    assert Element.objects.standing().filter(kind="PERSON").count() == 0
    assert vehicle_of(V).relations.get().object == person_of(7)


def test_the_log_of_one_kind_is_read_without_typing_that_of_another(city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(1), state="GQ"))
    submit("FACILITY_LEDGER", "FACILITY", claim(number="S1", state="1"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({said_in_log(KINDS['FACILITY'], 'true')}) said")
        assert cursor.fetchone() == (1,)
