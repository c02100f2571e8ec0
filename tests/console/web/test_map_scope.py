"""The map shows each reader exactly what the list shows: tiles, legend, list in step."""

from __future__ import annotations

import math

import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts.choices import Role
from accounts.models import Post, User
from addresses.choices import MapLayer
from addresses.models import Area
from addresses.models.map import MapFeature
from addresses.services.map_features import fold_tile_deltas, rebuild_pyramid, request_rebuild
from console.selectors.map import element_dots, read_query
from elements.filters import filtered_elements
from elements.models import Element
from elements.registries import REGISTRIES
from elements.services.folding import folding
from tests.console.web.map_city import SIDE_DEG, SINCE, SOUTH_DEG, WEST_DEG, City, make_user
from tests.console.web.vector_tile import Dot, read_tile

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(map_city: City) -> City:
    return map_city


@pytest.fixture
def signed_in(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


def grid_of_tiles(zoom: int) -> list[tuple[int, int]]:
    def column_row(lon: float, lat: float) -> tuple[int, int]:
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom
        return int((lon + 180) / 360 * 2**zoom), int(y)

    left, bottom = column_row(WEST_DEG, SOUTH_DEG)
    right, top = column_row(WEST_DEG + 8 * SIDE_DEG, SOUTH_DEG + SIDE_DEG)
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def dots(client, zoom: int, layer: str = "elements", **parameters: str) -> list[Dot]:
    found = []
    for x, y in grid_of_tiles(zoom):
        response = client.get(reverse("map:tile", args=[layer, zoom, x, y]), parameters)
        assert response.status_code in {200, 204}, response.content
        found += read_tile(response.content)
    return found


def ids(client, **parameters: str) -> set[int]:
    return {dot.id for dot in dots(client, 14, **parameters)}


def total(client, zoom: int, **parameters: str) -> int:
    return sum(dot.properties["count"] for dot in dots(client, zoom, **parameters))


def test_two_officers_see_exactly_their_own_and_disjoint_dots(city, signed_in):
    first = ids(signed_in(make_user("officer-1", Role.OFFICER, city.districts[0])))
    second = ids(signed_in(make_user("officer-2", Role.OFFICER, city.districts[1])))

    assert first == city.placed_in(0, 1)
    assert second == city.placed_in(2, 3)
    assert first and second and not first & second


@pytest.mark.parametrize("zoom", [8, 10, 12])
def test_cells_are_the_scope_of_the_reader(city, signed_in, zoom):
    assert total(signed_in(make_user("officer", Role.OFFICER, city.districts[3])), zoom) == len(city.placed_in(6, 7))
    assert total(signed_in(make_user("squadron", Role.SQUADRON, city.squadrons[0])), zoom) == len(
        city.placed_in(0, 1, 2, 3)
    )
    assert total(signed_in(make_user("brigade", Role.BRIGADE)), zoom) == len(city.placed_in(*range(8)))


@pytest.mark.parametrize("registry", [*REGISTRIES])
@pytest.mark.parametrize("role", [Role.BRIGADE, Role.SQUADRON])
def test_legend_list_and_cells_say_the_same_number(city, signed_in, registry, role):
    user = make_user("reader", role, None if role == Role.BRIGADE else city.squadrons[0])
    client = signed_in(user)
    queryset, _filterset = filtered_elements(REGISTRIES[registry], {}, user)
    row = client.get(reverse("map:legend"), {"registry": registry}).json()["registries"][0]
    listed = client.get(reverse("map:features"), {"registry": registry}).json()

    assert row["count"] == listed["count"] == queryset.count() > 0
    assert row["not_on_map"]["count"] == queryset.filter(point__isnull=True).count()
    for zoom in (8, 9, 10, 11, 12):
        assert total(client, zoom, registry=registry) == row["count"] - row["not_on_map"]["count"]
    assert len(ids(client, registry=registry)) == row["count"] - row["not_on_map"]["count"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"registry": "vehicles", "use_nature": "B"},
        {"registry": "drivers", "points_from": "6"},
        {"registry": "vehicles", "use_nature": "A", "place": "ADDRESS"},
    ],
)
def test_a_filter_of_the_list_is_a_filter_of_the_map(city, signed_in, parameters):
    user = make_user("squadron", Role.SQUADRON, city.squadrons[1])
    client = signed_in(user)
    queryset, _filterset = filtered_elements(REGISTRIES[parameters["registry"]], _query(parameters), user)
    placed = set(queryset.filter(point__isnull=False).values_list("pk", flat=True))

    assert placed
    assert ids(client, **parameters) == placed
    assert total(client, 10, **parameters) == len(placed)
    assert client.get(reverse("map:legend"), parameters).json()["registries"][0]["count"] == queryset.count()


