"""Trust 29, API: right and wrong requests made from the platform's own OpenAPI document, by three roles."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from exchange.models import LandingBatch
from tests.factories.claims import claim, submit
from tests.factories.files import VEHICLE_HEADERS, csv_file, plan, receive
from tests.factories.numbers import citizen_id, file_number, phone, vin
from tests.factories.users import PASSWORD, make_users

ROLES = ("brigade", "officer-1", "liaison-1")
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, ignored_auth,
]  # fmt: skip
EXAMPLES, DEEP_EXAMPLES = 6, 200
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE


@pytest.fixture
def tokens(city) -> dict[str, str]:
    """Access tokens of the roles; there are drivers to read and a planned batch of the brigade."""
    submit(
        "TMRI_DRIVER", "PERSON",
        *(claim(1, citizen_id=citizen_id(n), file_no=file_number(n), name="张试验", phone=phone(n), licence_classes="C1", grid=n % 6)
          for n in range(1, 8)),
    )  # fmt: skip
    users = make_users(city)
    batch = plan(receive(csv_file([VEHICLE_HEADERS, [vin(9), *[""] * 8], ["无", *[""] * 8]])))
    LandingBatch.objects.filter(pk=batch.pk).update(owner_id=users["brigade"].pk)
    found = {}
    for name in ROLES:
        users[name].set_password(PASSWORD)
        users[name].save(update_fields=["password"])
        answer = Client().post("/api/v1/auth/token", {"username": name, "password": PASSWORD}, "application/json")
        found[name] = answer.json()["access"]
    return found


class Platform:
    """The platform as a WSGI application inside the transaction of a test."""

    def __init__(self) -> None:
        self._handler = WSGIHandler()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        # As Django's own test client does: a request must not close the connection that holds the transaction.
        edges = (request_started, request_finished)
        for edge in edges:
            edge.disconnect(close_old_connections)
        try:
            with closing(self._handler(environ, start_response)) as answer:
                return [b"".join(answer)]
        finally:
            for edge in edges:
                edge.connect(close_old_connections)


@pytest.fixture
def operations(city) -> list[Any]:
    """What the document describes."""
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi?format=json", Platform())
    return [result.ok() for result in document.get_all_operations()]


def statuses_of(operation: Any, mode: GenerationMode, token: str, examples: int, batch_id: int | None) -> Counter:
    """Sends so many requests of an operation, the same at every run, and undoes each; a fault is raised with its request.

    Args:
        batch_id: the batch in the path; None = whatever comes.
    """
    statuses: Counter = Counter()
    fixed = {"batch_id": batch_id} if batch_id and "{batch_id}" in operation.path else None

    is_closed = {} not in operation.definition.raw["security"]

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode, path_parameters=fixed))
    def send(case: Any) -> None:
        with transaction.atomic():
            headers = {"Authorization": f"Bearer {token}"}
            answer = case.call(headers=headers)
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS, headers=headers)
            if is_closed and answer.status_code < 300:
                assert case.call(headers={"Authorization": ""}).status_code in {401, 403}, operation.label
            transaction.set_rollback(True)

    send()
    return statuses


def walk(operations: list[Any], token: str, mode: GenerationMode, examples: int) -> Counter:
    """Statuses over all operations. The right requests go to a batch that is there."""
    batch_id = LandingBatch.objects.latest("pk").pk if mode is RIGHT else None
    return sum((statuses_of(one, mode, token, examples, batch_id) for one in operations), Counter())


def test_the_document_names_every_refusal_with_one_body(operations):
    refusals = [
        (operation.label, status, json.dumps(answer["content"]))
        for operation in operations
        for status, answer in operation.definition.raw["responses"].items()
        if status >= "400"
    ]

    assert len(operations) >= 13
    # A permission that lets everybody in would be declared here as well.
    assert {one.label for one in operations if {} in one.definition.raw["security"]} == {
        "POST /api/v1/auth/token", "POST /api/v1/auth/refresh",
        # The signature is the proof: tests/exchange/web/test_partner_api.py.
        "POST /api/v1/partners/receipts", "POST /api/v1/partners/disputes", "GET /api/v1/partners/disputes/{dispute_number}",
    }  # fmt: skip
    assert {content for _label, _status, content in refusals} == {
        '{"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}'
    }
    assert {label for label, status, _content in refusals if status == "401"} == {one.label for one in operations}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mode", [RIGHT, WRONG], ids=["right", "wrong"])
def test_no_request_breaks_the_interface(operations, tokens, role, mode):
    statuses = walk(operations, tokens[role], mode, EXAMPLES)

    assert statuses.total() >= len(operations) * EXAMPLES // 2
    # Positive control: who may read was answered, and not all was refused at the door.
    assert mode is WRONG or role == "liaison-1" or statuses[200]
    assert mode is RIGHT or statuses[400] or role == "liaison-1"


@pytest.mark.deep
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mode", [RIGHT, WRONG], ids=["right", "wrong"])
def test_no_request_of_many_breaks_the_interface(operations, tokens, role, mode):
    assert walk(operations, tokens[role], mode, DEEP_EXAMPLES).total() >= len(operations) * DEEP_EXAMPLES // 4
