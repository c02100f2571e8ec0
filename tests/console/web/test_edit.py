"""Correcting one field on the page: who may, what is kept, two tabs, undo, adopting a source's word."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from common.geometry import wgs84_to_gcj02
from common.models import AuditRow
from console.edit_page import word_key
from elements.models import ClaimBatch, Element, Person, Vehicle
from elements.selectors.provenance import provenance
from tests.factories.claims import claim, person_of, submit, vehicle_of
from tests.factories.dumps import dump_elements
from tests.factories.numbers import citizen_id, phone, vin
from tests.factories.places import point_in
from tests.factories.users import make_user, make_users

V = vin(1)
REASON = "现场核对行驶证"


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=V, brand="甲牌", colour="A", use_nature="A", seats=5, owner_name="张试验", grid=0),
        claim(1, vin=vin(2), brand="乙牌", use_nature="A", grid=5),
    )  # fmt: skip
    return make_users(module_city)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(field: str, element: Element | None = None) -> str:
    return reverse("console:edit", args=[(element or vehicle_of(V)).pk, field])


def save(client: Client, field: str, **data: Any) -> Any:
    version = data.pop("version", vehicle_of(V).version)
    return client.post(url(field), {"reason": REASON, "version": version, **data})


def said(name: str) -> Any:
    return Vehicle.objects.values_list(name, flat=True).get(vin=V)


@pytest.mark.parametrize("role", ["brigade", "squadron-1", "officer-1", "coordinator-1"])
def test_who_may_correct_changes_an_observed_field_at_once(users, role):
    answer = save(client_of(users[role]), "brand", text="丁牌")
    assert answer.status_code == 200
    assert said("brand") == "丁牌"
    assert "丁牌" in answer.content.decode()
    note = json.loads(answer.headers["HX-Trigger"])["corrected"]
    batch = ClaimBatch.objects.latest("pk")
    assert note == {"text": "已更正“品牌”。", "undo_url": reverse("console:undo-correction", args=[batch.pk])}
    row = AuditRow.objects.get(verb="CORRECTED")
    assert (row.actor_id, row.fields, row.reason) == (users[role].pk, ["brand"], REASON)


def test_an_assistant_changes_an_observed_field_and_proposes_an_official_one(users, city):
    helper = make_user("helper", "ASSISTANT", area=city.grids[0])
    client = client_of(helper)
    assert save(client, "brand", text="丁牌").status_code == 200
    answer = save(client, "use_nature", text="B")
    assert (
        json.loads(answer.headers["HX-Trigger"])["corrected"]["text"] == "已提交“使用性质”的更正建议，差异已列入冲突。"
    )
    assert (said("brand"), said("use_nature"), vehicle_of(V).conflicts) == ("丁牌", "A", ["use_nature"])
    # A name that is masked for him is in no input either.
    assert "张试验" not in client.get(url("owner_name")).content.decode()


@pytest.mark.parametrize("role", ["analyst", "auditor", "admin", "officer-2", "nobody", "station-1"])
def test_everybody_else_is_refused_and_nothing_changes(users, role):
    before = dump_elements()
    client = client_of(users[role])
    expected = 403 if role == "analyst" else 404
    assert client.get(url("brand")).status_code == expected
    assert save(client, "brand", text="丁牌").status_code == expected
    assert dump_elements() == before
    assert not AuditRow.objects.filter(verb="CORRECTED").exists()


def test_the_page_has_pencils_for_who_may_and_none_for_who_may_not(users):
    page = reverse("console:element", args=[vehicle_of(V).pk])
    shown = client_of(users["officer-1"]).get(page).content.decode()
    assert f'hx-get="{url("brand")}"' in shown
    assert f'hx-get="{url("model")}"' in shown, "a field that nobody filled yet"
    assert "更正位置" in shown
    assert "edit-open" not in client_of(users["analyst"]).get(page).content.decode()


@pytest.mark.parametrize("field", ["id", "nonsense", "block", "version", "subject_key", "length_m"])
def test_only_fields_of_the_list_can_be_asked_for(users, field):
    before = dump_elements()
    client = client_of(users["brigade"])
    assert (client.get(url(field)).status_code, save(client, field, text="1").status_code) == (404, 404)
    save(client, "brand", text="丁牌", colour="B", use_nature="B", block="1")
    assert (said("brand"), said("colour"), said("use_nature")) == ("丁牌", "A", "A")
    assert dump_elements() != before


def test_an_official_field_says_so_before_it_is_saved(users):
    shown = client_of(users["brigade"]).get(url("use_nature")).content.decode()
    assert "官方字段，提交后作为更正建议，以“公安交管综合应用平台·机动车登记”为准，差异进入冲突。" in shown
    assert "官方字段" not in client_of(users["brigade"]).get(url("brand")).content.decode()


@pytest.mark.parametrize(
    ("field", "data", "told"),
    [
        ("seats", {"text": "很多"}, "“核定载客（人）”不是数字。请只填数字。"),
        ("seats", {"text": "5"}, "与现在的取值相同，没有要更正的。"),
        ("brand", {"text": ""}, "要去掉原值，请选“清空”。"),
        ("brand", {"text": "丁牌", "reason": "无"}, "请写明理由"),
        ("point", {"lon": "37.1", "lat": "119.9", "datum": "WGS84"}, "经度和纬度写反了。"),
    ],
)
def test_errors_stand_in_place_and_nothing_changes(users, field, data, told):
    before = dump_elements()
    answer = save(client_of(users["brigade"]), field, **data)
    assert answer.status_code == 400
    assert told in answer.content.decode() and "data-edit-form" in answer.content.decode()
    assert dump_elements() == before


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", '"><img src=x onerror=alert(1)>'])
def test_what_looks_like_a_script_is_shown_as_text(users, text):
    client = client_of(users["brigade"])
    shown = save(client, "brand", text=text).content.decode()
    page = client.get(reverse("console:element", args=[vehicle_of(V).pk])).content.decode()
    form = client.get(url("brand")).content.decode()
    for content in (shown, page, form):
        assert "<script>alert" not in content and "<img src=x" not in content
    assert said("brand") == text


def test_a_field_is_emptied_only_by_the_explicit_choice(users):
    assert save(client_of(users["brigade"]), "colour", text="", clear="on").status_code == 200
    assert said("colour") is None


def test_a_personal_number_is_typed_in_full_and_shown_masked(users):
    submit(
        "TMRI_DRIVER",
        "PERSON",
        claim(1, citizen_id=citizen_id(1), name="张试验", phone=phone(1), licence_classes="C1", grid=0),
    )
    client, person = client_of(users["officer-1"]), person_of(1)
    assert phone(1) not in client.get(url("phone", person)).content.decode()
    answer = client.post(url("phone", person), {"text": "13911112222", "reason": "电话核实", "version": person.version})
    assert answer.status_code == 200
    assert "13911112222" not in answer.content.decode() and "2222" in answer.content.decode()
    assert "13911112222" not in answer.headers["HX-Trigger"]
    batch = ClaimBatch.objects.latest("pk")
    assert "13911112222" not in str(list(batch.claims.values_list("payload", flat=True)))
    assert Person.objects.get(element=person).phone is not None


def test_the_point_is_moved_in_the_datum_that_was_said(users):
    lon, lat = point_in(1)
    shifted = wgs84_to_gcj02(lon, lat)
    answer = save(client_of(users["brigade"]), "point", lon=str(shifted[0]), lat=str(shifted[1]), datum="GCJ02")
    assert answer.headers["HX-Redirect"].endswith("?saved=point")
    point = vehicle_of(V).point
    assert (round(point.x, 5), round(point.y, 5)) == (round(lon, 5), round(lat, 5))


def test_saved_twice_the_second_is_told_and_nothing_is_said_twice(users):
    client, version = client_of(users["brigade"]), vehicle_of(V).version
    first = save(client, "brand", text="丁牌", version=version)
    second = save(client, "brand", text="丁牌", version=version)
    assert first.status_code == 200
    # It says so already: there is nothing to correct.
    assert (second.status_code, "与现在的取值相同" in second.content.decode()) == (400, True)
    assert ClaimBatch.objects.filter(source__code="FIELD").count() == 1


def test_the_version_must_be_said(users):
    before = dump_elements()
    answer = client_of(users["brigade"]).post(url("brand"), {"text": "丁牌", "reason": REASON})
    assert (answer.status_code, "没有说明页面的版本" in answer.content.decode()) == (400, True)
    assert dump_elements() == before


def test_two_tabs_the_second_sees_what_changed_and_may_submit_again(committed_city):
    """Committed: history tells the times of transactions apart."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=V, brand="甲牌", colour="A", grid=0))
    one, other = client_of(make_user("one", "BRIGADE")), client_of(make_user("other", "BRIGADE"))
    opened = vehicle_of(V).version
    assert save(one, "brand", text="丁牌", version=opened).status_code == 200

    late = save(other, "brand", text="戊牌", version=opened)
    shown = late.content.decode()
    assert late.status_code == 409
    assert "<del>甲牌</del> → <ins>丁牌</ins>" in shown
    assert "现场采集与核录 · one" in shown
    assert 'value="戊牌"' in shown, "what was typed stays"
    assert said("brand") == "丁牌"
    (since,) = late.context["since"]
    assert (since.field, since.was, since.now, since.by) == ("brand", "甲牌", "丁牌", "现场采集与核录 · one")
    assert f'id="edit-version" name="version" value="{vehicle_of(V).version}"' in shown

    assert save(other, "brand", text="戊牌").status_code == 200
    assert said("brand") == "戊牌"