@pytest.mark.parametrize("registry", [*REGISTRIES])
def test_a_whole_registry_is_answered_by_the_pyramid(city, registry):
    user = make_user("brigade", Role.BRIGADE)
    query = read_query(QueryDict(f"registry={registry}"), user)

    assert element_dots(query).subjects is None


def _query(parameters: dict[str, str]):
    data = QueryDict(mutable=True)
    data.update(parameters)
    return data


def test_an_area_narrows_and_a_foreign_area_gives_nothing(city, signed_in):
    client = signed_in(make_user("squadron", Role.SQUADRON, city.squadrons[0]))
    own, foreign = str(city.districts[1].pk), str(city.districts[2].pk)

    assert ids(client, area=own) == city.placed_in(2, 3)
    assert total(client, 9, area=own) == len(city.placed_in(2, 3))
    for parameters in ({"area": foreign}, {"area": foreign, "registry": "vehicles"}, {"area": "999999999"}):
        assert ids(client, **parameters) == set()
        assert total(client, 9, **parameters) == 0
        assert client.get(reverse("map:features"), parameters | {"bbox": "119,36,121,38"}).json()["rows"] == []
    legend = client.get(reverse("map:legend"), {"area": foreign}).json()
    assert {row["count"] for row in legend["registries"]} == {0}
    assert {row["count"] for row in legend["addresses"]} == {0}


def test_areas_that_lie_in_each_other_count_once(city, signed_in):
    alone = total(signed_in(make_user("squadron", Role.SQUADRON, city.squadrons[0])), 10)
    both = make_user("both", Role.SQUADRON, city.squadrons[0])
    Post.objects.create(user=both, role=Role.OFFICER, area=city.districts[0], valid_from=SINCE)

    assert total(signed_in(User.objects.get(pk=both.pk)), 10) == alone > 0


def test_a_post_for_the_whole_brigade_counts_all(city, signed_in):
    everywhere = total(signed_in(make_user("brigade", Role.BRIGADE)), 10)

    assert total(signed_in(make_user("coordinator", Role.COORDINATOR, city.brigade)), 10) == everywhere > 0


def test_a_district_of_another_squadron_is_counted_there(city, signed_in):
    user = make_user("squadron", Role.SQUADRON, city.squadrons[1])
    before = total(signed_in(user), 10)
    moved = Element.objects.standing().filter(block__parent=city.districts[0], point__isnull=False).count()
    Area.objects.filter(pk=city.districts[0].pk).update(parent=city.squadrons[1])
    request_rebuild()
    fold_tile_deltas()

    assert total(signed_in(user), 10) == before + moved > before


def test_kinds_narrow_cells_dots_and_list(city, signed_in):
    client = signed_in(make_user("brigade", Role.BRIGADE))
    units = {element.pk for element in city.elements if element.kind == "UNIT" and element.point}

    assert ids(client, kinds="UNIT") == units
    assert total(client, 11, kinds="UNIT") == len(units)
    assert ids(client, kinds="UNIT", registry="vehicles") == set()
    assert ids(client, kinds="") == set()
    rows = client.get(reverse("map:features"), {"kinds": "UNIT", "bbox": "119,36,121,38"}).json()
    assert (rows["count"], {row["kind"] for row in rows["rows"]}) == (len(units), {"UNIT"})


