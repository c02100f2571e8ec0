"""The building sheet: what stands in which cell, who sees it, where rooms lead, and how many queries it takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role
from addresses.choices import AddressLevel
from addresses.models import StandardAddress
from addresses.services.registry import load_addresses
from common.masking import mask_name
from elements.models import Element
from elements.services.folding import folding
from tests.factories.claims import claim, owned_by, person_of, submit
from tests.factories.files import bring_in, csv_file
from tests.factories.numbers import citizen_id, file_number, plate, uscc, vin
from tests.factories.places import SmallCity, point_in, write_registry
from tests.factories.users import make_user, make_users, signed_in

pytestmark = pytest.mark.django_db


def registry_rows(city: SmallCity, grid: int) -> list[dict[str, str]]:
    """试验家园 1号楼: two units of three floors and two rooms, room 302 of unit 1 missing; 2号楼 without rooms."""
    lon, lat = point_in(grid)
    house = city.address(grid)
    base = {
        "town": house.town.name,
        "village": house.village.name,
        "estate": "试验家园",
        "lon": f"{lon:.6f}",
        "lat": f"{lat:.6f}",
    }
    rows = [base | {"code": f"B{grid}-2", "building": "2号楼"}, base | {"code": f"B{grid}-1", "building": "1号楼"}]
    for unit in (1, 2):
        for room in (f"{floor}0{place}" for floor in (1, 2, 3) for place in (1, 2)):
            if (unit, room) != (1, "302"):
                code = f"B{grid}-1-{unit}-{room}"
                rows.append(base | {"code": code, "building": "1号楼", "unit": f"{unit}单元", "room": f"{room}室"})
    return rows


def text(city: SmallCity, grid: int, rest: str) -> str:
    house = city.address(grid)
    return f"{house.town.name}{house.village.name}试验家园1号楼{rest}"


def person(number: int, name: str, **values: Any) -> Any:
    return claim(
        1, citizen_id=citizen_id(number), file_no=file_number(number), name=name, licence_classes="C1", **values
    )


@pytest.fixture(scope="module")
def module_users(module_city: SmallCity, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The building in the block of officer-1 and one in that of officer-2, with what is recorded in their rooms."""
    rows = [*registry_rows(module_city, 0), *registry_rows(module_city, 5)]
    report = load_addresses(write_registry(tmp_path_factory.mktemp("files") / "buildings.csv", iter(rows)))
    assert (report.rejected, report.problems) == (0, [])
    far, home = text(module_city, 5, "1单元101室"), text(module_city, 0, "1单元101室")
    submit(
        "TMRI_DRIVER", "PERSON",
        person(1, "张试验", residence_address=home, household_address=home),
        person(2, "李试验", residence_address=text(module_city, 0, "2单元201室"), household_address=home),
        # Lives in the other squadron: of its block, also where its household is here.
        person(3, "王外地", residence_address=far, household_address=home),
        person(4, "赵无室", residence_address=text(module_city, 0, "2单元909室")),
        person(5, "钱不详", residence_address=text(module_city, 0, "2单元")),
        person(6, "孙农户", residence_address=module_city.text(0)),
    )  # fmt: skip
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=vin(1), plate_number=plate(1), plate_type="02", registered_address=home, parking_address=home,
              relations=[owned_by(1), owned_by(3)]),
    )  # fmt: skip
    submit(
        "MARKET", "UNIT", claim(1, uscc=uscc(1), name="试验商行", business_address=text(module_city, 0, "2单元101室"))
    )
    houses = [
        ["房屋编号", "用途", "建筑面积", "房主", "房主证件号", "坐落"],
        ["H1", "自住", "89.5", "张试验", citizen_id(1), home],
    ]
    bring_in(csv_file(houses), source="SECURITY_HOUSE", kind="HOUSE")
    people = [["身份证号", "姓名", "房屋编号"], [citizen_id(1), "张试验", "H1"]]
    bring_in(csv_file(people), source="SECURITY_PERSON", kind="PERSON")
    return make_users(module_city)


def page_url(code: str) -> str:
    return reverse("console:building", args=[code])


