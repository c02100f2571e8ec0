"""The live layer of the map: who sees which vehicle, how old, with which plate; its card; who gets a stream."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from common.masking import mask_plate
from events.models import LastPosition
from events.selectors import live
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in
from tests.factories.positions import fix, land_positions
from tests.factories.query_counts import recorded_counts
from tests.factories.users import make_users, signed_in

URL = "/map/vehicles/"
# Vehicle → minutes since its last fix, grid.
FIXES = {1: (1, 0), 2: (45, 1), 3: (5, 5), 4: (25 * 60, 0)}


@pytest.fixture(scope="module")
def module_users(module_city):
    """Vehicle 1 is registered, in the same grid as its fix; the others are plates alone."""
    submit("TMRI_VEHICLE", "VEHICLE", claim(1, vin=vin(1), plate_number=plate(1), plate_type="01", grid=0))
    now = clock.now()
    land_positions(
        fix(number, now - timedelta(minutes=age), grid=grid, direction="" if number == 2 else "270")
        for number, (age, grid) in FIXES.items()
    )
    return make_users(module_city)


def tracker(number: int) -> int:
    return LastPosition.objects.get(tracker__plate_number=plate(number)).pk


def shown(client: Client, **query: str) -> list[str]:
    answer = client.get(URL, query)
    assert answer.status_code == 200
    return [row["plate"] for row in answer.json()["rows"]]


@pytest.mark.parametrize(
    ("reader", "vehicles"), [("brigade", [1, 3, 2]), ("officer-1", [1, 2]), ("officer-2", [3]), ("assistant-1", [2])]
)
def test_a_reader_sees_the_vehicles_of_the_scope_of_the_last_day_newest_first(users, reader, vehicles):
    user = users[reader]
    plates = [plate(one) if reader != "assistant-1" else mask_plate(plate(one)) for one in vehicles]
    assert shown(signed_in(user)) == plates


@pytest.mark.parametrize("reader", ["admin", "nobody"])
def test_who_may_not_read_gets_neither_positions_nor_a_stream(users, reader):
    client = signed_in(users[reader])
    assert [client.get(url).status_code for url in (URL, f"{URL}stream")] == [403, 403]
    assert client.get(f"{URL}{tracker(1)}/").status_code == 404


def test_a_stranger_is_told_to_sign_in_and_a_server_without_event_loop_refuses_the_stream(users):
    assert [Client().get(url).status_code for url in (URL, f"{URL}stream")] == [401, 401]
    refused = signed_in(users["brigade"]).get(f"{URL}stream")
    assert (refused.status_code, refused.json()["code"]) == (503, "LIVE_UNAVAILABLE")


def test_a_row_says_where_how_fast_how_old_and_whose(users):
    rows = {row["plate"]: row for row in signed_in(users["brigade"]).get(URL).json()["rows"]}
    first, second = rows[plate(1)], rows[plate(2)]
    lon, lat = (round(x, 6) for x in point_in(0))
    assert {name: first[name] for name in ("id", "lon", "lat", "speed", "direction", "vehicle", "source")} == {
        "id": tracker(1), "lon": lon, "lat": lat, "speed": 60, "direction": 270, "vehicle": vehicle_of(vin(1)).pk,
        "source": LastPosition.objects.get(pk=tracker(1)).tracker.source.name,
    }  # fmt: skip
    assert (second["direction"], second["vehicle"]) == (None, None)
    assert 45 * 60 <= second["age_s"] < 50 * 60


def test_box_and_area_narrow_and_nonsense_is_refused(users, city):
    client = signed_in(users["brigade"])
    west, south = point_in(0, 0, 0)
    east, north = point_in(0, 1, 1)
    assert shown(client, bbox=f"{west},{south},{east},{north}") == [plate(1)]
    assert shown(client, area=str(city.districts[2].pk)) == [plate(3)]
    # A foreign area gives nothing.
    assert shown(signed_in(users["officer-1"]), area=str(city.districts[2].pk)) == []
    assert client.get(URL, {"bbox": "1,2,3"}).status_code == 400


def test_more_than_are_drawn_are_said_to_be_more(users, monkeypatch):
    monkeypatch.setattr(live, "LIMIT", 2)
    answer = signed_in(users["brigade"]).get(URL).json()
    assert ([row["plate"] for row in answer["rows"]], answer["more_than"]) == ([plate(1), plate(3)], True)


def test_the_card_names_the_vehicle_and_links_to_it_where_it_may_be_opened(users):
    own = signed_in(users["officer-1"]).get(f"{URL}{tracker(1)}/").content.decode()
    assert plate(1) in own and reverse("console:element", args=[vehicle_of(vin(1)).pk]) in own and "60 千米/时" in own
    masked = signed_in(users["assistant-1"]).get(f"{URL}{tracker(2)}/").content.decode()
    assert mask_plate(plate(2)) in masked and plate(2) not in masked
    unknown = signed_in(users["officer-1"]).get(f"{URL}{tracker(2)}/").content.decode()
    assert "45 分钟前" in unknown and "来源没有给出" in unknown and "/element/" not in unknown


@pytest.mark.parametrize(("reader", "number"), [("officer-1", 3), ("officer-2", 1), ("brigade", 4)])
def test_a_foreign_or_old_vehicle_answers_like_a_missing_one(users, reader, number):
    client = signed_in(users[reader])
    answers = [client.get(f"{URL}{one}/").status_code for one in (tracker(number), 999_999_999)]
    assert answers == [404, 404]


def counted(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_the_number_of_queries_does_not_grow_with_the_vehicles(users):
    client, card = signed_in(users["officer-1"]), f"{URL}{tracker(1)}/"
    client.get(URL)
    measured = {
        "officer-1: map vehicles": counted(client, URL),
        "officer-1: map vehicle card": counted(client, card),
    }
    assert measured == recorded_counts(measured)

    now = clock.now()
    land_positions(fix(number, now - timedelta(minutes=2), grid=0) for number in range(20, 40))
    assert len(shown(client)) == 22
    assert counted(client, URL) == measured["officer-1: map vehicles"]


def test_the_map_has_the_layer(users):
    text = signed_in(users["officer-1"]).get("/map/").content.decode()
    assert 'value="vehicles"' in text and f'data-channel="live-vehicles-{users["officer-1"].pk}-' in text