def test_undo_gives_back_exactly_what_was_and_is_on_the_page(users):
    before = dump_elements()
    client = client_of(users["officer-1"])
    undo_url = json.loads(save(client, "brand", text="丁牌").headers["HX-Trigger"])["corrected"]["undo_url"]
    page = reverse("console:element", args=[vehicle_of(V).pk])
    assert f'data-last-undo="{undo_url}"' in client.get(page).content.decode()

    assert client.post(undo_url).status_code == 200
    assert dump_elements() == before
    assert 'data-last-undo=""' in client.get(page).content.decode()
    history = client.get(f"{page}?tab=history").content.decode()
    assert "丁牌" in history
    again = client.post(undo_url)
    assert (again.status_code, again.json()["code"]) == (409, "CORRECTION_UNDONE")
    assert AuditRow.objects.filter(verb="CORRECTION_UNDONE").count() == 1


def test_only_ones_own_of_the_last_day_is_undone(users):
    client = client_of(users["officer-1"])
    undo_url = json.loads(save(client, "brand", text="丁牌").headers["HX-Trigger"])["corrected"]["undo_url"]
    imported = ClaimBatch.objects.filter(source__code="TMRI_VEHICLE").latest("pk")
    ClaimBatch.objects.filter(pk=imported.pk).update(actor_id=users["officer-1"].pk)
    for who, target, status in (
        ("brigade", undo_url, 404), ("analyst", undo_url, 403),
        ("officer-1", reverse("console:undo-correction", args=[imported.pk]), 404),
        ("officer-1", reverse("console:undo-correction", args=[999_999]), 404),
    ):  # fmt: skip
        assert client_of(users[who]).post(target).status_code == status, (who, target)
    ClaimBatch.objects.filter(source__code="FIELD").update(created_at=clock.now() - timedelta(hours=25))
    old = client.post(undo_url)
    assert (old.status_code, old.json()["code"]) == (400, "CORRECTION_OLD")
    assert said("brand") == "丁牌"
    assert not AuditRow.objects.filter(verb="CORRECTION_UNDONE").exists()


