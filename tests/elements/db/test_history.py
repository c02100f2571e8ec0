"""The history of an element: what changed, who caused it, in pages, and what it was at a version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import NotVisible
from elements.kinds import KINDS
from elements.models import ClaimBatch, Element
from elements.selectors.history import PAGE_CHANGES, Change, events_model, history, is_alike, tables_of, version_at
from elements.services.corrections import correct_elements
from elements.services.merges import merge_elements
from elements.services.own_corrections import undo_correction
from tests.factories.claims import claim, owned_by, person_of, submit, undo, vehicle_of
from tests.factories.numbers import citizen_id, file_number, phone, plate, vin
from tests.factories.users import make_user

V = vin(1)
REGISTER = "公安交管综合应用平台·机动车登记"
DRIVERS = "公安交管综合应用平台·驾驶人登记"
BY_HAND = "现场采集与核录"
START = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("city")


def later(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def written(minutes: int) -> None:
    """What was written since the last call was written then: in a test all transactions are one, with one time."""
    for table in {table for kind in KINDS.values() for table in tables_of(kind)}:
        events_model(table).objects.filter(pgh_created_at__gt=later(10_000)).update(pgh_created_at=later(minutes))


def registered(minutes: int, **values: Any) -> ClaimBatch:
    batch = submit("TMRI_VEHICLE", "VEHICLE", claim(minutes, vin=V, **values), now=later(minutes))
    written(minutes)
    return batch


def corrected(minutes: int, actor: Any, **values: Any) -> ClaimBatch:
    batch = correct_elements(
        kind_code="VEHICLE", element_ids=[vehicle_of(V).pk], values=values, reason="现场核对", actor=actor, now=later(minutes)
    )  # fmt: skip
    written(minutes)
    return batch


def said(change: Change) -> dict[str, tuple[str, str]]:
    return {one.field: (one.old, one.new) for one in change.differences}


def test_each_change_says_what_it_set_and_who_caused_it():
    officer = make_user("officer", "BRIGADE")
    registered(0, brand="甲牌", colour="A", grid=0)
    batch = corrected(10, officer, brand="乙牌")
    undo_correction(batch_id=batch.pk, actor=officer, now=later(20))
    written(20)
    registered(30, brand="丙牌")

    page = history(vehicle_of(V), officer)

    newest, undone, by_hand, first = page.changes
    assert said(newest) == {"brand": ("甲牌", "丙牌")}
    assert (newest.cause.source, newest.cause.person, newest.cause.is_manual) == (REGISTER, "", False)
    assert (undone.cause.source, undone.cause.person, undone.cause.is_undo) == (BY_HAND, "officer", True)
    assert said(undone) == {"brand": ("乙牌", "甲牌")}
    assert (by_hand.at, by_hand.cause.person, by_hand.cause.is_undo) == (later(10), "officer", False)
    assert (first.is_first, first.cause.source) == (True, REGISTER)
    assert said(first)["brand"] == ("", "甲牌") and "block" in said(first)
    assert [change.is_current for change in page.changes] == [True, False, False, False]
    assert ("brand", "品牌") in page.fields and ("block", "块") in page.fields


def test_an_official_field_that_was_only_proposed_is_caused_by_who_proposed():
    officer = make_user("officer", "BRIGADE")
    registered(0, use_nature="A", grid=0)
    corrected(10, officer, use_nature="B")

    proposed, _first = history(vehicle_of(V), officer).changes

    assert said(proposed) == {"conflicts": ("", "使用性质")}
    assert (proposed.cause.source, proposed.cause.person) == (BY_HAND, "officer")


def test_what_no_claim_explains_has_no_cause_and_a_reader_gets_no_names(city):
    officer, analyst = make_user("officer", "BRIGADE"), make_user("analyst", "ANALYST")
    registered(0, brand="甲牌", grid=0)
    corrected(10, officer, brand="乙牌")
    element = vehicle_of(V)
    written(10)
    last = events_model(Element).objects.filter(pgh_obj_id=element.pk).latest("pgh_id")
    last.pk, last.block_id, last.pgh_created_at = None, city.grids[3].pk, later(20)
    last.save()

    moved, by_hand, _first = history(element, analyst).changes

    assert (said(moved)["block"], moved.cause.source) == ((city.grids[0].name, city.grids[3].name), "")
    assert (by_hand.cause.source, by_hand.cause.person) == (BY_HAND, "")


def test_by_field_and_by_hand_only_what_was_asked_for_is_left():
    officer = make_user("officer", "BRIGADE")
    registered(0, brand="甲牌", colour="A", grid=0)
    corrected(10, officer, brand="乙牌")
    corrected(20, officer, colour="B", brand="丁牌")
    registered(30, model="M1", brand="丁牌")
    element = vehicle_of(V)

    colours = history(element, officer, field="colour").changes
    assert [(change.at, set(said(change))) for change in colours] == [(later(20), {"colour"}), (later(0), {"colour"})]
    by_hand = history(element, officer, is_manual_only=True).changes
    assert [change.at for change in by_hand] == [later(20), later(10)]
    both = history(element, officer, field="colour", is_manual_only=True).changes
    assert [change.at for change in both] == [later(20)]
    assert history(element, officer, field="no_such_field").changes == []


def test_a_page_holds_fifty_and_none_is_lost_or_shown_twice():
    officer = make_user("officer", "BRIGADE")
    registered(0, brand="牌 0", grid=0)
    for number in range(1, PAGE_CHANGES + 4):
        registered(number, brand=f"牌 {number}")
    element = vehicle_of(V)

    first = history(element, officer)
    second = history(element, officer, before=first.older)

    assert (len(first.changes), len(second.changes), second.older) == (PAGE_CHANGES, 4, "")
    assert [change.at for change in first.changes + second.changes] == [
        later(n) for n in range(PAGE_CHANGES + 3, -1, -1)
    ]
    assert [change.is_current for change in second.changes] == [False] * 4
    assert history(element, officer, before="nonsense").changes == first.changes


def test_the_number_of_queries_does_not_grow_with_the_changes():
    officer = make_user("officer", "BRIGADE")
    registered(0, brand="甲牌", grid=0)
    corrected(1, officer, brand="乙牌")
    element = vehicle_of(V)
    assert officer.scope.rights

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            history(element, officer)
        return len(captured)

    few = count()
    for number in range(2, 12):
        corrected(number, officer, brand=f"牌 {number}", seats=number)
    assert (few, count()) == (6, 6)


def test_a_merge_is_named_as_the_cause():
    officer = make_user("officer", "BRIGADE")
    registered(0, brand="甲牌", grid=0)
    submit("VILLAGE_NOTEBOOK", "VEHICLE", claim(1, plate_number=plate(5), plate_type="02", colour="B"), now=later(1))
    drop = Element.objects.get(label=plate(5))
    written(1)
    merge = merge_elements(keep_id=vehicle_of(V).pk, drop_id=drop.pk, reason="同一辆车", actor=officer, now=later(10))
    written(10)

    newest = history(vehicle_of(V), officer).changes[0]

    assert (newest.cause.merge_id, newest.cause.person, newest.cause.is_undo) == (merge.pk, "officer", False)
    assert said(newest)["colour"] == ("", "灰（B）")


def test_a_version_is_what_the_element_was_then_part_by_part(city):
    submit(
        "TMRI_DRIVER", "PERSON", claim(0, citizen_id=citizen_id(1), name="张试验", phone=phone(1), grid=0), now=later(0)
    )
    written(0)
    licence = submit(
        "TMRI_DRIVER", "PERSON", claim(10, citizen_id=citizen_id(1), file_no=file_number(1), licence_classes="C1"), now=later(10)
    )  # fmt: skip
    written(10)
    undo(licence)
    written(20)
    officer, element = make_user("officer", "BRIGADE"), person_of(1)

    gone, came, first = history(element, officer).changes

    assert said(gone)["licence_classes"] == ("C1", ""), "a row that went away is a change"
    assert said(came)["licence_classes"] == ("", "C1")
    assert version_at(element, came.version).values["licence_classes"] == "C1"
    assert version_at(element, first.version).values["licence_classes"] is None
    assert version_at(element, gone.version).values["licence_classes"] is None
    then = version_at(element, first.version)
    assert (then.at, then.values["name"], then.frame["block"]) == (later(0), "张试验", city.grids[0].pk)


def test_before_it_was_registered_an_element_is_a_stub_without_a_version_to_go_back_to():
    submit("TMRI_VEHICLE", "VEHICLE", claim(0, vin=V, brand="甲牌", grid=0, relations=[owned_by(7)]), now=later(0))
    written(0)
    submit("TMRI_DRIVER", "PERSON", claim(10, citizen_id=citizen_id(7), name="张试验", grid=0), now=later(10))
    written(10)

    registered_then, stub = history(person_of(7), make_user("officer", "BRIGADE")).changes

    assert (registered_then.is_stub, stub.is_stub, stub.is_first) == (False, True, True)
    assert said(registered_then)["is_owned"] == ("否", "是")
    with pytest.raises(NotVisible):
        version_at(person_of(7), stub.version)


@pytest.mark.parametrize("version", ["", "0", "0-", "-1", "9-1", "1-999999999", "0-x", "x-1", "0-１", "1-1-1"])
def test_a_version_that_is_none_is_not_found(version):
    registered(0, brand="甲牌", grid=0)
    with pytest.raises(NotVisible):
        version_at(vehicle_of(V), version)


def test_a_version_of_another_element_is_not_found():
    registered(0, brand="甲牌", grid=0)
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(2), brand="乙牌", grid=5))
    foreign = history(vehicle_of(vin(2)), make_user("officer", "BRIGADE")).changes[0].version
    assert version_at(vehicle_of(vin(2)), foreign).values["brand"] == "乙牌"
    with pytest.raises(NotVisible):
        version_at(vehicle_of(V), foreign)


def test_a_personal_number_sealed_again_is_alike():
    kind = KINDS["PERSON"]
    one, again, other = (claim(phone=phone(number)).values["phone"] for number in (1, 1, 2))
    assert is_alike(kind, "phone", memoryview(one), again)
    assert not is_alike(kind, "phone", one, other)
    assert not is_alike(kind, "phone", one, None)
    assert is_alike(kind, "phone", None, None)
