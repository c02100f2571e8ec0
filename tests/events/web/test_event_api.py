"""Events for machines: rows and count of the list, one event, masks, refusals, the document."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from common.masking import mask_citizen_id, mask_name, mask_plate
from tests.factories.events import days_ago, event, make_events, report, row
from tests.factories.numbers import citizen_id, plate
from tests.factories.users import make_users, signed_in

API = "/api/v1/events/"


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def got(client: Client, path: str) -> dict:
    answer = client.get(API + path)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("name", ["accidents", "violations", "incidents", "captures"])
@pytest.mark.parametrize("reader", ["brigade", "officer-1", "officer-2"])
def test_the_rows_are_those_of_the_list(users, name, reader):
    client = signed_in(users[reader])
    page, body = client.get(f"/events/{name}/?filter=none"), got(client, f"{name}/")
    assert [one["id"] for one in body["results"]] == [one["id"] for one in page.context["rows"]]
    assert (body["count"], body["more_than"], body["next"]) == (len(body["results"]), False, None)


def test_filters_and_pages_by_cursor(users):
    report("INCIDENT", *(row("INCIDENT", f"P{n:02}", grid=0, occurred_at=days_ago(5), category="4") for n in range(25)))
    client = signed_in(users["officer-1"])
    first = got(client, "incidents/?category=4&page_size=20")
    second = client.get(first["next"]).json()
    assert [one["number"] for one in first["results"] + second["results"]] == [f"P{n:02}" for n in range(24, -1, -1)]
    assert (first["count"], second["next"]) == (25, None)
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_a_row_has_codes_and_what_follows_from_its_fields(users):
    (one,) = [one for one in got(signed_in(users["brigade"]), "violations/")["results"] if one["number"] == "V1"]
    wanted = {
        "code": "1344",
        "method": "2",
        "tie": "TIED",
        "points": 3,
        "points_by_rule": 1,
        "place_quality": "EXACT",
        "block": "G-1",
    }
    assert {name: one[name] for name in wanted} == wanted
    assert datetime.fromisoformat(one["occurred_at"]) == days_ago(1, 9)


def test_one_event_has_every_field_and_its_parties(users):
    body = got(signed_in(users["officer-1"]), f"accidents/{event('ACCIDENT', 'A1').pk}/")
    assert (body["kind"], body["number"], body["source"], body["block"], body["is_withdrawn"]) == (
        "accidents", "A1", "TMRI_ACCIDENT", "G-1", False,
    )  # fmt: skip
    assert (body["fields"]["procedure"], body["fields"]["deaths"], body["fields"]["visibility"]) == ("GENERAL", 1, None)
    assert [round(one, 2) for one in body["fields"]["point"]] == [119.87, 37.17]
    driver = body["parties"][0]
    assert (driver["person_name"], driver["citizen_id"], driver["plate_number"]) == (
        "张试验",
        mask_citizen_id(citizen_id(1)),
        plate(1),
    )


def test_names_plates_and_free_texts_are_masked(users):
    report(
        "VIOLATION", row("VIOLATION", "V8", grid=1, occurred_at=days_ago(1), person_name="赵试验", plate_number=plate(7)),
    )  # fmt: skip
    report("INCIDENT", row("INCIDENT", "I8", grid=1, occurred_at=days_ago(1), description="赵试验求助"))
    client = signed_in(users["assistant-1"])
    listed = [
        got(client, "violations/")["results"][0],
        got(client, f"violations/{event('VIOLATION', 'V8').pk}/")["fields"],
    ]
    assert [(one["person_name"], one["plate_number"]) for one in listed] == [
        (mask_name("赵试验"), mask_plate(plate(7)))
    ] * 2
    assert got(client, f"incidents/{event('INCIDENT', 'I8').pk}/")["fields"]["description"] is None


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("accidents/?weather=99", 400, "BAD_FILTER"),
        ("accidents/?sort=deaths", 400, "BAD_SORT"),
        ("parties/", 404, "NOT_FOUND"),
    ],
)
def test_refusals_have_the_one_body(users, path, status, code):
    answer = signed_in(users["brigade"]).get(API + path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("reader", ["admin", "auditor", "liaison-1", "nobody"])
def test_who_may_not_read_is_refused(users, reader):
    assert signed_in(users[reader]).get(API + "accidents/").status_code == 403


def test_the_document_names_both_operations_and_the_filters(users):
    document = json.loads(signed_in(users["brigade"]).get(reverse("openapi"), HTTP_ACCEPT="application/json").content)
    listed = document["paths"]["/api/v1/events/{kind}/"]["get"]
    parameters = {one["name"]: one for one in listed["parameters"]}
    assert {"kind", "period", "occurred_from", "procedure", "tie", "confidence_below", "cursor"} <= set(parameters)
    assert sorted(parameters["kind"]["schema"]["enum"]) == ["accidents", "captures", "incidents", "violations"]
    assert parameters["tie"]["description"] == "Filter of violations, incidents, captures."
    assert "/api/v1/events/{kind}/{event_id}/" in document["paths"]
