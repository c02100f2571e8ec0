"""Bringing a version of an element back: who may, what is refused, what is masked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.models import AuditRow
from elements.models import ClaimBatch, Element, Vehicle
from elements.selectors.history import history
from elements.services.merges import merge_elements
from tests.factories.claims import claim, person_of, submit, undo, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import citizen_id, phone, plate, vin
from tests.factories.places import SmallCity
from tests.factories.users import make_user, make_users

V = vin(1)
HIDDEN = "您看不到它的完整取值，无从核对，不能恢复这一项。"


def three_versions(city: SmallCity) -> dict[str, Any]:
    """A vehicle in three versions: registered, changed by its source, changed again and moved to another block."""
    owner = {"owner_name": "张试验"}
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", colour="A", use_nature="A", grid=0, **owner))
    submit(
        "TMRI_VEHICLE", "VEHICLE", claim(2, vin=V, brand="乙牌", colour="B", use_nature="A", seats=5, grid=0, **owner)
    )
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(3, vin=V, brand="丙牌", colour="B", use_nature="B", seats=7, grid=1, owner_name="李试验"),
    )  # fmt: skip
    return make_users(city)


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    return three_versions(module_city)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def version(number: int, element: Element | None = None) -> str:
    """Name of a version, 0 the oldest."""
    reader = User.objects.filter(username="reader").first() or make_user("reader", None)
    return history(element or vehicle_of(V), reader).changes[::-1][number].version


def url(which: str, element: Element | None = None) -> str:
    return reverse("console:restore", args=[(element or vehicle_of(V)).pk, which])


def restore(client: Client, which: str, *fields: str, **data: Any) -> Any:
    return client.post(url(which), {"field": fields, "reason": "恢复核对", "version": vehicle_of(V).version, **data})


def now(*names: str) -> tuple[Any, ...]:
    return Vehicle.objects.values_list(*names).get(vin=V)


def test_an_official_field_comes_back_as_a_proposal(users):
    answer = restore(client_of(users["brigade"]), version(0), "use_nature")
    assert answer["Location"].endswith("saved=proposed")
    assert (now("use_nature"), vehicle_of(V).conflicts) == (("B",), ["use_nature"])


@pytest.mark.parametrize("role", ["analyst", "auditor", "admin", "officer-2", "nobody", "station-1"])
def test_everybody_else_is_refused_and_nothing_changes(users, role):
    which, before, client = version(0), dump_elements(), client_of(users[role])
    expected = 403 if role == "analyst" else 404
    assert client.get(url(which)).status_code == expected
    assert restore(client, which, "brand").status_code == expected
    assert client.get(reverse("console:element-history", args=[vehicle_of(V).pk])).status_code == (
        200 if role == "analyst" else 404
    )
    assert dump_elements() == before
    assert not AuditRow.objects.filter(verb="CORRECTED").exists()


def test_who_may_not_correct_sees_no_button_and_the_present_version_has_none(users):
    page = reverse("console:element", args=[vehicle_of(V).pk]) + "?tab=history"
    assert client_of(users["officer-1"]).get(page).content.decode().count("恢复此版本") == 2
    assert "恢复此版本" not in client_of(users["analyst"]).get(page).content.decode()


def test_a_masked_value_is_not_brought_back_blind(users, city):
    helper = make_user("helper", "ASSISTANT", area=city.grids[1])
    which, before, client = version(1), dump_elements(), client_of(helper)
    page = client.get(url(which))
    content = page.content.decode()
    assert "张试验" not in content and "李试验" not in content
    assert content.count(HIDDEN) == 1 and 'value="owner_name" disabled' in content
    assert restore(client, which, "brand", "owner_name").status_code == 404
    assert dump_elements() == before
    assert restore(client, which, "brand").status_code == 302
    assert now("brand", "owner_name") == ("乙牌", "李试验")


def test_a_personal_number_comes_back_for_who_may_open_it_and_is_never_written_out(users):
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(1), name="王试验", phone=phone(1), grid=0))
    submit("TMRI_DRIVER", "PERSON", claim(2, citizen_id=citizen_id(1), name="王试验", phone=phone(2), grid=0))
    person = person_of(1)
    which, data = version(0, person), {"field": ["phone"], "reason": "恢复核对", "version": person.version}
    before = dump_elements()
    assert client_of(users["coordinator-1"]).post(url(which, person), data).status_code == 404
    assert dump_elements() == before
    client = client_of(users["officer-1"])
    content = client.get(url(which, person)).content.decode()
    assert phone(1) not in content and phone(2) not in content and phone(1)[-4:] in content
    assert client.post(url(which, person), data).status_code == 302
    log = str(list(ClaimBatch.objects.latest("pk").claims.values_list("payload", flat=True)))
    assert phone(1) not in log
    again = client.get(url(which, person))
    assert again.context["rows"] == [], "the number is the old one"


@pytest.mark.parametrize(
    ("fields", "data", "told"),
    [
        (["brand"], {"reason": "无"}, "请写明理由"),
        ([], {}, "没有要更正的内容：请至少改一项。"),
        (["brand"], {"version": ""}, "没有说明页面的版本。"),
    ],
)
def test_errors_stand_on_the_page_and_nothing_changes(users, fields, data, told):
    which, before = version(0), dump_elements()
    answer = restore(client_of(users["brigade"]), which, *fields, **data)
    assert (answer.status_code, told in answer.content.decode()) == (400, True)
    assert [row["name"] for row in answer.context["rows"] if row["is_chosen"]] == fields
    assert dump_elements() == before


@pytest.mark.parametrize("field", ["block", "vin_", "id", "conflicts", "version"])
def test_what_is_not_corrected_by_hand_is_not_brought_back(users, field):
    which, before = version(0), dump_elements()
    assert restore(client_of(users["brigade"]), which, "brand", field).status_code == 404
    assert dump_elements() == before


def test_a_merged_or_withdrawn_element_has_no_version_to_go_back_to(users):
    submit("VILLAGE_NOTEBOOK", "VEHICLE", claim(1, plate_number=plate(5), plate_type="02", brand="甲牌"))
    batch = submit("VILLAGE_NOTEBOOK", "VEHICLE", claim(2, plate_number=plate(5), plate_type="02", brand="乙牌"))
    drop = Element.objects.get(label=plate(5))
    lone = submit("VILLAGE_NOTEBOOK", "VEHICLE", claim(1, plate_number=plate(6), plate_type="02", brand="丙牌", grid=0))
    withdrawn = Element.objects.get(label=plate(6))
    client = client_of(users["brigade"])
    which = {drop: version(0, drop), withdrawn: version(0, withdrawn)}
    merge_elements(
        keep_id=vehicle_of(V).pk, drop_id=drop.pk, reason="同一辆车", actor=users["brigade"], now=batch.created_at
    )
    undo(lone)
    before = dump_elements()
    for element, name in which.items():
        data = {"field": ["brand"], "reason": "恢复核对", "version": element.version}
        assert client.get(url(name, element)).status_code == 404
        assert client.post(url(name, element), data).status_code == 404
        page = client.get(reverse("console:element-history", args=[element.pk])).content.decode()
        assert "变更历史" in page and "恢复此版本" not in page
    assert dump_elements() == before
