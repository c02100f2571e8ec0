"""The API takes the same way as the pages; lists of batches and sources."""

from __future__ import annotations

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from exchange.models import LandingBatch
from tests.exchange.web.import_files import BALANCE, MIXED, csv_bytes, run_job

SignIn = Callable[[str], Client]
Batches = Callable[..., LandingBatch]


def test_the_api_goes_from_file_to_undo(signed_in: SignIn) -> None:
    client = signed_in("officer-1")
    file = SimpleUploadedFile("a.csv", csv_bytes(MIXED))
    made = client.post(
        "/api/v1/imports", {"file": file, "kind": "VEHICLE", "source": "TMRI_VEHICLE", "observed_on": "2026-10-02"}
    )
    assert made.status_code == 201, made.content
    body = made.json()
    url = f"/api/v1/imports/{body['id']}"
    assert (body["state"], body["encoding"], body["columns"]["内部编码"]) == ("MAPPING", "gb18030", "")

    refused = client.post(f"{url}/plan", {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "COLUMNS_UNDECIDED")
    assert client.post(f"{url}/import").json()["code"] == "BATCH_STATE"
    started = client.post(f"{url}/plan", {"columns": {"内部编码": "-"}}, content_type="application/json")
    assert (started.status_code, started.json()["state"]) == (202, "PLANNING")
    batch = run_job(LandingBatch.objects.get(pk=body["id"]))

    planned = client.get(url).json()
    assert planned["state"] == "PLANNED"
    assert {name: planned["counts"][name] for name in BALANCE} == BALANCE
    rows = client.get(f"{url}/rows?outcome=TO_REVIEW").json()["results"]
    assert [row["row_number"] for row in rows] == [4, 5]
    assert client.get(f"{url}/rows?outcome=OTHER").status_code == 400
    rejects = client.get(f"{url}/rejects")
    assert rejects.content.decode("utf-8-sig").count("\r\n") == 4

    assert client.post(f"{url}/import").status_code == 202
    assert client.post(f"{url}/import").status_code == 409
    run_job(batch)
    assert client.post(f"{url}/undo").status_code == 202
    run_job(batch)
    assert client.get(url).json()["state"] == "UNDONE"
    stranger = signed_in("officer-2")
    for path in (url, f"{url}/rows", f"{url}/rejects"):
        assert stranger.get(path).status_code == 404


def test_the_list_of_batches_is_filtered_by_the_url(signed_in: SignIn, planned: Batches, uploaded: Batches) -> None:
    done, fresh = planned(), uploaded("officer-1", csv_bytes(MIXED[:1]))
    client = signed_in("brigade")

    def listed(query: str = "") -> list[int]:
        return [row["batch"].pk for row in client.get(reverse("exchange:list") + query).context["rows"]]

    assert listed() == [fresh.pk, done.pk]
    assert listed("?state=PLANNED") == [done.pk]
    assert listed("?state=MAPPING&kind=VEHICLE&source=TMRI_VEHICLE") == [fresh.pk]
    assert listed("?kind=UNIT") == []


def test_queries_do_not_grow_with_rows(signed_in: SignIn, planned: Batches, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    batch, client = planned(), signed_in("brigade")
    url = reverse("exchange:batch", args=[batch.pk])
    client.get(url)
    with django_assert_max_num_queries(20):
        client.get(url)
    with django_assert_max_num_queries(16):
        client.get(reverse("exchange:list"))


def test_sources_show_whom_the_platform_believes(signed_in: SignIn) -> None:
    answer = signed_in("officer-1").get(reverse("exchange:sources"))
    assert answer.status_code == 200
    vehicles = next(kind for kind in answer.context["kinds"] if kind["code"] == "VEHICLE")
    first = next(group for group in vehicles["groups"] if "号牌号码" in group["fields"])
    assert first["sources"][0] == "公安交管综合应用平台·机动车登记"
    assert answer.context["admin_url"] == ""
    assert signed_in("admin").get(reverse("exchange:sources")).context["admin_url"]
    own = signed_in("liaison-1").get(reverse("exchange:sources")).context["lines"]
    assert [line.source.code for line in own] == ["TRANSPORT"]
    assert signed_in("analyst").get(reverse("exchange:sources")).status_code == 403
