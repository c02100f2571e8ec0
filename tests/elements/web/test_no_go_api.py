"""No-go rules and permits for machines: the answers of the pages, masked and scoped alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from common import clock
from common.models import AuditRow
from elements.models import NoGoPermit
from tests.factories.no_go import INSIDE, RING, a_lorry, a_permit, a_rule
from tests.factories.numbers import plate
from tests.factories.users import signed_in

RULES, CHECK = "/api/v1/no-go/rules/", "/api/v1/no-go/check/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def lorry(city):
    return a_lorry()


def post(client: Client, url: str, body: dict | None = None):
    return client.post(url, body or {}, "application/json")


def test_the_list_has_every_rule_with_geometry_on_demand(users):
    old = a_rule(users["brigade"], name="旧规定", valid_from="2025-01-01", valid_to="2025-06-01")
    rule = a_rule(users["brigade"])
    client = signed_in(users["officer-2"])
    body = client.get(RULES).json()

    assert [(one["id"], one["geometry"]) for one in body["results"]] == [(rule.pk, None), (old.pk, None)]
    assert (body["count"], body["more_than"], body["next"]) == (2, False, None)
    assert [one["id"] for one in client.get(f"{RULES}?standing=ended").json()["results"]] == [old.pk]
    assert [one["id"] for one in client.get(f"{RULES}?standing=current").json()["results"]] == [rule.pk]
    shown = client.get(f"{RULES}{rule.pk}/?geometry=1").json()["geometry"]
    assert (shown["type"], shown["coordinates"]) == ("MultiPolygon", [[RING]])
    refused = client.get(f"{RULES}?standing=x")
    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_FILTER")


@pytest.mark.parametrize(("name", "status"), [("admin", 200), ("analyst", 200), ("auditor", 403), ("nobody", 403)])
def test_who_reads_or_configures_reads_rules(users, name, status):
    rule = a_rule(users["brigade"])
    client = signed_in(users[name])
    assert [client.get(url).status_code for url in (RULES, f"{RULES}{rule.pk}/")] == [status, status]


def test_a_missing_rule_is_404(users):
    client = signed_in(users["brigade"])
    for url in (f"{RULES}999999999/", f"{RULES}999999999/permits/", f"{RULES}999999999/end/?on=2027-01-01"):
        assert client.get(url).status_code == 404


def test_the_question_is_answered_as_on_the_page(users, lorry):
    rule = a_rule(users["brigade"], vehicle_types=["H1"], days="WORK")
    client = signed_in(users["officer-1"])
    asked = {"plate": plate(1), "lon": INSIDE[0], "lat": INSIDE[1], "at": "2026-11-27T10:00:00+08:00"}
    answer = post(client, CHECK, asked)
    body = answer.json()

    assert (answer.status_code, answer["Cache-Control"], body["is_forbidden"]) == (200, "no-store", True)
    assert body["vehicle"] == {"id": lorry.pk, "label": plate(1)}
    (verdict,) = body["verdicts"]
    assert (verdict["rule_id"], verdict["applies"], verdict["permit_number"]) == (rule.pk, True, None)
    assert "限重型货车，这辆车属于" in [reason["text"] for reason in verdict["reasons"]]
    sunday = post(client, CHECK, asked | {"at": "2026-11-29T10:00:00+08:00"}).json()
    assert (sunday["is_forbidden"], sunday["verdicts"][0]["applies"]) == (False, False)
    assert AuditRow.objects.filter(verb="NO_GO_CHECKED", subject_id=str(lorry.pk)).count() == 2


@pytest.mark.parametrize(
    ("name", "changed", "status", "code"),
    [
        ("officer-1", {"plate": plate(2)}, 404, "NOT_FOUND"),
        ("officer-2", {}, 404, "NOT_FOUND"),
        ("officer-1", {"lon": None, "lat": None}, 400, "NO_GO_PLACE"),
        ("officer-1", {"lat": None}, 400, "FIELDS_INVALID"),
        ("officer-1", {"lon": 37.1}, 400, "FIELDS_INVALID"),
        ("officer-1", {"at": "gestern"}, 400, "FIELDS_INVALID"),
        ("nobody", {}, 403, "PERMISSION_DENIED"),
    ],
)
def test_a_question_that_gets_no_answer_is_not_on_record(users, lorry, name, changed, status, code):
    asked = {"plate": plate(1), "lon": INSIDE[0], "lat": INSIDE[1]} | changed
    answer = post(signed_in(users[name]), CHECK, asked)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert AuditRow.objects.filter(verb="NO_GO_CHECKED").count() == 0


def test_the_plate_is_masked_for_who_may_not_read_names(users):
    a_lorry(3, grid=1)
    answer = post(signed_in(users["assistant-1"]), CHECK, {"plate": plate(3), "lon": INSIDE[0], "lat": INSIDE[1]})

    assert answer.status_code == 200
    assert plate(3) not in answer.content.decode()


def test_a_permit_is_put_down_listed_withdrawn_and_had_back(users, lorry):
    rule, client = a_rule(users["brigade"]), signed_in(users["brigade"])
    permits = f"{RULES}{rule.pk}/permits/"
    sent = {"number": "T-9", "plate": plate(1), "valid_from": "2026-01-01", "valid_to": "2030-01-01"}
    made = post(client, permits, sent)
    assert (made.status_code, made.json()["vehicle"]) == (201, {"id": lorry.pk, "label": plate(1)})
    number = made.json()["id"]
    assert [one["id"] for one in client.get(permits).json()["results"]] == [number]
    assert signed_in(users["officer-2"]).get(permits).json()["results"] == []

    url = f"/api/v1/no-go/permits/{number}/"
    done = post(client, f"{url}withdraw/", {"reason": "车辆已报废"})
    assert (done.status_code, done.json()["ends_on"]) == (200, clock.today().isoformat())
    assert post(client, f"{url}withdraw/", {"reason": "车辆已报废"}).json()["code"] == "PERMIT_OVER"
    back = post(client, f"{url}restore/")
    assert (back.status_code, back.json()["valid_to"]) == (200, "2030-01-01")
    assert post(client, f"{url}restore/").status_code == 404


@pytest.mark.parametrize(("name", "status"), [("officer-1", 403), ("analyst", 403), ("nobody", 403)])
def test_others_write_nothing(users, lorry, name, status):
    rule = a_rule(users["brigade"])
    one = a_permit(rule, lorry, users["brigade"])
    client, acts = signed_in(users[name]), AuditRow.objects.count()
    sent = {"number": "T-2", "plate": plate(1), "valid_from": "2026-01-01", "valid_to": "2030-01-01"}
    for url, body in (
        (f"{RULES}{rule.pk}/permits/", sent),
        (f"/api/v1/no-go/permits/{one.pk}/withdraw/", {"reason": "车辆已报废"}),
        (f"/api/v1/no-go/permits/{one.pk}/restore/", {}),
        (f"{RULES}{rule.pk}/end/", {"ends_on": "2027-01-01", "reason": "通告废止", "version": 1}),
    ):
        assert post(client, url, body).status_code == status
    assert client.get(f"{RULES}{rule.pk}/end/?on=2027-01-01").status_code == status

    rule.refresh_from_db()
    assert (rule.valid_to, list(NoGoPermit.objects.values_list("number", "valid_to"))) == (
        None,
        [("T-1", one.valid_to)],
    )
    assert AuditRow.objects.count() == acts


def test_a_rule_ends_after_a_look_at_its_permits(users, lorry):
    rule, client = a_rule(users["brigade"]), signed_in(users["brigade"])
    day = clock.today() + timedelta(days=3)
    a_permit(rule, lorry, users["brigade"], valid_to=day + timedelta(days=9))
    url = f"{RULES}{rule.pk}/end/"
    ending = client.get(f"{url}?on={day}").json()
    assert ([one["number"] for one in ending["permits"]], ending["hidden_count"]) == (["T-1"], 0)
    assert client.get(f"{url}?on=x").status_code == 400

    seen = client.get(f"{RULES}{rule.pk}/").json()["version"]
    stale = post(client, url, {"ends_on": str(day), "reason": "通告废止", "version": seen - 1 or 999})
    assert (stale.status_code, stale.json()["code"]) == (409, "NO_GO_STALE")
    done = post(client, url, {"ends_on": str(day), "reason": "通告废止", "version": seen})
    assert (done.status_code, done.json()["valid_to"], done.json()["id"]) == (200, str(day), rule.pk)


def test_the_schema_names_the_addresses(users):
    schema = signed_in(users["officer-1"]).get("/api/v1/openapi").content.decode()
    for part in ("rules/", "rules/{rule_id}/", "rules/{rule_id}/end/", "rules/{rule_id}/permits/", "check/"):
        assert f"/api/v1/no-go/{part}:" in schema
    assert "/api/v1/no-go/permits/{permit_id}/withdraw/:" in schema