def test_a_dot_of_an_element_that_left_the_scope_is_filtered_twice(city, signed_in):
    """A live filter asks the element and the dot: neither alone lets a row through."""
    client = signed_in(make_user("officer", Role.OFFICER, city.districts[0]))
    moved = next(e for e in city.elements if e.pk in city.placed_in(0, 1) and e.kind == "VEHICLE")
    foreign = next(e for e in city.elements if e.pk in city.placed_in(5) and e.kind == "VEHICLE")
    with folding():
        type(moved).objects.filter(pk=moved.pk).update(block=city.grids[7])
    MapFeature.objects.filter(layer=MapLayer.ELEMENT, subject_id=foreign.pk).update(block_id=city.grids[0].pk)
    rebuild_pyramid(MapLayer.ELEMENT)

    shown = ids(client, registry="vehicles", source="") | ids(client, registry="vehicles", use_nature="A")
    shown |= ids(client, registry="vehicles", use_nature="B")
    assert foreign.pk not in ids(client, registry="vehicles", use_nature="A") | ids(
        client, registry="vehicles", use_nature="B"
    )
    assert moved.pk not in ids(client, registry="vehicles", use_nature="A") | ids(
        client, registry="vehicles", use_nature="B"
    )
    assert shown


def test_the_list_in_view_holds_what_lies_in_the_box(city, signed_in):
    client = signed_in(make_user("brigade", Role.BRIGADE))
    west = WEST_DEG + 2 * SIDE_DEG
    box = f"{west},{SOUTH_DEG},{west + SIDE_DEG},{SOUTH_DEG + SIDE_DEG}"
    found = client.get(reverse("map:features"), {"bbox": box}).json()

    assert {row["id"] for row in found["rows"]} == city.placed_in(2)
    assert found["count"] == len(city.placed_in(2))


def test_names_are_masked_for_who_may_not_read_them(city, signed_in):
    client = signed_in(make_user("assistant", Role.ASSISTANT, city.squadrons[0]))
    rows = client.get(reverse("map:features"), {"bbox": "119,36,121,38"}).json()["rows"]
    labels = {
        kind: {row["label"] for row in rows if row["kind"] == kind} for kind in ("DRIVER", "PERSON", "VEHICLE", "UNIT")
    }

    assert labels["PERSON"] == labels["DRIVER"] == {"张*"}
    assert all("***" in label for label in labels["VEHICLE"])
    assert all(label.startswith("莱州试验") for label in labels["UNIT"])


def test_a_place_shows_only_what_the_reader_may_see(city, signed_in):
    client = signed_in(make_user("officer", Role.OFFICER, city.districts[0]))
    own, foreign = min(city.placed_in(0, 1)), min(city.placed_in(4, 5))
    content = client.get(reverse("map:place"), {"elements": f"{own},{foreign}"}).content.decode()

    assert f'data-element-id="{own}"' in content
    assert f'data-element-id="{foreign}"' not in content


def test_areas_are_those_of_the_scope_and_above(city, signed_in):
    def codes(client, kind: str) -> set[str]:
        document = client.get(reverse("map:areas", args=[kind])).json()
        return {feature["properties"]["code"] for feature in document["features"]}

    officer = signed_in(make_user("officer", Role.OFFICER, city.districts[1]))
    assert (codes(officer, "SQUADRON"), codes(officer, "DISTRICT"), codes(officer, "GRID")) == (
        {"S0"},
        {"D1"},
        {"G2", "G3"},
    )
    brigade = signed_in(make_user("brigade", Role.BRIGADE))
    assert codes(brigade, "GRID") == {f"G{number}" for number in range(8)}
