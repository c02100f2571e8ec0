"""Roads are cut at the borders of blocks: one section a block and passage, with stakes, kept in step with the road."""

from __future__ import annotations

import pytest

from common import jobs
from common.jobs import UnwatchedRun
from common.models import Job
from elements.choices import RelationType
from elements.models import Element, Relation, Road
from elements.selectors.detail import places, visible_element
from elements.services import sections
from elements.services.sections import CUT_ROADS, cut_roads, request_cut
from exchange.importers.lines import parse_line
from tests.factories.claims import claim, submit, undo
from tests.factories.dumps import dump_elements
from tests.factories.places import SIDE_DEG, point_in
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")


def road(*points: tuple[float, float], number: str = "R1", day: int = 1, **values):
    wkt = "LINESTRING (" + ", ".join(f"{lon} {lat}" for lon, lat in points) + ")"
    drawn, problem = parse_line(wkt, "WGS84")
    assert problem is None
    named = {"name": "试验路", "route_code": "X012", "road_class": "13", "is_section": False, **values}
    return submit("HIGHWAY", "ROAD", claim(day, number=number, **named, **drawn))


def through(first: int, last: int, **values):
    """A straight road from the middle of one grid to the middle of another."""
    return road(point_in(first), point_in(last), **values)


def cut() -> dict[str, int]:
    return cut_roads(UnwatchedRun())


def standing() -> list[Road]:
    found = Road.objects.filter(is_section=True, element__in=Element.objects.standing())
    return list(found.select_related("element__block").order_by("stake_from_m"))


def test_a_road_through_four_blocks_has_four_sections_with_its_stakes(city):
    through(0, 3, stake_from_m=1_000, stake_to_m=7_000)

    assert cut() == {"sections": 4, "withdrawn": 0}
    made = standing()
    assert [one.element.block for one in made] == city.grids[:4]
    assert [(one.stake_from_m, one.stake_to_m) for one in made] == [
        (1000, 2000),
        (2000, 4000),
        (4000, 6000),
        (6000, 7000),
    ]
    assert {(one.name, one.route_code, one.road_class) for one in made} == {("试验路", "X012", "13")}
    whole = Road.objects.get(is_section=False)
    assert abs(sum(one.length_m for one in made) - whole.length_m) <= 4
    related = Relation.objects.filter(type=RelationType.SECTION_OF)
    assert set(related.values_list("object_id", flat=True)) == {whole.element_id}
    assert set(related.values_list("subject_id", flat=True)) == {one.element_id for one in made}


def test_a_road_that_comes_back_has_a_section_for_each_passage(city):
    (lon, lat), (east, _) = point_in(0, 0.5, 0.2), point_in(1, 0.5)
    road((lon, lat), (east, lat), (east, lat + SIDE_DEG / 2), (lon, lat + SIDE_DEG / 2))

    cut()
    assert [one.element.block for one in standing()] == [city.grids[0], city.grids[1], city.grids[0]]


def test_without_stakes_a_road_is_counted_from_its_beginning(city):
    through(0, 1)

    cut()
    whole = Road.objects.get(is_section=False)
    first, second = standing()
    assert (first.stake_from_m, second.stake_to_m) == (0, whole.length_m)
    assert first.stake_to_m == second.stake_from_m


def test_cut_again_nothing_changes(city):
    through(0, 3)
    cut()
    before = [(one.element_id, one.element.version) for one in standing()]
    assert cut() == {"sections": 4, "withdrawn": 4}
    assert [(one.element_id, one.element.version) for one in standing()] == before


def test_a_shorter_road_loses_its_last_sections_and_keeps_the_others(city):
    through(0, 3)
    cut()
    kept = [one.element_id for one in standing()][:2]
    through(0, 1, day=2)
    cut()
    assert [one.element_id for one in standing()] == kept
    through(0, 3, day=3)
    cut()
    assert [one.element_id for one in standing()][:2] == kept
    assert len(standing()) == 4


def test_without_its_road_a_section_is_withdrawn(city):
    batch = through(0, 3)
    cut()
    undo(batch)
    assert cut()["sections"] == 0
    assert standing() == []


def test_a_cut_killed_before_its_end_is_made_good_by_the_next(city, monkeypatch):
    through(0, 3)
    cut()
    through(0, 1, day=2)

    def killed(**_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sections, "retract_batch", killed)
        with pytest.raises(KeyboardInterrupt):
            cut()
    cut()
    assert len(standing()) == 2


def test_roads_of_two_numbers_keep_their_own_sections(city):
    through(0, 1)
    through(2, 3, number="R2", route_code="X013")
    before = dump_elements().keys()
    cut()
    assert {one.route_code for one in standing()} == {"X012", "X013"}
    assert len(standing()) == 4
    assert dump_elements().keys() == before


def test_a_cut_that_waits_is_asked_for_once(city):
    through(0, 1)
    first, second = request_cut(), request_cut()
    assert first == second
    jobs.run(first.pk)
    assert Job.objects.get(pk=first.pk).counts == {"sections": 2, "withdrawn": 0}
    assert request_cut() != first
    assert Job.objects.filter(kind=CUT_ROADS).count() == 2


def test_the_small_map_of_a_section_shows_its_line(city):
    through(0, 1)
    cut()
    section = visible_element(standing()[0].element_id, make_users(city)["brigade"])

    roles = {feature["properties"]["role"]: feature["geometry"] for feature in places(section)["features"]}
    assert roles.keys() == {"block", "line", "element"}
    assert roles["line"]["type"] == "LineString"
    assert len(roles["line"]["coordinates"]) == 2
