"""Borders move on their day: exactly what lies in the piece changes block, the past keeps its borders."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from accounts.models import User
from addresses.choices import AreaKind, BorderMoveState
from addresses.models import Area, AreaBorder, BorderMove, MapFeature, StandardAddress
from addresses.models.map import MapCell, TileDelta
from addresses.selectors.borders import block_at
from addresses.selectors.topology import TILING_KINDS, tiling_faults
from addresses.services import moving
from addresses.services.borders import cancel_move, draft_move, retry_move, schedule_move, start_due_moves
from addresses.services.map_features import fold_tile_deltas, rebuild_pyramid
from addresses.services.moving import trial
from addresses.services.registry import load_addresses
from addresses.services.topology import Piece, borders_after
from common import clock, jobs
from common.errors import DomainError, NotAllowed
from common.models import AuditRow, Job
from tests.factories.borders import NOW, TODAY, box, move_piece, square
from tests.factories.places import point_in, write_registry
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def admin(city):
    return make_users(city)["admin"]


def blocks() -> dict[str, int | None]:
    return dict(StandardAddress.objects.values_list("code", "block_id"))


def changed(before: dict, after: dict) -> dict:
    return {code: (before[code], block) for code, block in after.items() if before[code] != block}


def estate(city, folder: Path, village: int = 1) -> None:
    """An estate of two buildings on either side of 0.75 of the grid, each with two rooms."""
    house = city.address(village)
    base = {"town": house.town.name, "village": house.village.name, "estate": "试验家园"}
    rows = [
        base | {"code": f"E-{building[0]}-{room[:3]}", "building": building, "room": room}
        | dict(zip(("lon", "lat"), (f"{degrees:.6f}" for degrees in point_in(village, east)), strict=True))
        for building, east in (("1号楼", 0.72), ("2号楼", 0.8))
        for room in ("101室", "102室")
    ]  # fmt: skip
    load_addresses(write_registry(folder / "estate.csv", iter(rows)))


def carry_out(move: BorderMove, actor) -> Job:
    schedule_move(move_id=move.pk, actor=actor, now=NOW)
    move.refresh_from_db()
    jobs.run(move.job_id)
    return Job.objects.get(pk=move.job_id)


def east_of_second(city, admin, **values) -> BorderMove:
    """The east of G-2 from 0.6 of its side goes to G-3, which is another district."""
    return move_piece(city, box(1.6, 2), 1, 2, actor=admin, **values)


def test_exactly_the_addresses_of_the_piece_change_block(city, admin):
    before = blocks()

    job = carry_out(east_of_second(city, admin), admin)

    g2, g3 = city.grids[1].pk, city.grids[2].pk
    # House 8 stands at 0.7 of the side, house 3 at 0.3; the node of the only village of a grid stays.
    assert job.state == Job.State.DONE, job.error_message
    assert changed(before, blocks()) == {"LZ-1-8": (g2, g3)}
    assert job.counts == {"addresses": 1}


def test_parts_of_an_estate_follow_their_places_and_what_is_split_lies_in_no_block(city, admin, tmp_path):
    estate(city, tmp_path)
    before = blocks()

    carry_out(move_piece(city, box(1.75, 2), 1, 2, actor=admin), admin)

    after = blocks()
    g2, g3 = city.grids[1].pk, city.grids[2].pk
    rooms = {code: block for code, block in after.items() if code.startswith("E-")}
    buildings = dict(StandardAddress.objects.filter(level=6).values_list("children__code", "block_id"))
    assert rooms == {"E-1-101": g2, "E-1-102": g2, "E-2-101": g3, "E-2-102": g3}
    assert buildings == rooms
    assert StandardAddress.objects.get(level=5).block_id is None
    # Two rooms, their building, the estate; house 8 stands west of the border.
    assert sorted(str(new) for _old, new in changed(before, after).values()) == sorted([str(g3)] * 3 + ["None"])


def test_a_move_ends_like_a_registry_loaded_in_the_new_borders(city, admin, tmp_path):
    estate(city, tmp_path)
    carry_out(move_piece(city, box(1.75, 2), 1, 2, actor=admin), admin)
    moved = {code: block for code, block in blocks().items() if code.startswith("E-")}
    places = dict(StandardAddress.objects.filter(estate="试验家园").values_list("key", "block_id"))

    MapFeature.objects.all().delete()
    for level in (8, 6, 5):
        StandardAddress.objects.filter(estate="试验家园", level=level).delete()
    estate(city, tmp_path)

    assert dict(StandardAddress.objects.filter(estate="试验家园").values_list("key", "block_id")) == places
    assert {code: block for code, block in blocks().items() if code.startswith("E-")} == moved


def test_dots_and_pyramid_follow(city, admin):
    g2, g3 = city.grids[1].pk, city.grids[2].pk
    carry_out(east_of_second(city, admin), admin)
    fold_tile_deltas()

    moved = StandardAddress.objects.get(code="LZ-1-8")
    assert MapFeature.objects.get(layer=1, subject_id=moved.pk).block_id == g3
    cells = {(c.zoom, c.block_id, c.x, c.y, c.kind): c.count for c in MapCell.objects.filter(layer=1)}
    assert sum(count for (zoom, block, *_), count in cells.items() if zoom == 0 and block == g2) == 1
    assert sum(count for (zoom, block, *_), count in cells.items() if zoom == 0 and block == g3) == 3
    rebuild_pyramid(1)
    assert cells == {(c.zoom, c.block_id, c.x, c.y, c.kind): c.count for c in MapCell.objects.filter(layer=1)}
    assert TileDelta.objects.count() == 0


def test_the_past_keeps_its_borders_and_areas_above_follow(city, admin):
    g2, g3 = city.grids[1], city.grids[2]
    carry_out(east_of_second(city, admin), admin)

    place = Point(*point_in(1, 0.7))
    assert (block_at(place, date(2026, 11, 26)), block_at(place, TODAY)) == (g2.pk, g3.pk)
    assert (block_at(place, date(2026, 11, 26), AreaKind.DISTRICT), block_at(place, TODAY, AreaKind.DISTRICT)) == (
        city.districts[0].pk, city.districts[1].pk,
    )  # fmt: skip
    assert block_at(place, date(2019, 1, 1)) is None
    kept = {(one.area_id, one.valid_from, one.valid_to) for one in AreaBorder.objects.all()}
    since = date(2020, 1, 1)
    assert kept == {(area.pk, since, TODAY) for area in (g2, g3, city.districts[0], city.districts[1])}
    assert [tiling_faults(kind=kind, day=TODAY) for kind in TILING_KINDS] == [[], [], []]
    stays = Area.objects.get(pk=g2.pk)
    assert (stays.code, stays.parent_id, stays.valid_from) == (g2.code, g2.parent_id, g2.valid_from)


def test_the_trial_counts_what_will_move_and_leaves_nothing(city, admin, tmp_path):
    estate(city, tmp_path)
    move = east_of_second(city, admin)
    before = blocks()

    with trial(move) as moved:
        inside = blocks()

    assert blocks() == before
    assert Area.objects.get(pk=city.grids[1].pk).geom == city.grids[1].geom
    assert moved.total == len(changed(before, inside))
    job = carry_out(move, admin)
    assert blocks() == inside
    assert job.counts == {"addresses": moved.total}


def test_killed_after_the_first_village_and_taken_up_again_it_ends_the_same(city, admin, monkeypatch):
    """A piece of two villages of one grid: the second slice dies once."""
    other = StandardAddress.objects.get(code="LZ-1-8")
    StandardAddress.objects.filter(code="LZ-1-3").update(village_id=city.villages[0].code, point=other.point)
    move = east_of_second(city, admin)
    with trial(move) as expected:
        wanted = blocks()
    real, calls = moving._move_group, []

    def dies_at_the_second(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    schedule_move(move_id=move.pk, actor=admin, now=NOW)
    move.refresh_from_db()
    monkeypatch.setattr(moving, "_move_group", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(move.job_id)
    move.refresh_from_db()
    assert (move.state, move.counts["moved_addresses"], blocks() == wanted) == (BorderMoveState.MOVING, 1, False)

    Job.objects.filter(pk=move.job_id).update(heartbeat_at=NOW - timedelta(hours=1))
    jobs.run(move.job_id)

    move.refresh_from_db()
    assert (move.state, move.counts["moved_addresses"], blocks() == wanted) == (
        BorderMoveState.DONE,
        expected.total,
        True,
    )
    assert AreaBorder.objects.count() == 4
    assert Job.objects.filter(kind="PLACE_ELEMENTS").count() == 1


def test_a_second_run_changes_nothing(city, admin):
    move = east_of_second(city, admin)
    job = carry_out(move, admin)
    state = blocks(), list(AreaBorder.objects.values()), list(BorderMove.objects.values()), Job.objects.count()

    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    jobs.run(job.pk)

    assert (
        blocks(),
        list(AreaBorder.objects.values()),
        list(BorderMove.objects.values()),
        Job.objects.count(),
    ) == state


def test_a_later_day_waits_and_is_started_once(city, admin):
    move = east_of_second(city, admin, on=TODAY + timedelta(days=3))
    schedule_move(move_id=move.pk, actor=admin, now=NOW)
    before = blocks()

    assert [start_due_moves(now=NOW), start_due_moves(now=NOW + timedelta(days=2))] == [0, 0]
    assert Job.objects.filter(kind="MOVE_BORDERS").count() == 0
    assert [start_due_moves(now=NOW + timedelta(days=3)), start_due_moves(now=NOW + timedelta(days=3))] == [1, 0]
    assert blocks() == before
    jobs.run(Job.objects.get(kind="MOVE_BORDERS").pk)
    assert blocks() != before
    assert {one.valid_to for one in AreaBorder.objects.all()} == {TODAY + timedelta(days=3)}


def refused(code: str, act) -> str:
    moves, areas = list(BorderMove.objects.values()), list(Area.objects.order_by("pk").values())
    with pytest.raises(DomainError) as caught:
        act()
    assert caught.value.code == code
    assert (list(BorderMove.objects.values()), list(Area.objects.order_by("pk").values())) == (moves, areas)
    return caught.value.message


def test_what_is_no_tiling_is_refused_by_name_and_square_metres(city, admin):
    first, second = city.grids[0], city.grids[1]

    def draft(*borders: tuple[Area, MultiPolygon], on: date = TODAY):
        return lambda: draft_move(
            name="试",
            reason="试",
            effective_on=on,
            borders={area.pk: geom for area, geom in borders},
            actor=admin,
            now=NOW,
        )

    hole = MultiPolygon(Polygon(box(0, 1).coords[0], box(0.4, 0.6, 0.4, 0.6).coords[0]), srid=4326)
    gap = refused("BORDER_GAP", draft((first, hole)))
    assert gap.startswith("新边界留下 157,") and "原属“G-1”" in gap
    overlap = refused("BORDER_OVERLAP", draft((first, square(box(0, 1.1))), (second, square(box(1, 2)))))
    assert overlap.startswith("“G-1”与“G-2”的新边界重叠 39")
    beyond = refused("BORDER_BEYOND", draft((first, square(box(-0.1, 1)))))
    assert beyond.startswith("“G-1”的新边界有 39") and "超出这些网格原来的范围" in beyond
    refused("BORDER_BEYOND", draft((first, square(box(0, 1.1)))))
    refused("BORDER_UNCHANGED", draft((first, square(box(0, 1)))))
    refused("BORDER_EMPTY", draft())
    refused("BORDER_NOT_GRID", draft((city.districts[0], square(box(0, 2)))))
    refused("BORDER_NOT_GRID", draft((city.unplaced, square(box(0, 2)))))
    refused("BORDER_DAY_PAST", draft((first, square(box(0, 0.5))), on=TODAY - timedelta(days=1)))
    bow = Polygon(((119.86, 37.16), (119.88, 37.18), (119.88, 37.16), (119.86, 37.18), (119.86, 37.16)))
    assert "自相交" in refused("BORDER_INVALID", draft((first, square(bow))))
    # The hole of one is filled by the other: that is a tiling.
    draft((first, hole), (second, square(box(1, 2), box(0.4, 0.6, 0.4, 0.6))))()
    assert BorderMove.objects.count() == 1


def test_pieces_keep_the_tiling_and_wrong_ones_are_named(city):
    present = dict(Area.objects.filter(kind="GRID", is_pseudo=False).values_list("pk", "geom"))
    first, second, third = (grid.pk for grid in city.grids[:3])

    def code(*pieces: Piece) -> str:
        with pytest.raises(DomainError) as caught:
            borders_after(pieces, present)
        return caught.value.code

    after = borders_after([Piece(box(0.9, 1.5), first, second), Piece(box(0.95, 1.2), second, third)], present)
    assert set(after) == {first, second, third}
    assert round(after[first].sym_difference(box(0, 0.9)).area, 12) == 0
    assert round(sum(geom.area for geom in after.values()) / box(0, 3).area, 9) == 1
    assert code(Piece(box(2.5, 2.6), first, second)) == "BORDER_PIECE_OUTSIDE"
    assert code(Piece(box(-1, 1.5), first, second)) == "BORDER_NOTHING_LEFT"
    assert code(Piece(box(0, 1), first, first)) == "BORDER_PIECE"
    assert code(Piece(box(0, 1), first, 0)) == "BORDER_PIECE"


def test_a_corner_on_a_slanting_border_is_no_gap(city, admin):
    """What is straight in degrees is bent in metres: the new corner lies some millimetres beside the old line."""
    west, south, east, north = box(1.2, 2).extent
    slanting = Polygon(((east, south), (east, north), (west, north), (east, south)))
    carry_out(move_piece(city, slanting, 1, 2, actor=admin), admin)

    second = move_piece(city, box(1.5, 1.9, 0.31, 0.77), 1, 2, actor=admin, on=TODAY + timedelta(days=1))

    assert second.state == BorderMoveState.DRAFT
    with trial(second):
        assert [tiling_faults(kind=kind, day=TODAY) for kind in TILING_KINDS] == [[], [], []]


def test_a_second_move_of_the_same_grid_is_refused_until_the_first_is_over(city, admin):
    first = east_of_second(city, admin, on=TODAY + timedelta(days=3))
    second = move_piece(city, box(1, 1.2), 1, 0, actor=admin)
    elsewhere = move_piece(city, box(4, 4.2), 4, 3, actor=admin)
    schedule_move(move_id=first.pk, actor=admin, now=NOW)

    message = refused("BORDER_MOVE_BUSY", lambda: schedule_move(move_id=second.pk, actor=admin, now=NOW))
    assert "试调整" in message
    assert schedule_move(move_id=elsewhere.pk, actor=admin, now=NOW).state == BorderMoveState.SCHEDULED

    cancel_move(move_id=first.pk, actor=admin, now=NOW)
    assert schedule_move(move_id=second.pk, actor=admin, now=NOW).state == BorderMoveState.SCHEDULED


def test_a_draft_on_borders_that_have_moved_since_is_refused(city, admin):
    late = move_piece(city, box(1, 1.2), 1, 0, actor=admin)
    carry_out(east_of_second(city, admin), admin)

    assert "G-2" in refused("BORDER_CHANGED", lambda: schedule_move(move_id=late.pk, actor=admin, now=NOW))


def test_states_allow_each_step_once(city, admin):
    move = east_of_second(city, admin)
    refused("BORDER_MOVE_STATE", lambda: retry_move(move_id=move.pk, actor=admin, now=NOW))
    job = carry_out(move, admin)
    refused("BORDER_MOVE_STATE", lambda: schedule_move(move_id=move.pk, actor=admin, now=NOW))
    refused("BORDER_MOVE_STATE", lambda: cancel_move(move_id=move.pk, actor=admin, now=NOW))
    refused("NOT_FOUND", lambda: cancel_move(move_id=move.pk + 99, actor=admin, now=NOW))
    verbs = list(
        AuditRow.objects.filter(subject_table="addresses_bordermove").order_by("pk").values_list("verb", flat=True)
    )
    assert (job.state, verbs) == (Job.State.DONE, ["BORDER_DRAFTED", "BORDER_SCHEDULED", "BORDERS_MOVED"])


def test_a_failed_job_is_taken_up_again(city, admin):
    move = east_of_second(city, admin)
    schedule_move(move_id=move.pk, actor=admin, now=NOW)
    move.refresh_from_db()
    Job.objects.filter(pk=move.job_id).update(state=Job.State.FAILED)

    again = retry_move(move_id=move.pk, actor=admin, now=NOW)

    assert again.job_id != move.job_id
    jobs.run(again.job_id)
    assert BorderMove.objects.get().state == BorderMoveState.DONE


@pytest.mark.parametrize("name", ["brigade", "squadron-1", "officer-1", "auditor", "nobody"])
def test_only_who_configures_may_move_borders(city, admin, name):
    user = User.objects.get(username=name)
    move = east_of_second(city, admin)
    for act in (schedule_move, cancel_move, retry_move):
        with pytest.raises(NotAllowed):
            act(move_id=move.pk, actor=user, now=NOW)
    with pytest.raises(NotAllowed):
        east_of_second(city, user)
    assert list(BorderMove.objects.values_list("state", flat=True)) == ["DRAFT"]
