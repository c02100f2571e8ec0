"""Entering a new element on its page and by the API: what is shown, what is refused, what a stranger learns."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.models import AuditRow
from elements.models import ClaimBatch, ClaimLog, Element, House
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import citizen_id, phone, plate, vin
from tests.factories.places import point_in
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users

V = vin(1)


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=V, plate_number=plate(1), plate_type="02", brand="甲牌", grid=0),
        claim(1, vin=vin(2), plate_number=plate(2), plate_type="02", brand="乙牌", owner_name="安秘密", grid=5),
    )  # fmt: skip
    return make_users(module_city)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(registry: str = "houses") -> str:
    return reverse("console:register", args=[registry])


def place(grid: int = 0) -> dict[str, str]:
    lon, lat = point_in(grid)
    return {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "datum": "WGS84"}


def send(client: Client, registry: str = "houses", **data: str) -> Any:
    return client.post(url(registry), {"token": str(uuid4()), **data})


@pytest.mark.parametrize("role", ["brigade", "squadron-1", "officer-1", "coordinator-1"])
def test_a_house_is_registered_and_the_receipt_leads_to_it(users, role):
    client = client_of(users[role])
    answer = send(client, name="张家老屋", area_m2="89.5", **place())
    batch = ClaimBatch.objects.latest("pk")
    receipt = reverse("console:registered", args=[batch.pk])
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{receipt}?saved=1")
    house = House.objects.get(name="张家老屋")
    shown = client.get(receipt).content.decode()
    assert reverse("console:element", args=[house.element_id]) in shown and "张家老屋" in shown
    assert reverse("console:undo-registration", args=[batch.pk]) in shown
    page = client.get(reverse("console:element", args=[house.element_id])).content.decode()
    assert reverse("console:undo-registration", args=[batch.pk]) in page


@pytest.mark.parametrize(
    ("role", "status"), [("analyst", 403), ("auditor", 403), ("admin", 403), ("station-1", 403), ("nobody", 403)]
)
def test_everybody_else_is_refused_and_has_no_button(users, role, status):
    before, client = dump_elements(), client_of(users[role])
    assert client.get(url()).status_code == status
    assert send(client, name="张家老屋", **place()).status_code == status
    assert client.post(reverse("console:register-similar", args=["vehicles"]), {"vin": V}).status_code == status
    assert (
        client.post("/api/v1/elements/", {"kind": "HOUSE", "values": {"name": "屋"}}, "application/json").status_code
        == 403
    )
    assert dump_elements() == before
    assert "data-register-new" not in client.get(reverse("elements:list", args=["houses"])).content.decode()


def test_the_button_is_on_the_lists_that_take_entries(users):
    client = client_of(users["officer-1"])
    shown = {
        name: url(name) in client.get(reverse("elements:list", args=[name])).content.decode()
        for name in ("drivers", "persons", "vehicles", "units", "houses", "facilities", "dangers", "roads", "sections")
    }
    assert [name for name, has in shown.items() if not has] == ["roads", "sections"]
    assert client.get(url("roads")).status_code == 404 and client.get(url("nonsense")).status_code == 404


@pytest.mark.parametrize("registry", ["drivers", "persons", "vehicles", "units", "houses", "facilities", "dangers"])
def test_every_form_opens_and_an_empty_one_is_refused_in_words(users, registry):
    before, client = dump_elements(), client_of(users["officer-1"])
    assert client.get(url(registry)).status_code == 200
    answer = send(client, registry)
    assert answer.status_code == 400
    assert "必须填写。" in answer.content.decode() or "至少填一项。" in answer.content.decode()
    assert dump_elements() == before


@pytest.mark.parametrize(
    ("registry", "data", "told"),
    [
        ("persons", {"name": "张", "citizen_id": "370683199001011234"}, "“公民身份号码”校验位不对"),
        ("vehicles", {"vin": "LSVAA4180E2000009"}, "“车辆识别代号”校验位不对"),
        ("vehicles", {"plate_number": plate(7)}, "“号牌种类”必须填写"),
        ("houses", {"name": "屋", "storeys": "很多"}, "“层数”不是数字"),
        ("houses", {"name": "屋", "lon": "37.17", "lat": "119.87", "datum": "WGS84"}, "经度和纬度写反了"),
        ("houses", {"name": "屋"}, "按所填内容定不了位"),
        ("houses", {"name": "屋", "lon": "119.97", "lat": "37.17"}, "不在您的管辖范围内"),
        ("houses", {"name": "屋", "token": "no token"}, "登记单没有编号"),
    ],
)  # fmt: skip
def test_errors_stand_in_place_and_what_was_typed_stays(users, registry, data, told):
    before = dump_elements()
    answer = send(client_of(users["officer-1"]), registry, **data)
    shown = answer.content.decode()
    assert (answer.status_code, told in shown) == (400, True), shown[:2000]
    assert f'value="{next(iter(data.values()))}"' in shown
    assert dump_elements() == before
    assert not AuditRow.objects.filter(verb="REGISTERED").exists()


def test_a_known_thing_leads_there_and_a_new_number_is_given(users):
    before, client, token = dump_elements(), client_of(users["officer-1"]), str(uuid4())
    answer = send(client, "vehicles", vin=V, token=token)
    shown = answer.content.decode()
    assert answer.status_code == 409 and "已经登记" in shown
    assert reverse("console:element", args=[vehicle_of(V).pk]) in shown
    assert token not in shown
    assert dump_elements() == before


def test_the_first_answer_is_the_same_for_a_new_key_and_a_foreign_one(users):
    """Nothing about the other one is in it, nor in the list of what is similar."""
    client = client_of(users["coordinator-1"])
    similar = reverse("console:register-similar", args=["vehicles"])
    foreign, fresh = ({"vin": number, **place()} for number in (vin(2), vin(8)))
    seen = [client.post(similar, data).content for data in (foreign, fresh)]
    assert seen[0] == seen[1]
    answers = [send(client, "vehicles", **data) for data in (foreign, fresh)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert [answer.content for answer in answers] == [b"", b""]
    receipt = client.get(answers[0].headers["Location"]).content.decode()
    for secret in ("安秘密", "乙牌", plate(2), f"/elements/{vehicle_of(vin(2)).pk}/"):
        assert secret not in receipt
    assert client.get(reverse("console:element", args=[vehicle_of(vin(2)).pk])).status_code == 404


def test_what_is_similar_is_shown_with_its_reason_and_nothing_is_written(users):
    before, client = dump_elements(), client_of(users["officer-1"])
    similar = reverse("console:register-similar", args=["vehicles"])
    shown = client.post(similar, {"plate_number": plate(1), "plate_type": "02"}).content.decode()
    assert plate(1) in shown and "号牌相同 · 号牌号码相同" in shown and "不用再登记" in shown
    assert reverse("console:element", args=[vehicle_of(V).pk]) in shown
    assert "没有发现相近的要素" in client.post(similar, {"vin": vin(9)}).content.decode()
    assert "边填边比对" in client.post(similar, {}).content.decode()
    assert client.get(similar).status_code == 405
    assert dump_elements() == before


def test_names_and_plates_stay_masked_for_who_may_not_read_them(users, city):
    submit("SECURITY_HOUSE", "HOUSE", claim(1, number="1", name="甲屋", site_address=city.text(1)))
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(4), name="赵试验", grid=1, licence_classes="C1"))
    client = client_of(users["assistant-1"])
    shown = client.post(
        reverse("console:register-similar", args=["persons"]), {"citizen_id": citizen_id(4)}
    ).content.decode()
    assert "公民身份号码相同" in shown and "赵试验" not in shown


def test_a_personal_number_is_in_no_url_no_log_and_no_page_after_saving(users, caplog):
    client = client_of(users["officer-1"])
    answer = send(client, "persons", name="新试验", citizen_id=citizen_id(9), phone=phone(9), **place())
    receipt = client.get(answer.headers["Location"]).content.decode()
    for number in (citizen_id(9), phone(9)):
        assert number not in answer.headers["Location"] and number not in receipt
        assert number not in caplog.text
        assert number not in str(list(AuditRow.objects.values())) + str(list(ClaimLog.objects.values("payload")))
    assert 'data-secret="citizen_id phone"' in client.get(url("persons")).content.decode()


def test_sent_twice_it_is_one_and_the_second_is_told(users):
    client, token = client_of(users["officer-1"]), str(uuid4())
    first = send(client, name="张家老屋", token=token, **place())
    second = send(client, name="张家老屋", token=token, **place())
    assert first.headers["Location"].removesuffix("?saved=1") == second.headers["Location"]
    assert "没有重复登记" in client.get(second.headers["Location"]).content.decode()
    other = send(client, name="李家老屋", token=token, **place())
    assert (other.status_code, "这份登记单已经用过" in other.content.decode()) == (409, True)
    assert list(House.objects.values_list("name", flat=True)) == ["张家老屋"]


def test_undo_on_the_receipt_takes_it_back(users):
    client = client_of(users["officer-1"])
    send(client, name="张家老屋", **place())
    batch = ClaimBatch.objects.latest("pk")
    undo = reverse("console:undo-registration", args=[batch.pk])
    for other, status in (("brigade", 404), ("analyst", 403)):
        assert client_of(users[other]).post(undo).status_code == status
    assert client_of(users["brigade"]).get(reverse("console:registered", args=[batch.pk])).status_code == 404
    assert Element.objects.standing().filter(kind="HOUSE").count() == 1
    answer = client.post(undo, follow=True)
    assert (answer.status_code, "已撤销这次登记。" in answer.content.decode()) == (200, True)
    assert not Element.objects.standing().filter(kind="HOUSE").exists()
    assert client.post(undo).status_code == 409


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0"])
def test_what_looks_like_a_script_is_shown_as_text(users, text):
    client = client_of(users["officer-1"])
    answer = send(client, name=text, **place())
    pages = [client.get(answer.headers["Location"]), send(client, name=text, storeys="x")]
    pages.append(client.post(reverse("console:register-similar", args=["houses"]), {"name": text}))
    for page in pages:
        assert "<script>alert" not in page.content.decode() and "<img src=x" not in page.content.decode()
    assert House.objects.get().name == text


def api(user: Any, **body: Any) -> Any:
    return client_of(user).post("/api/v1/elements/", body, content_type="application/json")


def test_the_api_registers_once_and_takes_back(users, city):
    token, point = str(uuid4()), ",".join(place().values())
    body = {
        "kind": "HOUSE",
        "values": {"name": "张家老屋"},
        "address": {"SITE": city.text(0)},
        "point": point,
        "token": token,
    }
    answer, again = api(users["officer-1"], **body), api(users["officer-1"], **body)
    house, batch = House.objects.get(), ClaimBatch.objects.latest("pk")
    assert (answer.status_code, answer.json()) == (201, {"id": house.element_id, "batch": batch.pk})
    assert (again.status_code, again.json(), House.objects.count()) == (201, answer.json(), 1)
    assert house.site_address == city.text(0)
    undo = f"/api/v1/registrations/{batch.pk}/undo/"
    assert client_of(users["brigade"]).post(undo).status_code == 404
    assert client_of(users["officer-1"]).post(undo).json() == {"batch": batch.pk, "state": "RETRACTED"}
    assert client_of(users["officer-1"]).post(undo).status_code == 409


def test_the_api_names_every_field_that_cannot_be(users):
    before = dump_elements()
    answer = api(
        users["officer-1"], kind="VEHICLE", values={"seats": "很多", "nonsense": "1"}, keys={"vin": "1"}, point="1,2"
    )
    fields = {(one["field"], one["code"]) for one in answer.json()["extra"]["fields"]}
    assert (answer.status_code, answer.json()["code"]) == (400, "REGISTER_VALUES")
    assert fields == {
        ("seats", "NUMBER_UNREADABLE"), ("nonsense", "REGISTER_FIELD"), ("vin", "KEY_LENGTH"), ("point", "COORDINATES_OUTSIDE"),
    }  # fmt: skip
    known = api(users["officer-1"], kind="VEHICLE", keys={"vin": V})
    assert (known.status_code, known.json()["code"], known.json()["extra"]) == (
        409, "REGISTER_EXISTS", {"element": vehicle_of(V).pk},
    )  # fmt: skip
    for body in ({"kind": "ROAD"}, {}, {"kind": "HOUSE", "values": ["x"]}, {"kind": "HOUSE", "token": "x"}):
        assert api(users["officer-1"], **body).status_code == 400
    assert dump_elements() == before


def _counted(client: Client, send_it: Any) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert send_it(client).status_code == 200
    return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def test_counts_of_queries_are_the_recorded_ones_and_do_not_grow(users, city):
    client = client_of(users["officer-1"])
    full = {"name": "试验标志1号", "facility_type": "02", "site_address": city.text(0), **place()}
    asked = {
        "register form": lambda c: c.get(url("facilities")),
        "register similar": lambda c: c.post(reverse("console:register-similar", args=["facilities"]), full),
    }

    def fill(first: int, last: int) -> None:
        rows = [claim(1, number=str(i), name=f"试验标志{i}号", facility_type="02", grid=0) for i in range(first, last)]
        submit("FACILITY_LEDGER", "FACILITY", *rows)

    fill(0, 2)
    for one in asked.values():
        one(client)
    measured = {f"officer-1: {name}": _counted(client, one) for name, one in asked.items()}
    assert measured == recorded_counts(measured)
    fill(2, 30)
    assert {f"officer-1: {name}": _counted(client, one) for name, one in asked.items()} == measured
