"""A thing entered by hand: one claim in the writer's scope, once, joined to what is known, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from common.encryption import seal
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from elements.choices import PlaceQuality
from elements.kinds import KINDS
from elements.models import ClaimBatch, ClaimLog, Element, ElementKey, House, Vehicle
from elements.selectors.similar import similar_elements
from elements.services.registering import register_element, registration_of, undo_registration
from exchange.importers.rows import point_hex
from tests.factories.claims import NOW, claim, person_of, submit, vehicle_of
from tests.factories.dumps import count_rows, dump_elements
from tests.factories.numbers import citizen_id, plate, uscc, vin
from tests.factories.places import point_in
from tests.factories.users import make_users

V = vin(1)
TABLES = ("elements_element", "elements_claimbatch", "elements_claimlog", "elements_vehicleplan", "elements_houseplan")


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    """A vehicle in the grid of officer-1, one in that of officer-2, a person there."""
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=V, plate_number=plate(1), plate_type="02", brand="甲牌", grid=0),
        claim(1, vin=vin(2), plate_number=plate(2), plate_type="02", brand="乙牌", grid=5),
    )  # fmt: skip
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(2), name="安试验", licence_classes="C1", grid=5))
    return make_users(module_city)


def at(grid: int, **share: float) -> str:
    return point_hex(*point_in(grid, **share))


def enter(user: Any, registry: str, *, token: str = "", **values: Any):
    return register_element(registry=registry, values=values, token=token or str(uuid4()), actor=user, now=NOW)


def refused(user: Any, registry: str, **values: Any) -> DomainError:
    """The refusal; nothing was written."""
    before, counts = dump_elements(), count_rows(*TABLES)
    with pytest.raises(DomainError) as caught:
        enter(user, registry, **values)
    assert dump_elements() == before
    assert count_rows(*TABLES) == counts
    assert not AuditRow.objects.filter(verb="REGISTERED").exists()
    return caught.value


def test_a_house_is_one_claim_of_the_field_source_in_the_writers_block(users, city):
    made = enter(users["officer-1"], "houses", site_address=city.text(0), owner_name="张试验", token=str(uuid4()))

    element = Element.objects.get(pk=made.element_id)
    assert (element.kind, element.block_id, element.place_quality) == ("HOUSE", city.grids[0].pk, PlaceQuality.ADDRESS)
    assert House.objects.values_list("owner_name", "site_address").get(element=element) == ("张试验", city.text(0))
    log = ClaimLog.objects.get(element=element)
    assert (log.source.code, log.batch_id, log.row_number) == ("FIELD", made.batch.pk, 1)
    assert log.subject_key.startswith(f"SOURCE_ID:HOUSE:{log.source_id}:现场-20261001-")
    row = AuditRow.objects.get(verb="REGISTERED")
    assert (row.actor_id, row.subject_id, row.fields) == (
        users["officer-1"].pk, str(made.batch.pk), ["site_address", "owner_name"],
    )  # fmt: skip
    assert "张试验" not in row.reason


def test_two_houses_without_a_number_are_two_things(users):
    one, two = (enter(users["officer-1"], "houses", name="张家老屋", point=at(0)) for _ in range(2))
    assert one.element_id != two.element_id


def test_a_danger_and_a_person_get_their_place_and_their_key(users, city):
    danger = enter(users["officer-1"], "dangers", danger="路口无灯", name="试验路口", point=at(1))
    person = enter(
        users["officer-1"],
        "persons",
        name="新试验",
        citizen_id=seal("citizen_id", citizen_id(9)),
        residence_address=city.text(1),
    )
    assert Element.objects.get(pk=danger.element_id).danger.danger == "路口无灯"
    assert Element.objects.get(pk=danger.element_id).block_id == city.grids[1].pk
    assert person_of(9).pk == person.element_id
    assert citizen_id(9) not in str(list(ClaimLog.objects.values_list("payload", flat=True)))


def test_the_sort_of_a_plate_follows_from_its_form(users):
    made = enter(users["officer-1"], "vehicles", plate_number="鲁FD12345", point=at(0))
    assert Vehicle.objects.values_list("plate_type", flat=True).get(element_id=made.element_id) == "52"
    assert ElementKey.objects.get(element_id=made.element_id).value == "52:鲁FD12345"


@pytest.mark.parametrize(
    ("registry", "values", "fields"),
    [
        ("vehicles", {"brand": "甲牌"}, ["plate_number"]),
        ("vehicles", {"plate_number": plate(7)}, ["plate_type"]),
        ("units", {"phone": None}, ["name", "uscc"]),
        ("houses", {"owner_name": "张试验"}, ["site_address"]),
        ("facilities", {"name": "灯", "danger": "坏"}, ["danger", "facility_type"]),
        ("persons", {"name": "张", "licence_classes": "C1", "citizen_id": b"x"}, ["licence_classes"]),
        ("houses", {"name": "屋", "block_id": 1}, ["block_id"]),
    ],
)
def test_what_is_missing_or_too_much_is_named(users, registry, values, fields):
    error = refused(users["brigade"], registry, **values)
    assert (error.code, [one["field"] for one in error.extra["fields"]]) == ("REGISTER_VALUES", fields)


def test_a_place_outside_the_scope_is_refused(users, city):
    for place in ({"point": at(5)}, {"site_address": city.text(5)}):
        assert refused(users["officer-1"], "houses", name="张家老屋", **place).code == "REGISTER_OUTSIDE"
    for place in ({}, {"site_address": "说不清的地方"}):
        assert refused(users["officer-1"], "houses", name="张家老屋", **place).code == "REGISTER_UNPLACED"


def test_the_point_goes_before_the_address(users, city):
    error = refused(users["officer-1"], "houses", site_address=city.text(0), point=at(5))
    assert error.code == "REGISTER_OUTSIDE"


def test_who_sees_all_blocks_may_enter_a_thing_without_a_place(users, city):
    made = enter(users["brigade"], "houses", name="张家老屋")
    element = Element.objects.get(pk=made.element_id)
    assert (element.block_id, element.place_quality) == (city.unplaced.pk, PlaceQuality.UNPLACED)


@pytest.mark.parametrize("role", ["analyst", "auditor", "admin", "station-1", "liaison-1", "nobody"])
def test_who_may_not_write_is_refused(users, role):
    assert isinstance(refused(users[role], "houses", name="张家老屋", point=at(0)), NotAllowed)


@pytest.mark.parametrize("registry", ["roads", "sections", "nonsense"])
def test_roads_are_not_entered_by_hand(users, registry):
    assert isinstance(refused(users["brigade"], registry, name="试验路"), NotVisible)


def test_a_known_thing_that_is_seen_is_not_entered_again(users):
    error = refused(users["officer-1"], "vehicles", plate_number=plate(1), plate_type="02", brand="丙牌", point=at(0))
    assert (error.code, error.status, error.extra) == ("REGISTER_EXISTS", 409, {"element": vehicle_of(V).pk})


@pytest.mark.parametrize("place", [{}, {"point": at(5)}])
def test_it_is_said_whatever_place_was_given(users, place):
    assert refused(users["officer-1"], "vehicles", vin=V, **place).code == "REGISTER_EXISTS"


def test_a_plate_beside_another_vin_is_another_vehicle(users):
    made = enter(users["officer-1"], "vehicles", vin=vin(7), plate_number=plate(1), plate_type="02", point=at(0))
    assert made.element_id not in {None, vehicle_of(V).pk}


def test_an_officers_claim_joins_a_thing_outside_the_scope_and_says_where_it_stands(users, city):
    foreign = vehicle_of(vin(2)).pk
    made = enter(users["officer-1"], "vehicles", vin=vin(2), point=at(0))
    assert made.element_id == foreign
    assert Element.objects.get(pk=foreign).block_id == city.grids[0].pk
    assert Element.objects.filter(kind="VEHICLE").count() == 2


def test_who_only_proposes_draws_nothing_out_of_anothers_block(users, city):
    foreign = vehicle_of(vin(2))
    made = enter(users["coordinator-1"], "vehicles", vin=vin(2), brand="丙牌", point=at(0))
    assert made.element_id is None
    foreign.refresh_from_db()
    assert foreign.block_id == city.grids[5].pk
    log = ClaimLog.objects.get(batch=made.batch)
    assert (log.element_id, log.payload) == (foreign.pk, {"vin": vin(2), "brand": "丙牌"})


def test_a_foreign_key_is_refused_for_the_same_reasons_as_a_new_one(users):
    told = {
        refused(users["officer-1"], "vehicles", vin=number, **place).code
        for number in (vin(2), vin(8))
        for place in ({"point": at(5)},)
    }
    assert told == {"REGISTER_OUTSIDE"}
    told = {refused(users["officer-1"], "vehicles", vin=number).code for number in (vin(2), vin(8))}
    assert told == {"REGISTER_UNPLACED"}


def test_the_same_form_sent_again_is_the_same_registration(users):
    token = str(uuid4())
    first = enter(users["officer-1"], "houses", token=token, name="张家老屋", point=at(0))
    again = enter(users["officer-1"], "houses", token=token, name="张家老屋", point=at(0))
    assert (again.batch.pk, again.element_id, again.is_repeated) == (first.batch.pk, first.element_id, True)
    assert (Element.objects.filter(kind="HOUSE").count(), AuditRow.objects.filter(verb="REGISTERED").count()) == (1, 1)
    with pytest.raises(Conflict) as caught:
        enter(users["officer-1"], "houses", token=token, name="李家老屋", point=at(0))
    assert (caught.value.code, caught.value.extra) == ("REGISTER_FORM_USED", {"registration": first.batch.pk})
    assert Element.objects.filter(kind="HOUSE").count() == 1
    # The number of a form is its sender's own.
    assert enter(users["brigade"], "houses", token=token, name="李家老屋", point=at(0)).is_repeated is False


@pytest.mark.parametrize("token", ["", "1", "x" * 36, "' OR 1=1"])
def test_a_form_has_a_number(users, token):
    with pytest.raises(DomainError) as caught:
        register_element(registry="houses", values={"name": "屋"}, token=token, actor=users["brigade"], now=NOW)
    assert caught.value.code == "REGISTER_TOKEN"
    assert not Element.objects.filter(kind="HOUSE").exists()


def test_taken_back_the_thing_is_gone_and_what_was_joined_is_as_before(users):
    before = dump_elements()
    joined = enter(users["officer-1"], "vehicles", vin=vin(2), point=at(0))
    undo_registration(batch_id=joined.batch.pk, actor=users["officer-1"], now=NOW)
    assert dump_elements() == before
    house = enter(users["officer-1"], "houses", name="张家老屋", point=at(0))
    batch = undo_registration(batch_id=house.batch.pk, actor=users["officer-1"], now=NOW)
    assert batch.state == ClaimBatch.State.RETRACTED
    assert not Element.objects.standing().filter(kind="HOUSE").exists()
    assert AuditRow.objects.filter(verb="REGISTRATION_UNDONE").count() == 2


def test_only_ones_own_of_the_last_day_is_taken_back_and_once(users):
    made = enter(users["officer-1"], "houses", name="张家老屋", point=at(0))
    imported = ClaimBatch.objects.filter(source__code="TMRI_VEHICLE").latest("pk")
    ClaimBatch.objects.filter(pk=imported.pk).update(actor_id=users["officer-1"].pk)
    for who, number, error in (
        ("brigade", made.batch.pk, NotVisible), ("analyst", made.batch.pk, NotAllowed),
        ("officer-1", imported.pk, NotVisible), ("officer-1", 999_999_999, NotVisible),
    ):  # fmt: skip
        with pytest.raises(error):
            undo_registration(batch_id=number, actor=users[who], now=NOW)
    with pytest.raises(DomainError) as old:
        undo_registration(batch_id=made.batch.pk, actor=users["officer-1"], now=NOW + timedelta(hours=25))
    assert old.value.code == "REGISTRATION_OLD"
    assert Element.objects.standing().filter(kind="HOUSE").count() == 1
    assert registration_of(batch_id=made.batch.pk, actor=users["officer-1"]).element_id == made.element_id
    undo_registration(batch_id=made.batch.pk, actor=users["officer-1"], now=NOW)
    with pytest.raises(Conflict):
        undo_registration(batch_id=made.batch.pk, actor=users["officer-1"], now=NOW)
    with pytest.raises(NotVisible):
        registration_of(batch_id=made.batch.pk, actor=users["brigade"])


def similar(user: Any, kind: str, **values: Any) -> list[tuple[int, list[str], bool]]:
    found = similar_elements(kind=KINDS[kind], values=values, user=user, today=NOW.date())
    return [(one.element_id, one.reasons, one.is_same) for one in found]


def test_a_key_shows_what_holds_it_to_who_sees_it(users):
    own = vehicle_of(V).pk
    assert similar(users["officer-1"], "VEHICLE", vin=V) == [(own, ["车辆识别代号相同"], True)]
    assert similar(users["officer-1"], "VEHICLE", plate_number=plate(1), plate_type="02") == [
        (own, ["号牌相同", "号牌号码相同"], True)
    ]
    assert similar(users["officer-1"], "VEHICLE", vin=vin(2)) == []
    assert similar(users["officer-1"], "VEHICLE", plate_number=plate(2)) == []
    assert similar(users["nobody"], "VEHICLE", vin=V) == []
    number = {"citizen_id": seal("citizen_id", citizen_id(2))}
    assert similar(users["officer-2"], "PERSON", **number) == [(person_of(2).pk, ["公民身份号码相同"], True)]


def test_names_are_felt_for_only_by_who_reads_them(users, city):
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(3), name="赵试验", licence_classes="C1", grid=0))
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="莱州市试验运输有限公司", grid=0))
    (unit,) = Element.objects.filter(kind="UNIT")
    assert similar(users["coordinator-1"], "PERSON", name="赵试验") == [(person_of(3).pk, ["名称相同"], False)]
    assert similar(users["assistant-1"], "PERSON", name="赵试验") == []
    assert similar(users["officer-1"], "UNIT", name="试验运输公司") == [(unit.pk, ["名称相近"], False)]
    assert similar(users["officer-2"], "UNIT", name="试验运输公司") == []
    assert similar(users["officer-1"], "UNIT", name="试") == []


def test_the_same_address_and_a_place_within_fifty_metres(users, city):
    submit("SECURITY_HOUSE", "HOUSE", claim(1, number="1", owner_name="张试验", site_address=city.text(0)))
    submit("FACILITY_LEDGER", "FACILITY", claim(1, number="1", name="文昌路信号灯", facility_type="01", grid=0))
    house, light = Element.objects.get(kind="HOUSE"), Element.objects.get(kind="FACILITY")
    assert similar(users["officer-1"], "HOUSE", site_address=city.text(0)) == [(house.pk, ["同一标准地址"], False)]
    # A share of 0.02° of latitude: 0.01 of it is 22 m, 0.03 is 67 m.
    near, far = at(0, north=0.51), at(0, north=0.53)
    assert similar(users["officer-1"], "FACILITY", point=near) == [(light.pk, ["相距 22 米"], False)]
    assert similar(users["officer-1"], "FACILITY", point=far) == []
    assert similar(users["officer-2"], "FACILITY", point=near) == []
    assert similar(users["officer-1"], "FACILITY", point=near, name="文昌路信号灯") == [
        (light.pk, ["相距 22 米", "名称相同"], False)
    ]


def test_at_most_eight_are_shown_best_first(users, city):
    submit(
        "FACILITY_LEDGER", "FACILITY",
        *[claim(1, number=str(i), name=f"试验标志{i}号", facility_type="02", grid=0) for i in range(12)],
    )  # fmt: skip
    found = similar(users["officer-1"], "FACILITY", name="试验标志7号", point=at(0))
    assert len(found) == 8
    assert found[0][0] == Element.objects.get(label="试验标志7号").pk
