"""Who may not, and files that are not taken: a clear message beside the file, nothing kept."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from elements.kinds import KINDS
from exchange.exporters.import_template import template_csv, template_xlsx
from exchange.importers.mapping import target_fields
from exchange.models import LandingBatch, Upload
from tests.exchange.web.conftest import decided
from tests.exchange.web.import_files import MIXED, csv_bytes, run_job, vehicle_row
from tests.factories.numbers import vin

SignIn = Callable[[str], Client]
Batches = Callable[..., LandingBatch]
PAGES = ("batch", "progress", "mend-file")
STEPS = ("plan", "apply", "undo", "cancel", "mend")


def send(client: Client, data: bytes, name: str = "机动车.csv", **form: str):  # type: ignore[no-untyped-def]
    fields = {"kind": "VEHICLE", "source": "TMRI_VEHICLE", "observed_on": "2026-10-02", "datum": "WGS84"}
    return client.post(reverse("exchange:import"), {**fields, **form, "file": SimpleUploadedFile(name, data)})


def workbook(change: Callable[[Workbook], None]) -> bytes:
    book = Workbook()
    book.active.append(["车架号", "品牌"])
    book.active.append([vin(300), "试验"])
    change(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_formula(book: Workbook) -> None:
    book.active["B2"] = "=1+1"


def with_merge(book: Workbook) -> None:
    book.active.append([vin(301), "试验"])
    book.active.merge_cells("B2:B3")


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "FILE_EMPTY", "文件是空的"),
        (csv_bytes([["1", "2"]], ["车架号", "车架号"]), "HEADER_TWICE", "车架号"),
        (csv_bytes([["1"] * 600], [f"列{i}" for i in range(600)]), "TOO_MANY_COLUMNS", "600"),
        ("车架号\n".encode() + b"\xff\xff\xff", "FILE_ENCODING", "第 2 行"),
        (workbook(with_formula), "FORMULAS", "B2"),
        (workbook(with_merge), "MERGED_CELLS", "B2:B3"),
    ],
    ids=["empty", "header-twice", "too-wide", "encoding", "formula", "merged"],
)
def test_a_bad_file_is_refused_beside_the_file(signed_in: SignIn, data: bytes, code: str, said: str) -> None:
    answer = send(signed_in("brigade"), data)
    assert answer.status_code == 400
    assert answer.context["error_code"] == code
    assert said in answer.context["form"].errors["file"][0]
    assert (LandingBatch.objects.count(), Upload.objects.count()) == (0, 0)


def test_a_header_without_rows_is_said_after_the_dry_run(signed_in: SignIn, uploaded: Batches) -> None:
    from common import jobs

    batch, client = uploaded(data=csv_bytes([])), signed_in("brigade")
    client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch))
    batch.refresh_from_db()
    jobs.run(batch.job_id)
    answer = client.get(reverse("exchange:batch", args=[batch.pk]))
    assert "文件只有表头，没有数据行。" in answer.content.decode()
    assert answer.context["actions"] == {"plan"}


def test_a_day_in_the_future_is_refused(signed_in: SignIn) -> None:
    answer = send(signed_in("brigade"), csv_bytes(MIXED), observed_on="2999-01-01")
    assert answer.status_code == 400
    assert "observed_on" in answer.context["form"].errors
    assert LandingBatch.objects.count() == 0


def test_a_foreign_batch_answers_like_a_missing_one(signed_in: SignIn, planned: Batches) -> None:
    batch, stranger = planned("officer-1"), signed_in("officer-2")
    missing = batch.pk + 1000
    for name in PAGES:
        answers = [stranger.get(reverse(f"exchange:{name}", args=[pk])) for pk in (batch.pk, missing)]
        assert [answer.status_code for answer in answers] == [404, 404], name
        assert [answer.content.decode().count("NOT_FOUND") for answer in answers] == [1, 1], name
    for name in STEPS:
        for pk in (batch.pk, missing):
            assert stranger.post(reverse(f"exchange:{name}", args=[pk])).status_code == 404, name
    assert stranger.get(reverse("exchange:list")).context["rows"] == []
    batch.refresh_from_db()
    assert batch.state == "PLANNED"
    assert signed_in("brigade").get(reverse("exchange:batch", args=[batch.pk])).status_code == 200


@pytest.mark.parametrize("name", ["analyst", "coordinator-1", "assistant-1", "station-1", "admin", "auditor", "nobody"])
def test_who_may_not_import_is_told_so(signed_in: SignIn, name: str) -> None:
    client = signed_in(name)
    for url in (
        reverse("exchange:import"),
        reverse("exchange:list"),
        reverse("exchange:template", args=["unit", "csv"]),
    ):
        assert client.get(url).status_code == 403
    assert send(client, csv_bytes(MIXED)).status_code == 403
    assert client.post("/api/v1/imports", {}).status_code == 403
    assert LandingBatch.objects.count() == 0


def test_a_liaison_imports_its_own_source_only(signed_in: SignIn) -> None:
    client = signed_in("liaison-1")
    form = client.get(reverse("exchange:import")).context["form"]
    assert [source.code for source in form.fields["source"].queryset] == ["TRANSPORT"]
    refused = send(client, csv_bytes(MIXED))
    assert refused.status_code == 400
    assert "source" in refused.context["form"].errors
    assert LandingBatch.objects.count() == 0
    assert send(client, csv_bytes(MIXED), source="TRANSPORT").status_code == 302


def test_a_preview_hides_elements_outside_the_scope(signed_in: SignIn, uploaded: Batches) -> None:
    # Vehicle 1 lies in the west, officer-1 works in the east; 0 is his own.
    rows = [vehicle_row(0, 品牌="改后牌"), vehicle_row(1, 品牌="改后牌")]
    batch, client = uploaded("officer-1", csv_bytes(rows)), signed_in("officer-1")
    client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch))
    run_job(batch)
    shown = [item["row"] for item in client.get(reverse("exchange:batch", args=[batch.pk])).context["rows"]]
    assert [row.outcome for row in shown] == ["UPDATED", "UPDATED"]
    assert [change.after for change in shown[0].changes] == ["改后牌"]
    assert (shown[1].changes, shown[1].element_id) == (None, None)
    assert shown[1].note == "该对象不在您的辖区内，不显示其内容"


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_template_imports_cleanly(signed_in: SignIn, kind: str, extension: str) -> None:
    client = signed_in("brigade")
    download = client.get(reverse("exchange:template", args=[kind.lower(), extension]))
    assert download.status_code == 200
    assert len(template_csv(KINDS[kind])) and len(template_xlsx(KINDS[kind]))
    send(client, download.content, name=f"模板.{extension}", kind=kind, source="FIELD")
    batch = LandingBatch.objects.get()
    assert set(batch.columns.values()) == set(target_fields(KINDS[kind]))
    client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch))
    run_job(batch)
    assert (batch.counts["received"], batch.counts["created"]) == (1, 1)
    assert batch.rows.get().problems == []
