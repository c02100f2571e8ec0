"""One file's story through the pages: mapped, previewed, imported, mended, undone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from common.models import AuditRow, Job
from elements.models import Element, Vehicle
from exchange.models import LandingBatch, LandingRow
from tests.exchange.web.conftest import decided
from tests.exchange.web.import_files import BALANCE, csv_bytes, run_job, vehicle_row
from tests.factories.numbers import citizen_id, vin

SignIn = Callable[[str], Client]
Batches = Callable[..., LandingBatch]


def standing(number: int) -> bool:
    return Element.objects.standing().filter(vehicle__vin=vin(number)).exists()


def page(client: Client, batch: LandingBatch, query: str = ""):  # type: ignore[no-untyped-def]
    return client.get(reverse("exchange:batch", args=[batch.pk]) + query)


def test_the_mapping_step_shows_how_the_file_was_read_and_asks_for_what_is_open(
    signed_in: SignIn, uploaded: Batches
) -> None:
    row = vehicle_row(100, 所有人="赵试验", 所有人证件号=citizen_id(7), 内部编码="370683000001", 备注="电话13800001234")
    batch = uploaded(data=csv_bytes([row]))
    client = signed_in("brigade")
    answer = page(client, batch)
    assert answer.status_code == 200
    assert answer.context["undecided"] == 1
    shown = {column["header"]: column for column in answer.context["columns_to_map"]}
    assert shown["车架号"]["field"] == "vin"
    assert shown["备注"]["field"] == "-"
    assert shown["内部编码"]["is_undecided"] is True
    detected = {str(item["label"]): item["value"] for item in answer.context["detected"]}
    assert detected["编码"] == "GB18030 / GBK"
    assert detected["分隔符"] == "分号"
    assert detected["数据行"] == "1"
    text = answer.content.decode()
    for secret in (citizen_id(7), "370683000001", "13800001234"):
        assert secret not in text

    refused = client.post(reverse("exchange:plan", args=[batch.pk]), {"column-0": "plate_number", "column-2": "vin"})
    assert refused.status_code == 400
    assert "内部编码" in refused.context["error"].message
    batch.refresh_from_db()
    assert (batch.state, batch.job_id) == ("MAPPING", None)


def test_a_messy_file_is_previewed_imported_mended_and_undone(signed_in: SignIn, planned: Batches) -> None:
    client = signed_in("brigade")
    batch = planned()
    assert batch.state == "PLANNED"
    assert {name: batch.counts[name] for name in BALANCE} == BALANCE
    assert not standing(100)

    preview = page(client, batch)
    rows = {item["row"].row_number: item["row"] for item in preview.context["rows"]}
    assert [rows[n].outcome for n in range(1, 8)] == [
        "CREATED", "UPDATED", "UNCHANGED", "TO_REVIEW", "TO_REVIEW", "REJECTED", "CREATED",
    ]  # fmt: skip
    brand = next(change for change in rows[2].changes if change.label == "品牌")
    assert (brand.before, brand.after) == ("=试验", "改后牌")
    assert [p["code"] for p in rows[4].problems] == ["KEY_CHECK_DIGIT"]
    assert "车架号" in rows[4].problems[0]["text"]
    assert [p["code"] for p in rows[7].problems] == ["DATE_UNREADABLE"]
    only = page(client, batch, "?outcome=TO_REVIEW").context["rows"]
    assert [item["row"].row_number for item in only] == [4, 5]
    by_problem = page(client, batch, "?problem=DATE_UNREADABLE").context["rows"]
    assert [item["row"].row_number for item in by_problem] == [7]

    assert client.post(reverse("exchange:apply", args=[batch.pk])).status_code == 302
    run_job(batch)
    assert batch.state == "IMPORTED"
    assert {name: batch.counts[name] for name in BALANCE} == BALANCE
    assert standing(100) and standing(101)
    assert Vehicle.objects.get(vin=vin(0)).brand == "改后牌"
    linked = page(client, batch, "?outcome=CREATED").context["rows"][0]["row"]
    assert linked.element_id == Element.objects.get(vehicle__vin=vin(100)).pk

    mending = _mend(client, batch)
    assert mending.mends_id == batch.pk
    assert (mending.counts["created"], mending.counts["received"]) == (3, 3)
    closed = {row.row_number: row.mended_by_row.batch_id for row in batch.rows.filter(mended_by_row__isnull=False)}
    assert closed == {4: mending.pk, 5: mending.pk, 6: mending.pk}
    result = page(client, batch)
    assert [item["batch"].pk for item in result.context["mending"]] == [mending.pk]
    assert f"已由批次 #{mending.pk} 修补" in result.content.decode()

    assert client.post(reverse("exchange:undo", args=[batch.pk])).status_code == 302
    run_job(batch)
    assert batch.state == "UNDONE"
    assert not standing(100)
    assert standing(102)
    assert Vehicle.objects.get(vin=vin(0)).brand == "=试验"
    assert AuditRow.objects.filter(verb="IMPORT_UNDONE", subject_id=str(batch.pk)).count() == 1


def _mend(client: Client, batch: LandingBatch) -> LandingBatch:
    """Downloads the mend file, cures its three rows and sends it through."""
    download = client.get(reverse("exchange:mend-file", args=[batch.pk]))
    assert download["Content-Disposition"].startswith("attachment")
    audit = AuditRow.objects.get(verb="REJECTS_DOWNLOADED", subject_id=str(batch.pk))
    assert audit.count == 3
    rows = list(csv.reader(io.StringIO(download.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["4", "5", "6"]
    cured = [rows[0]]
    for row, number in zip(rows[1:], (102, 103, 104), strict=True):
        cured.append([*row[:2], *vehicle_row(number)])
    stream = io.StringIO()
    csv.writer(stream).writerows(cured)
    file = SimpleUploadedFile("修补.csv", stream.getvalue().encode("utf-8-sig"))
    answer = client.post(reverse("exchange:mend", args=[batch.pk]), {"file": file})
    mending = LandingBatch.objects.latest("pk")
    assert answer["Location"] == reverse("exchange:batch", args=[mending.pk])
    assert page(client, mending).context["undecided"] == 0
    client.post(reverse("exchange:plan", args=[mending.pk]), decided(mending))
    run_job(mending)
    client.post(reverse("exchange:apply", args=[mending.pk]))
    return run_job(mending)


def test_a_second_click_on_import_is_refused_and_starts_no_second_job(signed_in: SignIn, planned: Batches) -> None:
    batch, client = planned(), signed_in("brigade")
    url = reverse("exchange:apply", args=[batch.pk])
    assert client.post(url).status_code == 302
    before = Job.objects.count()
    again = client.post(url)
    assert again.status_code == 409
    assert "BATCH_STATE" in again.content.decode()
    assert Job.objects.count() == before


def test_progress_is_polled_cancelled_and_taken_up_again(signed_in: SignIn, uploaded: Batches) -> None:
    batch, client = uploaded(), signed_in("brigade")
    client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch))
    waiting = page(client, batch)
    assert f'hx-get="{reverse("exchange:progress", args=[batch.pk])}"' in waiting.content.decode()
    polled = client.get(reverse("exchange:progress", args=[batch.pk]))
    assert polled.status_code == 200
    assert "HX-Refresh" not in polled

    client.post(reverse("exchange:cancel", args=[batch.pk]))
    ended = client.get(reverse("exchange:progress", args=[batch.pk]))
    assert ended["HX-Refresh"] == "true"
    assert page(client, batch).context["actions"] == {"plan"}
    assert LandingRow.objects.filter(batch=batch).count() == 0

    assert client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch)).status_code == 302
    assert run_job(batch).state == "PLANNED"


def test_the_mapping_of_the_same_header_is_remembered(signed_in: SignIn, planned: Batches, uploaded: Batches) -> None:
    planned()
    second = uploaded(data=csv_bytes([vehicle_row(200)]))
    answer = page(signed_in("brigade"), second)
    assert answer.context["undecided"] == 0
    assert answer.context["remembered"] is not None