def cell_text(client: Client, code: str, at: str, **query: str) -> str:
    answer = client.get(reverse("console:building-cell", args=[code]), {"at": at, **query})
    assert answer.status_code == 200
    return answer.content.decode()


def sheet(user: Any, code: str = "B0-1") -> dict[str, Any]:
    answer = signed_in(user).get(reverse("console:building-api", args=[code]))
    assert answer.status_code == 200
    return answer.json()


def counts(body: dict[str, Any], unit: int) -> dict[str, dict[str, int]]:
    return {room["room"]: room["counts"] for floor in body["units"][unit]["floors"] for room in floor["rooms"] if room}


def test_every_room_has_its_cell_and_every_cell_its_counts(users: dict[str, Any]) -> None:
    body = sheet(users["officer-1"])

    assert [unit["name"] for unit in body["units"]] == ["1单元", "2单元"]
    first, second = ([floor["floor"] for floor in unit["floors"]] for unit in body["units"])
    # The registry ends at the third floor; the ninth is only what a text says.
    assert (first, second) == ([3, 2, 1], [9, 3, 2, 1])
    top = body["units"][0]["floors"][0]["rooms"]
    assert (top[0]["room"], top[1]) == ("301", None)
    assert counts(body, 0) == {
        "301": {}, "201": {}, "202": {}, "102": {}, "101": {"house": 1, "resident": 1, "household": 1, "vehicle": 1},
    }  # fmt: skip
    assert counts(body, 1) == {
        "909": {"resident": 1}, "301": {}, "302": {}, "201": {"resident": 1}, "202": {}, "101": {"unit": 1}, "102": {},
    }  # fmt: skip
    assert body["totals"] == {
        "rooms": 11, "with_house": 1, "with_people": 2, "with_vehicles": 1, "with_units": 1, "empty": 8, "unregistered": 1,
    }  # fmt: skip
    assert [e["label"] for e in body["units"][1]["unit"]["elements"]] == ["钱不详"]


def test_the_page_shows_gaps_and_rooms_that_the_registry_lacks(users: dict[str, Any]) -> None:
    page = signed_in(users["officer-1"]).get(page_url("B0-1"))
    text_of_page = page.content.decode()

    assert page.status_code == 200
    assert len(re.findall(r'class="room is-empty"', text_of_page)) == 8
    assert len(re.findall(r'class="room is-stated"', text_of_page)) == 1
    assert "登记册没有这一户室" in text_of_page
    assert {t["label"]: t["value"] for t in page.context["totals"]}["户室"] == "11"


@pytest.mark.parametrize(
    ("reader", "foreign"),
    [("officer-2", "B0-1"), ("coordinator-1", "B5-1"), ("admin", "B0-1"), ("auditor", "B0-1"), ("nobody", "B0-1")],
)
def test_a_foreign_building_answers_like_a_missing_one(users: dict[str, Any], reader: str, foreign: str) -> None:
    client = signed_in(users[reader])
    for name in ("console:building", "console:building-cell", "console:building-api"):
        for code in (foreign, f"{foreign}-1-101"):
            one, other = (client.get(reverse(name, args=[place])) for place in (code, "B9-9"))
            # Whose posts read nothing are refused by the API before any look-up.
            assert one.status_code == 404 or (name == "console:building-api" and one.status_code == 403)
            assert (one.status_code, _plain(one)) == (other.status_code, _plain(other))


def _plain(answer: Any) -> str:
    return re.sub(r'(nonce|content|value)="[^"]*"|X-CSRFToken[^}]*}', "", answer.content.decode())


def test_a_stranger_is_sent_to_sign_in(users: dict[str, Any]) -> None:
    for name in ("console:building", "console:building-cell"):
        assert Client().get(reverse(name, args=["B0-1"])).status_code == 302
    assert Client().get(reverse("console:building-api", args=["B0-1"])).status_code in {401, 403}


