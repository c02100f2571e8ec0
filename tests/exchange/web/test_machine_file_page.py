"""JSON and XML through the page: mapped and planned like the same rows in CSV, or refused beside the file."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from exchange.models import LandingBatch
from tests.exchange.web.conftest import decided
from tests.exchange.web.import_files import HEADERS, run_job, vehicle_row

SignIn = Callable[[str], Client]
# Created, updated, unchanged.
ROWS = [
    dict(zip(HEADERS, row, strict=True)) for row in (vehicle_row(100), vehicle_row(0, 品牌="改后牌"), vehicle_row(2))
]
XML_ROWS = "".join(f"<车辆>{''.join(f'<{key}>{value}</{key}>' for key, value in row.items())}</车辆>" for row in ROWS)
FILES = {
    "机动车.json": json.dumps(ROWS, ensure_ascii=False, indent=1).encode(),
    "机动车.jsonl": "\n".join(json.dumps(row) for row in ROWS).encode(),
    "机动车.xml": f'<?xml version="1.0" encoding="GB18030"?>\n<机动车>{XML_ROWS}</机动车>'.encode("gb18030"),
}


def send(client: Client, data: bytes, name: str):  # type: ignore[no-untyped-def]
    form = {"kind": "VEHICLE", "source": "TMRI_VEHICLE", "observed_on": "2026-10-02", "datum": "WGS84"}
    return client.post(reverse("exchange:import"), {**form, "file": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize("name", FILES)
def test_rows_of_a_machine_are_planned_like_rows_of_a_table(signed_in: SignIn, name: str) -> None:
    client = signed_in("brigade")
    assert send(client, FILES[name], name).status_code == 302
    batch = LandingBatch.objects.get()
    assert batch.headers == HEADERS
    assert client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch)).status_code == 302
    batch = run_job(batch)

    assert {key: batch.counts[key] for key in ("received", "created", "updated", "unchanged")} == {
        "received": 3, "created": 1, "updated": 1, "unchanged": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [(b'[{"a":1},{"b":{"c":2}}]', "a.json", "第 2 条（文件第 1 行）的“b”"), (b"<!DOCTYPE r><r/>", "a.xml", "不含 DTD")],
)
def test_what_is_not_flat_or_not_safe_is_refused_beside_the_file(signed_in: SignIn, data, name, said) -> None:
    answer = send(signed_in("brigade"), data, name)

    assert (answer.status_code, LandingBatch.objects.count()) == (400, 0)
    assert said in answer.content.decode()
