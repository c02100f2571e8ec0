"""Registries: scope, masks, order, paging; the list, the API and the export are the same rows."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.models import AuditRow
from elements.models import SavedFilter, Source
from elements.registries import REGISTRIES
from elements.selectors.lists import order_of
from elements.selectors.paging import Place, write_cursor
from elements.selectors.searches import save_search
from elements.services.claims import submit_claims
from tests.factories.numbers import plate, vin
from tests.factories.registries import NOW, World, signed_in, vehicle_claim

pytestmark = pytest.mark.django_db

READERS = ("brigade", "analyst", "officer-1", "officer-2", "coordinator-1", "assistant-1")
FILTERS = (
    "", "use_nature=A", "use_nature=A&use_nature=F", "place=UNPLACED", "conflict=true", "conflict=false", "finding=false",
    "source=TRANSPORT", "inspection_before=2026-12-03", "state=A&sort=-inspection_valid_to", "sort=-block",
)  # fmt: skip


def api_rows(client: Client, query: str, registry: str = "vehicles") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    answer = client.get(f"/api/v1/elements/{registry}/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"], answer.json()


def list_ids(client: Client, query: str, registry: str = "vehicles") -> list[int]:
    answer = client.get(f"{reverse('elements:list', args=[registry])}?{query}")
    assert answer.status_code == 200
    return [row["id"] for row in answer.context["rows"]]


def exported(client: Client, query: str, registry: str = "vehicles") -> list[dict[str, str]]:
    answer = client.get(f"{reverse('console:export', args=[registry])}?{query}")
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


@pytest.mark.parametrize("role", READERS)
def test_list_api_and_export_are_the_same_rows(world: World, role: str) -> None:
    client = signed_in(world, role)
    for query in FILTERS:
        rows, body = api_rows(client, query)
        ids = [row["id"] for row in rows]
        assert list_ids(client, query) == ids, query
        assert (body["count"], body["more_than"]) == (len(ids), False)
        if role in {"brigade", "analyst", "officer-1", "officer-2"}:
            file = exported(client, query)
            assert [int(row["平台编号"]) for row in file] == ids, query
            assert [row["号牌号码"] for row in file] == [row["label"] for row in rows]


def test_each_filter_narrows_as_its_data_says(world: World) -> None:
    client = signed_in(world, "brigade")
    counts = {query: api_rows(client, query)[1]["count"] for query in FILTERS}
    assert counts[""] == 12
    assert counts["use_nature=A"] == 6
    assert counts["place=UNPLACED"] == 1
    assert counts["conflict=true"] == counts["source=TRANSPORT"] == 1
    assert counts["conflict=false"] == 11
    # Due on the 1st or 2nd: vehicles 1, 5, 6, 10, 11; those without a date are not before anything.
    assert counts["inspection_before=2026-12-03"] == 5


def test_officers_see_disjoint_rows_that_make_up_the_placed_city(world: World) -> None:
    seen = {role: set(list_ids(signed_in(world, role), "")) for role in ("officer-1", "officer-2", "brigade")}
    assert seen["officer-1"] and seen["officer-2"]
    assert not seen["officer-1"] & seen["officer-2"]
    unplaced = seen["brigade"] - seen["officer-1"] - seen["officer-2"]
    assert len(unplaced) == 1


def test_area_of_another_district_gives_nothing(world: World) -> None:
    west = world.districts["west"].pk
    assert list_ids(signed_in(world, "officer-1"), f"area={west}") == []
    assert len(list_ids(signed_in(world, "officer-2"), f"area={west}")) == 5


@pytest.mark.parametrize("role", ["admin", "station-1", "liaison-1", "auditor", "nobody"])
def test_without_the_right_to_read_there_is_no_row(world: World, role: str) -> None:
    client = signed_in(world, role)
    assert client.get(reverse("elements:list", args=["vehicles"])).status_code == 403
    assert client.get("/api/v1/elements/vehicles/").status_code == 403
    assert client.get(reverse("console:export", args=["vehicles"])).status_code == 403


@pytest.mark.parametrize("role", ["coordinator-1", "assistant-1"])
def test_readers_without_the_right_take_nothing_out(world: World, role: str) -> None:
    assert signed_in(world, role).get(reverse("console:export", args=["vehicles"])).status_code == 403
    assert not AuditRow.objects.filter(verb="EXPORTED").exists()


def test_names_and_plates_are_masked_without_the_right(world: World) -> None:
    client = signed_in(world, "assistant-1")
    rows, _body = api_rows(client, "")
    assert {row["label"][:2] for row in rows} == {"鲁F"}
    assert all("***" in row["label"] for row in rows)
    assert {row["owner_name"] for row in rows} == {"张*"}
    people, _body = api_rows(client, "", "drivers")
    assert {row["label"] for row in people} == {"张*"}
    page = client.get(reverse("elements:list", args=["vehicles"])).content.decode()
    assert not any(plate(n) in page for n in range(12))
    assert "张试验" not in page


@pytest.mark.parametrize("role", READERS)
def test_personal_numbers_are_masked_for_everybody(world: World, role: str) -> None:
    people, _body = api_rows(signed_in(world, role), "", "drivers")
    assert people
    for person in people:
        assert person["citizen_id"][6:14] == "********"
        assert person["phone"][3:7] == "****"


def test_who_may_not_read_names_may_not_sort_by_them(world: World) -> None:
    client = signed_in(world, "assistant-1")
    answer = client.get("/api/v1/elements/drivers/?sort=label")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_SORT")
    assert client.get("/api/v1/elements/units/?sort=label").status_code == 200


SORTS = (
    "label",
    "-label",
    "inspection_valid_to",
    "-inspection_valid_to",
    "block",
    "-block",
    "id",
    "-id",
    "use_nature",
)


@pytest.mark.parametrize("module_world", [47], indirect=True)
@pytest.mark.parametrize("sort", SORTS)
def test_pages_forward_and_back_hold_every_row_once(world: World, sort: str) -> None:
    client = signed_in(world, "brigade")
    whole = [int(row["平台编号"]) for row in exported(client, f"sort={sort}")]
    assert len(set(whole)) == 47
    pages, url = [], f"/api/v1/elements/vehicles/?sort={sort}&page_size=20"
    while url:
        body = client.get(url).json()
        pages.append([row["id"] for row in body["results"]])
        last, url = body, body["next"]
    assert [len(page) for page in pages] == [20, 20, 7]
    assert [row_id for page in pages for row_id in page] == whole
    back = []
    while last["previous"]:
        last = client.get(last["previous"]).json()
        back.insert(0, [row["id"] for row in last["results"]])
    assert back == pages[:2]
    assert last["next"]


@pytest.mark.parametrize("registry", ["drivers", "persons", "units", "vehicles"])
def test_every_page_gives_the_same_count(world: World, registry: str) -> None:
    world = world if registry != "vehicles" else make_more_vehicles(world, 30)
    client = signed_in(world, "brigade")
    expected = {"drivers": 6, "persons": 1, "units": 2, "vehicles": 42}[registry]
    url, counts = f"/api/v1/elements/{registry}/?page_size=20", []
    while url:
        body = client.get(url).json()
        counts.append((body["count"], body["more_than"]))
        last, url = body, body["next"]
    assert counts == [(expected, False)] * (3 if registry == "vehicles" else 1)
    assert len(last["results"]) == (2 if registry == "vehicles" else expected)


def make_more_vehicles(world: World, number: int) -> World:
    claims = [vehicle_claim(n, lon=119.9) for n in range(100, 100 + number)]
    source = Source.objects.get(code="TMRI_VEHICLE")
    submit_claims(source=source, kind_code="VEHICLE", claims=claims, actor=None, now=NOW)
    return world


def test_a_place_after_the_last_row_gives_no_row_and_still_the_count(world: World) -> None:
    registry, user = REGISTRIES["vehicles"], world.users["brigade"]
    cursor = write_cursor("vehicles", order_of(registry, "", user), Place("鲁FZ9999", 10**9, False))
    rows, body = api_rows(signed_in(world, "brigade"), f"cursor={cursor}")
    assert (rows, body["count"], body["more_than"]) == ([], 12, False)


def test_vehicles_without_a_plate_stand_after_all_plates_either_way(world: World) -> None:
    claims = [vehicle_claim(n, lon=119.9, plate_number=None, plate_type=None) for n in (100, 101)]
    source = Source.objects.get(code="TMRI_VEHICLE")
    submit_claims(source=source, kind_code="VEHICLE", claims=claims, actor=None, now=NOW)
    client = signed_in(world, "brigade")
    plates = [plate(n) for n in range(12)]
    for query, expected in (("", plates), ("sort=label", plates), ("sort=-label", plates[::-1])):
        labels = [row["label"] for row in api_rows(client, query)[0]]
        assert labels[:12] == expected
        assert set(labels[12:]) == {vin(100), vin(101)}


def test_a_row_names_address_district_and_sources(world: World) -> None:
    row = api_rows(signed_in(world, "officer-1"), "")[0][0]
    place = {"role": "REGISTERED", "text": "试验街道东试村", "status": "unmatched", "code": None}
    assert {name: row[name] for name in ("label", "address", "block", "district", "source_count", "owner_name")} == {
        "label": plate(0),
        "address": place,
        "block": "东网格",
        "district": "东警务区",
        "source_count": 2,
        "owner_name": "张试验",
    }


def test_what_no_index_orders_is_not_sorted_by(world: World) -> None:
    answer = signed_in(world, "brigade").get("/api/v1/elements/vehicles/?sort=updated_at")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_SORT")


def test_blank_values_stand_last_either_way(world: World) -> None:
    client = signed_in(world, "brigade")
    for sort in ("inspection_valid_to", "-inspection_valid_to"):
        dates = [row["inspection_valid_to"] for row in api_rows(client, f"sort={sort}")[0]]
        known = [day for day in dates if day]
        assert dates[len(known) :] == [None] * 3
        assert known == sorted(known, reverse=sort.startswith("-"))


@pytest.mark.parametrize("module_world", [30], indirect=True)
def test_a_cursor_holds_no_plate_and_serves_its_own_list_only(world: World) -> None:
    client = signed_in(world, "brigade")
    cursor = client.get("/api/v1/elements/vehicles/?page_size=20").json()["next"].split("cursor=")[1]
    assert "FT00" not in cursor
    for query in (f"sort=-label&cursor={cursor}", f"cursor={cursor[:-3]}AAA", "cursor=x", "cursor=%00"):
        answer = client.get(f"/api/v1/elements/vehicles/?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_CURSOR")


def test_bad_filter_is_named_on_the_page(world: World) -> None:
    answer = signed_in(world, "brigade").get(reverse("elements:list", args=["vehicles"]) + "?inspection_before=昨天")
    assert answer.status_code == 400
    assert "检验有效期止早于" in answer.content.decode()
    assert "BAD_FILTER" in answer.content.decode()


def test_quick_search_goes_by_token_that_is_personal(world: World) -> None:
    client = signed_in(world, "brigade")
    answer = client.post(reverse("elements:search", args=["vehicles"]), {"q": plate(3), "query": "use_nature=A"})
    assert answer.status_code == 302
    assert "0003" not in answer["Location"] and "use_nature=A" in answer["Location"]
    page = client.get(answer["Location"])
    assert [row["row"]["label"] for row in page.context["rows"]] == [plate(3)]
    foreign = signed_in(world, "officer-2").get(answer["Location"])
    assert foreign.status_code == 400
    assert "SEARCH_GONE" in foreign.content.decode()


def test_masked_reader_cannot_feel_for_plates(world: World) -> None:
    user = world.users["assistant-1"]
    token = save_search(text="鲁FT00", user=user, now=NOW.replace(year=2099)).token
    assert list_ids(signed_in(world, "assistant-1"), f"search={token}") == []


def test_saved_filters_private_shared_default_and_in_the_api(world: World) -> None:
    mine, other = signed_in(world, "brigade"), signed_in(world, "officer-1")
    url = reverse("console:save-filter", args=["vehicles"])
    mine.post(url, {"name": "营运", "query": "use_nature=A&sort=label&search=x&cursor=y", "is_default": "on"})
    saved = SavedFilter.objects.get()
    assert saved.query == "use_nature=A"
    assert mine.get(reverse("elements:list", args=["vehicles"]))["Location"] == f"?filter={saved.pk}"
    assert [row["use_nature"] for row in api_rows(mine, f"filter={saved.pk}")[0]] == ["A"] * 6
    assert list_ids(mine, f"filter={saved.pk}") == [row["id"] for row in api_rows(mine, f"filter={saved.pk}")[0]]
    assert len(exported(mine, f"filter={saved.pk}")) == 6
    # Private: for a colleague it is not there; shared: it shows the colleague's own rows.
    assert other.get(f"/api/v1/elements/vehicles/?filter={saved.pk}").status_code == 404
    SavedFilter.objects.update(is_shared=True)
    assert len(list_ids(other, f"filter={saved.pk}")) == 0
    assert other.post(reverse("console:delete-filter", args=[saved.pk])).status_code == 404
    assert SavedFilter.objects.count() == 1
    menu = mine.get(reverse("console:saved-menu", args=["vehicles"])).content.decode()
    assert "营运" in menu and ">6<" in menu
    assert mine.post(url, {"name": "营运", "query": "use_nature=F"}).status_code == 409
    mine.post(reverse("console:delete-filter", args=[saved.pk]))
    assert not SavedFilter.objects.exists()


def test_export_is_safe_named_and_on_record(world: World) -> None:
    client = signed_in(world, "officer-1")
    answer = client.get(reverse("console:export", args=["vehicles"]) + "?use_nature=F")
    assert "officer-1.csv" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    row = AuditRow.objects.get(verb="EXPORTED")
    assert (row.actor_id, row.subject_id, row.count, row.fields) == (
        world.users["officer-1"].pk,
        "vehicles",
        len(rows),
        ["use_nature"],
    )
    assert all(line["导出标记"].startswith("officer-1 20") for line in rows)


def test_unknown_registry_is_not_found(world: World) -> None:
    client = signed_in(world, "brigade")
    for url in ("/registry/ships/", "/api/v1/elements/ships/", "/registry/ships/export/"):
        assert client.get(url).status_code == 404