def test_a_mark_that_is_no_code_opens_nothing(users: dict[str, Any]) -> None:
    client = signed_in(users["officer-1"])
    for mark in ("", "\x00", "B0-1\x00", "../B0-1", "B5-1-1-101"):
        page = client.get(page_url("B0-1"), {"at": mark, "stated": "\x00"})
        assert (page.status_code, "cell_open" in page.context) == (200, False)
    assert client.get(reverse("console:building-cell", args=["B0-1"]), {"at": "\x00"}).status_code == 404


def test_a_place_above_a_number_has_no_sheet(users: dict[str, Any], city: SmallCity) -> None:
    village = city.address(0).parent
    assert village.level == AddressLevel.VILLAGE
    assert signed_in(users["brigade"]).get(page_url(village.code)).status_code == 404


def test_who_lives_elsewhere_shows_only_to_whom_it_belongs(users: dict[str, Any]) -> None:
    """王外地 has the household in the first room, but is of the other squadron's block."""
    seen = {
        name: "王外地" in cell_text(signed_in(users[name]), "B0-1", "B0-1-1-101") for name in ("officer-1", "brigade")
    }
    assert seen == {"officer-1": False, "brigade": True}
    assert counts(sheet(users["brigade"]), 0)["101"]["household"] == 2


def test_the_content_of_a_room(users: dict[str, Any]) -> None:
    shown = cell_text(signed_in(users["officer-1"]), "B0-1", "B0-1-1-101")

    for label in ("张试验", "李试验", plate(1), "89.50", "1单元101室"):
        assert label in shown
    for number in (1, 2):
        assert reverse("console:element", args=[person_of(number).pk]) in shown
    assert "居住房屋" in shown and "所有人" in shown
    # The second owner of the vehicle is of another block: the tie shows, its name and number do not.
    assert "不在您的管辖范围" in shown
    assert reverse("console:element", args=[person_of(3).pk]) not in shown


def test_a_stated_room_opens_apart_from_its_unit(users: dict[str, Any]) -> None:
    client = signed_in(users["officer-1"])
    unit = StandardAddress.objects.get(level=AddressLevel.UNIT, unit="2", parent__code="B0-1").code

    stated, whole = cell_text(client, "B0-1", unit, stated="909"), cell_text(client, "B0-1", unit)
    assert ("赵无室" in stated, "钱不详" in stated) == (True, False)
    assert ("赵无室" in whole, "钱不详" in whole) == (False, True)
    answer = client.get(reverse("console:building-cell", args=["B0-1"]), {"at": unit, "stated": "808"})
    assert answer.status_code == 404


def test_a_cell_of_another_building_is_not_found(users: dict[str, Any]) -> None:
    client = signed_in(users["brigade"])
    answer = client.get(reverse("console:building-cell", args=["B0-1"]), {"at": "B5-1-1-101"})
    assert answer.status_code == 404


