"""Trust 21, second part: objects of the admin, every method, time of foreign ids, hidden fields, ids inside parameters."""

from __future__ import annotations

import re
import time
from statistics import median

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from addresses.models import AddressName, Area, Division, PickerSite
from common import clock
from common.jobs import create_job
from common.models import AuditRow
from console.admin_site import admin_site
from duty.services.inspections import load_inspection_plans
from elements.models import ExpectedCount, FieldPolicy, SavedFilter, Source
from elements.selectors.searches import save_search
from exchange.models import LandingBatch, Mapping
from tests.factories.claims import claim, person_of, submit
from tests.factories.files import VEHICLE_HEADERS, csv_file
from tests.factories.numbers import citizen_id, file_number, phone
from tests.factories.users import make_users, signed_in
from tests.trust.crawl import body, routes

OWN, FOREIGN, MISSING = 1, 2, 999_999_999
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
ELEMENT_ROUTES = [
    route for route in routes() if "element_id" in route.parameters and not route.name.startswith("admin:")
]
# Half the time of a page would show at once; what a loaded machine adds falls on both alike.
MAX_DIFFERENCE_S = 0.010
PAIRS = 40


@pytest.fixture(scope="module")
def module_users(module_city):
    """A driver in the district of officer-1, with a name late in the order, and one in that of officer-2."""
    PickerSite.objects.create(key="test-site", name="试验系统", origins=["http://10.0.0.1"])
    for number, grid, name in ((OWN, 1, "赵试验甲"), (FOREIGN, 5, "安试验乙"), (3, 1, "安试验丙")):
        submit(
            "TMRI_DRIVER", "PERSON",
            claim(1, citizen_id=citizen_id(number), file_no=file_number(number), name=name, phone=phone(number),
                  licence_classes="C1", grid=grid),
        )  # fmt: skip
    return make_users(module_city)


def admin_paths(city) -> list[str]:
    """Every page of the admin that is about one table or one object; each table has an object."""
    AddressName.objects.get_or_create(
        surface="试验路", defaults={"kind": "ROAD", "level": "ROAD", "road": "试验路", "source": "TEST"}
    )
    Mapping.objects.get_or_create(
        source=Source.objects.first(), kind="VEHICLE", defaults={"header_hash": "0", "columns": {}}
    )
    ExpectedCount.objects.get_or_create(
        village=city.villages[0],
        kind="drivers",
        source=Source.objects.first(),
        defaults={"number": 1, "as_of": "2026-01-01"},
    )
    load_inspection_plans()
    create_job(kind="REFOLD", title="试验", owner_id=None, params={})
    AuditRow.objects.create(at=clock.now(), verb="TEST", subject_table="t")
    paths = [reverse("admin:index")]
    for model in admin_site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pk = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        assert pk is not None, name
        paths += [reverse(f"{name}_{page}") for page in ("changelist", "add")]
        paths += [reverse(f"{name}_{page}", args=[pk]) for page in ("change", "history", "delete")]
    return paths


@pytest.mark.parametrize(
    "role", ["brigade", "analyst", "squadron-1", "officer-1", "coordinator-1", "assistant-1", "station-1", "liaison-1", "auditor", "nobody"]
)  # fmt: skip
def test_no_object_of_the_admin_opens_without_the_right_to_configure(users, city, role):
    client, entered, written = signed_in(users[role]), [], _settings_rows(city)
    # A flag of Django must not open what only a post may.
    users[role].__class__.objects.filter(pk=users[role].pk).update(**_flags(users[role]))
    for path in admin_paths(city):
        for method in ("get", "post"):
            status = getattr(client, method)(path, {"post": "yes"}).status_code
            if status not in {302, 403, 404}:
                entered.append((path, method, status))

    assert entered == []
    assert _settings_rows(city) == written


def _flags(user) -> dict[str, bool]:
    return {name: True for name in ("is_staff", "is_superuser") if name in {f.name for f in user._meta.concrete_fields}}


