"""The address API: suggestions while typing, the nearest address of a point, one address by code, strict resolving."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from addresses.choices import AddressState
from addresses.models import AddressText, StandardAddress
from addresses.parsing.components import Components
from addresses.services.registry import load_addresses
from addresses.services.registry_changes import create_address
from common.geometry import wgs84_to_gcj02
from tests.factories.places import point_in, write_registry

VILLAGE, TOWN = "毛家庄子村委会", "文昌路街道"


@pytest.fixture
def estate(city, tmp_path) -> None:
    """光州花园 in the first grid: building 3 with two units, building 12; and 光州路 with 24号 and 24-1号."""
    lon, lat = point_in(0, 0.9, 0.9)
    place = {"town": TOWN, "village": VILLAGE, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}
    rooms = [("3", "1", "101"), ("3", "1", "102"), ("3", "2", "201"), ("12", "1", "101")]
    rows = [
        {**place, "code": f"R-{b}-{u}-{r}", "estate": "光州花园", "building": b, "unit": u, "room": r}
        for b, u, r in rooms
    ]
    rows += [{**place, "code": f"N-{number}", "road": "光州路", "number": number} for number in ("24", "24-1", "5")]
    report = load_addresses(write_registry(tmp_path / "estate.csv", iter(rows)))
    assert (report.created, report.rejected) == (7, 0)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def suggested(users, q: str, **more) -> list[str]:
    answer = client_of(users["officer-2"]).get("/api/v1/addresses/suggest", {"q": q, **more})
    assert answer.status_code == 200, answer.content
    return [row["full_text"] for row in answer.json()["results"]]


def test_a_name_leads_to_its_place_and_what_stands_under_it(users, estate):
    head = TOWN + VILLAGE
    assert suggested(users, "光州花园") == [f"{head}光州花园", f"{head}光州花园3号楼", f"{head}光州花园12号楼"]
    assert suggested(users, "gzhy")[0] == f"{head}光州花园"
    assert suggested(users, "光州花园3") == [
        f"{head}光州花园3号楼", f"{head}光州花园3号楼1单元", f"{head}光州花园3号楼2单元",
    ]  # fmt: skip
    assert suggested(users, "光州花园3号楼1单元10") == [
        f"{head}光州花园3号楼1单元101室", f"{head}光州花园3号楼1单元102室",
    ]  # fmt: skip
    assert suggested(users, "光州花园3号楼201") == [f"{head}光州花园3号楼2单元201室"]
    assert suggested(users, "光州路24") == [f"{head}光州路24号", f"{head}光州路24-1号"]
    assert suggested(users, "光州路24-1") == [f"{head}光州路24-1号"]
    assert suggested(users, "光州路24", limit="1") == [f"{head}光州路24号"]


def test_a_suggestion_says_where_it_is_and_whether_more_is_below(users, estate):
    answer = client_of(users["brigade"]).get("/api/v1/addresses/suggest", {"q": "光州花园3号楼", "limit": "1"})
    lon, lat = point_in(0, 0.9, 0.9)

    (row,) = answer.json()["results"]
    assert (row["level"], row["has_children"]) == ("building", True)
    assert (row["lon"], row["lat"]) == (pytest.approx(lon, abs=1e-6), pytest.approx(lat, abs=1e-6))


def test_merged_and_retired_addresses_are_not_suggested(users, estate):
    StandardAddress.objects.filter(code="N-24-1").update(state=AddressState.RETIRED)

    assert suggested(users, "光州路24") == [f"{TOWN}{VILLAGE}光州路24号"]


def test_a_part_of_the_text_is_found_where_no_name_is(users, estate):
    assert suggested(users, "毛家庄子村委会光州路5") == [f"{TOWN}{VILLAGE}光州路5号"]
    assert suggested(users, "子村委会光州路24") == [f"{TOWN}{VILLAGE}光州路24号", f"{TOWN}{VILLAGE}光州路24-1号"]
    assert suggested(users, "%_\\光州") == []


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x", "９", "1" * 40])
def test_a_bad_limit_is_refused_with_the_cure(users, limit):
    answer = client_of(users["brigade"]).get("/api/v1/addresses/suggest", {"q": "光州", "limit": limit})

    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_LIMIT")


def test_queries_of_a_suggestion_do_not_grow_with_what_is_found(users, estate):
    client = client_of(users["brigade"])
    counts = []
    for typed in ("光州花园3", "光州花园12", "光州路2", "光州路5"):
        client.get("/api/v1/addresses/suggest", {"q": typed})
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/v1/addresses/suggest", {"q": typed})
        counts.append(sum("standardaddress" in query["sql"] for query in captured))

    # The named place, what begins with the number, and, where that is one node, what stands under it.
    assert counts == [3, 3, 2, 3]


def test_strangers_and_users_without_a_post_are_refused(users, city):
    for url in ("suggest?q=光州", "nearest?lon=119.87&lat=37.17", "LZ-0-3"):
        assert Client().get(f"/api/v1/addresses/{url}").status_code in {401, 403}
        assert client_of(users["nobody"]).get(f"/api/v1/addresses/{url}").status_code == 403


def near(users, **query) -> dict:
    answer = client_of(users["brigade"]).get("/api/v1/addresses/nearest", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_nearest_address_with_its_distance_and_the_areas_of_the_point(users, city):
    lon, lat = city.address(0).point.coords
    found = near(users, lon=lon, lat=lat + 0.0009)

    assert (found["address"]["code"], found["is_inside"], found["message"]) == ("LZ-0-3", True, "")
    assert found["address"]["distance_m"] == pytest.approx(99.9, abs=1)
    assert [(area["kind"], area["code"]) for area in found["areas"]] == [
        ("grid", "G-1"), ("district", "JQ-1"), ("squadron", "ZD-1"), ("brigade", "DD"),
    ]  # fmt: skip


def test_every_datum_leads_to_the_same_door(users, city):
    lon, lat = city.address(0).point.coords
    x, y = wgs84_to_gcj02(lon, lat)

    assert near(users, lon=lon, lat=lat, datum="CGCS2000")["address"]["distance_m"] == 0
    shifted = near(users, lon=x, lat=y, datum="GCJ02")
    assert (shifted["address"]["code"], shifted["address"]["distance_m"]) == ("LZ-0-3", pytest.approx(0, abs=0.2))
    wrong = near(users, lon=x, lat=y)
    assert wrong["address"] is None and "200 米内没有" in wrong["message"]


def test_a_point_outside_is_answered_clearly(users, city):
    for lon, lat in ((116.4, 39.9), (119.45, 36.95)):
        found = near(users, lon=lon, lat=lat)
        assert (found["is_inside"], found["address"], found["areas"]) == (False, None, [])
        assert "不在莱州的责任区内" in found["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"lon": "37.17", "lat": "119.87"}, "COORDINATES_SWAPPED"),
        ({"lon": "", "lat": "37"}, "BAD_POINT"),
        ({"lon": "nan", "lat": "37"}, "BAD_POINT"),
        ({"lon": "inf", "lat": "37"}, "BAD_POINT"),
        ({"lon": "119", "lat": "95"}, "BAD_POINT"),
        ({"lon": "119.87", "lat": "37.17", "datum": "EPSG"}, "BAD_DATUM"),
    ],
)
def test_a_point_that_is_none_is_refused_with_the_cure(users, query, code):
    answer = client_of(users["brigade"]).get("/api/v1/addresses/nearest", query)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_an_address_by_its_code(users, city):
    answer = client_of(users["brigade"]).get("/api/v1/addresses/LZ-0-3").json()

    assert (answer["full_text"], answer["level"], answer["state"]) == (city.text(0), "number", "active")
    assert answer["components"]["village"] == VILLAGE and answer["components"]["number"] == "3"
    assert (answer["block"]["code"], answer["district"]["code"], answer["replaced_by"]) == ("G-1", "JQ-1", [])


def test_a_replaced_address_names_the_chain_to_the_one_in_force(users, city):
    first, second, third = (city.address(grid) for grid in (0, 1, 2))
    merged = AddressState.MERGED
    StandardAddress.objects.filter(pk=first.pk).update(state=merged, replaced_by=second)
    StandardAddress.objects.filter(pk=second.pk).update(state=merged, replaced_by=third)
    answer = client_of(users["brigade"]).get(f"/api/v1/addresses/{first.code}").json()

    assert answer["state"] == "merged"
    assert [(one["code"], one["state"]) for one in answer["replaced_by"]] == [
        ("LZ-1-3", "merged"),
        ("LZ-2-3", "active"),
    ]


def test_a_chain_that_bites_its_tail_ends(users, city):
    first, second = city.address(0), city.address(1)
    StandardAddress.objects.filter(pk=first.pk).update(replaced_by=second)
    StandardAddress.objects.filter(pk=second.pk).update(replaced_by=first)

    chain = client_of(users["brigade"]).get(f"/api/v1/addresses/{first.code}").json()["replaced_by"]
    assert [one["code"] for one in chain] == ["LZ-1-3", "LZ-0-3"]


def test_unknown_codes_and_those_of_other_areas_answer_alike(users, city):
    answers = [
        client_of(users[name]).get(f"/api/v1/addresses/{code}")
        for name, code in (("brigade", "NO-SUCH-CODE"), ("brigade", "x%00y"), ("officer-2", "LZ-0-3"))
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "NOT_FOUND")] * 3
    assert client_of(users["officer-1"]).get("/api/v1/addresses/LZ-0-3").status_code == 200


def test_an_address_on_an_earlier_day_has_the_fields_of_today(users, city):
    client, url = client_of(users["brigade"]), "/api/v1/addresses/LZ-0-3"
    today = client.get(url).json()
    then = client.get(url, {"at": "2026-11-26"}).json()

    assert {name: then[name] for name in today} == today
    assert (then["at"], then["then"]["full_text"], then["then"]["state"]) == ("2026-11-26", city.text(0), "active")
    assert set(then) - set(today) == {"at", "then", "not_known"}
    assert then["not_known"] and "没有记载" in then["not_known"][0]


@pytest.mark.parametrize("text", ["26.11.2026", "2026-02-30", "gestern", "2026-11-26T10:00"])
def test_a_day_that_is_none_is_refused_by_the_name_of_the_field(users, text):
    refused = client_of(users["brigade"]).get("/api/v1/addresses/LZ-0-3", {"at": text})

    assert (refused.status_code, refused.json()["code"]) == (400, "BAD_DAY")
    assert refused.json()["message"] == "at 不是有效的日期，应如 2026-11-26。"


def test_an_address_that_was_not_there_yet_is_not_found_in_words(users, city):
    house = city.address(0)
    create_address(
        components=Components(house.town.name, house.village.name, number="50"), point=house.point, reason="现场",
        actor=users["brigade"], now=datetime(2026, 11, 20, 2, tzinfo=UTC),
    )  # fmt: skip
    url = f"/api/v1/addresses/{StandardAddress.objects.get(is_provisional=True).code}"

    refused = client_of(users["brigade"]).get(url, {"at": "2026-11-19"})
    assert (refused.status_code, refused.json()["code"]) == (404, "ADDRESS_NOT_YET")
    assert "它在 2026-11-20 才登记" in refused.json()["message"]
    assert client_of(users["brigade"]).get(url, {"at": "2026-11-20"}).json()["components"]["number"] == "50"
    foreign = client_of(users["officer-2"]).get(url, {"at": "2026-11-19"})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "NOT_FOUND")


def test_strict_resolving_gives_codes_or_says_what_to_do(users, city):
    texts = [city.text(0), "毛家庄子村999号", "招远市温泉路1号", "", "毛家庄子村委会3号 电话13812345678 x"]
    answer = client_of(users["brigade"]).post(
        "/api/v1/addresses/resolve", {"texts": texts, "strict": True}, content_type="application/json"
    )
    body = answer.json()

    assert set(body) == {"accepted", "refused"}
    assert [(one["row"], one["code"], one["full_text"]) for one in body["accepted"]] == [(1, "LZ-0-3", city.text(0))]
    assert [(one["row"], one["status"]) for one in body["refused"]] == [
        (2, "review"), (3, "outside"), (4, "unmatched"), (5, "review"),
    ]  # fmt: skip
    assert body["refused"][0]["reasons"] == ["没有登记这个门牌：999"]
    assert "请按原件改正" in body["refused"][0]["message"]
    assert "13812345678" not in answer.content.decode()
    assert AddressText.objects.count() == 0


def test_without_strict_the_answer_is_as_before(users, city):
    answer = client_of(users["brigade"]).post(
        "/api/v1/addresses/resolve", {"texts": [city.text(0)]}, content_type="application/json"
    )

    assert [one["code"] for one in answer.json()["results"]] == ["LZ-0-3"]
