"""Corrections for machines: made, refused in parts, told what changed, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from elements.models import ClaimBatch, Vehicle
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import vin
from tests.factories.users import make_user, make_users

V = vin(1)
REASON = "现场核对行驶证"


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", use_nature="A", seats=5, grid=0))
    return make_users(module_city)


def post(user: Any, url: str, body: Any = None) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(url, body or {}, content_type="application/json")


def correct(user: Any, **body: Any) -> Any:
    element = vehicle_of(V)
    sent = {"values": {}, "reason": REASON, "version": element.version, **body}
    return post(user, f"/api/v1/elements/{element.pk}/corrections/", sent)


def test_several_fields_are_corrected_and_taken_back(users):
    before = dump_elements()
    answer = correct(users["officer-1"], values={"brand": "乙牌", "use_nature": "B"}, cleared=["seats"])
    batch = ClaimBatch.objects.latest("pk")
    assert (answer.status_code, answer.json()) == (
        201, {"batch": batch.pk, "version": vehicle_of(V).version, "conflicts": ["use_nature"]},
    )  # fmt: skip
    assert Vehicle.objects.values_list("brand", "use_nature", "seats").get(vin=V) == ("乙牌", "A", None)

    undone = post(users["officer-1"], f"/api/v1/corrections/{batch.pk}/undo/")
    assert (undone.status_code, undone.json()) == (200, {"batch": batch.pk, "state": "RETRACTED"})
    assert dump_elements() == before
    assert post(users["officer-1"], f"/api/v1/corrections/{batch.pk}/undo/").status_code == 409


def test_every_field_that_cannot_be_is_named_with_its_cure(users):
    before = dump_elements()
    answer = correct(users["officer-1"], values={"seats": "很多", "nonsense": "1", "brand": "乙牌"}, cleared=["id"])
    fields = answer.json()["extra"]["fields"]
    assert (answer.status_code, answer.json()["code"]) == (400, "CORRECTION_VALUES")
    assert {(one["field"], one["code"]) for one in fields} == {
        ("seats", "NUMBER_UNREADABLE"), ("nonsense", "CORRECTION_FIELD"), ("id", "CORRECTION_FIELD"),
    }  # fmt: skip
    assert all(one["message"] and one["cure"] for one in fields)
    assert dump_elements() == before


@pytest.mark.parametrize(
    "body",
    [
        {"values": {"brand": "乙牌"}, "reason": ""}, {"values": {"brand": "乙牌"}, "reason": "无"},
        {"values": {"brand": "乙牌"}, "version": "latest"}, {"values": {"brand": {"deep": 1}}}, {"values": ["brand"]},
        {"values": {}, "cleared": []}, {"values": {"brand": "乙牌"}, "cleared": ["brand"]},
        {"values": {"point": "1,2,3,4,5"}}, {"values": {"brand": "\x00"}},
    ],
)  # fmt: skip
def test_bodies_that_are_none_change_nothing(users, body):
    before = dump_elements()
    assert correct(users["officer-1"], **body).status_code == 400
    assert dump_elements() == before


@pytest.mark.parametrize(
    ("role", "status"),
    [("analyst", 403), ("officer-2", 404), ("auditor", 403), ("admin", 403), ("nobody", 403), ("liaison-1", 403)],
)
def test_who_may_not_is_refused(users, role, status):
    before = dump_elements()
    assert correct(users[role], values={"brand": "乙牌"}).status_code == status
    assert dump_elements() == before


def test_a_point_is_said_with_its_datum(users):
    point = vehicle_of(V).point
    answer = correct(users["officer-1"], values={"point": f"{point.x + 0.0005},{point.y},WGS84"})
    assert answer.status_code == 201
    assert round(vehicle_of(V).point.x - point.x, 6) == 0.0005


def test_a_stale_version_is_told_what_changed(committed_city):
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", grid=0))
    one, other = make_user("one", "BRIGADE"), make_user("other", "BRIGADE")
    opened = vehicle_of(V).version
    assert correct(one, values={"brand": "乙牌"}).status_code == 201
    answer = correct(other, values={"brand": "丙牌"}, version=opened)
    told = answer.json()
    assert (answer.status_code, told["code"], told["extra"]["version"]) == (
        409,
        "ELEMENT_CHANGED",
        vehicle_of(V).version,
    )
    (change,) = told["extra"]["changes"]
    assert (change["field"], change["was"], change["now"], change["by"]) == (
        "brand", "甲牌", "乙牌", "现场采集与核录 · one",
    )  # fmt: skip
    assert Vehicle.objects.get(vin=V).brand == "乙牌"