def _brand_conflict(client: Client) -> dict[str, str]:
    """The source moved on after a correction; source → key of its word."""
    save(client, "brand", text="乙牌")
    submit("TMRI_VEHICLE", "VEHICLE", claim(9, vin=V, brand="丙牌"))
    assert vehicle_of(V).conflicts == ["brand"]
    one = next(row for row in provenance(vehicle_of(V)) if row.field == "brand")
    return {word.source: word_key(word) for word in (one.winner, *one.others)}


@pytest.mark.parametrize(("source", "brand"), [("现场采集与核录", "乙牌"), ("公安交管综合应用平台·机动车登记", "丙牌")])
def test_adopting_a_word_settles_the_conflict(users, source, brand):
    client = client_of(users["officer-1"])
    words = _brand_conflict(client)
    page = client.get(reverse("console:element", args=[vehicle_of(V).pk]) + "?tab=values").content.decode()
    assert page.count("采用此值") == 2 and words[source] in page
    target = reverse("console:adopt", args=[vehicle_of(V).pk, "brand"])
    answer = client.post(target, {"word": words[source], "reason": REASON, "version": vehicle_of(V).version})
    assert answer.status_code == 200
    assert (said("brand"), vehicle_of(V).conflicts) == (brand, [])


def test_a_word_that_is_not_said_any_more_is_not_adopted(users):
    client = client_of(users["officer-1"])
    words = _brand_conflict(client)
    before = dump_elements()
    target = reverse("console:adopt", args=[vehicle_of(V).pk, "brand"])
    data = {"reason": REASON, "version": vehicle_of(V).version}
    assert client.post(target, {**data, "word": "0" * 24}).status_code == 409
    stale = {**data, "word": words["现场采集与核录"], "version": data["version"] - 1}
    assert client.post(target, stale).status_code == 409
    assert client_of(users["officer-2"]).post(target, {**data, "word": words["现场采集与核录"]}).status_code == 404
    assert client_of(users["analyst"]).post(target, {**data, "word": words["现场采集与核录"]}).status_code == 403
    assert dump_elements() == before


def test_an_official_conflict_is_explained_and_not_adopted_here(users):
    client = client_of(users["officer-1"])
    save(client, "use_nature", text="B")
    page = client.get(reverse("console:element", args=[vehicle_of(V).pk]) + "?tab=values").content.decode()
    assert "官方字段以来源次序为准，现取“公安交管综合应用平台·机动车登记”" in page and "采用此值" not in page
    one = next(row for row in provenance(vehicle_of(V)) if row.field == "use_nature")
    data = {"word": word_key(one.others[0]), "reason": REASON, "version": vehicle_of(V).version}
    answer = client.post(reverse("console:adopt", args=[vehicle_of(V).pk, "use_nature"]), data)
    assert (answer.status_code, said("use_nature")) == (400, "A")
