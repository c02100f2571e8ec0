"""A new address while one types it: its text, what is above it, where it lies, what is there already; dividing rooms."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from addresses.choices import AddressState
from addresses.models import AddressChange, StandardAddress
from common.geometry import wgs84_to_gcj02
from tests.factories.places import point_in
from tests.factories.registry_changes import load_estates
from tests.factories.users import signed_in

pytestmark = pytest.mark.usefixtures("city")
LOOK = "console:address-new-look"


def typed(city, grid: int = 0, **values: str) -> dict[str, str]:
    lon, lat = point_in(grid)
    house = city.address(0)
    return {
        "town": house.town.name, "village": house.village.name, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}",
        "datum": "WGS84", "reason": "现场核实",
    } | values  # fmt: skip


def look(client: Client, values: dict[str, str]):
    answer = client.post(reverse(LOOK), values)
    assert answer.status_code == 200
    return answer


def test_what_is_typed_is_shown_with_its_parent_and_block(users, city):
    house = city.address(0)
    answer = look(signed_in(users["officer-1"]), typed(city, road="新兴路", number="十二号"))
    place, village = answer.context["place"], house.town.name + house.village.name

    assert place.full_text == f"{village}新兴路12号"
    assert (place.parent.full_text, place.missing) == (village, [f"{village}新兴路"])
    assert (place.same, place.gone, answer.context["is_own"]) == (None, None, True)
    assert answer.context["grid"]["name"] == city.grids[0].name
    assert AddressChange.objects.count() == 0


@pytest.mark.parametrize("number", ["3号", "３号", "三号", "3"])
def test_a_number_that_exists_is_found_however_it_is_written(users, city, number):
    answer = look(signed_in(users["officer-1"]), typed(city, number=number))

    assert (answer.context["place"].same.code, answer.context["place"].same.is_open) == ("LZ-0-3", True)
    assert "已有这个地址" in answer.content.decode()


def test_a_number_out_of_use_is_said(users, city):
    StandardAddress.objects.filter(code="LZ-0-3").update(state=AddressState.RETIRED)
    place = look(signed_in(users["officer-1"]), typed(city, number="3")).context["place"]

    assert (place.same, place.gone.code) == (None, "LZ-0-3")


def test_an_address_of_another_area_is_named_but_not_opened(users, city):
    other = city.address(4)
    values = typed(city, 4, town=other.town.name, village=other.village.name, number="3")
    answer = look(signed_in(users["officer-1"]), values)

    assert (answer.context["place"].same.is_open, answer.context["is_own"]) == (False, False)
    assert "不在您的辖区" in answer.content.decode()
    assert reverse("console:address", args=["LZ-4-3"]) not in answer.content.decode()


def test_what_is_wrong_is_said_while_typing_and_beside_its_field_when_sent(users, city):
    client = signed_in(users["officer-1"])
    assert (
        look(client, typed(city, town="火星镇", number="1"))
        .context["place"]
        .problem.startswith("“火星镇”不是莱州的镇街")
    )

    for values, field in (
        (typed(city, town="火星镇", number="1"), "town"),
        (typed(city, village="无此村", number="1"), "village"),
        (typed(city, number="3"), "number"),
        (typed(city, 4, number="77"), "lon"),
        (typed(city, number="77", reason=""), "reason"),
        (typed(city, number="77", lon=""), "lon"),
    ):
        refused = client.post(reverse("console:address-new"), values)
        assert refused.status_code in {400, 403}
        assert set(refused.context["form"].errors) == {field}
        # The page says what the fragment says.
        assert (refused.context["grid"] is None) == (not values["lon"])
        assert not values["lon"] or refused.context["grid"]["name"] in refused.content.decode()
    assert AddressChange.objects.count() == 0


def test_a_point_of_another_datum_is_shifted(users, city):
    lon, lat = point_in(0)
    x, y = wgs84_to_gcj02(lon, lat)
    values = typed(city, number="77", lon=f"{x:.7f}", lat=f"{y:.7f}", datum="GCJ02")
    assert signed_in(users["officer-1"]).post(reverse("console:address-new"), values).status_code == 302

    point = StandardAddress.objects.get(is_provisional=True).point
    assert (point.x, point.y) == (pytest.approx(lon, abs=2e-6), pytest.approx(lat, abs=2e-6))


def test_names_of_a_town_and_who_may_ask(users, city, tmp_path):
    load_estates(city, tmp_path / "e.csv")
    house = city.address(0)
    url = reverse("console:address-new-names")
    names = signed_in(users["officer-1"]).get(url, {"town": house.town.name}).context["names"]

    assert house.village.name in names.villages and names.estates == ["试验家园", "试验花园"]
    assert signed_in(users["officer-1"]).get(url, {"town": "火星镇"}).context["names"].villages == []
    for refused in ("analyst", "nobody"):
        assert signed_in(users[refused]).get(url).status_code == 403
        assert signed_in(users[refused]).post(reverse(LOOK), typed(city)).status_code == 403


def test_queries_of_a_look_do_not_grow_with_what_is_found(users, city, tmp_path):
    client = signed_in(users["brigade"])

    def queries(**values: str) -> int:
        with CaptureQueriesContext(connection) as taken:
            look(client, typed(city, **values))
        return len(taken)

    queries(estate="试验家园", building="1")
    load_estates(city, tmp_path / "e.csv")
    queries(estate="试验家园", building="1", room="101")
    few = queries(estate="试验家园", building="1", room="109")
    many = queries(estate="试验家园", building="1", room="10")
    # A number that nobody has is also looked for as a part of a text.
    assert (many, few) == (18, 19)


def test_rooms_are_divided_by_floor_and_each_goes_where_the_form_says(users, city, tmp_path):
    load_estates(city, tmp_path / "e.csv")
    client = signed_in(users["brigade"])
    building = StandardAddress.objects.get(level=6, estate="试验家园", building="1")
    url = reverse("console:address-change", args=[building.code, "split"])
    form = client.get(url).context["form"]

    assert form.floors == ["1"]
    assert [(row["field"].label, row["floor"]) for row in form.child_rows] == [("101室", "1"), ("102室", "1")]
    values = {"parts": "1甲\n1乙", "reason": "现场核实", "child_0": "1", "child_1": "2"}
    preview = client.post(url, values)
    done = client.post(url, values | {"confirm": "1", "previewed": preview.context["previewed"]})
    assert done.status_code == 302
    rooms = StandardAddress.objects.filter(level=8, estate="试验家园", state="ACTIVE", building__startswith="1")
    assert sorted(rooms.values_list("building", "room")) == [("1乙", "102"), ("1甲", "101")]
