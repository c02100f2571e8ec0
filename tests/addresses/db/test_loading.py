"""Divisions, areas and the registry: loaded by file, idempotent, refused with a reason."""

from __future__ import annotations

import json

import pytest

from addresses.models import AddressText, Area, Division, StandardAddress
from addresses.services import resolution
from addresses.services.areas import load_areas
from addresses.services.divisions import load_divisions
from addresses.services.registry import load_addresses
from common.errors import DomainError
from common.jobs import UnwatchedRun
from tests.factories.places import area_features, registry_rows, write_registry


def test_loading_everything_again_changes_nothing(city, tmp_path):
    counts = [model.objects.count() for model in (Division, Area, StandardAddress)]
    areas = tmp_path / "areas.geojson"
    areas.write_text(json.dumps({"features": list(area_features())}), encoding="utf-8")
    report = load_addresses(write_registry(tmp_path / "a.csv", registry_rows()))

    assert (load_divisions(), load_areas(areas)) == (0, 0)
    assert (report.received, report.created, report.unchanged, report.rejected) == (12, 0, 12, 0)
    assert [model.objects.count() for model in (Division, Area, StandardAddress)] == counts


def test_houses_lie_in_the_block_of_their_point(city):
    for grid in range(6):
        assert {city.address(grid, house).block for house in (3, 8)} == {city.grids[grid]}


def test_every_block_belongs_to_one_district_and_pseudo_blocks_to_the_town_or_city(city):
    assert [grid.parent for grid in city.grids] == [city.districts[n // 2] for n in range(6)]
    assert [area.parent for area in city.unplaced_towns] == city.squadrons
    assert city.unplaced.parent == city.brigade


@pytest.mark.parametrize(
    ("change", "code"),
    [({"division": "999999999999"}, "UNKNOWN_VILLAGE"), ({"parent": "no-such"}, "UNKNOWN_PARENT")],
)
def test_an_area_of_an_unknown_place_is_refused_whole(city, tmp_path, change, code):
    features = [*area_features()]
    features[-1]["properties"] |= {"code": "NEW"} | change
    features[-2]["properties"] |= {"code": "NEW-2"}
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"features": features}), encoding="utf-8")
    with pytest.raises(DomainError) as refused:
        load_areas(path)

    assert refused.value.code == code
    assert not Area.objects.filter(code__startswith="NEW").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"features": [{}]}', "{"])
def test_an_areas_file_that_is_none_is_refused(db, tmp_path, text):
    path = tmp_path / "areas.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DomainError) as refused:
        load_areas(path)

    assert refused.value.code == "AREAS_UNREADABLE"


def test_bad_rows_of_the_registry_are_reported_by_row_and_the_rest_goes_in(city, tmp_path):
    rows = [
        {"code": "N-1", "town": "没有的镇", "village": "没有的村", "number": "1号"},
        {
            "code": "N-2",
            "town": "文昌路街道",
            "village": city.villages[0].name,
            "number": "77号",
            "lon": "119.861",
            "lat": "37.161",
        },
        {"code": "N-2", "town": "文昌路街道", "village": city.villages[0].name, "number": "78号"},
    ]
    report = load_addresses(write_registry(tmp_path / "a.csv", iter(rows)))

    assert (report.received, report.created, report.rejected) == (3, 1, 2)
    assert [number for number, _ in report.problems] == [1, 3]
    assert StandardAddress.objects.get(code="N-2").block == city.grids[0]


def test_a_text_is_resolved_once_and_again_only_when_the_names_changed(city):
    texts = [city.text(0), "查无此处甲乙"]
    resolution.ensure_texts(texts, UnwatchedRun())
    first = dict(AddressText.objects.values_list("text", "resolved_at"))
    resolution.ensure_texts(texts, UnwatchedRun())
    unchanged = dict(AddressText.objects.values_list("text", "resolved_at"))
    from addresses.services.index_version import raise_index_version

    raise_index_version()
    resolution.ensure_texts(texts, UnwatchedRun())
    later = dict(AddressText.objects.values_list("text", "resolved_at"))

    assert unchanged == first
    assert AddressText.objects.get(text=texts[0]).address == city.address(0)
    # An accepted link never moves; an open one is tried again.
    assert (later[texts[0]] == first[texts[0]], later[texts[1]] > first[texts[1]]) == (True, True)
