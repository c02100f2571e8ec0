"""The coverage table: links with the same numbers, no share without a number, upload by right, the same as data."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from addresses.services.borders import schedule_move
from common import clock, jobs
from common.models import Job
from elements.filters import filtered_elements
from elements.models import ExpectedCount, Source
from elements.registries import REGISTRIES
from elements.services.placing import PLACE_ELEMENTS
from tests.factories.borders import NOW, box, move_piece
from tests.factories.claims import claim, submit
from tests.factories.numbers import plate, vin
from tests.factories.places import SmallCity
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db
URL, UPLOAD = "/coverage/", "/coverage/expected/"


@pytest.fixture(scope="module")
def module_users(module_city: SmallCity) -> dict[str, Any]:
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(n), plate_number=plate(n), plate_type="02", **where)
          for n, where in enumerate(({"parking_address": module_city.text(0)}, {"registered_address": module_city.text(0)}, {}), 1)),
    )  # fmt: skip
    return make_users(module_city)


def upload(client: Client, city: SmallCity, number: str) -> Any:
    text = f"镇街,村居,登记,应有数,来源代码,统计日期\n,{city.villages[0].code},实有机动车,{number},FIELD,2026-03-01\n"
    return client.post(UPLOAD, {"file": SimpleUploadedFile("counts.csv", text.encode())})


@pytest.mark.parametrize("by", ["district", "grid", "village"])
def test_every_number_is_that_of_its_list(users: dict[str, Any], by: str) -> None:
    user = users["brigade"]
    page = signed_in(user).get(URL, {"by": by, "registry": "vehicles"})
    assert page.status_code == 200
    linked = [cell for row in page.context["rows"] for cell in row["cells"] if cell["kind"] == "number"]
    linked += [cell for cell in page.context["total"] if cell["kind"] == "number"]
    for cell in linked:
        rows, _ = filtered_elements(REGISTRIES["vehicles"], QueryDict(urlsplit(cell["url"]).query), user)
        assert f"{rows.count():,}" == cell["value"], cell["url"]
    assert [cell["value"] for cell in page.context["total"] if cell["kind"] == "number"] == ["3", "1", "0", "2"]


def test_without_a_number_there_is_no_share(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(users["brigade"])
    query = {"by": "village", "registry": "vehicles", "area": str(city.districts[0].pk)}
    before = client.get(URL, query)
    assert before.content.decode().count("未填应有数") == 3  # two villages and the sum
    assert [row["cells"][2]["kind"] for row in before.context["rows"]] == ["none", "none"]
    assert upload(client, city, "4").status_code == 302
    after = client.get(URL, query).context["rows"][0]["cells"]
    assert (after[1]["value"], after[2]["value"], after[2]["width"]) == ("4", "50.0%", "50.0")
    for part in ("已知 2", "应有 4", "1/1 个村居已填", "2026-03-01"):
        assert part in after[2]["title"]


def test_the_data_are_those_of_the_page(users: dict[str, Any], city: SmallCity) -> None:
    ExpectedCount.objects.create(
        village=city.villages[0], kind="vehicles", number=8, source=Source.objects.first(), as_of="2026-03-01"
    )
    body = signed_in(users["officer-1"]).get("/api/v1/coverage/", {"by": "village"}).json()
    assert [row["village"] for row in body["rows"]] == [village.code for village in city.villages[:2]]
    first, second = (row["registries"]["vehicles"] for row in body["rows"])
    assert (first["known"], first["expected"], first["share"], first["with_gaps"]) == (2, 8, 0.25, 1)
    assert (second["known"], second["expected"], second["share"]) == (0, None, None)
    assert set(body["rows"][0]["registries"]) == set(REGISTRIES)


def test_rows_are_sorted_and_what_has_no_value_comes_last(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(users["brigade"])
    assert upload(client, city, "4").status_code == 302
    names = [
        [row["name"] for row in client.get(URL, {"registry": "vehicles", "sort": sort}).context["rows"]]
        for sort in ("share", "-share", "-known")
    ]
    assert {order[0] for order in names} == {city.villages[0].name}
    assert sorted(names[0]) == sorted(names[2])


@pytest.mark.parametrize("query", [{"by": "planet"}, {"registry": "aliens"}, {"area": "x"}])
def test_nonsense_is_refused_in_words(users: dict[str, Any], query: dict[str, str]) -> None:
    assert signed_in(users["brigade"]).get(URL, query).status_code == 400


@pytest.mark.parametrize("name", ["officer-1", "squadron-1", "analyst", "assistant-1", "liaison-1", "admin", "nobody"])
def test_who_may_not_import_for_the_city_uploads_nothing(users: dict[str, Any], city: SmallCity, name: str) -> None:
    client = signed_in(users[name])
    assert upload(client, city, "4").status_code == 403
    assert ExpectedCount.objects.count() == 0
    page = client.get(URL)
    assert page.status_code == (403 if name in {"liaison-1", "admin", "nobody"} else 200)
    assert UPLOAD not in page.content.decode()


def test_a_bad_file_is_shown_with_row_column_and_cure(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(users["brigade"])
    answer = upload(client, city, "viele")
    assert answer.status_code == 400
    assert "第 2 行“应有数”列：应为 0 至 10,000,000 的整数" in answer.content.decode()
    assert client.post(UPLOAD).status_code == 400
    assert ExpectedCount.objects.count() == 0


def test_a_single_grid_leads_to_its_sheet_and_a_district_to_its_grids(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(users["officer-1"])
    grids = client.get(URL, {"by": "grid"}).context["rows"]
    assert grids[0]["url"] == reverse("console:block", args=["G-1"])
    districts = client.get(URL, {"by": "district"}).context["rows"]
    assert client.get(districts[0]["url"]).context["count"] == 2


def test_old_borders_are_offered_once_there_are_some_and_numbers_lead_to_the_same_rows(users, city, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    user, client = users["brigade"], signed_in(users["brigade"])
    assert len(client.get(URL, {"by": "grid", "registry": "vehicles"}).context["border_tabs"]) == 1

    move = move_piece(city, box(0.5, 1), 0, 1, actor=users["admin"])
    schedule_move(move_id=move.pk, actor=users["admin"], now=NOW)
    move.refresh_from_db()
    jobs.run(move.job_id)
    jobs.run(Job.objects.get(kind=PLACE_ELEMENTS).pk)

    page = client.get(URL, {"by": "grid", "registry": "vehicles", "borders_on": "2026-11-26"})
    assert [(tab["label"], tab["active"]) for tab in page.context["border_tabs"]] == [
        ("现行边界", False), ("2026-11-26 的边界", True),
    ]  # fmt: skip
    assert "按 2026-11-26 的责任区边界统计" in page.text
    linked = [cell for row in page.context["rows"] for cell in row["cells"] if cell["kind"] == "number"]
    for cell in linked:
        rows, _ = filtered_elements(REGISTRIES["vehicles"], QueryDict(urlsplit(cell["url"]).query), user)
        assert f"{rows.count():,}" == cell["value"], cell["url"]
    bad = client.get(URL, {"borders_on": "昨天"})
    assert (bad.status_code, "边界日期无效" in bad.text) == (400, True)
