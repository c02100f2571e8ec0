"""The page of the ledgers: counts before the download, the file by right alone and on record."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.models import AuditRow
from exchange.exporters import elements_formats
from tests.factories.claims import claim, submit
from tests.factories.numbers import plate, vin
from tests.factories.places import SmallCity
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def module_users(module_city: SmallCity) -> dict[str, Any]:
    """A hazardous lorry on either side."""
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(n), plate_number=plate(n), plate_type="01", use_nature="R", vehicle_type="H31", grid=grid,
                state="Q" if n == 1 else "A") for n, grid in ((1, 0), (2, 5))),
    )  # fmt: skip
    return make_users(module_city)


def export(client: Client, query: str = "") -> Any:
    return client.get(reverse("console:ledger-export", args=["key-vehicles"]) + f"?format=csv&{query}")


def plates(answer: Any) -> list[str]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return [row["号牌号码"] for row in csv.DictReader(io.StringIO(text))]


def test_the_page_counts_what_the_file_holds(users):
    client = signed_in(users["brigade"])
    page = client.get(reverse("console:ledgers"))
    counts = {card["ledger"].code: card["count"] for card in page.context["cards"]}
    assert counts == {"dangers": 0, "facilities": 0, "key-vehicles": 2, "drivers": 0}
    assert len(plates(export(client))) == 2
    late = client.get(reverse("console:ledgers") + "?ledger=key-vehicles&late=1")
    counts = {card["ledger"].code: card["count"] for card in late.context["cards"]}
    assert counts["key-vehicles"] == 1
    assert plates(export(client, "late=1")) == [plate(1)]


def test_the_count_fragment_follows_the_choices(users, city):
    client, url = signed_in(users["brigade"]), reverse("console:ledger-count", args=["key-vehicles"])
    area = city.districts[0].pk
    assert "<strong>2</strong>" in client.get(url).content.decode()
    assert "<strong>1</strong>" in client.get(f"{url}?area={area}").content.decode()
    assert "没有符合条件的记录" in client.get(f"{url}?group=SCHOOL_BUS").content.decode()


def test_a_file_leaves_one_row_on_record_that_names_filters_and_count(users):
    answer = export(signed_in(users["officer-1"]), "late=1&group=PASSENGER_HAZARD")
    assert plates(answer) == [plate(1)]
    assert answer["Cache-Control"] == "no-store"
    row = AuditRow.objects.get(verb="EXPORTED")
    assert (row.actor_id, row.subject_id, row.fields, row.count) == (
        users["officer-1"].pk, "ledger:key-vehicles", ["group", "late"], 1,
    )  # fmt: skip


@pytest.mark.parametrize("reader", ["coordinator-1", "assistant-1", "admin", "auditor", "station-1", "nobody"])
def test_who_may_not_take_lists_out_gets_nothing(users, reader):
    client = signed_in(users[reader])
    for url in (
        reverse("console:ledgers"), reverse("console:ledger-count", args=["drivers"]),
        reverse("console:ledger-export", args=["key-vehicles"]),
    ):  # fmt: skip
        assert client.get(url).status_code == 403
    assert not AuditRow.objects.filter(verb="EXPORTED").exists()


@pytest.mark.parametrize(
    ("path", "status"),
    [("no-such/export/", 404), ("drivers/export/?format=gpkg", 400), ("drivers/export/?group=NONE", 400),
     ("drivers/export/?area=999999999", 400), ("no-such/count/", 404)],
)  # fmt: skip
def test_what_there_is_not_is_refused_and_not_on_record(users, path, status):
    answer = signed_in(users["brigade"]).get(reverse("console:ledgers") + path)
    assert answer.status_code == status
    assert not AuditRow.objects.filter(verb="EXPORTED").exists()


def test_more_rows_than_a_sheet_holds_are_refused_with_the_cure(users, monkeypatch):
    small = elements_formats.Format("xlsx", "x", elements_formats.export_xlsx, 4)
    monkeypatch.setitem(elements_formats.FORMATS, "xlsx", small)
    answer = signed_in(users["brigade"]).get(reverse("console:ledger-export", args=["key-vehicles"]))
    assert answer.status_code == 400
    assert "改用 CSV" in answer.content.decode()
    assert not AuditRow.objects.filter(verb="EXPORTED").exists()