def _settings_rows(city) -> list[int]:
    models = (Area, Division, Source, FieldPolicy, LogEntry, PickerSite)
    return [model._default_manager.count() for model in models]


def test_the_administrator_opens_them(users, city):
    """Positive control: the paths above are pages. What nobody may add or delete answers 403 or 404 to all."""
    client = signed_in(users["admin"])
    found = {path: client.get(path).status_code for path in admin_paths(city)}

    assert set(found.values()) <= {200, 403, 404}
    # An element is there for who may read it; the administrator may not.
    not_for_all = r"/(add|delete|change)/$|/elements/element/\d+/"
    assert all(status == 200 for path, status in found.items() if not re.search(not_for_all, path))
    assert sum(status == 200 for status in found.values()) >= 3 * len(admin_site._registry)


@pytest.mark.parametrize("reader", ["officer-1", "coordinator-1", "admin"])
def test_foreign_and_missing_elements_answer_alike_by_every_method(users, reader):
    client, told = signed_in(users[reader]), []
    client.raise_request_exception = False
    foreign = person_of(FOREIGN).pk
    for route in ELEMENT_ROUTES:
        for method in METHODS:
            one, other = (getattr(client, method)(route.path({"element_id": pk})) for pk in (foreign, MISSING))
            if one.status_code >= 500 or one.status_code != other.status_code or _headers(one) != _headers(other):
                told.append((route.name, method, one.status_code, other.status_code))

    assert told == []


def _headers(answer) -> dict[str, str]:
    """Without those that are new on every page; the path that was asked stands in one page's length."""
    drop = {"Content-Security-Policy", "Set-Cookie", "Content-Length", "Date"}
    return {name: value for name, value in answer.headers.items() if name not in drop}


@pytest.mark.parametrize("name", ["console:element", "console:reveal"])
def test_a_foreign_element_takes_as_long_as_a_missing_one(users, name):
    """Median of interleaved pairs on one connection; which of the pair goes first changes every time."""
    client = signed_in(users["officer-1"])
    route = next(route for route in ELEMENT_ROUTES if route.name == name)
    paths = {
        "foreign": route.path({"element_id": person_of(FOREIGN).pk}),
        "missing": route.path({"element_id": MISSING}),
    }
    seconds: dict[str, list[float]] = {"foreign": [], "missing": []}
    for number in range(PAIRS + 3):
        for kind in sorted(paths, reverse=number % 2 == 0):
            began = time.perf_counter()
            status = client.get(paths[kind]).status_code
            if number >= 3:  # templates and connections are warm by then
                seconds[kind].append(time.perf_counter() - began)
            assert status == 404
    differences = [one - other for one, other in zip(seconds["foreign"], seconds["missing"], strict=True)]

    assert abs(median(differences)) <= MAX_DIFFERENCE_S


HIDDEN = ("citizen_id", "phone", "file_no", "person__citizen_id", "person__phone", "point", "block__code", "conflicts")


@pytest.mark.parametrize("reader", ["brigade", "officer-1", "assistant-1"])
def test_no_list_is_sorted_by_what_is_masked(users, reader):
    client = signed_in(users[reader])
    fields = [*HIDDEN, *(["label"] if reader == "assistant-1" else [])]
    for name in ("elements-api:list", "elements:list"):
        for field in fields:
            for sort in (field, f"-{field}"):
                assert client.get(reverse(name, args=["drivers"]), {"sort": sort}).status_code == 400, (name, sort)


def test_the_order_of_a_reader_without_names_is_not_that_of_the_names(users):
    path = reverse("elements-api:list", args=["drivers"])
    by_name, by_id = (
        [row["id"] for row in signed_in(users[name]).get(path).json()["results"]]
        for name in ("officer-1", "assistant-1")
    )

    assert by_name == [person_of(3).pk, person_of(OWN).pk]
    assert by_id == [person_of(OWN).pk, person_of(3).pk]


