"""Searches for accident-prone places: what is stored, what is refused in words, who sees how much of it, what is in force."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.choices import SpotKind
from analytics.models import HotSpot, HotSpotRun
from analytics.query import Query
from analytics.selectors import hot_spots as reading
from analytics.selectors.black_spots import definition
from analytics.services.hot_spots import ask, make_official
from common import clock
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow, Job
from tests.factories.events import report, row
from tests.factories.hot_spot_city import a_staked_road, accident, make_accidents, run_of, searched
from tests.factories.users import make_users

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def module_users(module_city):
    a_staked_road()
    make_accidents()
    return make_users(module_city)


def official(actor, **given) -> HotSpotRun:
    return make_official(run=run_of(searched(actor, **given)), actor=actor, now=clock.now())


def test_a_run_stores_places_accidents_grounds_and_who_asked(users):
    run = run_of(searched(users["brigade"]))

    assert (run.owner_id, run.is_official, run.counts["asked"], run.counts["placed"]) == (
        users["brigade"].pk,
        False,
        15,
        13,
    )
    assert {name: len(held) for name, held in run.counts["left"].items()} == {"NO_ROAD": 1, "ROAD_ONLY": 1}
    assert run.settings["k_general"] == {
        "value": 5, "source": definition()["k_general"].source, "certainty": "found",
    }  # fmt: skip
    first, second = run.spots.order_by("rank")
    assert (first.kind, first.from_m, first.to_m) == (SpotKind.POINT, 10_200, 10_450)
    assert (first.general, first.summary, first.deaths, first.injured) == (6, 2, 1, 2)
    assert (first.score, len(first.accidents)) == (pytest.approx(6 + 0.4 + 2 + 5), 8)
    assert first.grounds == [{"rule": "GENERAL", "k": 5, "within_m": 500}]
    assert (second.from_m, second.to_m, second.general, second.score) == (18_700, 19_100, 5, 5)
    assert second.geom.geom_type == "LineString"
    assert AuditRow.objects.filter(verb="HOT_SPOTS_RUN", actor_id=users["brigade"].pk).count() == 1


def test_other_numbers_procedure_and_area_find_others(users, city):
    brigade = users["brigade"]
    changed = run_of(searched(brigade, changed={"k_general": 6}))
    assert [spot.from_m for spot in changed.spots.all()] == [10_200]
    assert changed.settings["k_general"] == {"value": 6, "source": "本次排查时填写", "certainty": "own"}
    assert run_of(searched(brigade, procedure="SUMMARY")).spots.count() == 0
    east = run_of(searched(brigade, area=city.squadrons[1].pk))
    assert ([spot.from_m for spot in east.spots.all()], east.counts["is_whole"]) == ([18_700], False)
    assert run_of(searched(brigade, changed={"window_years": 10})).counts["asked"] == 16


def test_density_finds_the_closest_cluster_and_leaves_what_chance_explains(users):
    """Eight within 250 m are no chance among thirteen on ten kilometres; five, each a hundred metres from the next, may be."""
    (first,) = run_of(searched(users["brigade"], "DENSITY")).spots.all()
    assert (first.rank, first.general, first.summary, first.deaths) == (1, 6, 2, 1)
    assert first.from_m <= 10_200 < 10_450 <= first.to_m
    assert [ground["rule"] for ground in first.grounds] == ["DENSITY"]


def test_what_cannot_be_is_refused_and_starts_nothing(users, city):
    brigade, given = users["brigade"], {"changed": {}, "area": None, "procedure": ""}
    refused = [
        ({"method": "BAYES"}, "NO_EXPOSURE"), ({"method": "X"}, "NO_SUCH_METHOD"),
        ({"method": "WINDOW", "changed": {"k_general": 0}}, "BAD_SETTING"), ({"method": "WINDOW", "area": 999_999}, "BAD_FILTER"),
    ]  # fmt: skip
    for asked, code in refused:
        with pytest.raises(DomainError) as error:
            ask(**given | asked, actor=brigade, now=clock.now())
        assert error.value.code == code
    with pytest.raises(NotAllowed):
        ask(**given, method="WINDOW", actor=users["nobody"], now=clock.now())
    assert (Job.objects.count(), HotSpotRun.objects.count()) == (0, 0)
    ask(**given, method="WINDOW", actor=brigade, now=clock.now())
    with pytest.raises(Conflict):
        ask(**given, method="DENSITY", actor=brigade, now=clock.now())
    assert Job.objects.count() == 1


def test_nothing_to_search_says_what_is_missing(users, city):
    """No accidents of the area; then one that is nowhere; then one alone."""
    from events.models import Accident

    def failed(**given):
        job = searched(users["brigade"], **given)
        return job.state, job.error_code

    assert failed(area=city.grids[2].pk) == ("FAILED", "NO_ACCIDENTS")
    Accident.objects.exclude(number="N0").update(is_withdrawn=True)
    assert failed() == ("FAILED", "NONE_PLACED")
    assert HotSpotRun.objects.count() == 0
    Accident.objects.filter(number="P0").update(is_withdrawn=False)
    assert run_of(searched(users["brigade"])).spots.count() == 0


def test_readers_see_places_of_their_grids_and_count_what_they_may_see(users):
    run = official(users["brigade"])
    shown = {
        name: [(row.spot.rank, row.general, row.summary, row.deaths, row.injured, row.hidden)
               for row in reading.ranked(run, users[name], None)]
        for name in ("brigade", "officer-1", "officer-2", "nobody")
    }  # fmt: skip
    assert shown == {
        "brigade": [(1, 6, 2, 1, 2, 0), (2, 5, 0, 0, 0, 0)], "officer-1": [(1, 6, 2, 1, 2, 0)],
        "officer-2": [(2, 5, 0, 0, 0, 0)], "nobody": [],
    }  # fmt: skip
    first = run.spots.get(rank=1)
    assert reading.spot_of(first.pk, users["officer-1"]) == first
    with pytest.raises(NotVisible):
        reading.spot_of(first.pk, users["officer-2"])


def test_figures_link_to_exactly_the_accidents_that_they_count(users):
    run = official(users["brigade"])
    report("ACCIDENT", row("ACCIDENT", "P5", is_void=True))
    for name in ("brigade", "officer-1", "officer-2"):
        user = users[name]
        for one in reading.ranked(run, user, None):
            query = Query.of("accidents", hot_spot=str(one.spot.pk))
            rows = {word: query.narrowed(**more).rows(user) for word, more in (
                ("general", {"procedure": "GENERAL"}), ("summary", {"procedure": "SUMMARY"}),
                ("fatal", {"is_fatal": "true"}), ("hurt", {"is_injury": "true"}),
            )}  # fmt: skip
            assert {word: found.count() for word, found in rows.items()} == {word: getattr(one, word) for word in rows}
    first = reading.ranked(run, users["officer-1"], None)[0]
    assert (first.general, first.hidden) == (5, 1)
    foreign = Query.of("accidents", hot_spot=str(first.spot.pk)).rows(users["officer-2"])
    assert foreign.count() == 0
    for one in reading.left_out(run, users["brigade"]):
        key = one["url"].partition("left_out=")[2].partition("&")[0]
        assert Query.of("accidents", left_out=key).rows(users["brigade"]).count() == one["count"] == 1
    assert (
        reading.left_out_ids("no-such", users["brigade"]) == reading.left_out_ids(f"{run.pk}-X", users["brigade"]) == []
    )


def test_only_writers_of_rules_put_a_whole_and_newer_run_in_force(users, city):
    old, part = run_of(searched(users["brigade"])), run_of(searched(users["officer-1"]))
    new = run_of(searched(users["analyst"]))
    with pytest.raises(NotAllowed):
        make_official(run=old, actor=users["squadron-1"], now=clock.now())
    with pytest.raises(Conflict):
        make_official(run=part, actor=users["brigade"], now=clock.now())
    make_official(run=new, actor=users["analyst"], now=clock.now())
    with pytest.raises(Conflict):
        make_official(run=old, actor=users["brigade"], now=clock.now())
    assert list(HotSpotRun.objects.filter(is_official=True)) == [new]
    assert reading.run_shown(users["officer-1"], method="WINDOW") == new
    # One's own trial is seen, somebody else's is none.
    assert reading.run_shown(users["officer-1"], method="WINDOW", run_id=str(part.pk)) == part
    with pytest.raises(NotVisible):
        reading.run_shown(users["officer-2"], method="WINDOW", run_id=str(part.pk))
    assert Query.of("accidents", hot_spot=str(part.spots.get().pk)).rows(users["squadron-1"]).count() == 0


def test_places_are_new_still_there_or_gone_since_the_one_before(users, city):
    before = official(users["brigade"])
    HotSpotRun.objects.filter(pk=before.pk).update(as_of=clock.now() - timedelta(days=90))
    report("ACCIDENT", *(row("ACCIDENT", f"Q{n}", is_void=True) for n in range(5)))
    report("ACCIDENT", *(accident(f"T{n}", 14_000 + n) for n in range(5)))
    run, brigade = official(users["brigade"]), users["brigade"]
    earlier = reading.previous_official(run, brigade)
    assert earlier == before
    assert [(one.spot.from_m, one.change) for one in reading.ranked(run, brigade, earlier)] == [
        (10_200, "still"),
        (14_000, "new"),
    ]
    assert [(one.spot.from_m, one.general) for one in reading.gone_since(run, earlier, brigade)] == [(18_700, 0)]
    assert reading.gone_since(run, earlier, users["officer-1"]) == []
    assert (reading.is_in_force(run), reading.is_in_force(earlier)) == (True, False)
    part = run_of(searched(brigade, area=city.squadrons[0].pk))
    assert reading.previous_official(part, brigade) is None


def test_a_place_that_moved_to_the_neighbours_is_not_gone(users, city):
    before = official(users["brigade"])
    HotSpotRun.objects.filter(pk=before.pk).update(as_of=clock.now() - timedelta(days=90))
    run = official(users["brigade"])
    run.spots.filter(rank=1).update(block_id=city.grids[5].pk)
    assert reading.gone_since(run, before, users["officer-1"]) == []
    changes = [(one.spot.rank, one.change) for one in reading.ranked(run, users["officer-2"], before)]
    assert changes == [(1, "still"), (2, "still")]


def test_a_search_that_was_stopped_writes_nothing(users):
    job = ask(method="WINDOW", changed={}, area=None, procedure="", actor=users["brigade"], now=clock.now())
    Job.objects.filter(pk=job.pk).update(cancel_requested=True)
    from common import jobs

    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, HotSpot.objects.count(), HotSpotRun.objects.count()) == ("CANCELLED", 0, 0)
