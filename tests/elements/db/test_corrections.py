"""What a person says against the sources: it holds while they repeat themselves, and is a conflict when they do not."""

from __future__ import annotations

import pytest

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from elements.models import ClaimLog, Element, Vehicle
from elements.selectors.provenance import provenance
from elements.services.corrections import correct_elements
from tests.factories.claims import NOW, claim, submit, undo, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
V = vin(1)


def correct(**values):
    cleared = values.pop("cleared", ())
    return correct_elements(
        kind_code="VEHICLE", element_ids=[vehicle_of(V).pk], values=values, cleared=cleared, reason="现场核对行驶证",
        actor=None, now=NOW,
    )  # fmt: skip


def now_says(*fields: str) -> tuple:
    return Vehicle.objects.values_list(*fields).get(element=vehicle_of(V))


def conflicts() -> list[str]:
    return vehicle_of(V).conflicts


@pytest.fixture
def known() -> None:
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", colour="A", use_nature="A", seats=5))


@pytest.mark.usefixtures("known")
def test_a_correction_goes_before_the_source_of_precedence():
    correct(brand="乙牌")

    assert now_says("brand", "colour") == ("乙牌", "A")
    assert conflicts() == []
    log = ClaimLog.objects.get(source__code="FIELD")
    assert (log.subject_key, log.against) == (f"ELEMENT:{vehicle_of(V).pk}", {"brand": "甲牌"})
    brand = next(one for one in provenance(vehicle_of(V)) if one.field == "brand")
    assert (brand.winner.source, brand.others[0].value) == ("现场采集与核录", "甲牌")


@pytest.mark.usefixtures("known")
def test_it_holds_while_the_source_repeats_what_was_corrected():
    correct(brand="乙牌")
    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=V, brand="甲牌", colour="B"))

    assert now_says("brand", "colour") == ("乙牌", "B")
    assert conflicts() == []


@pytest.mark.usefixtures("known")
def test_it_is_a_conflict_when_the_source_says_something_new():
    correct(brand="乙牌")
    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=V, brand="丙牌"))

    assert now_says("brand") == ("乙牌",)
    assert conflicts() == ["brand"]


@pytest.mark.usefixtures("known")
def test_it_is_none_when_the_source_comes_to_say_the_same():
    correct(brand="乙牌")
    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=V, brand="乙牌"))

    assert now_says("brand") == ("乙牌",)
    assert conflicts() == []


@pytest.mark.usefixtures("known")
def test_saying_it_again_settles_the_conflict():
    correct(brand="乙牌")
    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=V, brand="丙牌"))

    correct(brand="乙牌")

    assert now_says("brand") == ("乙牌",)
    assert conflicts() == []


@pytest.mark.usefixtures("known")
def test_a_second_correction_remembers_what_the_first_corrected():
    correct(brand="乙牌")
    correct(seats=7)
    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=V, brand="丙牌", seats=5))

    assert now_says("brand", "seats") == ("乙牌", 7)
    assert conflicts() == ["brand"]


@pytest.mark.usefixtures("known")
def test_something_can_be_corrected_to_empty():
    correct(cleared=["colour"])
    assert now_says("colour", "brand") == (None, "甲牌")

    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=V, colour="C"))
    assert now_says("colour") == (None,)
    assert conflicts() == ["colour"]


@pytest.mark.usefixtures("known")
def test_an_official_field_is_proposed_and_not_changed():
    correct(use_nature="B")

    assert now_says("use_nature") == ("A",)
    assert conflicts() == ["use_nature"]


@pytest.mark.usefixtures("known")
def test_undo_gives_back_exactly_what_was():
    before = dump_elements()
    batch = correct(brand="乙牌", seats=7)
    assert dump_elements() != before

    assert undo(batch) == 1
    assert dump_elements() == before


@pytest.mark.usefixtures("known")
def test_undo_of_the_import_leaves_the_correction():
    imported = submit("TRANSPORT", "VEHICLE", claim(2, vin=V, parking_address="交通局停车场"))
    correct(parking_address="车队大院")
    undo(imported)

    assert now_says("parking_address") == ("车队大院",)


@pytest.mark.usefixtures("known")
def test_the_audit_says_who_why_and_which_fields_but_no_value():
    batch = correct(brand="乙牌")

    row = AuditRow.objects.get(verb="CORRECTED")
    assert (row.subject_id, row.fields, row.count, row.reason) == (str(batch.pk), ["brand"], 1, "现场核对行驶证")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("values", "reason", "code"),
    [
        ({}, "现场核对", "CORRECTION_EMPTY"),
        ({"nonsense": 1}, "现场核对", "CORRECTION_FIELD"),
        ({"brand": "乙牌"}, " 无 ", "CORRECTION_REASON"),
    ],
)
def test_what_cannot_be_a_correction_changes_nothing(values, reason, code):
    before = dump_elements()
    with pytest.raises(DomainError) as refused:
        correct_elements(
            kind_code="VEHICLE", element_ids=[vehicle_of(V).pk], values=values, reason=reason, actor=None, now=NOW
        )
    assert refused.value.code == code
    assert dump_elements() == before


@pytest.mark.usefixtures("known")
def test_who_looked_at_an_older_version_is_told():
    seen = vehicle_of(V).version
    correct(seats=7)
    before = dump_elements()

    with pytest.raises(Conflict):
        correct_elements(
            kind_code="VEHICLE", element_ids=[vehicle_of(V).pk], values={"seats": 9}, reason="现场核对", actor=None,
            now=NOW, version=seen,
        )  # fmt: skip
    assert dump_elements() == before


@pytest.mark.usefixtures("known")
def test_only_who_may_and_only_what_is_visible():
    pk = vehicle_of(V).pk
    call = {"kind_code": "VEHICLE", "values": {"seats": 9}, "reason": "现场核对", "now": NOW}
    with pytest.raises(NotAllowed):
        correct_elements(element_ids=[pk], actor=make_user("analyst", "ANALYST"), **call)
    with pytest.raises(NotVisible):
        correct_elements(element_ids=[pk, 987654], actor=make_user("brigade", "BRIGADE"), **call)
    assert now_says("seats") == (5,)
    assert Element.objects.get(pk=pk).version == 1
