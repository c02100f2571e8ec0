"""Trust 21, first part: every URL is classified; strangers, post-less users and foreign ids get nothing."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from elements.models import Element
from exchange.models import LandingBatch
from tests.factories.claims import claim, person_of, submit
from tests.factories.files import VEHICLE_HEADERS, csv_file, receive
from tests.factories.numbers import citizen_id, file_number, phone, plate, vin
from tests.factories.users import make_users
from tests.trust.crawl import Route, body, routes
from tests.trust.url_classes import ADMIN, CLASSES, IMPORT, LOGIN, PUBLIC, SCOPED

OURS = [route for route in routes() if not route.name.startswith("admin:")]
WITH_ELEMENT = [route for route in OURS if "element_id" in route.parameters]
WITH_BATCH = [route for route in OURS if "batch_id" in route.parameters]
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
# Outside the scope of everybody but the brigade: no element.
MISSING = 999_999_999


@pytest.fixture(scope="module")
def module_users(module_city):
    """Users; a driver in the grid of officer-1 (1) and one in that of officer-2 (2); a batch of the brigade."""
    for number, grid in ((1, 0), (2, 5)):
        submit(
            "TMRI_DRIVER", "PERSON",
            claim(1, citizen_id=citizen_id(number), file_no=file_number(number), name=f"张试验{number}", phone=phone(number),
                  licence_classes="C1", grid=grid),
        )  # fmt: skip
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", grid=0))
    made = make_users(module_city)
    batch = receive(csv_file([VEHICLE_HEADERS, [vin(9), *[""] * 8]]))
    LandingBatch.objects.filter(pk=batch.pk).update(owner_id=made["brigade"].pk)
    return made


def signed_in(user) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def ids(number: int) -> dict[str, int]:
    batch = LandingBatch.objects.get().pk
    return {"element_id": person_of(number).pk, "batch_id": batch, "filter_id": MISSING}


def test_every_url_is_classified_and_every_class_is_a_url():
    unknown = [route.name for route in routes() if route.url_class is None]
    stale = sorted(set(CLASSES) - {route.name for route in OURS})

    assert (unknown, stale) == ([], [])
    assert {route.url_class for route in routes()} == {PUBLIC, LOGIN, SCOPED, IMPORT, ADMIN}


def test_strangers_are_sent_away_by_every_method(users):
    entered, stranger = [], Client()  # one for all: making one takes longer than asking
    for route in routes():
        if route.url_class == PUBLIC or (route.name.startswith("admin:") and route.parameters):
            continue
        path = route.path(ids(1))
        for method in METHODS:
            answer = getattr(stranger, method)(path)
            sent_to_login = answer.status_code == 302 and "/login" in answer.headers["Location"]
            if not sent_to_login and answer.status_code not in {401, 403, 404, 405}:
                entered.append((route.name, method, answer.status_code))

    # The admin's own login page is the platform's; its script catalogue is static text.
    assert [e for e in entered if e[0] not in {"admin:login", "admin:logout", "admin:jsi18n"}] == []


def test_a_user_without_a_post_sees_no_element(users):
    client = signed_in(users["nobody"])
    leaks = []
    for route in OURS:
        if route.url_class not in {SCOPED, IMPORT}:
            continue
        status, content = body(client, route.path(ids(1)))
        if status == 200 and (b"\xe5\xbc\xa0\xe8\xaf\x95\xe9\xaa\x8c" in content or vin(1).encode() in content):
            leaks.append((route.name, status))
        if status >= 500:
            leaks.append((route.name, status))

    assert leaks == []


@pytest.mark.parametrize(
    "reader", ["officer-1", "squadron-1", "coordinator-1", "admin", "auditor", "station-1", "liaison-1", "nobody"]
)
def test_a_foreign_element_answers_like_a_missing_one(users, reader):
    client = signed_in(users[reader])
    foreign, missing = ids(2), ids(2) | {"element_id": MISSING}
    told = []
    for route in WITH_ELEMENT:
        for method in ("get", "post"):
            one, other = (getattr(client, method)(route.path(i), {"reason": "核查事项"}) for i in (foreign, missing))
            same = _comparable(one, foreign) == _comparable(other, missing)
            if not same or one.status_code not in {302, 403, 404, 405}:
                told.append((route.name, method, one.status_code, other.status_code))

    assert told == []
    assert WITH_ELEMENT != []


def _comparable(answer, used: dict[str, int]) -> tuple[int, str]:
    """What a reader can tell apart: tokens and nonces differ on every page, the path is what was asked."""
    text = re.sub(r'(nonce|csrfmiddlewaretoken|value|content)="[^"]*"', "", answer.content.decode())
    text = re.sub(r"X-CSRFToken[^}]*}", "", text)
    return answer.status_code, text.replace(f"elements/{used['element_id']}/", "elements/ID/")


@pytest.mark.parametrize("reader", ["officer-1", "officer-2", "squadron-1", "liaison-1"])
def test_a_foreign_batch_answers_404(users, reader):
    client = signed_in(users[reader])
    told = []
    for route in WITH_BATCH:
        for method in ("get", "post"):
            status = getattr(client, method)(route.path(ids(1))).status_code
            if status not in {404, 405}:
                told.append((route.name, method, status))

    assert told == []


def test_own_rows_are_there_for_who_may_read_them(users):
    """Positive control: the tests above would pass on a platform that shows nothing."""
    shown = {
        name: (
            body(signed_in(users[name]), reverse("console:element", args=[person_of(1).pk]))[0],
            body(signed_in(users[name]), reverse("console:element", args=[person_of(2).pk]))[0],
        )
        for name in ("brigade", "analyst", "squadron-1", "officer-1", "officer-2", "coordinator-1")
    }

    assert shown == {
        "brigade": (200, 200), "analyst": (200, 200), "squadron-1": (200, 404), "officer-1": (200, 404), "officer-2": (404, 200),
        "coordinator-1": (200, 404),
    }  # fmt: skip


def test_officers_of_different_districts_see_disjoint_lists_exports_and_counts(users):
    for name in ("elements:list", "console:export", "elements-api:list"):
        route = next(route for route in OURS if route.name == name)
        first, second = (body(signed_in(users[u]), route.path(ids(1)))[1].decode() for u in ("officer-1", "officer-2"))
        assert "张试验1" in first and "张试验2" not in first, name
        assert "张试验2" in second and "张试验1" not in second, name


@pytest.mark.parametrize("role", ["brigade", "officer-1", "analyst", "assistant-1", "auditor", "nobody"])
def test_the_admin_is_for_those_who_configure(users, role):
    client = signed_in(users[role])
    entered = [
        route.name
        for route in routes()
        if route.name.startswith("admin:") and not route.parameters and client.get(route.path({})).status_code == 200
    ]

    assert [name for name in entered if name not in {"admin:jsi18n"}] == []


def test_nothing_was_written_by_all_this(users):
    before = Element.objects.count(), LandingBatch.objects.get().state
    client = signed_in(users["officer-2"])
    for route in [*WITH_BATCH, *WITH_ELEMENT]:
        for method in ("post", "put", "patch", "delete"):
            getattr(client, method)(route.path(ids(1)))

    assert (Element.objects.count(), LandingBatch.objects.get().state) == before


def test_routes_are_found():
    assert {route.name for route in OURS} >= {"console:element", "map:tile", "elements-api:list"}
    assert Route("console:element", ("element_id",)) in OURS
