"""The page of the map and how its endpoints answer: rights, caching, refusals, the cost in queries."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role
from accounts.services.users import bump_auth_version
from addresses.choices import MapLayer
from addresses.models.map import MapCell
from addresses.selectors import tiles
from addresses.services.map_features import raise_layer_version
from common import clock
from elements.models import Vehicle
from elements.selectors.searches import save_search
from elements.services.folding import folding
from tests.console.web.map_city import make_user
from tests.console.web.test_map_scope import grid_of_tiles
from tests.console.web.vector_tile import read_tile

pytestmark = pytest.mark.django_db
READS = [
    ("map:page", []),
    ("map:tile", ["elements", 10, 853, 398]),
    ("map:legend", []),
    ("map:features", []),
    ("map:areas", ["GRID"]),
    ("map:filters", []),
    ("map:place", []),
]


@pytest.fixture
def city(map_city):
    return map_city


@pytest.fixture
def brigade(client, city):
    client.force_login(make_user("brigade", Role.BRIGADE))
    return client


def tile_url(zoom: int = 10, layer: str = "elements") -> str:
    return reverse("map:tile", args=[layer, zoom, *grid_of_tiles(zoom)[0]])


@pytest.mark.parametrize(("name", "arguments"), READS)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR, Role.STATION, Role.LIAISON])
def test_who_may_not_read_is_refused(client, city, name, arguments, role):
    client.force_login(make_user("outsider", role))

    assert client.get(reverse(name, args=arguments)).status_code == 403


@pytest.mark.parametrize(("name", "arguments"), [*READS, ("map:base", [])])
def test_who_is_not_signed_in_gets_nothing(client, name, arguments):
    assert client.get(reverse(name, args=arguments)).status_code in {302, 401}


def test_a_tile_is_revalidated_and_made_again_only_when_something_changed(brigade, city):
    first = brigade.get(tile_url())
    again = brigade.get(tile_url(), headers={"if-none-match": first.headers["ETag"]})
    with connection.cursor() as cursor:
        raise_layer_version(cursor, MapLayer.ELEMENT)
    changed = brigade.get(tile_url(), headers={"if-none-match": first.headers["ETag"]})

    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in first.headers["Vary"]
    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_two_scopes_two_filters_two_etags(client, city):
    seen = set()
    for name, role, area in (
        ("officer-1", Role.OFFICER, city.districts[0]),
        ("officer-2", Role.OFFICER, city.districts[1]),
        ("brigade", Role.BRIGADE, None),
    ):
        client.force_login(make_user(name, role, area))
        seen.add(client.get(tile_url()).headers["ETag"])
    seen.add(client.get(tile_url(), {"kinds": "UNIT"}).headers["ETag"])
    seen.add(client.get(tile_url(), {"area": city.districts[0].pk}).headers["ETag"])

    assert len(seen) == 5


def test_a_changed_post_makes_old_tiles_stale(client, city):
    user = make_user("officer", Role.OFFICER, city.districts[0])
    client.force_login(user)
    etag = client.get(tile_url()).headers["ETag"]
    bump_auth_version(user_id=user.pk)
    client.logout()
    client.force_login(type(user).objects.get(pk=user.pk))

    assert client.get(tile_url(), headers={"if-none-match": etag}).status_code == 200


def test_a_live_tile_is_never_stale_though_the_layer_did_not_move(brigade, city):
    """A changed field moves no dot and raises no version: the content itself decides."""
    parameters = {"registry": "vehicles", "use_nature": "A"}
    first = brigade.get(tile_url(8), parameters)
    held = brigade.get(tile_url(8), parameters, headers={"if-none-match": first.headers["ETag"]})
    with folding():
        changed = Vehicle.objects.filter(use_nature="A", element__point__isnull=False).first()
        Vehicle.objects.filter(pk=changed.pk).update(use_nature="B")
    after = brigade.get(tile_url(8), parameters, headers={"if-none-match": first.headers["ETag"]})

    assert held.status_code == 304
    assert after.status_code == 200
    counted = [sum(dot.properties["count"] for dot in read_tile(answer.content)) for answer in (first, after)]
    assert counted[1] == counted[0] - 1


def test_an_empty_tile_is_204_and_carries_an_etag(brigade):
    response = brigade.get(reverse("map:tile", args=["elements", 10, 0, 0]))

    assert (response.status_code, response.content) == (204, b"")
    held = brigade.get(
        reverse("map:tile", args=["elements", 10, 0, 0]), headers={"if-none-match": response.headers["ETag"]}
    )
    assert held.status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/map/tiles/elements/23/0/0.mvt", 400),
        ("/map/tiles/elements/3/8/0.mvt", 400),
        ("/map/tiles/elements/-1/0/0.mvt", 404),
        ("/map/tiles/elements/a/0/0.mvt", 404),
        ("/map/tiles/persons/3/0/0.mvt", 404),
        ("/map/tiles/elements/3/0/99999999999999999999999.mvt", 400),
        ("/map/tiles/elements/8/0/0.mvt?registry=ghosts", 400),
        ("/map/tiles/elements/8/0/0.mvt?area=x", 400),
        ("/map/tiles/elements/8/0/0.mvt?area=99999999999999999999999999", 400),
        ("/map/tiles/elements/8/0/0.mvt?search=unknown", 400),
        ("/map/tiles/elements/8/0/0.mvt?registry=vehicles&use_nature=ZZ", 400),
        ("/map/features/?bbox=1,2,3", 400),
        ("/map/features/?bbox=nan,0,1,1", 400),
        ("/map/features/?bbox=5,5,1,1", 400),
        ("/map/areas/PLANET/", 400),
    ],
)
def test_bad_requests_are_refused_with_a_reason(brigade, path, status):
    path = path.replace("/map/", reverse("map:page"), 1)
    response = brigade.get(path)

    assert response.status_code == status
    if status == 400:
        assert {"code", "message", "extra"} == response.json().keys()


def test_a_tile_may_not_be_written(brigade):
    assert brigade.post(tile_url()).status_code == 405


def test_a_filter_over_the_budget_says_so_in_a_header(brigade, monkeypatch):
    monkeypatch.setattr(tiles, "ROW_BUDGET", 3)
    response = brigade.get(tile_url(8), {"registry": "vehicles", "use_nature": "A"})

    assert (response.status_code, response.headers["X-Map-State"]) == (204, "narrow")
    # The server of the standard library, which development uses, refuses a value of a type of its own.
    assert type(response.headers["X-Map-State"]) is str


def test_a_search_is_found_on_the_map_by_its_owner_only(client, city):
    owner, other = make_user("brigade", Role.BRIGADE), make_user("analyst", Role.ANALYST)
    target = next(element for element in city.elements if element.kind == "VEHICLE" and element.point)
    token = save_search(text=target.label, user=owner, now=clock.now()).token
    client.force_login(owner)
    found = client.get(reverse("map:features"), {"search": token, "extent": "1"}).json()
    content = client.get(tile_url(8), {"search": token}).content
    client.force_login(other)

    assert (found["ids"], found["count"]) == ([target.pk], 1)
    assert found["box"] == pytest.approx([target.point.x, target.point.y] * 2)
    assert sum(dot.properties["count"] for dot in read_tile(content)) == 1
    assert client.get(reverse("map:features"), {"search": token, "extent": "1"}).status_code == 400


def test_tiles_hold_ids_kinds_and_counts_only(brigade, city):
    for zoom in (9, 14):
        for x, y in grid_of_tiles(zoom):
            content = brigade.get(reverse("map:tile", args=["elements", zoom, x, y])).content
            for dot in read_tile(content):
                assert dot.properties.keys() <= {"kind", "count"}
            assert "鲁F".encode() not in content and "张测".encode() not in content


def test_the_cost_in_queries_does_not_grow_with_the_rows(brigade, city):
    def cost(path: str, parameters: dict) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            brigade.get(path, parameters)
        return len(queries)

    wide, narrow = {"bbox": "119,36,121,38"}, {"bbox": "119.86,37.16,119.861,37.161"}
    brigade.get(tile_url())  # the first request of a session writes the session
    assert cost(reverse("map:features"), wide) == cost(reverse("map:features"), narrow)
    # Session, user, posts, version, tile.
    assert cost(tile_url(), {}) <= 5
    assert cost(tile_url(14), {"registry": "vehicles", "use_nature": "A"}) <= 6


def test_the_base_is_our_own_and_a_file_of_the_deployment_replaces_its_layers(brigade, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    committed = json.loads(brigade.get(reverse("map:base")).content)
    road = {
        "type": "Feature",
        "properties": {"layer": "road", "name": "试验路", "class": "城市道路"},
        "geometry": {"type": "LineString", "coordinates": [[119.9, 37.1], [119.91, 37.1]]},
    }
    coast = road | {"properties": {"layer": "coast", "name": "", "class": "coast"}}
    (tmp_path / "base.geojson").write_text(json.dumps({"features": [road, coast]}), encoding="utf-8")
    own = json.loads(brigade.get(reverse("map:base")).content)

    def layers(document: dict) -> set[str]:
        return {feature["properties"]["layer"] for feature in document["features"]}

    assert layers(committed) == {"neighbour", "boundary", "town", "coast"}
    assert layers(own) == layers(committed) | {"road"}
    assert [f for f in own["features"] if f["properties"]["layer"] == "coast"] == [coast]
    (tmp_path / "base.geojson").write_text("{", encoding="utf-8")
    assert brigade.get(reverse("map:base")).json()["code"] == "BASE_FILE"


def test_rebuild_tiles_counts_again_what_the_dots_say(city, capsys):
    before = sorted(MapCell.objects.values_list("layer", "zoom", "x", "y", "block_id", "kind", "count"))
    MapCell.objects.all().delete()
    call_command("rebuild_tiles", "elements")

    assert sorted(MapCell.objects.values_list("layer", "zoom", "x", "y", "block_id", "kind", "count")) == before
    assert re.search(r"elements: [\d,]+ cells in", capsys.readouterr().out)


def test_the_page_carries_its_controls_and_no_inline_code(brigade, city):
    content = brigade.get(reverse("map:page"), {"registry": "vehicles"}).content.decode()

    assert 'name="use_nature"' in content
    assert "js/pages/map.js" in content
    assert str(city.districts[0]) in content
    assert not re.search(r"<script(?![^>]*src=)(?![^>]*type=\"application/json\")", content)
    assert " style=" not in content
