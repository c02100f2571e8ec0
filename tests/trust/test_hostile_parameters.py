"""Trust 29, first part: hostile texts in the parameters of every read, and every API operation without a token."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from exchange.models import LandingBatch
from tests.factories.claims import claim, submit
from tests.factories.files import VEHICLE_HEADERS, csv_file, plan, receive
from tests.factories.numbers import citizen_id, file_number, phone, vin
from tests.factories.users import make_users

OPEN = {"/api/v1/auth/token", "/api/v1/auth/refresh"}
# Texts that broke other platforms.
HOSTILE = ("a\x00b", "\ud800", "'", "-1", "9" * 30, "NaN", "²", "a" * 3_000, "0001-01-01")
READS = (
    ("/api/v1/elements/drivers/", ("filter", "sort", "page_size", "cursor", "area", "search", "points_from", "updated_from")),
    ("/api/v1/elements/units/", ("unit_type", "state")),
    ("/map/features/", ("bbox", "kinds", "area")),
    ("/map/legend/", ("registry", "area")),
    ("/map/place/", ("elements", "addresses")),
    ("/map/tiles/elements/10/853/398.mvt", ("kinds", "search")),
    ("/api/v1/imports/{batch}/rows", ("outcome", "problem", "after")),
    ("/exchange/batches/{batch}/", ("problem", "before")),
    ("/exchange/batches/", ("after", "kind")),
)  # fmt: skip


@pytest.fixture
def reader(city) -> User:
    """The brigade, with drivers to read and a planned batch of its own."""
    submit(
        "TMRI_DRIVER", "PERSON",
        *(claim(1, citizen_id=citizen_id(n), file_no=file_number(n), name="张试验", phone=phone(n), licence_classes="C1", grid=n % 6)
          for n in range(1, 8)),
    )  # fmt: skip
    brigade = make_users(city)["brigade"]
    batch = plan(receive(csv_file([VEHICLE_HEADERS, [vin(9), *[""] * 8], ["无", *[""] * 8]])))
    LandingBatch.objects.filter(pk=batch.pk).update(owner_id=brigade.pk)
    return brigade


@pytest.mark.parametrize(("path", "names"), READS, ids=lambda value: value if isinstance(value, str) else "")
def test_hostile_texts_in_every_parameter_are_refused_not_broken(reader, path, names):
    client = Client(raise_request_exception=False)
    client.force_login(reader)
    path = path.format(batch=LandingBatch.objects.latest("pk").pk)
    assert client.get(path).status_code in {200, 204}
    broken = []
    for name in names:
        for text in HOSTILE:
            with transaction.atomic():
                try:
                    status = client.get(path, {name: text.encode("utf-8", "surrogatepass")}).status_code
                except UnicodeError:
                    status = 500
                if status >= 500:
                    broken.append((name, text[:20], status))
                transaction.set_rollback(True)

    assert broken == []


@pytest.mark.parametrize("token", [None, "Bearer no-such-token", "Bearer", "Basic YTpi"], ids=str)
def test_no_operation_of_the_document_answers_without_a_token(reader, token):
    client, entered = Client(raise_request_exception=False), []
    document = client.get("/api/v1/openapi", {"format": "json"}).json()
    known = {"registry": "drivers", "number": "WX20260101-0001", "action": "check", "code": "LZ-0-3"}
    # Every other parameter is a number.
    parameters = defaultdict(lambda: LandingBatch.objects.latest("pk").pk, known)
    for path, operations in document["paths"].items():
        if path in OPEN or path == "/api/v1/openapi":
            continue
        for method in {"get", "post", "delete"} & set(operations):
            target = path.format_map(parameters)
            answer = getattr(client, method)(target, headers={"Authorization": token} if token else {})
            if answer.status_code not in {401, 403}:
                entered.append((path, method, answer.status_code))

    assert entered == []
    assert len(document["paths"]) >= 9
