"""Trust 7 and 8, rules: a run over everything killed at random moments, and several runs at once: each tag once, none missing."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from common import clock, jobs
from common.models import ChangeRow, Job
from elements.models import Element
from tagging.choices import RunKind
from tagging.models import Assignment, Rule, RuleRun, Tag
from tagging.rules.schema import read_rule
from tagging.selectors.rules import names, ready_rules
from tagging.services import nightly, running, versions
from tests.factories.claims import NOW, claim, submit
from tests.factories.kills import after_rows, run_killed
from tests.factories.numbers import plate, vin

pytestmark = pytest.mark.django_db(transaction=True)
BATCH = 10
_SMALL_BATCHES = f"from tagging.services import judging; judging.BATCH = {BATCH}"


def make_late(count: int) -> Rule:
    """So many vehicles, two of three overdue, and a published rule for those."""
    today = timezone.localdate()
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(
            claim(vin=vin(n), plate_number=plate(n), plate_type="02", inspection_valid_to=today + timedelta(days=400 if n % 3 == 0 else -n), grid=n % 4)
            for n in range(1, count + 1)
        ),
    )  # fmt: skip
    tag = Tag.objects.create(code="LATE", name="逾期未检验", kind="VEHICLE", group="车辆")
    rule = Rule.objects.create(code="LATE", title="检验逾期", tag=tag)
    body = {"kind": "VEHICLE", "where": {"fact": "vehicle.overdue.inspection", "op": "is"}}
    versions.install(owner=rule, body=body, note="", check=lambda one: read_rule(one, names()) and None, now=NOW)
    return rule


def told() -> list[tuple[int, object, str]]:
    """What the tags say, in order; their numbers aside."""
    rows = Assignment.objects.standing().order_by("element_id")
    return list(rows.values_list("element_id", "evidence", "evidence_key"))


def run_job(rule: Rule) -> Job:
    return jobs.create_job(kind=nightly.RUN_RULE, title="试验", owner_id=None, params={"rule": rule.pk})


@pytest.mark.parametrize(
    ("count", "kills"), [(600, 3), pytest.param(6_000, 10, marks=pytest.mark.deep)], ids=["quick", "deep"]
)
def test_a_run_killed_at_random_moments_gives_every_tag_once(committed_city, count, kills):
    rule, draw = make_late(count), random.Random(20261128)
    late = count - count // 3
    # Half of the rows are left for what a fast child writes between two looks at it.
    rows = late // (2 * kills)
    job = run_job(rule)
    moments = [after_rows(Assignment, rows, draw.random() / 20) for _ in range(kills)]

    assert run_killed(job.pk, moments, _SMALL_BATCHES) == kills
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    killed = told()
    assert len(killed) == late
    changes = ChangeRow.objects.filter(subject_table="tagging_assignment", verb="TAGGED")
    assert changes.count() == changes.values("subject_id").distinct().count() == late

    # The same without a kill.
    Assignment.objects.all().delete()
    jobs.run(run_job(rule).pk)
    assert told() == killed
    assert nightly.reconcile(now=clock.now()) == 0


def test_runs_at_once_give_every_tag_once(committed_city):
    make_late(120)
    (one,), _broken = ready_rules()
    together = Barrier(4)

    def run(_number: int) -> RuleRun:
        try:
            together.wait(30)
            return running.run_full(one, kind=RunKind.FULL, now=clock.now(), is_alerting=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))
    assert sum(record.added for record in done) == Assignment.objects.standing().count() == 80
    assert Assignment.objects.count() == 80
    assert Element.objects.filter(kind="VEHICLE").count() == 120
