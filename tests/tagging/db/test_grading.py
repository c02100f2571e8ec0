"""Grading over real claims and events: points by hand, differences only, slowness, reproducing, failing, counts of queries."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock, jobs
from common.models import ChangeRow, Job
from elements.models import Element
from tagging.models import Grade, Scheme
from tagging.rules.scoring import score_again
from tagging.selectors.rules import names
from tagging.services import grading
from tagging.services.scheme_shipping import load_schemes, shipped_schemes
from tests.factories.claims import claim, submit
from tests.factories.grades import (
    body,
    element_of,
    grade_of,
    graded_vehicles,
    ready,
    run,
    scheme_of,
    vehicle,
    weigh,
)
from tests.factories.numbers import vin
from tests.factories.users import make_users

D = Decimal


@pytest.fixture(scope="module")
def module_users(module_city):
    graded_vehicles()
    return make_users(module_city)


pytestmark = pytest.mark.usefixtures("users")


def points(grade: Grade) -> list[str]:
    return [item["points"] for item in grade.items if "weight" in item]


def test_points_are_those_counted_by_hand():
    scheme = scheme_of()
    done = run(scheme)

    # The mean: 4 violations on 45 seats known = 0.0889. Shrunk: 0.889/15, 4.889/50, 1.889/10.
    assert points(grade_of(scheme, 1)) == ["2.0000", "2.3720", "20.0000"]
    assert points(grade_of(scheme, 2)) == ["20.0000", "3.9120", "0.0000"]
    assert points(grade_of(scheme, 3)) == ["40.0000", "7.5560", "0.0000"]
    assert [(grade_of(scheme, n).score, grade_of(scheme, n).level) for n in (1, 2, 3)] == [
        (D("24.3720"), "MID"), (D("23.9120"), "MID"), (D("47.5560"), "HIGH"),
    ]  # fmt: skip
    assert (done.graded, done.written, done.ended, done.levels) == (3, 3, 0, {"MID": 2, "HIGH": 1})
    assert not Grade.objects.filter(element=element_of(4)).exists()


def test_every_item_names_its_records_and_what_it_was_made_of():
    scheme = scheme_of()
    run(scheme)
    rate = grade_of(scheme, 2).items[1]
    assert (rate["value"], rate["exposure"], rate["mean"], rate["prior"], rate["basis"]) == (
        "4",
        "40",
        "0.0889",
        "10",
        "0.0978",
    )
    assert (rate["table"], len(rate["records"])) == ("events_violation", 4)
    assert grade_of(scheme, 3).items[-1]["lists"] == [{"key": "danger", "label": "危险品运输", "level": "HIGH"}]


def test_an_old_score_is_computed_again_from_its_items_alone():
    scheme = scheme_of()
    run(scheme)
    weigh(1, 9_000, day=2)
    Scheme.objects.filter(pk=scheme.pk).update(source="别的")
    run(scheme, now=clock.now() + timedelta(days=3))
    rows = list(Grade.objects.filter(scheme=scheme))
    assert len(rows) == 4
    assert [score_again(row.items) for row in rows] == [row.score for row in rows]


def test_what_did_not_change_is_not_written_again():
    scheme = scheme_of()
    run(scheme)
    before = list(Grade.objects.order_by("pk").values())
    changes = ChangeRow.objects.filter(subject_table="tagging_grade")
    assert changes.count() == 3
    assert run(scheme).written == 0
    assert (list(Grade.objects.order_by("pk").values()), changes.count()) == (before, 3)


def test_a_change_closes_the_grade_and_opens_another():
    scheme = scheme_of()
    run(scheme)
    old, now = grade_of(scheme, 2), clock.now() + timedelta(minutes=1)
    weigh(2, 2_000, day=2)
    assert run(scheme, now=now).written == 1
    old.refresh_from_db()
    new = grade_of(scheme, 2)
    assert (old.until, new.since, new.score, new.level) == (now, now, D("7.9120"), "LOW")
    told = ChangeRow.objects.filter(subject_table="tagging_grade").latest("pk")
    assert (told.verb, told.subject_id) == ("GRADED", new.pk)


def test_a_level_is_left_only_below_its_margin():
    scheme, seen = scheme_of(), []
    run(scheme)
    # 3.912 points of the rate and 2 a tonne: 23.9, 15.9 (held), 13.9 (let go), 19.9 (not yet), 23.9.
    for day, mass in enumerate((10_000, 6_000, 5_000, 8_000, 10_000), start=2):
        weigh(2, mass, day=day)
        run(scheme)
        seen.append((str(grade_of(scheme, 2).score), grade_of(scheme, 2).level))
    assert seen == [("23.9120", "MID"), ("15.9120", "MID"), ("13.9120", "LOW"), ("19.9120", "LOW"), ("23.9120", "MID")]


def test_a_level_is_left_after_days_below_and_the_days_are_remembered():
    scheme = scheme_of(body(hysteresis={"days": 7}, indicators=body()["indicators"][:1]))
    start = clock.now()
    run(scheme, now=start)
    weigh(2, 1_000, day=2)
    levels = []
    for days in (1, 7, 8):
        run(scheme, now=start + timedelta(days=days))
        levels.append(grade_of(scheme, 2).level)
    assert levels == ["MID", "MID", "LOW"]
    # The second day wrote nothing: the grade remembers since when.
    assert Grade.objects.filter(scheme=scheme, element=element_of(2)).count() == 3


def test_who_is_graded_no_more_loses_the_grade():
    scheme = scheme_of(body(whom={"fact": "vehicle.use_nature", "op": "in", "value": ["A"]}))
    run(scheme)
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=vin(1), use_nature="F"))
    assert run(scheme).ended == 1
    assert not Grade.objects.filter(scheme=scheme, element=element_of(1), until=None).exists()
    assert ChangeRow.objects.filter(subject_table="tagging_grade").latest("pk").verb == "UNGRADED"


def test_touched_elements_are_graded_with_the_means_of_the_last_whole_run():
    scheme = scheme_of()
    run(scheme)
    weigh(1, 5_000, day=2)
    weigh(2, 4_000, day=2)
    done = run(scheme, only=[element_of(1).pk])
    assert (done.graded, done.written) == (1, 1)
    assert points(grade_of(scheme, 1)) == ["10.0000", "2.3720", "20.0000"]
    assert grade_of(scheme, 2).score == D("23.9120")


def test_the_mean_stays_while_it_moves_little():
    scheme = scheme_of()
    run(scheme)
    # One seat more of 45: the mean would be 0.0870, less than a twentieth away.
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=vin(1), seats=6))
    run(scheme)
    assert [grade_of(scheme, n).items[1]["mean"] for n in (1, 2, 3)] == ["0.0889"] * 3
    submit("TMRI_VEHICLE", "VEHICLE", claim(3, vin=vin(1), seats=20))
    run(scheme)
    assert [grade_of(scheme, n).items[1]["mean"] for n in (1, 2, 3)] == ["0.0667"] * 3


def test_a_scheme_that_cannot_be_read_is_marked_and_the_others_go_on():
    broken, sound = scheme_of(code="BROKEN"), scheme_of(code="SOUND")
    run(broken)
    version = broken.published
    version.body = body(whom={"fact": "vehicle.gone", "op": "known"})
    version.save()
    done = grading.grade_all(now=clock.now())
    broken.refresh_from_db()
    assert "vehicle.gone" in broken.failure and broken.failed_at is not None
    assert list(done) == ["SOUND"]
    assert Grade.objects.filter(scheme=sound, until=None).count() == 3
    assert Grade.objects.filter(scheme=broken, until=None).count() == 3

    version.body = body()
    version.save()
    grading.grade_all(now=clock.now())
    broken.refresh_from_db()
    assert (broken.failure, broken.failed_at) == ("", None)


def test_after_publication_a_job_grades(users):
    scheme = scheme_of()
    job = grading.ask_run(scheme, owner_id=users["brigade"].pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.counts) == (Job.State.DONE, {"graded": 3, "written": 3, "ended": 0})


def test_a_run_asks_as_often_for_three_as_for_twelve():
    scheme = scheme_of()
    asked = []
    for more in (0, 9):
        submit(
            "TMRI_VEHICLE",
            "VEHICLE",
            *(vehicle(10 + n, total_mass_kg=900 * n + 900, seats=5, grid=n % 6) for n in range(more)),
        )
        Grade.objects.filter(scheme=scheme).delete()
        one = ready(scheme)
        with CaptureQueriesContext(connection) as found:
            done = grading.run_scheme(one, now=clock.now())
        asked.append((done.written, len(found)))
    assert [written for written, _queries in asked] == [3, 12]
    assert asked[0][1] == asked[1][1]


def test_shipped_schemes_are_read_and_loaded_once(users):
    loaded = load_schemes(now=clock.now())
    assert [one.code for one in loaded] == ["BLACK_SPOT", "KEY_UNIT", "ROAD_ORDER", "TRANSPORT"]
    assert load_schemes(now=clock.now()) == []
    assert [len(one.source) <= 300 for one in shipped_schemes()] == [True] * 4
    assert names().schemes["ROAD_ORDER"] == ["CALM", "COMPLEX", "CHAOTIC"]


def test_a_shipped_scheme_grades_what_it_is_about(users):
    submit("MARKET", "UNIT", claim(1, name="试验运输有限公司", uscc="91370683MA3C000018", state="存续", grid=0))
    submit("MARKET", "UNIT", claim(1, name="试验花店", uscc="91370683MA3C000026", state="存续", grid=0))
    load_schemes(now=clock.now())
    owner = {
        "type": "OWNED_BY",
        "kind": "UNIT",
        "scheme": 2,
        "value": "91370683MA3C000018",
        "label": "试验运输有限公司",
    }
    late = clock.today() - timedelta(days=60)
    submit(
        "TMRI_VEHICLE",
        "VEHICLE",
        vehicle(7, use_nature="R", state="A", inspection_valid_to=late, relations=[owner], grid=0),
    )
    unit = Element.objects.get(kind="UNIT", label="试验运输有限公司")
    grading.grade_all(now=clock.now())
    grades = Grade.objects.filter(scheme__code="TRANSPORT", until=None)
    assert [(one.element_id, one.level) for one in grades] == [(unit.pk, "KEY")]
    # 1 late of 1 vehicle, the mean is 1: the rate is 1, all 25 points; listed besides.
    assert (grades[0].score, grades[0].items[0]["basis"]) == (D("25.0000"), "1")
    assert grades[0].items[-1]["lists"][0]["key"] == "hazardous"
