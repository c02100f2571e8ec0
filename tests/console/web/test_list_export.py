"""Files of work orders, inspections, merges, addresses and areas: the rows of the list, safe, marked and on record."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from common.models import AuditRow
from duty.services.inspections import load_inspection_plans
from tests.factories.upkeep import dispatched, facility, report
from tests.factories.users import make_users, signed_in


@pytest.fixture(scope="module")
def module_users(module_city):
    load_inspection_plans()
    return make_users(module_city)


def exported(client: Client, name: str, query: str = "") -> list[list[str]]:
    answer = client.get(f"{reverse('console:list-export', args=[name])}?{query}")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def sheet(client: Client, name: str, query: str = "") -> list[list]:
    answer = client.get(f"{reverse('console:list-export', args=[name])}?{query}&format=xlsx")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return [["" if cell is None else cell for cell in row] for row in book.active.iter_rows(values_only=True)]


@pytest.fixture
def orders(users):
    """Four: two of officer-1, one of them dispatched, one as a formula; one of officer-2."""
    first = facility(1)
    made = [report(first, users["officer-1"], 1), report(first, users["officer-1"], 2, fault="=1+1 红灯")]
    dispatched(made[0], users["officer-1"])
    return [*made, report(facility(3, grid=5), users["officer-2"], 3)]


@pytest.mark.parametrize("reader", ["brigade", "officer-1", "officer-2"])
@pytest.mark.parametrize(
    "query", ["", "standing=open", "standing=closed", "state=DISPATCHED&sort=number", "sort=-due_on"]
)
def test_the_file_has_the_orders_of_the_list_in_its_order(users, orders, reader, query):
    client = signed_in(users[reader])
    # Without a query the list would open with its usual filter.
    shown = client.get(f"{reverse('duty:orders')}?{query or 'page_size=50'}").context["rows"]
    head, *rows = exported(client, "work-orders", query)

    assert head[0] == "工单编号" and head[-1] == "导出标记"
    assert [row[0] for row in rows] == [row["order"].number for row in shown]
    assert [(row[1], row[5], row[9]) for row in rows] == [(r["label"], r["state_label"], r["block"]) for r in shown]
    assert all(row[-1].startswith(f"{reader} ") for row in rows)


def test_the_workbook_has_the_same_rows_and_text_stays_text(users, orders):
    client = signed_in(users["officer-1"])
    table, book = exported(client, "work-orders"), sheet(client, "work-orders")

    assert [[str(cell) for cell in row[:-1]] for row in book] == [row[:-1] for row in table]
    assert [type(row[-2]) for row in book[1:]] == [int, int]
    assert [row[4] for row in book[1:]] == ["'=1+1 红灯", "红灯不亮"]


def test_the_file_of_inspections_has_the_rows_of_the_list(users):
    for number in range(1, 5):
        facility(number, installed_on=date(2020, 1, number), grid=0 if number < 4 else 5)
    for reader, number in (("officer-1", 3), ("brigade", 4)):
        client = signed_in(users[reader])
        page = client.get(reverse("duty:inspections"))
        query = page.context["export_url"].partition("?")[2]
        _head, *rows = exported(client, "inspections-due", query)
        shown = [(r["label"], r["due_on"].isoformat(), str(r["id"])) for r in page.context["rows"]]
        assert ([(row[0], row[7], row[9]) for row in rows], len(rows)) == (shown, number)


@pytest.mark.parametrize("reader", ["brigade", "officer-1"])
@pytest.mark.parametrize("query", ["", "level=4", "level=2&provisional=1"])
def test_the_file_of_addresses_has_the_rows_of_the_list(users, monkeypatch, reader, query):
    monkeypatch.setattr("console.place_exports.CHUNK_ROWS", 4)
    client = signed_in(users[reader])
    page = client.get(f"{reverse('console:addresses')}?{query}")
    _head, *rows = exported(client, "addresses", page.context["export_url"].partition("?")[2])

    shown = [
        (one.full_text, one.get_level_display(), one.block.name if one.block else "", one.code)
        for one in page.context["rows"]
    ]
    # The page shows the first fifty of them.
    assert [(row[0], row[1], row[4], row[8]) for row in rows[: len(shown)]] == shown
    assert f"{len(rows):,}" in page.context["count_text"]
    assert bool(shown) == ("provisional" not in query)


def test_the_file_of_areas_has_the_rows_of_the_list(users):
    for reader in ("brigade", "officer-1"):
        client = signed_in(users[reader])
        page = client.get(reverse("console:areas"))
        _head, *rows = exported(client, "areas")
        shown = [(one["area"].name, str(one["blocks"]), str(one["total"])) for one in page.context["rows"]]
        assert [(row[0], row[4], row[5]) for row in rows] == shown and len(shown) > 2


def test_the_button_leads_to_what_the_list_shows(users, orders):
    client = signed_in(users["officer-1"])
    page = client.get(reverse("duty:orders"))
    url = page.context["export_url"]

    assert url == f"{reverse('console:list-export', args=['work-orders'])}?standing=open"
    assert f'{url}&amp;format=xlsx"' in page.content.decode() and "format=gpkg" not in page.content.decode()


def test_it_is_on_record_before_a_byte_leaves(users, orders):
    client = signed_in(users["officer-1"])
    client.get(reverse("console:list-export", args=["work-orders"]) + "?standing=open&cause=FAULT")

    row = AuditRow.objects.get(verb="EXPORTED")
    assert (row.subject_table, row.count, row.fields) == ("duty_workorder", 2, ["cause", "standing"])
    assert row.actor_id == users["officer-1"].pk


@pytest.mark.parametrize("reader", ["coordinator-1", "assistant-1", "auditor", "nobody"])
@pytest.mark.parametrize("name", ["work-orders", "inspections-due", "merges", "addresses", "areas"])
def test_who_may_not_take_lists_out_gets_nothing(users, orders, reader, name):
    client = signed_in(users[reader])
    answer = client.get(reverse("console:list-export", args=[name]))

    assert answer.status_code == 403
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0
    assert "format=csv" not in client.get(reverse("duty:orders")).content.decode()


@pytest.mark.parametrize(
    ("name", "query", "status", "code"),
    [
        ("work-orders", "format=gpkg", 400, "BAD_FORMAT"),
        ("work-orders", "sort=fault", 400, "BAD_SORT"),
        ("work-orders", "state=BURNT", 400, "BAD_FILTER"),
        ("inspections-due", "standing=x", 400, "BAD_FILTER"),
        ("addresses", "level=x", 400, "BAD_FILTER"),
        ("drivers", "", 404, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_is_refused_and_not_on_record(users, orders, name, query, status, code):
    answer = signed_in(users["brigade"]).get(f"{reverse('console:list-export', args=[name])}?{query}")

    assert (answer.status_code, code in answer.content.decode()) == (status, True)
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


def test_queries_do_not_grow_with_the_rows(users, orders):
    client = signed_in(users["brigade"])
    exported(client, "work-orders")

    def counted() -> int:
        with CaptureQueriesContext(connection) as captured:
            exported(client, "work-orders")
        return len(captured)

    before = counted()
    for number in range(10, 16):
        report(facility(number), users["officer-1"], number)
    assert counted() == before