@pytest.mark.parametrize(
    "query",
    [
        {"person__citizen_id__is": citizen_id(OWN)}, {"citizen_id": citizen_id(OWN)}, {"phone": phone(OWN)}, {"name": "赵"},
        {"label__startswith": "赵"}, {"person__phone__ends": phone(OWN)[-4:]}, {"block__code": "G-6"}, {"pk": "0"},
    ],
    ids=lambda query: next(iter(query)),
)  # fmt: skip
def test_a_parameter_that_is_no_filter_narrows_nothing(users, query):
    client = signed_in(users["officer-1"])
    path = reverse("elements-api:list", args=["drivers"])

    assert client.get(path, query).json()["count"] == client.get(path).json()["count"] == 2


@pytest.mark.parametrize("reader", ["officer-1", "coordinator-1", "assistant-1"])
def test_ids_of_others_inside_parameters_answer_like_missing_ones(users, city, reader):
    client, other = signed_in(users[reader]), users["brigade"]
    saved = SavedFilter.objects.create(
        user_id=other.pk,
        list_name="drivers",
        name="他人",
        query="licence_class=C1",
        is_shared=False,
        created_at=clock.now(),
    )
    token = save_search(text=citizen_id(FOREIGN), user=other, now=clock.now()).token
    foreign, far = person_of(FOREIGN).pk, city.address(5).pk
    lists, api, place = (
        reverse("elements:list", args=["drivers"]),
        reverse("elements-api:list", args=["drivers"]),
        reverse("map:place"),
    )
    pairs = [
        (place, {"elements": foreign, "addresses": far}, {"elements": MISSING, "addresses": MISSING}),
        (api, {"filter": saved.pk}, {"filter": MISSING}),
        (lists, {"filter": saved.pk}, {"filter": MISSING}),
        (api, {"search": token}, {"search": "no-such-token"}),
        (reverse("map:features"), {"search": token}, {"search": "no-such-token"}),
        (reverse("map:features"), {"area": city.grids[5].pk}, {"area": city.unplaced_towns[1].pk}),
        (reverse("map:legend"), {"registry": "drivers", "area": city.grids[5].pk},
         {"registry": "drivers", "area": city.unplaced_towns[1].pk}),
    ]  # fmt: skip
    for path, one, missing in pairs:
        first, second = (_told(client, path, query) for query in (one, missing))
        assert first == second, (path, one)


def _told(client: Client, path: str, query: dict) -> tuple[int, str]:
    status, content = body(client, path, **query)
    text = re.sub(
        r'(nonce|csrfmiddlewaretoken|value|content|href)="[^"]*"|X-CSRFToken[^}]*}|"as_of":[^,}]*', "", content.decode()
    )
    return status, text.replace(str(query.get("search")), "")


def test_a_liaison_writes_in_the_name_of_its_own_source_only(users):
    file = csv_file([VEHICLE_HEADERS, ["无", *[""] * 8]])
    answers = {}
    for source in ("TMRI_VEHICLE", "TRANSPORT"):
        upload = SimpleUploadedFile("a.csv", file)
        data = {"file": upload, "kind": "VEHICLE", "source": source, "datum": "WGS84"}
        answers[source] = signed_in(users["liaison-1"]).post(reverse("exchange:api-imports"), data).status_code

    assert answers == {"TMRI_VEHICLE": 400, "TRANSPORT": 201}
    assert list(LandingBatch.objects.values_list("source__code", flat=True)) == ["TRANSPORT"]


def test_nobody_forgets_the_filter_of_another(users):
    saved = SavedFilter.objects.create(
        user_id=users["brigade"].pk, list_name="drivers", name="他人", query="licence_class=C1", is_shared=True,
        created_at=clock.now(),
    )  # fmt: skip
    answers = [
        signed_in(users["officer-1"]).post(reverse("console:delete-filter", args=[pk])).status_code
        for pk in (saved.pk, MISSING)
    ]

    assert answers == [404, 404]
    assert SavedFilter.objects.filter(pk=saved.pk).exists()
