"""The block sheet: its numbers are those of its lists, news since the last look, by right alone, in constant statements."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import BlockVisit
from addresses.models import Area
from addresses.services.registry import load_addresses
from common import clock
from common.masking import mask_name
from common.models import AuditRow
from console.block_page import list_url
from console.selectors.block import measures
from elements.filters import filtered_elements
from elements.registries import REGISTRIES
from elements.services.claims import StagedClaim
from tests.factories.claims import claim, person_of, submit, vehicle_of
from tests.factories.files import bring_in, csv_file
from tests.factories.numbers import citizen_id, file_number, phone, plate, uscc, vin
from tests.factories.places import SmallCity, point_in, write_registry
from tests.factories.users import make_users, signed_in

pytestmark = pytest.mark.django_db


def fresh(number: int, name: str, **values: Any) -> StagedClaim:
    """A driver of whom somebody spoke a week ago."""
    made = claim(
        1, citizen_id=citizen_id(number), file_no=file_number(number), name=name, licence_classes="C1", **values
    )
    return StagedClaim(1, clock.now() - timedelta(days=7), made.values, [], [], None)


@pytest.fixture(scope="module")
def module_users(module_city: SmallCity) -> dict[str, Any]:
    """Grid 0 with something of every kind, some of it lacking something; grid 5 in the other squadron."""
    here, far = module_city.text(0), module_city.text(5)
    submit(
        "TMRI_DRIVER", "PERSON",
        fresh(1, "张试验", residence_address=here, phone=phone(1)),
        claim(-300, citizen_id=citizen_id(2), file_no=file_number(2), name="李试验", licence_classes="C1",
              residence_address=here),
        # Lives in the other squadron, the household is here.
        fresh(3, "王外地", residence_address=far, household_address=here, phone=phone(3)),
    )  # fmt: skip
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", parking_address=here, state="Q"),
        claim(1, vin=vin(2), plate_number=plate(2), plate_type="02", registered_address=here, state="A"),
    )  # fmt: skip
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name="试验商行", business_address=here))
    houses = [["房屋编号", "用途", "坐落"], ["H1", "自住", here], ["H2", "自住", module_city.text(0, 8)]]
    bring_in(csv_file(houses), source="SECURITY_HOUSE", kind="HOUSE")
    return make_users(module_city)


def page_url(block: Area) -> str:
    return reverse("console:block", args=[block.code])


def sheet(user: Any, block: Area) -> dict[str, Any]:
    answer = signed_in(user).get(reverse("console:block-api", args=[block.code]))
    assert answer.status_code == 200
    return answer.json()


def figures(body: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    return {(f["group"], f["registry"], f["code"]): f["count"] for f in body["figures"] if f["count"]}


def test_every_number_is_that_of_the_list_it_leads_to(users: dict[str, Any], city: SmallCity) -> None:
    block, user = city.grids[0], users["officer-1"]
    found = figures(sheet(user, block))
    # Of cars and shops it depends on today whether they are stale.
    assert {key: n for key, n in found.items() if key[0] != "stale"} == {
        ("registry", "drivers", ""): 2, ("registry", "vehicles", ""): 2, ("registry", "houses", ""): 2,
        ("registry", "units", ""): 1, ("due", "vehicles", "INSPECTION"): 1,
        ("gap", "drivers", "NO_PHONE"): 1, ("gap", "vehicles", "NO_PARKING"): 1, ("gap", "houses", "NO_RESIDENT"): 1,
        ("gap", "units", "NO_LEADER"): 1,
    }  # fmt: skip
    assert found["stale", "drivers", ""] == 1
    for measure in measures():
        url = urlsplit(list_url(measure, block))
        rows, _ = filtered_elements(REGISTRIES[measure.registry], QueryDict(url.query), user)
        assert url.path == reverse("elements:list", args=[measure.registry])
        assert rows.count() == found.get((measure.group, measure.registry, measure.code), 0), measure


def test_every_link_of_the_page_opens(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(users["officer-1"])
    page = client.get(page_url(city.grids[0]))
    text = page.content.decode()
    assert page.status_code == 200
    for url in (
        page.context["address_url"],
        page.context["texts_url"],
        page.context["map_url"],
        page.context["coverage_url"],
    ):
        assert client.get(url).status_code == 200
    for item in (*page.context["missing"], *page.context["dues"], *page.context["registers"]):
        assert client.get(item["url"]).status_code == 200
        if item["count"].value:
            assert item["url"].replace("&", "&amp;") in text
    empty = next(item for item in page.context["missing"] if "addresses" in item)
    assert (empty["count"].value, empty["addresses"]) == (0, [])


def test_doors_without_anything_are_listed(users: dict[str, Any], city: SmallCity, tmp_path: Path) -> None:
    lon, lat = point_in(0)
    house = city.address(0)
    base = {"town": house.town.name, "village": house.village.name, "estate": "试验家园", "building": "1号楼",
            "lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}  # fmt: skip
    rows = [base | {"code": f"R{n}", "room": f"{n}室"} for n in range(101, 113)]
    report = load_addresses(write_registry(tmp_path / "rooms.csv", iter(rows)))
    assert report.problems == []
    user = users["officer-1"]
    body = sheet(user, city.grids[0])
    # The building is not counted: it has rooms below it.
    assert body["addresses_without_element"]["count"] == 12
    assert [row["code"] for row in body["addresses_without_element"]["rows"]] == [f"R{n}" for n in range(101, 111)]
    assert [(row["rooms"], row["full_text"][-7:]) for row in body["tall_buildings"]["rows"]] == [(12, "试验家园1号楼")]
    listed = signed_in(user).get(reverse("console:addresses") + f"?block={city.grids[0].pk}&empty=1&page_size=100")
    assert {row.code for row in listed.context["rows"]} == {f"R{n}" for n in range(101, 113)}


def test_who_has_only_an_address_here_is_shown_apart_and_by_right(users: dict[str, Any], city: SmallCity) -> None:
    seen = sheet(users["brigade"], city.grids[0])["elsewhere"]
    assert (seen["count"], [(row["label"], row["role"]) for row in seen["rows"]]) == (1, [("王外地", "户籍")])
    assert sheet(users["officer-1"], city.grids[0])["elsewhere"] == {"count": 0, "rows": []}
    assert "王外地" not in signed_in(users["officer-1"]).get(page_url(city.grids[0])).content.decode()


@pytest.mark.parametrize("name", ["officer-2", "assistant-1", "admin", "auditor", "station-1", "liaison-1", "nobody"])
def test_a_foreign_block_answers_like_a_missing_one(users: dict[str, Any], city: SmallCity, name: str) -> None:
    client, code = signed_in(users[name]), city.grids[0].code
    for route in ("block", "block-places", "block-api"):
        one, other = (client.get(reverse(f"console:{route}", args=[c])) for c in (code, "NO-SUCH-BLOCK"))
        assert one.status_code == other.status_code
        assert one.status_code in ({404} if route != "block-api" else {403, 404})
    assert client.post(reverse("console:block-seen", args=[code])).status_code == 404
    assert (BlockVisit.objects.count(), AuditRow.objects.filter(verb="BLOCK_SEEN").count()) == (0, 0)


def test_a_district_has_no_sheet(users: dict[str, Any], city: SmallCity) -> None:
    assert signed_in(users["brigade"]).get(page_url(city.districts[0])).status_code == 404


def test_names_are_masked_for_the_assistant(users: dict[str, Any], city: SmallCity) -> None:
    submit("TMRI_DRIVER", "PERSON", fresh(7, "周试验", residence_address=city.text(1)))
    submit(
        "TMRI_VEHICLE",
        "VEHICLE",
        claim(1, vin=vin(7), plate_number=plate(7), plate_type="02", parking_address=city.text(1)),
    )
    text = signed_in(users["assistant-1"]).get(page_url(city.grids[1])).content.decode()
    assert mask_name("周试验") in text
    assert "周试验" not in text
    assert plate(7) not in text
    assert "周试验" in signed_in(users["officer-1"]).get(page_url(city.grids[1])).content.decode()


def test_a_pseudo_block_has_a_sheet_without_a_map(users: dict[str, Any], city: SmallCity) -> None:
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(9), plate_number=plate(9), plate_type="02"))
    client = signed_in(users["brigade"])
    page = client.get(page_url(city.unplaced))
    assert page.status_code == 200
    assert "data-places-url" not in page.content.decode()
    assert figures(sheet(users["brigade"], city.unplaced))["unplaced", "vehicles", ""] == 1
    assert client.get(reverse("console:block-places", args=[city.unplaced.code])).json()["features"] == []


def test_the_map_names_no_thing(users: dict[str, Any], city: SmallCity) -> None:
    answer = signed_in(users["officer-1"]).get(reverse("console:block-places", args=[city.grids[0].code]))
    features = answer.json()["features"]
    assert [f["properties"]["role"] for f in features].count("block") == 1
    assert {f["properties"]["label"] for f in features[1:]} == {"人员", "机动车", "单位", "房屋"}
    assert "张试验" not in answer.content.decode()
    assert len(features) == 8


def news(body: dict[str, Any]) -> dict[int, tuple[bool, int]]:
    return {row["id"]: (row["is_new"], row["changes"]) for row in body["news"]["rows"]}


def later(vehicle: int, **values: Any) -> StagedClaim:
    return StagedClaim(1, clock.now(), {"vin": vin(vehicle)} | values, [], [], None)


def test_news_are_what_changed_since_the_last_look(users: dict[str, Any], city: SmallCity) -> None:
    user, block = users["officer-1"], city.grids[0]
    now = clock.now()
    BlockVisit.objects.create(user=user, block=block, seen_at=now - timedelta(hours=3))
    before = news(sheet(user, block))
    submit("TMRI_VEHICLE", "VEHICLE", later(1, brand="解放"), now=now - timedelta(hours=2))
    submit("TMRI_VEHICLE", "VEHICLE", later(1, brand="东风"), now=now - timedelta(hours=1))
    submit("TMRI_VEHICLE", "VEHICLE", later(11, plate_number=plate(11), plate_type="02", parking_address=city.text(0)),
           now=now - timedelta(minutes=30))  # fmt: skip
    submit("TMRI_VEHICLE", "VEHICLE", later(12, plate_number=plate(12), plate_type="02", parking_address=city.text(5)),
           now=now - timedelta(minutes=20))  # fmt: skip
    body = sheet(user, block)
    added = {pk: told for pk, told in news(body).items() if before.get(pk) != told}
    assert added == {vehicle_of(vin(11)).pk: (True, 1), vehicle_of(vin(1)).pk: (False, 2)}
    assert body["news"]["count"] == len(before) + 2
    ids = [row["id"] for row in body["news"]["rows"]]
    assert ids.index(vehicle_of(vin(11)).pk) < ids.index(vehicle_of(vin(1)).pk)


def test_the_first_look_shows_seven_days(users: dict[str, Any], city: SmallCity) -> None:
    now = clock.now()
    submit("TMRI_VEHICLE", "VEHICLE", later(21, plate_number=plate(21), plate_type="02", parking_address=city.text(1)),
           now=now - timedelta(days=8))  # fmt: skip
    submit("TMRI_VEHICLE", "VEHICLE", later(22, plate_number=plate(22), plate_type="02", parking_address=city.text(1)),
           now=now - timedelta(days=6))  # fmt: skip
    body = sheet(users["officer-1"], city.grids[1])
    assert (set(news(body)), body["news"]["seen_at"]) == ({vehicle_of(vin(22)).pk}, None)


def test_seen_is_written_and_taken_back(users: dict[str, Any], city: SmallCity) -> None:
    user, block = users["assistant-1"], city.grids[1]
    client, url = signed_in(user), reverse("console:block-seen", args=[block.code])
    first = client.post(url, headers={"HX-Request": "true"})
    told = json.loads(first.headers["HX-Trigger"])["block-seen"]
    seen_at = BlockVisit.objects.get(user=user, block=block).seen_at
    assert (first.status_code, told["earlier"], told["undo"]) == (200, "", "撤销")
    assert "没有新的变化" in first.content.decode()
    second = client.post(url, headers={"HX-Request": "true"})
    earlier = json.loads(second.headers["HX-Trigger"])["block-seen"]["earlier"]
    assert datetime.fromisoformat(earlier) == seen_at
    assert BlockVisit.objects.get(user=user, block=block).seen_at > seen_at
    client.post(url, {"restore": earlier}, headers={"HX-Request": "true"})
    assert BlockVisit.objects.get(user=user, block=block).seen_at == seen_at
    client.post(url, {"restore": ""})
    assert BlockVisit.objects.count() == 0
    assert AuditRow.objects.filter(verb="BLOCK_SEEN", actor_id=user.pk, subject_id=str(block.pk)).count() == 4


@pytest.mark.parametrize(
    "text", ["2999-01-01T00:00:00+00:00", "2026-01-01T00:00:00", "2026-99-01T00:00:00Z", "gestern"]
)
def test_a_time_that_cannot_be_is_refused(users: dict[str, Any], city: SmallCity, text: str) -> None:
    client = signed_in(users["officer-1"])
    answer = client.post(reverse("console:block-seen", args=[city.grids[0].code]), {"restore": text})
    assert (answer.status_code, BlockVisit.objects.count()) == (400, 0)


def test_who_is_on_post_stands_in_the_head(users: dict[str, Any], city: SmallCity) -> None:
    body = sheet(users["brigade"], city.grids[0])
    assert [(one["role"], one["name"]) for one in body["posts"]] == [
        ("OFFICER", "officer-1"),
        ("COORDINATOR", "coordinator-1"),
    ]
    assert [one["role"] for one in sheet(users["brigade"], city.grids[1])["posts"]] == ["OFFICER", "ASSISTANT"]


def test_the_list_of_blocks_is_that_of_the_scope(users: dict[str, Any], city: SmallCity) -> None:
    url = reverse("console:blocks")
    page = signed_in(users["officer-1"]).get(url)
    assert [(row.block.code, row.total) for row in page.context["page"].rows] == [("G-1", 7), ("G-2", 0)]
    alone = signed_in(users["coordinator-1"]).get(url)
    assert (alone.status_code, alone.headers["Location"]) == (302, page_url(city.grids[0]))
    assert signed_in(users["admin"]).get(url).status_code == 403
    none = signed_in(users["officer-1"]).get(url, {"name": "没有"})
    assert "没有找到块" in none.content.decode()


def queries(client: Client, url: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def test_the_number_of_queries_is_exact_and_does_not_grow(users: dict[str, Any], city: SmallCity) -> None:
    client, block = signed_in(users["officer-1"]), city.grids[0]
    api = reverse("console:block-api", args=[block.code])
    client.get(page_url(block))
    before = queries(client, page_url(block)), queries(client, api)
    submit("TMRI_DRIVER", "PERSON", *(fresh(100 + n, "周试验", residence_address=city.text(0)) for n in range(40)))
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(claim(1, vin=vin(100 + n), plate_number=plate(100 + n), plate_type="02", registered_address=city.text(0, 8))
          for n in range(40)),
    )  # fmt: skip
    assert figures(sheet(users["officer-1"], block))["registry", "drivers", ""] == 42
    assert person_of(100).block_id == block.pk
    assert (queries(client, page_url(block)), queries(client, api)) == before == (19, 17)
