"""Files of batches, rows of a batch, sources and whom the platform believes: the rows of their pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.models import AuditRow
from exchange.models import LandingBatch
from tests.console.web.test_list_export import exported, sheet
from tests.exchange.web.import_files import MIXED, csv_bytes, run_job

SignIn = Callable[[str], Client]
Batches = Callable[..., LandingBatch]
NAMES = ("landing-batches", "batch-rows", "sources", "source-order")


@pytest.mark.parametrize("reader", ["brigade", "officer-1"])
@pytest.mark.parametrize(
    ("query", "numbers"),
    [("", (2, 1)), ("state=PLANNED", (1, 0)), ("kind=UNIT", (0, 0)), ("source=TMRI_VEHICLE&state=MAPPING", (1, 1)), ("state=x", (2, 1))],
)  # fmt: skip
def test_the_file_of_batches_has_the_rows_of_the_list(
    signed_in: SignIn,
    planned: Batches,
    uploaded: Batches,
    monkeypatch,
    reader: str,
    query: str,
    numbers: tuple[int, int],
) -> None:
    monkeypatch.setattr("console.import_exports.CHUNK_ROWS", 1)
    planned()
    uploaded("officer-1", csv_bytes(MIXED[:1]))
    client = signed_in(reader)
    context = client.get(f"{reverse('exchange:list')}?{query}").context
    head, *rows = exported(client, "landing-batches", context["export_url"].partition("?")[2])

    assert head[:13] == [str(column["label"]) for column in context["columns"]]
    assert [(int(row[13]), row[0], row[1], row[11]) for row in rows] == [
        (one["batch"].pk, one["batch"].upload.name, one["badge"]["label"], one["owner"]) for one in context["rows"]
    ]
    assert [row[4:10] for row in rows] == [[count["value"] for count in one["counts"]] for one in context["rows"]]
    assert len(rows) == numbers[reader != "brigade"]
    assert AuditRow.objects.get(verb="EXPORTED").count == len(rows)


def test_pages_of_batches_lead_on_and_back(signed_in: SignIn, uploaded: Batches) -> None:
    made = [uploaded("brigade", csv_bytes(MIXED[:number])).pk for number in range(1, 3)]
    made += [uploaded("brigade", csv_bytes(MIXED[:4])).pk for _number in range(25)]
    client, url = signed_in("brigade"), reverse("exchange:list")
    first = client.get(f"{url}?page_size=20&kind=VEHICLE")
    second = client.get(url + first.context["pager"]["next_url"])
    back = client.get(url + second.context["pager"]["previous_url"])

    told = [[row["batch"].pk for row in page.context["rows"]] for page in (first, second, back)]
    assert told == [made[:6:-1], made[6::-1], made[:6:-1]]
    assert [page.context["count_text"] for page in (first, second)] == ["共 27 批"] * 2
    assert first.context["export_url"].endswith("?kind=VEHICLE") and "next_url" not in second.context["pager"]


@pytest.mark.parametrize("is_imported", [False, True])
@pytest.mark.parametrize(
    ("query", "numbers"),
    [("", [1, 2, 3, 4, 5, 6, 7]), ("outcome=TO_REVIEW", [4, 5]), ("outcome=REJECTED", [6]), ("problem=KEY_CHECK_DIGIT", [4]),
     ("outcome=CREATED&problem=KEY_CHECK_DIGIT", []), ("outcome=x", [1, 2, 3, 4, 5, 6, 7])],
)  # fmt: skip
def test_the_file_of_rows_has_the_rows_of_the_tab(
    signed_in: SignIn, planned: Batches, monkeypatch, query: str, numbers: list[int], is_imported: bool
) -> None:
    monkeypatch.setattr("console.import_exports.CHUNK_ROWS", 2)
    batch, client = planned("officer-1"), signed_in("officer-1")
    if is_imported:
        client.post(reverse("exchange:apply", args=[batch.pk]))
        run_job(batch)
    context = client.get(f"{reverse('exchange:batch', args=[batch.pk])}?{query}").context
    asked = context["export_url"].partition("?")[2] if numbers else f"batch={batch.pk}&{query}"
    _head, *rows = exported(client, "batch-rows", asked)
    shown = [one["row"] for one in context["rows"]]

    assert [int(row[0]) for row in rows] == [one.row_number for one in shown] == numbers
    assert [row[1:3] for row in rows] == [[one.outcome_label, one.element_label] for one in shown]
    assert [row[4] for row in rows] == ["；".join(problem["text"] for problem in one.problems) for one in shown]
    assert [bool(row[5]) for row in rows] == [bool(one.changes or one.note) for one in shown]
    record = AuditRow.objects.get(verb="EXPORTED")
    assert (record.subject_table, record.subject_id, record.count) == (
        "exchange_landingbatch",
        str(batch.pk),
        len(rows),
    )


def test_what_a_row_would_change_is_in_the_file_as_on_the_page(signed_in: SignIn, planned: Batches) -> None:
    batch = planned()
    rows = exported(signed_in("brigade"), "batch-rows", f"batch={batch.pk}&outcome=UPDATED")[1:]

    assert len(rows) == 1
    assert rows[0][0] == "2" and "→ 改后牌" in rows[0][5]


def test_the_rows_of_somebody_elses_batch_are_those_of_a_missing_one(signed_in: SignIn, planned: Batches) -> None:
    batch, url = planned(), reverse("console:list-export", args=["batch-rows"])
    client = signed_in("officer-2")

    for asked in (f"batch={batch.pk}", "batch=999999", "batch=x", "batch=0", "batch=99999999999999999999", ""):
        assert client.get(f"{url}?{asked}").status_code == 404, asked
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


def test_a_batch_without_results_has_no_file_of_them(signed_in: SignIn, uploaded: Batches) -> None:
    batch = uploaded()
    answer = signed_in("brigade").get(f"{reverse('console:list-export', args=['batch-rows'])}?batch={batch.pk}")

    assert (answer.status_code, "BATCH_STATE" in answer.content.decode()) == (409, True)
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


@pytest.mark.parametrize("reader", ["brigade", "officer-2"])
def test_the_file_of_sources_has_the_lines_of_the_page(signed_in: SignIn, planned: Batches, reader: str) -> None:
    batch = planned()
    client = signed_in(reader)
    context = client.get(reverse("exchange:sources")).context
    _head, *rows = exported(client, "sources", context["export_url"].partition("?")[2])

    assert [(row[0], row[1], row[2], row[5]) for row in rows] == [
        (one.source.name, one.source.code, one.source.department, str(one.texts)) for one in context["lines"]
    ]
    assert [row[9] for row in rows if row[1] == "TMRI_VEHICLE"] == [str(batch.pk) if reader == "brigade" else ""]
    _head, *groups = exported(client, "source-order", context["order_export_url"].partition("?")[2])
    assert [row[:3] for row in groups] == [
        [str(kind["label"]), group["fields"], group["field_class"]]
        for kind in context["kinds"]
        for group in kind["groups"]
    ]
    assert [row[3] for row in groups] == [
        "、".join(one["sources"]) for kind in context["kinds"] for one in kind["groups"]
    ]
    assert len(rows) > 3 and len(groups) > 5


def test_the_workbook_has_the_same_rows(signed_in: SignIn, planned: Batches) -> None:
    batch, client = planned(), signed_in("brigade")
    for name in NAMES:
        query = f"batch={batch.pk}" if name == "batch-rows" else ""
        table, book = exported(client, name, query), sheet(client, name, query)
        assert [[str(cell) for cell in row[:-1]] for row in book] == [row[:-1] for row in table], name


@pytest.mark.parametrize("reader", ["analyst", "coordinator-1", "admin", "liaison-1", "auditor", "nobody"])
@pytest.mark.parametrize("name", NAMES)
def test_who_may_not_gets_nothing(signed_in: SignIn, planned: Batches, reader: str, name: str) -> None:
    batch = planned()
    answer = signed_in(reader).get(f"{reverse('console:list-export', args=[name])}?batch={batch.pk}")

    assert answer.status_code == 403
    assert AuditRow.objects.filter(verb="EXPORTED").count() == 0


def test_who_imports_but_takes_nothing_out_sees_no_menu(signed_in: SignIn, planned: Batches) -> None:
    planned()
    for reader, is_there in (("brigade", True), ("liaison-1", False)):
        for page in ("list", "sources"):
            body = signed_in(reader).get(reverse(f"exchange:{page}")).content.decode()
            assert ("/export/" in body) is is_there, (reader, page)


def test_queries_do_not_grow_with_rows(signed_in: SignIn, planned: Batches, uploaded: Batches) -> None:
    batch, client = planned(), signed_in("brigade")

    def counted(name: str, query: str = "") -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            rows = exported(client, name, query)
        return len(captured), len(rows)

    counted("landing-batches")
    before = counted("landing-batches")
    for _number in range(3):
        uploaded("officer-1", csv_bytes(MIXED[:1]))
    assert counted("landing-batches") == (before[0], before[1] + 3)
    few, many = (counted("batch-rows", f"batch={batch.pk}{query}") for query in ("&outcome=UPDATED", ""))
    assert (few[1], many[1]) == (2, 8) and many[0] == few[0]
