"""Opening numbers of events and parties: by right, with a reason, on record, once; foreign ones answer like missing ones."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from common.models import AuditRow
from events.models import AccidentParty
from tests.factories.events import event, make_events
from tests.factories.numbers import citizen_id, phone
from tests.factories.users import make_users, signed_in

REASON = "核查 2026-118 号案件"


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def url(kind: str, pk: int, field: str) -> str:
    return reverse("console:event-reveal", args=[kind, pk, field])


def revealed(client: Client, path: str, reason: str = REASON) -> tuple[int, str]:
    answer = client.post(path, {"reason": reason})
    return answer.status_code, answer.content.decode()


def test_numbers_open_with_a_reason_and_leave_a_trace(users):
    client = signed_in(users["officer-1"])
    violation = event("VIOLATION", "V1")
    page = client.get(reverse("console:event", args=["violations", violation.pk])).content.decode()
    path = url("violation", violation.pk, "citizen_id")
    assert f'hx-get="{path}"' in page
    form = client.get(path).content.decode()
    # It stands in a definition list or in a cell of the table of parties: it answers in its own place.
    assert f'hx-post="{path}" hx-target="this" hx-swap="outerHTML"' in form

    status, body = revealed(client, path, "看")
    assert (status, "请写明查看理由" in body, AuditRow.objects.filter(verb="REVEALED").count()) == (200, True, 0)
    status, body = revealed(client, path)
    assert (status, citizen_id(1) in body) == (200, True)
    row = AuditRow.objects.get(verb="REVEALED")
    assert (row.subject_table, row.subject_id, row.fields, row.reason) == (
        "events_violation",
        str(violation.pk),
        ["citizen_id"],
        REASON,
    )


def test_a_caller_and_a_party_open_as_well(users):
    client = signed_in(users["officer-1"])
    incident = event("INCIDENT", "I1")
    status, body = revealed(client, url("incident", incident.pk, "caller_phone"))
    assert (status, phone(1) in body) == (200, True)
    accident = event("ACCIDENT", "A1")
    party = AccidentParty.objects.filter(accident_id=accident.pk, citizen_id__isnull=False).first()
    page = client.get(reverse("console:event", args=["accidents", accident.pk])).content.decode()
    assert url("party", party.pk, "citizen_id") in page
    status, body = revealed(client, url("party", party.pk, "citizen_id"))
    assert (status, len([digit for digit in body if digit.isdigit()]) >= 17) == (200, True)


@pytest.mark.parametrize("kind, number, field, expected", [
    ("violation", "V3", "citizen_id", 404), ("violation", "V1", "plate_number", 404), ("violation", "V1", "person_name", 404),
    ("VIOLATION", "V1", "citizen_id", 404), ("nothing", "V1", "citizen_id", 404), ("accident", "V1", "citizen_id", 404),
])  # fmt: skip
def test_foreign_events_and_other_fields_are_not_there(users, kind, number, field, expected):
    client = signed_in(users["officer-1"])
    path = url(kind, event("VIOLATION", number).pk, field)
    assert (client.get(path).status_code, revealed(client, path)[0]) == (expected, expected)
    assert not AuditRow.objects.filter(verb="REVEALED").exists()


def test_without_the_right_there_is_no_button_and_no_answer(users):
    client = signed_in(users["coordinator-1"])
    violation = event("VIOLATION", "V1")
    path = url("violation", violation.pk, "citizen_id")
    assert path not in client.get(reverse("console:event", args=["violations", violation.pk])).content.decode()
    assert (client.get(path).status_code, revealed(client, path)[0]) == (403, 403)
    assert not AuditRow.objects.filter(verb="REVEALED").exists()