def test_names_and_plates_are_masked_for_who_may_not_read_them(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(make_user("assistant-0", Role.ASSISTANT, village=city.villages[0]))
    body = client.get(reverse("console:building-api", args=["B0-1"])).content.decode()
    panel = cell_text(client, "B0-1", "B0-1-1-101")
    page = client.get(page_url("B0-1"), {"at": "B0-1-1-101"}).content.decode()
    for shown in (body, panel, page):
        assert mask_name("张试验") in shown
        for secret in ("张试验", "李试验", plate(1), citizen_id(1)):
            assert secret not in shown


def test_a_room_leads_to_its_building_and_stands_open_there(users: dict[str, Any]) -> None:
    client = signed_in(users["officer-1"])
    answer = client.get(page_url("B0-1-1-101"))
    assert (answer.status_code, answer["Location"]) == (302, f"{page_url('B0-1')}?at=B0-1-1-101")
    page = client.get(answer["Location"])
    assert page.context["cell_open"].name == "1单元101室"
    assert re.findall(r'title="([^"]*)" aria-current="true"', page.content.decode()) == ["1单元101室"]
    assert sheet(users["officer-1"], "B0-1-1-101")["code"] == "B0-1"


def test_a_farmhouse_is_one_cell(users: dict[str, Any], city: SmallCity) -> None:
    page = signed_in(users["officer-1"]).get(page_url(city.address(0).code))
    shown = page.content.decode()
    assert len(re.findall(r'class="room[" ]', shown)) == 1
    assert "孙农户" in shown
    body = sheet(users["officer-1"], city.address(0).code)
    assert (body["totals"]["rooms"], body["totals"]["with_people"], body["units"]) == (1, 1, [])


def test_a_building_without_rooms_says_so(users: dict[str, Any]) -> None:
    page = signed_in(users["officer-1"]).get(page_url("B0-2")).content.decode()
    assert "这栋楼没有户室" in page
    assert "data-building-sheet" not in page


def test_an_estate_lists_its_buildings(users: dict[str, Any]) -> None:
    estate = StandardAddress.objects.get(code="B0-1").parent
    page = signed_in(users["officer-1"]).get(page_url(estate.code))
    assert [place.code for place in page.context["places"]] == ["B0-1", "B0-2"]
    assert page_url("B0-2") in page.content.decode()


def test_what_was_withdrawn_is_gone_from_its_room(users: dict[str, Any]) -> None:
    with folding():
        Element.objects.filter(pk=person_of(2).pk).update(is_withdrawn=True)
    assert "household" not in counts(sheet(users["officer-1"]), 0)["101"]


def test_the_address_list_and_the_element_page_lead_here(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(users["officer-1"])
    listed = client.get(reverse("console:addresses")).content.decode()
    assert page_url("B0-1-1-101") in listed
    assert page_url(city.address(0).parent.code) not in listed
    shown = client.get(reverse("console:element", args=[person_of(2).pk])).content.decode()
    assert page_url("B0-1-2-201") in shown
    # The residence of 王外地 is in another squadron: its page offers that sheet to those alone who may open it.
    far = reverse("console:element", args=[person_of(3).pk])
    assert page_url("B0-1-1-101") not in signed_in(users["officer-2"]).get(far).content.decode()
    assert page_url("B0-1-1-101") in signed_in(users["brigade"]).get(far).content.decode()


def queries(client: Client, url: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([q for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))])


def test_the_number_of_queries_is_exact_and_does_not_grow(users: dict[str, Any], city: SmallCity) -> None:
    client = signed_in(users["officer-1"])
    cell = reverse("console:building-cell", args=["B0-1"]) + "?at=B0-1-1-101"
    client.get(page_url("B0-1"))
    before = (
        queries(client, page_url("B0-1")),
        queries(client, cell),
        queries(client, page_url("B0-1") + "?at=B0-1-1-101"),
    )
    unit = StandardAddress.objects.get(level=AddressLevel.UNIT, unit="2", parent__code="B0-1")
    fill_unit(unit, floors=50, places=20)
    submit(
        "TMRI_DRIVER", "PERSON",
        *(person(100 + n, "周试验", residence_address=text(city, 0, f"2单元{10 + n}01室")) for n in range(30)),
        *(person(200 + n, "吴试验", residence_address=text(city, 0, "1单元101室")) for n in range(30)),
    )  # fmt: skip
    body = sheet(users["officer-1"])
    assert (body["totals"]["rooms"], body["totals"]["with_people"]) == (1_005, 32)
    after = (
        queries(client, page_url("B0-1")),
        queries(client, cell),
        queries(client, page_url("B0-1") + "?at=B0-1-1-101"),
    )
    assert before == after == (9, 8, 12)


def fill_unit(unit: StandardAddress, *, floors: int, places: int) -> None:
    """Rooms of a unit up to so many floors; those that are there stay."""
    here = set(unit.children.values_list("room", flat=True))
    rooms = [f"{floor}{place:02}" for floor in range(1, floors + 1) for place in range(1, places + 1)]
    StandardAddress.objects.bulk_create(
        StandardAddress(
            code=f"{unit.code}-{room}", key=f"{unit.key}|{room}", level=AddressLevel.ROOM, parent=unit, town=unit.town,
            village=unit.village, estate=unit.estate, building=unit.building, unit=unit.unit, room=room,
            full_text=f"{unit.full_text}{room}室", point=unit.point, block=unit.block,
        )
        for room in rooms
        if room not in here
    )  # fmt: skip
