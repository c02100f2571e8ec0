"""Elements follow the borders of blocks: exactly those that lie elsewhere are written, with history, map and scope."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addresses.models import Area, MapFeature
from addresses.services.borders import schedule_move
from addresses.services.moving import area_ids_of, trial
from common import clock, jobs
from common.models import ChangeRow, Job
from elements.fold import apply
from elements.models import Element
from elements.selectors.history import events_model
from elements.services.placing import PLACE_ELEMENTS, misplaced
from exchange.importers.rows import point_hex
from tests.elements.db.test_sections import cut, standing, through
from tests.factories.borders import NOW, TODAY, box, move_piece
from tests.factories.claims import claim, submit
from tests.factories.numbers import citizen_id, file_number, vin
from tests.factories.places import SmallCity, point_in
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
FOLDED = NOW - timedelta(days=30)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def elements(city: SmallCity) -> dict[str, int]:
    """In the east of G-2: two facilities surveyed there, a vehicle parked at house 8; in its west: one of each."""

    def facility(number: str, east: float):
        return claim(1, number=number, name=number, facility_type="11", point=point_hex(*point_in(1, east)))

    submit(
        "FACILITY_LEDGER",
        "FACILITY",
        facility("F-east-1", 0.7),
        facility("F-east-2", 0.9),
        facility("F-west", 0.2),
        now=FOLDED,
    )
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(1, vin=vin(1), registered_address=city.text(1, 8)), claim(1, vin=vin(2), registered_address=city.text(1, 3)),
        claim(1, vin=vin(3), registered_address=city.text(2)), now=FOLDED,
    )  # fmt: skip
    submit("TMRI_DRIVER", "PERSON", claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name="张试验",
                                          licence_classes="C1", residence_address=city.text(1, 3)), now=FOLDED)  # fmt: skip
    return dict(Element.objects.values_list("label", "pk"))


def rows() -> dict[str, tuple]:
    return {
        e.label: (e.block_id, e.point.coords if e.point else None, e.place_quality, e.version, e.updated_at)
        for e in Element.objects.all()
    }


MOVING = {"F-east-1", "F-east-2", vin(1)}


def carry_out(city, users) -> Job:
    move = move_piece(city, box(1.6, 2), 1, 2, actor=users["admin"])
    schedule_move(move_id=move.pk, actor=users["admin"], now=NOW)
    move.refresh_from_db()
    jobs.run(move.job_id)
    return Job.objects.get(kind=PLACE_ELEMENTS)


def test_exactly_what_lies_in_the_piece_changes_block(city, users, elements):
    before = rows()
    assert len(before) == 7

    job = carry_out(city, users)
    assert rows() == before
    jobs.run(job.pk)

    job.refresh_from_db()
    after = rows()
    g2, g3 = city.grids[1].pk, city.grids[2].pk
    assert (job.state, job.counts) == (Job.State.DONE, {"FACILITY": 2, "VEHICLE": 1})
    assert {label for label in after if after[label] != before[label]} == MOVING
    for label in MOVING:
        assert before[label][0] == g2
        assert after[label] == (g3, *before[label][1:3], before[label][3] + 1, NOW)
    changes = ChangeRow.objects.filter(job_id=job.pk)
    assert {(row.subject_id, row.verb) for row in changes} == {(elements[label], "CHANGED") for label in MOVING}
    assert set(MapFeature.objects.filter(layer=2, block_id=g3).values_list("subject_id", flat=True)) == {
        *(elements[label] for label in MOVING), elements[vin(3)],
    }  # fmt: skip


def test_the_trial_names_what_will_move(city, users, elements):
    move = move_piece(city, box(1.6, 2), 1, 2, actor=users["admin"])
    before = rows()
    with trial(move):
        found = misplaced(block_ids=area_ids_of(move), job_id=-move.pk, today=TODAY)

    assert found == {
        "VEHICLE": [elements[vin(1)]], "FACILITY": sorted([elements["F-east-1"], elements["F-east-2"]]),
    }  # fmt: skip
    assert rows() == before
    job = carry_out(city, users)
    jobs.run(job.pk)
    assert Job.objects.get(pk=job.pk).counts == {kind: len(ids) for kind, ids in found.items()}


def test_posts_see_the_new_ones_at_once_and_no_longer_the_old(city, users, elements):
    def seen(name: str) -> set[str]:
        return set(Element.objects.visible_to(users[name]).values_list("label", flat=True)) & MOVING

    users["third"] = make_user("third", "COORDINATOR", area=city.grids[2])
    assert (seen("officer-1"), seen("third")) == (MOVING, set())
    jobs.run(carry_out(city, users).pk)
    assert (seen("officer-1"), seen("third")) == (set(), MOVING)


def test_the_history_tells_the_block_before(city, users, elements):
    events = events_model(Element).objects.filter(pgh_obj_id=elements[vin(1)])
    jobs.run(carry_out(city, users).pk)
    assert list(events.order_by("pgh_id").values_list("block_id", flat=True)) == [city.grids[1].pk, city.grids[2].pk]


def test_killed_between_two_batches_and_taken_up_again_it_ends_the_same(city, users, elements, monkeypatch):
    job = carry_out(city, users)
    monkeypatch.setitem(apply.apply_plan.__kwdefaults__, "batch_elements", 1)
    real, calls = apply.apply_batch, []

    def dies_at_the_second(*args, **values):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **values)

    monkeypatch.setattr(apply, "apply_batch", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    moved = Element.objects.filter(label__in=MOVING, block=city.grids[2])
    assert moved.count() == 1

    Job.objects.filter(pk=job.pk).update(heartbeat_at=NOW - timedelta(hours=1))
    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.counts, moved.count()) == (Job.State.DONE, {"FACILITY": 2, "VEHICLE": 1}, 3)
    assert ChangeRow.objects.filter(job_id=job.pk).count() == 3


def test_placing_twice_changes_nothing_the_second_time(city, users, elements):
    job = carry_out(city, users)
    jobs.run(job.pk)
    after, changes = rows(), ChangeRow.objects.count()
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED, counts={})

    jobs.run(job.pk)

    assert (rows(), ChangeRow.objects.count(), Job.objects.get(pk=job.pk).counts) == (after, changes, {})


def test_roads_are_cut_at_the_new_border(city, users):
    through(1, 2)
    cut()
    before = [(one.element.block_id, one.length_m) for one in standing()]
    jobs.run(carry_out(city, users).pk)
    jobs.run(Job.objects.get(kind="CUT_ROADS", state=Job.State.QUEUED).pk)

    after = [(one.element.block_id, one.length_m) for one in standing()]
    assert [block for block, _ in after] == [block for block, _ in before] == [city.grids[1].pk, city.grids[2].pk]
    # The road runs from the middle of G-2: of half a side a tenth is left, four tenths go over.
    assert [round(length / sum(n for _, n in after), 2) for _, length in after] == [0.1, 0.9]


def test_a_block_keeps_its_row(city, users, elements):
    before = list(Area.objects.order_by("pk").values_list("pk", "code", "parent_id", "village_id"))
    jobs.run(carry_out(city, users).pk)
    assert list(Area.objects.order_by("pk").values_list("pk", "code", "parent_id", "village_id")) == before
