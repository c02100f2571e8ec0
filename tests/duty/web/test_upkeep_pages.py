"""Pages and API of duty: scope, steps, refusals, masks of rights, number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from duty.models import Inspection, WorkOrder
from duty.services.inspections import load_inspection_plans
from elements.models import Element
from tests.factories.query_counts import recorded_counts
from tests.factories.upkeep import danger_spot, dispatched, facility, facility_of, picture, report, request
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.usefixtures("city")
API = "/api/v1/work-orders/"


@pytest.fixture(scope="module")
def module_users(module_city) -> dict[str, Any]:
    load_inspection_plans()
    return make_users(module_city)


def photo(shade: int = 90) -> SimpleUploadedFile:
    return SimpleUploadedFile("现场.jpg", picture(shade).data, content_type="image/jpeg")


def numbers(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{reverse('duty:orders')}?{query}")
    assert answer.status_code == 200
    return [row["order"].number for row in answer.context["rows"]]


def step_url(order: WorkOrder, action: str) -> str:
    return reverse("duty:step", args=[order.number, action])


def test_an_order_goes_through_the_pages_from_report_to_check(users):
    signal = facility()
    officer, coordinator = signed_in(users["officer-1"]), signed_in(users["coordinator-1"])
    form = coordinator.get(reverse("duty:report", args=[signal.pk]))
    body = {
        "cause": "FAULT",
        "condition": "damaged",
        "fault": "红灯不亮",
        "request_id": form.context["form"]["request_id"].value(),
    }
    made = coordinator.post(reverse("duty:report", args=[signal.pk]), body | {"photos": [photo(1), photo(2)]})
    order = WorkOrder.objects.get()
    assert (made.status_code, made["Location"]) == (302, reverse("duty:order", args=[order.number]))
    assert coordinator.get(made["Location"]).context["forms"] == []

    today = clock.today()
    officer.post(
        step_url(order, "dispatch"), {"version": 1, "owner_department": "市政", "due_on": today + timedelta(days=3)}
    )
    coordinator.post(step_url(order, "repair"), {"version": 2, "note": "已换灯", "photos": photo(3)})
    done = officer.post(step_url(order, "check"), {"version": 3}, follow=True)

    order.refresh_from_db()
    assert (order.state, order.owner_department, order.due_on) == ("CHECKED", "市政", today + timedelta(days=3))
    assert [len(one["photos"]) for one in done.context["steps"]] == [2, 0, 1, 0]
    assert facility_of(1).facility.state == "1"
    assert (
        done.content.decode().count(reverse("console:photo", args=[done.context["steps"][2]["photos"][0].token])) >= 1
    )


def test_a_refused_step_comes_back_with_its_reason_and_what_was_typed(users):
    order = dispatched(report(facility(), users["officer-1"]), users["officer-1"])
    client = signed_in(users["officer-1"])

    without_photo = client.post(step_url(order, "repair"), {"version": 2, "note": "已换灯"})
    assert without_photo.status_code == 400
    assert "请至少附一张照片。" in without_photo.content.decode()
    assert ">\n已换灯</textarea>" in without_photo.content.decode()

    stale = client.post(step_url(order, "repair"), {"version": 1, "note": "已换灯", "photos": photo()})
    assert stale.status_code == 409
    assert "工单已由 officer-1 改为“待修复”" in stale.content.decode()
    order.refresh_from_db()
    assert (order.state, order.version, order.steps.count()) == ("DISPATCHED", 2, 2)


def test_a_foreign_order_answers_like_a_missing_one(users):
    order = report(facility(), users["officer-1"])
    client = signed_in(users["officer-2"])
    missing = "WX20261001-0999"
    for name, extra in (("duty:order", ()), ("duty:step", ("check",)), ("duty:api-step", ("check",))):
        for number in (order.number, missing):
            url = reverse(name, args=[number, *extra])
            assert (client.post if extra else client.get)(url, {"version": 1}).status_code == 404, url
    order.refresh_from_db()
    assert (order.version, order.steps.count()) == (1, 1)


@pytest.mark.parametrize(
    ("reader", "seen"),
    [("brigade", 2), ("squadron-1", 1), ("officer-1", 1), ("officer-2", 1), ("analyst", 2), ("assistant-1", 0)],
)
def test_lists_hold_the_orders_of_the_scope(users, reader, seen):
    report(facility(1), users["officer-1"], 1)
    report(facility(2, grid=5), users["officer-2"], 2)
    client = signed_in(users[reader])

    assert len(numbers(client)) == seen
    assert client.get(API).json()["count"] == seen


@pytest.mark.parametrize("reader", ["admin", "auditor", "station-1", "liaison-1", "nobody"])
def test_who_reads_no_elements_reads_no_orders(users, reader):
    report(facility(), users["officer-1"])
    client = signed_in(users[reader])

    for url in (reverse("duty:orders"), reverse("duty:inspections"), API, "/api/v1/inspections/due/"):
        assert client.get(url).status_code == 403, url


def test_filters_narrow_as_they_say(users):
    first = report(facility(1), users["officer-1"], 1)
    second = dispatched(report(facility(2, grid=1, facility_type="02"), users["officer-1"], 2), users["officer-1"])
    third = report(danger_spot(3), users["coordinator-1"], 3, cause="DANGER")
    WorkOrder.objects.filter(pk=second.pk).update(due_on=clock.today() - timedelta(days=1))
    client = signed_in(users["brigade"])
    one, two, three = first.number, second.number, third.number

    assert numbers(client, "sort=number") == [one, two, three]
    assert numbers(client, "cause=DANGER") == [three]
    assert numbers(client, "state=DISPATCHED") == [two]
    assert numbers(client, "facility_type=02") == [two]
    assert numbers(client, "standing=overdue") == [two]
    assert numbers(client, "standing=closed") == []
    assert sorted(numbers(signed_in(users["officer-1"]), "mine=true")) == [one, two]
    assert numbers(client, "mine=true") == []
    assert client.get(f"{reverse('duty:orders')}?cause=NONE").status_code == 400


def test_pages_of_the_list_follow_each_other(users):
    signal = facility()
    made = [report(signal, users["officer-1"], n).number for n in range(25)]
    client = signed_in(users["officer-1"])
    first = client.get(f"{reverse('duty:orders')}?sort=number&page_size=20")
    second = client.get(reverse("duty:orders") + first.context["pager"]["next_url"])

    shown = [row["order"].number for answer in (first, second) for row in answer.context["rows"]]
    assert shown == made
    assert first.context["count_text"] == "共 25 条"


def test_one_tap_records_an_inspection_once(users):
    signal = facility(installed_on=date(2020, 1, 1))
    client = signed_in(users["officer-1"])
    row = client.get(reverse("duty:inspections")).context["rows"][0]
    assert row["id"] == signal.pk
    for _ in range(2):
        answer = client.post(
            reverse("duty:inspect", args=[signal.pk]), {"request_id": row["request_id"]}, headers={"HX-Request": "true"}
        )
        assert "已登记完好" in answer.content.decode()

    assert list(Inspection.objects.values_list("facility_id", "result")) == [(signal.pk, "GOOD")]
    assert client.get(reverse("duty:inspections")).context["rows"] == []


def test_a_fault_found_on_inspection_is_recorded_by_the_form(users):
    signal = facility()
    client = signed_in(users["coordinator-1"])
    url = reverse("duty:report", args=[signal.pk])
    form = client.get(f"{url}?inspection=1").context["form"]
    given = {name: form[name].value() for name in ("request_id", "is_inspection", "cause")}
    client.post(url, given | {"fault": "灯杆缺失", "condition": "missing"})

    assert WorkOrder.objects.get().fault == "灯杆缺失"
    assert Inspection.objects.get().result == "FAULT"
    assert facility_of(1).facility.state == "3"


def test_similar_open_orders_are_shown_the_most_alike_first(users):
    signal = facility()
    report(signal, users["officer-1"], 1, fault="灯杆倾斜")
    report(signal, users["officer-1"], 2, fault="红灯不亮")
    url = reverse("duty:similar", args=[signal.pk])

    answer = signed_in(users["officer-1"]).post(url, {"fault": "红灯不亮了"})
    assert [order.fault for order in answer.context["similar"]] == ["红灯不亮", "灯杆倾斜"]
    assert signed_in(users["officer-2"]).post(url, {"fault": "红灯"}).status_code == 404


def test_the_tab_of_a_facility_shows_its_upkeep(users):
    signal = facility()
    order = report(signal, users["officer-1"])
    url = reverse("console:element", args=[signal.pk]) + "?tab=upkeep"

    shown = signed_in(users["officer-1"]).get(url)
    assert ([row["order"].pk for row in shown.context["orders"]], shown.context["state_label"]) == ([order.pk], "损坏")
    assert reverse("duty:report", args=[signal.pk]) in shown.content.decode()
    reader = signed_in(users["analyst"]).get(url)
    assert reverse("duty:report", args=[signal.pk]) not in reader.content.decode()
    assert signed_in(users["analyst"]).get(reverse("duty:report", args=[signal.pk])).status_code == 403


def test_the_api_reports_steps_and_repeats(users):
    signal = facility()
    client = signed_in(users["officer-1"])
    body = {"facility_id": signal.pk, "cause": "FAULT", "fault": "红灯不亮", "request_id": str(request(7))}
    first = client.post(API, body, content_type="application/json")
    again = client.post(API, body, content_type="application/json")
    other = client.post(API, body | {"fault": "绿灯不亮"}, content_type="application/json")
    assert (first.status_code, again.json(), other.status_code) == (201, first.json(), 409)
    assert other.json()["code"] == "REQUEST_USED"

    url = f"{API}{first.json()['number']}/"
    due = str(clock.today() + timedelta(days=3))
    sent = client.post(
        f"{url}dispatch/", {"version": 1, "owner_department": "市政", "due_on": due}, content_type="application/json"
    )
    assert (sent.status_code, sent.json()["state"], sent.json()["version"]) == (200, "DISPATCHED", 2)
    repaired = client.post(f"{url}repair/", {"version": 2, "note": "已换灯", "photos": [photo()]})
    assert (repaired.status_code, repaired.json()["state"]) == (200, "REPAIRED")
    own = client.post(f"{url}check/", {"version": 3}, content_type="application/json")
    assert own.status_code == 403
    blank = client.post(f"{url}return/", {"version": 3}, content_type="application/json")
    assert (blank.status_code, blank.json()["code"]) == (400, "NOTE_MISSING")
    assert client.post(f"{url}burn/", {"version": 3}).status_code == 404
    assert WorkOrder.objects.get().state == "REPAIRED"


def test_the_api_lists_what_is_due(users):
    signal = facility(installed_on=date(2020, 1, 1))
    found = signed_in(users["officer-1"]).get("/api/v1/inspections/due/").json()

    assert (found["count"], found["next"]) == (1, None)
    assert (found["results"][0]["id"], found["results"][0]["last_on"]) == (signal.pk, None)


def test_the_schema_names_the_addresses_of_duty(users):
    facility()
    schema = signed_in(users["officer-1"]).get("/api/v1/openapi").content.decode()
    assert "/api/v1/work-orders/{number}/{action}/" in schema
    assert "/api/v1/inspections/due/" in schema


def _pages(order: WorkOrder) -> dict[str, str]:
    element = reverse("console:element", args=[order.facility_id])
    return {
        "duty orders": reverse("duty:orders"),
        "duty order": reverse("duty:order", args=[order.number]),
        "duty inspections": reverse("duty:inspections"),
        "duty report": reverse("duty:report", args=[order.facility_id]),
        "duty upkeep tab": f"{element}?tab=upkeep",
        "duty api orders": API,
        "duty api due": "/api/v1/inspections/due/",
    }


def counted(client: Client, url: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200, url
    return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))])


@pytest.mark.parametrize("role", ["brigade", "officer-1"])
def test_counts_of_queries_are_the_recorded_ones_and_do_not_grow(users, role):
    order = dispatched(report(facility(), users["officer-1"], photos=[picture()]), users["officer-1"])
    client = signed_in(users[role])
    client.get(reverse("console:today"))
    measured = {f"{role}: {name}": counted(client, url) for name, url in _pages(order).items()}
    assert measured == recorded_counts(measured)

    element = Element.objects.get(pk=order.facility_id)
    for number in range(2, 8):
        report(element, users["officer-1"], number)
        facility(number)
    assert {f"{role}: {name}": counted(client, url) for name, url in _pages(order).items()} == measured
