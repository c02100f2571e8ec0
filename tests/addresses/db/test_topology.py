"""Areas tile the city: faults are found and named; the settings refuse what would make one."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.core.management import CommandError, call_command

from addresses.choices import AreaKind
from addresses.models import Area
from addresses.selectors.topology import FaultKind, tiling_faults
from addresses.services.topology import area_faults, fault_in_words
from common.errors import NotAllowed
from tests.factories.borders import TODAY, box, square
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")


def faults(kind: AreaKind = AreaKind.GRID) -> list[tuple[FaultKind, tuple[str, ...], int]]:
    return [(one.kind, one.names, round(one.area_m2 / 1000)) for one in tiling_faults(kind=kind, day=TODAY)]


def test_the_small_city_is_tiled_by_every_kind(city):
    assert [faults(kind) for kind in (AreaKind.SQUADRON, AreaKind.DISTRICT, AreaKind.GRID)] == [[], [], []]


def test_an_overlap_names_both_and_lies_in_both(city):
    Area.objects.filter(pk=city.grids[0].pk).update(geom=square(box(0, 1.1)))

    (fault,) = tiling_faults(kind=AreaKind.GRID, day=TODAY)

    assert (fault.kind, fault.names) == (FaultKind.OVERLAP, ("G-1 G-1", "G-2 G-2"))
    # A tenth of a square of 0.02° at 37.17° N: 177.5 m by 2,219 m.
    assert 390_000 < fault.area_m2 < 398_000
    assert box(1, 1.1).contains(GEOSGeometry(f"POINT({fault.lon} {fault.lat})"))


def test_a_gap_and_ground_outside_are_told_apart(city):
    Area.objects.filter(pk=city.grids[5].pk).update(geom=square(box(5.1, 6.2)))

    found = {one.kind: one for one in tiling_faults(kind=AreaKind.GRID, day=TODAY)}

    assert set(found) == {FaultKind.GAP, FaultKind.OUTSIDE}
    assert found[FaultKind.GAP].names == ("G-5 G-5", "G-6 G-6")
    assert found[FaultKind.OUTSIDE].names == ("G-6 G-6",)
    assert found[FaultKind.OUTSIDE].area_m2 > 1.9 * found[FaultKind.GAP].area_m2


def test_less_than_a_square_metre_is_no_fault(city):
    # 2 cm by 44 cm of the neighbour.
    larger = box(0, 1).union(box(0.9, 1.00001, 0, 0.0002))
    Area.objects.filter(pk=city.grids[0].pk).update(geom=square(larger))

    assert faults() == []


def test_an_invalid_border_is_told_and_hides_no_other_fault(city):
    bow = Polygon(((119.86, 37.16), (119.88, 37.18), (119.88, 37.16), (119.86, 37.18), (119.86, 37.16)))
    Area.objects.filter(pk=city.grids[0].pk).update(geom=square(bow))

    assert {kind for kind, *_ in faults()} == {FaultKind.INVALID, FaultKind.GAP}


def test_an_area_of_the_past_is_not_checked(city):
    Area.objects.create(
        code="OLD", name="OLD", kind="GRID", valid_from="2019-01-01", valid_to="2020-01-01", geom=square(box(0, 2))
    )
    assert faults() == []


def test_the_command_prints_and_fails(city):
    out = StringIO()
    call_command("check_areas", stdout=out)
    assert out.getvalue().splitlines() == ["SQUADRON: 0 faults", "DISTRICT: 0 faults", "GRID: 0 faults"]

    Area.objects.filter(pk=city.grids[0].pk).update(geom=square(box(0, 1.1)))
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("check_areas", stdout=out)
    assert refused.value.returncode == 1
    assert "OVERLAP G-1 G-1 / G-2 G-2" in out.getvalue()


def test_only_who_configures_may_ask(city):
    users = make_users(city)
    with pytest.raises(NotAllowed):
        tiling_faults(kind=AreaKind.GRID, day=TODAY, user=users["brigade"])
    assert tiling_faults(kind=AreaKind.GRID, day=TODAY, user=users["admin"]) == []


def refusals(geom: MultiPolygon, own: Area | None = None) -> list[str]:
    return area_faults(geom=geom, kind="GRID", valid_from=TODAY, valid_to=None, area_id=own.pk if own else None)


def test_a_drawn_area_may_not_overlap_leave_the_city_or_keep_a_hole(city):
    hole = MultiPolygon(Polygon(box(0, 1).coords[0], box(0.4, 0.6, 0.4, 0.6).coords[0]), srid=4326)

    assert refusals(square(box(0, 1)), city.grids[0]) == []
    (overlap,) = refusals(square(box(0, 1.1)), city.grids[0])
    (outside,) = refusals(square(box(-0.1, 1)), city.grids[0])
    (gap,) = refusals(hole, city.grids[0])
    assert overlap.startswith("与“G-2”重叠 39") and overlap.endswith("请把边线改到共同边界上。")
    assert "平方米超出大队辖区" in outside
    assert "空洞（119.87000, 37.17000），没有其他责任区填补" in gap

    Area.objects.create(
        code="G-IN", name="G-IN", kind="GRID", valid_from="2020-01-01", geom=square(box(0.4, 0.6, 0.4, 0.6))
    )
    assert refusals(hole, city.grids[0]) == []


def test_faults_of_a_polygon_are_said_in_words():
    bow = Polygon(((0, 0), (2, 2), (2, 0), (0, 2), (0, 0)))
    assert fault_in_words(bow) == "边线自相交（1, 1）"
    assert fault_in_words(box(0, 1)) == ""
