"""Trying held rows again, on the page and by the API: offered only where rows wait, refused to who may not."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from addresses.models import AddressText, StandardAddress
from elements.models import Element, Source
from exchange.models import LandingBatch
from tests.exchange.web.conftest import decided
from tests.exchange.web.import_files import csv_bytes, run_job
from tests.factories.numbers import plate, vin

SignIn = Callable[[str], Client]
Batches = Callable[..., LandingBatch]
HEADERS = ["号牌号码", "号牌种类", "车架号", "登记地址"]
UNKNOWN = "某某胡同九九号"


def imported(client: Client, uploaded: Batches, *rows: list[str]) -> LandingBatch:
    batch = uploaded(data=csv_bytes(list(rows), headers=HEADERS))
    assert client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch)).status_code == 302
    run_job(batch)
    assert client.post(reverse("exchange:apply", args=[batch.pk])).status_code == 302
    return run_job(batch)


def held(signed_in: SignIn, uploaded: Batches) -> LandingBatch:
    Source.objects.filter(code="TMRI_VEHICLE").update(address_required=True)
    return imported(signed_in("brigade"), uploaded, [plate(100), "02", vin(100), UNKNOWN])


def test_a_decided_text_lets_the_row_in_from_the_page(signed_in: SignIn, uploaded: Batches) -> None:
    batch, client = held(signed_in, uploaded), signed_in("brigade")
    before = client.get(reverse("exchange:batch", args=[batch.pk]))
    text = before.content.decode()
    assert batch.counts["to_review"] == 1
    assert "“登记地址”没有对应到标准地址" in text
    assert "将按原文件重新读取 1 行待核对的行" in text

    AddressText.objects.filter(text=UNKNOWN).update(
        status="exact", address=StandardAddress.objects.get(code="A0"), is_decided=True
    )
    answer = client.post(reverse("exchange:reprocess", args=[batch.pk]))
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("exchange:batch", args=[batch.pk]))
    batch = run_job(batch)

    assert (batch.state, batch.counts["created"], batch.counts["to_review"]) == ("IMPORTED", 1, 0)
    after = client.get(reverse("exchange:batch", args=[batch.pk]))
    assert "reprocess" not in after.context["actions"]
    assert client.post(reverse("exchange:reprocess", args=[batch.pk])).status_code == 409


def test_the_api_tries_again_and_names_the_job(signed_in: SignIn, uploaded: Batches) -> None:
    batch, client = held(signed_in, uploaded), signed_in("brigade")
    url = reverse("exchange:api-reprocess", args=[batch.pk])
    shown = client.get(reverse("exchange:api-import", args=[batch.pk])).json()
    answer = client.post(url, {}, content_type="application/json")

    assert "reprocess" in shown["actions"]
    assert answer.status_code == 202
    assert answer.json()["state"] == "IMPORTING"
    assert run_job(batch).counts["to_review"] == 1
    # Nothing was decided: the row waits as before.
    assert Element.objects.standing().filter(vehicle__vin=vin(100)).count() == 0


def test_who_may_not_import_or_see_the_batch_changes_nothing(signed_in: SignIn, uploaded: Batches) -> None:
    batch = held(signed_in, uploaded)
    url = reverse("exchange:reprocess", args=[batch.pk])
    answers = {name: signed_in(name).post(url).status_code for name in ("officer-1", "liaison-1", "auditor")}

    batch.refresh_from_db()
    assert answers == {"officer-1": 404, "liaison-1": 404, "auditor": 403}
    assert (batch.state, batch.rows.filter(is_final=False).count()) == ("IMPORTED", 0)
