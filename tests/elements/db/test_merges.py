"""Two elements become one by decision, and two again as if nothing had been."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from elements.choices import FindingKind, KeyScheme, PairState
from elements.models import DuplicatePair, Element, ElementKey, Finding, Merge, Photo, Relation, Vehicle
from elements.services.corrections import correct_elements
from elements.services.merges import FOLDED, hanging_columns, merge_elements, undo_merge
from tests.factories.claims import NOW, claim, on_day, owned_by, person_of, submit, undo, vehicle_of
from tests.factories.everything import dump_everything
from tests.factories.numbers import citizen_id, plate, vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
A, B = vin(1), vin(2)


def merge(keep: Element, drop: Element, actor=None) -> Merge:
    return merge_elements(keep_id=keep.pk, drop_id=drop.pk, reason="车架号抄错，实为一车", actor=actor, now=NOW)


@pytest.fixture
def two() -> tuple[Element, Element]:
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=A, brand="甲牌", seats=5, grid=1, relations=[owned_by(1)]))
    submit("TRANSPORT", "VEHICLE", claim(2, vin=B, parking_address="交通局停车场", colour="B", relations=[owned_by(2)]))
    return vehicle_of(A), vehicle_of(B)


def test_the_one_that_stays_has_the_claims_keys_and_relations_of_both(two):
    keep, drop = two
    merge(keep, drop)

    row = Vehicle.objects.get(element=keep)
    assert (row.vin, row.brand, row.seats, row.colour, row.parking_address) == (A, "甲牌", 5, "B", "交通局停车场")
    assert set(ElementKey.objects.filter(element=keep).values_list("value", flat=True)) == {A, B}
    owners = Relation.objects.filter(subject=keep).values_list("object_id", flat=True)
    assert set(owners) == {person_of(1).pk, person_of(2).pk}
    drop = Element.objects.get(pk=drop.pk)
    assert (drop.merged_into_id, drop.is_withdrawn) == (keep.pk, True)
    assert list(Element.objects.standing().filter(kind="VEHICLE")) == [keep]


def test_a_file_with_the_key_that_moved_speaks_of_the_one_that_stays(two):
    keep, drop = two
    merge(keep, drop)
    submit("TRANSPORT", "VEHICLE", claim(5, vin=B, colour="C"))

    assert Vehicle.objects.get(element=keep).colour == "C"
    assert Element.objects.filter(kind="VEHICLE").count() == 2


def test_whoever_named_the_one_that_goes_names_the_one_that_stays():
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(1), name="张一"))
    submit("SECURITY_PERSON", "PERSON", claim(1, citizen_id=citizen_id(2), name="张二"))
    submit(
        "TMRI_VEHICLE", "VEHICLE", claim(1, vin=A, relations=[owned_by(1)]), claim(1, vin=B, relations=[owned_by(2)])
    )
    keep, drop = person_of(1), person_of(2)
    before = dump_everything()

    made = merge(keep, drop)
    assert set(Relation.objects.filter(object=keep).values_list("subject_id", flat=True)) == {
        vehicle_of(A).pk,
        vehicle_of(B).pk,
    }
    undo_merge(merge=made, actor=None, now=NOW)
    assert dump_everything() == before


def test_what_hung_on_it_moves_and_goes_back(two):
    keep, drop = two
    same = bytes(16)
    for element, received in ((keep, same), (drop, same), (drop, bytes([1] * 16))):
        Photo.objects.create(
            element=element, received_hash=received, content_hash=received, width_px=1, height_px=1, size_bytes=1,
            uploaded_at=NOW,
        )  # fmt: skip
    Finding.objects.create(
        kind=FindingKind.PLATE_ANOMALY, element=keep, other=drop, scheme=KeyScheme.PLATE, opened_at=NOW
    )
    # Both found it, each of the other.
    Finding.objects.create(
        kind=FindingKind.PLATE_ANOMALY, element=drop, other=keep, scheme=KeyScheme.PLATE, opened_at=NOW
    )
    Finding.objects.create(kind=FindingKind.KEY_CONFLICT, element=drop, scheme=KeyScheme.VIN, opened_at=NOW)
    before = dump_everything()

    made = merge(keep, drop)
    # The picture that both had stays where it was.
    assert Photo.objects.filter(element=keep).count() == 2
    assert list(Finding.objects.filter(closed_at__isnull=True).values_list("element_id", flat=True)) == [keep.pk]
    undo_merge(merge=made, actor=None, now=NOW)
    assert dump_everything() == before


def test_work_orders_move_and_go_back(two):
    from duty.models import WorkOrder

    submit("FACILITY_LEDGER", "FACILITY", claim(1, number="1", name="信号灯甲", facility_type="01", grid=1))
    submit("FACILITY_LEDGER", "FACILITY", claim(1, number="2", name="信号灯乙", facility_type="01", grid=1))
    keep, drop = Element.objects.filter(kind="FACILITY").order_by("pk")
    WorkOrder.objects.create(
        number="WX1", facility=drop, cause="FAULT", fault="不亮", reported_at=NOW, request_id=uuid.uuid4()
    )
    before = dump_everything()

    made = merge(keep, drop)
    assert WorkOrder.objects.get().facility_id == keep.pk
    later = WorkOrder.objects.create(
        number="WX2", facility=keep, cause="FAULT", fault="灯杆倾斜", reported_at=NOW, request_id=uuid.uuid4()
    )
    undo_merge(merge=made, actor=None, now=NOW)
    # What arose later stays with the one that stayed.
    assert WorkOrder.objects.get(pk=later.pk).facility_id == keep.pk
    later.delete()
    assert dump_everything() == before


def test_claims_that_came_later_follow_their_key(two):
    keep, drop = two
    made = merge(keep, drop)
    submit("TRANSPORT", "VEHICLE", claim(5, vin=B, colour="C"))
    submit("MARKET", "VEHICLE", claim(6, vin=B, fuel="A"))
    submit("TMRI_VEHICLE", "VEHICLE", claim(7, vin=A, seats=7))

    undo_merge(merge=made, actor=None, now=NOW)

    assert Vehicle.objects.values_list("colour", "fuel", "seats").get(element=drop) == ("C", "A", None)
    assert Vehicle.objects.values_list("colour", "fuel", "seats").get(element=keep) == (None, None, 7)


def test_a_correction_goes_back_with_its_element(two):
    keep, drop = two
    correct_elements(
        kind_code="VEHICLE", element_ids=[drop.pk], values={"colour": "D"}, reason="现场核对", actor=None, now=NOW
    )
    before = dump_everything()
    made = merge(keep, drop)
    assert Vehicle.objects.get(element=keep).colour == "D"
    undo_merge(merge=made, actor=None, now=NOW)
    assert dump_everything() == before


said = st.fixed_dictionaries(
    {"vin": st.sampled_from([A, B, vin(3)])},
    optional={
        "brand": st.sampled_from(["甲牌", "乙牌"]),
        "colour": st.sampled_from("ABC"),
        "plate_number": st.sampled_from([plate(1), plate(2)]),
        "plate_type": st.just("02"),
        "use_nature": st.sampled_from("AB"),
        "parking_address": st.sampled_from(["交通局停车场", "车队大院"]),
    },
)
batches = st.lists(
    st.tuples(
        st.sampled_from(["TMRI_VEHICLE", "TRANSPORT", "AGRICULTURE"]), st.integers(0, 40), said,
        st.sampled_from([None, 1, 2]),
    ),
    min_size=2, max_size=7,
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches, st.booleans())
def test_un_merge_restores_every_table(history, is_reversed):
    from django.db import transaction

    with transaction.atomic():
        for source, day, values, owner in history:
            relations = [owned_by(owner)] if owner else []
            submit(source, "VEHICLE", claim(day, relations=relations, **values), now=on_day(60))
        elements = list(Element.objects.standing().filter(kind="VEHICLE").order_by("pk"))
        if len(elements) >= 2:
            keep, drop = elements[:2] if not is_reversed else elements[1::-1]
            before = dump_everything()
            made = merge(keep, drop)
            assert dump_everything() != before
            undo_merge(merge=made, actor=None, now=NOW)
            assert dump_everything() == before
        transaction.set_rollback(True)


def test_every_reference_to_an_element_is_folded_or_moved():
    moved = {place.table for place in hanging_columns()}
    assert {"elements_elementkey", "elements_claimlog", "elements_photo", "duty_workorder", "duty_inspection"} <= moved
    assert not moved & FOLDED


def test_undo_of_an_import_names_the_merge_that_rests_on_it(two):
    keep, drop = two
    batch = submit("AGRICULTURE", "VEHICLE", claim(3, vin=B, fuel="B"))
    made = merge(keep, drop)
    before = dump_everything()

    with pytest.raises(Conflict) as refused:
        undo(batch)
    assert f"合并 {made.pk}" in refused.value.message
    assert dump_everything() == before
    undo_merge(merge=made, actor=None, now=NOW)
    assert undo(batch) == 1


def test_merges_on_merges_are_undone_from_the_last(two):
    keep, drop = two
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(3), brand="丙牌"))
    third = vehicle_of(vin(3))
    before = dump_everything()
    first = merge(keep, drop)
    second = merge(third, keep)

    with pytest.raises(Conflict) as refused:
        undo_merge(merge=first, actor=None, now=NOW)
    assert refused.value.code == "MERGE_RESTED_ON"
    undo_merge(merge=second, actor=None, now=NOW)
    undo_merge(merge=first, actor=None, now=NOW)
    assert dump_everything() == before
    with pytest.raises(Conflict):
        undo_merge(merge=first, actor=None, now=NOW)


def test_the_pair_that_proposed_it_is_judged_and_open_again(two):
    keep, drop = two
    pair = DuplicatePair.objects.create(low=keep, high=drop, score=80, proposed_at=NOW, seen_at=NOW)
    made = merge(keep, drop)
    pair.refresh_from_db()
    assert (pair.state, pair.note) == (PairState.MERGED, "车架号抄错，实为一车")
    undo_merge(merge=made, actor=None, now=NOW)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_at) == (PairState.PROPOSED, None)


def test_what_cannot_be_merged_stays_two(two):
    keep, drop = two
    person = person_of(1)
    before = dump_everything()
    for first, second, error in ((keep, keep, DomainError), (keep, person, Conflict)):
        with pytest.raises(error):
            merge(first, second)
    with pytest.raises(NotAllowed):
        merge(keep, drop, actor=make_user("analyst", "ANALYST"))
    with pytest.raises(NotVisible):
        merge(keep, drop, actor=make_user("officer", "OFFICER"))
    assert dump_everything(without=("accounts_user", "accounts_post")) == {
        table: rows for table, rows in before.items() if table not in ("accounts_user", "accounts_post")
    }
