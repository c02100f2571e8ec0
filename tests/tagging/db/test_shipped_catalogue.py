"""Loading what is shipped: once, again without a trace, and never over what people changed."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
from django.core.management import CommandError, call_command

from common import clock
from common.jobs import JobRun
from common.models import Job
from tagging.choices import VersionState
from tagging.models import Alert, Assignment, OutcomeEffect, Rule, RuleVersion, Tag
from tagging.selectors.shipped import FOLDER, BadCatalogue, read_catalogue
from tagging.services import publishing
from tagging.services.manual import effects_of
from tagging.services.nightly import RUN_RULE, run_published
from tagging.services.shipping import Loaded, count_shipped, load_shipped
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.dumps import count_rows
from tests.factories.numbers import vin
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")
TABLES = ("tagging_tag", "tagging_rule", "tagging_ruleversion", "tagging_outcomeeffect", "common_job")
ALL = len(read_catalogue().rules)


def load(folder: Path = FOLDER) -> Loaded:
    return load_shipped(now=clock.now(), folder=folder)


def rule(code: str = "INSPECTION_OVERDUE") -> Rule:
    return Rule.objects.get(code=code)


def versions(code: str = "INSPECTION_OVERDUE") -> list[tuple[int, str, bool]]:
    """(number, state, written by the platform) of a rule's versions."""
    rows = RuleVersion.objects.filter(rule__code=code).order_by("number")
    return [(row.number, row.state, row.author_id is None) for row in rows]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped files with another threshold in one rule."""
    folder = copytree(FOLDER, tmp_path / "shipped")
    path = folder / "rules" / "inspection_overdue.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["body"]["where"] = {"fact": "vehicle.inspection_valid_to.days_since", "op": ">", "value": 60}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return folder


def publish_own(text: str = "大队口径") -> None:
    """The analyst drafts another version, the brigade publishes it."""
    analyst, brigade = make_user("analyst", "ANALYST"), make_user("brigade", "BRIGADE")
    body = {"kind": "VEHICLE", "where": {"fact": "vehicle.inspection_valid_to.days_since", "op": ">", "value": 30}}
    row = publishing.save_draft(rule=rule(), body=body, note=text, actor=analyst, now=clock.now())
    row = publishing.submit(version=row, actor=analyst, now=clock.now())
    publishing.publish(version=row, note="同意", actor=brigade, now=clock.now())


def test_the_second_load_does_nothing():
    first = load()
    assert (first.rules, first.published, first.waiting) == (ALL, ALL, 0)
    assert (first.tags, first.outcomes) == (Tag.objects.count(), OutcomeEffect.objects.count())
    before = count_rows(*TABLES)

    assert load() == Loaded()
    assert count_rows(*TABLES) == before


def test_every_new_version_is_asked_about_everything_and_alerts_nobody():
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(1), plate_number="鲁F12345", plate_type="02", state="Q", grid=1))
    load()
    jobs = Job.objects.filter(kind=RUN_RULE)
    assert sorted(job.params["rule"] for job in jobs) == sorted(Rule.objects.values_list("pk", flat=True))

    job = jobs.get(params__rule=rule("PLATE_ANOMALY").pk)
    assert run_published(_held(job)) == {"hits": 0, "added": 0, "removed": 0}
    Tag.objects.filter(code="INSPECTION_OVERDUE").update(alert_level=2)
    assert run_published(_held(jobs.get(params__rule=rule().pk))) == {"hits": 1, "added": 1, "removed": 0}

    assert Assignment.objects.standing().get().element == vehicle_of(vin(1))
    assert Alert.objects.count() == 0


def _held(job: Job) -> JobRun:
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    job.refresh_from_db()
    return JobRun(job)


def test_a_new_shipped_body_takes_the_place_of_the_old_one(changed):
    load()
    Job.objects.all().delete()

    assert load(changed) == Loaded(published=1)
    assert versions() == [(1, "REPLACED", True), (2, "PUBLISHED", True)]
    assert [job.params for job in Job.objects.all()] == [{"rule": rule().pk}]
    assert load(changed) == Loaded()


def test_what_people_published_stays_and_the_new_body_waits_for_them(changed):
    load()
    publish_own()
    Job.objects.all().delete()

    assert load() == Loaded()
    assert load(changed) == Loaded(waiting=1)
    assert versions() == [(1, "REPLACED", True), (2, "PUBLISHED", False), (3, "SUBMITTED", True)]
    assert (rule().published.number, Job.objects.count()) == (2, 0)
    assert load(changed) == Loaded()


def test_what_people_edited_stays_as_edited():
    load()
    Tag.objects.filter(code="KEY_DRIVER").update(guidance="按大队通知办理。", alert_level=0)
    OutcomeEffect.objects.filter(tag=None, outcome="EDUCATED").update(days=30)

    assert load() == Loaded()
    tag = Tag.objects.get(code="KEY_DRIVER")
    assert (tag.guidance, tag.alert_level) == ("按大队通知办理。", 0)
    assert OutcomeEffect.objects.get(tag=None, outcome="EDUCATED").days == 30


def test_a_rule_that_is_off_takes_the_new_body_and_is_not_run(changed):
    load()
    Rule.objects.filter(code="INSPECTION_OVERDUE").update(is_active=False)
    Job.objects.all().delete()

    assert load(changed) == Loaded(published=1)
    assert (rule().published.number, rule().is_active, Job.objects.count()) == (2, False, 0)


@pytest.mark.parametrize(
    ("part", "condition"),
    [
        ("body", {"kind": "VEHICLE", "where": {"fact": "vehicle.wings", "op": "is"}}),
        ("body", {"kind": "PERSON", "where": {"fact": "person.age", "op": ">", "value": 70}}),
        ("near", {"fact": "vehicle.seats", "op": "like", "value": 5}),
    ],
)
def test_a_body_that_cannot_be_used_stops_the_whole_load(tmp_path, part, condition):
    folder = copytree(FOLDER, tmp_path / "shipped")
    path = folder / "rules" / "scrap_overdue.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, part: condition}, ensure_ascii=False), encoding="utf-8")
    before = count_rows(*TABLES)

    with pytest.raises(BadCatalogue) as refused:
        load(folder)
    assert "scrap_overdue.json" in refused.value.message
    assert count_rows(*TABLES) == before


def test_a_tag_of_another_kind_under_the_same_code_is_refused():
    Tag.objects.create(code="OPEN_DANGER", name="别的", kind="ROAD", group="试验")

    with pytest.raises(CommandError, match="OPEN_DANGER 已用于道路"):
        call_command("load_tags")
    assert Rule.objects.count() == 0


def test_outcomes_of_a_tag_are_its_own_before_the_general_ones():
    load()

    found = {one.outcome: (one.name, one.effect) for one in effects_of(Tag.objects.get(code="INSPECTION_OVERDUE").pk)}
    assert found == {
        "INFORMED": ("已告知", "KEEP"), "EDUCATED": ("已教育", "END"), "RECTIFIED": ("已整改", "END"),
        "INSPECTED": ("已检验", "END"), "SCRAPPED": ("已报废", "END"), "NOT_MET": ("未见面", "KEEP"),
        "AWAY": ("外出务工", "EXTEND"), "REFUSED": ("拒不整改", "ESCALATE"),
    }  # fmt: skip
    (educated,) = (one for one in effects_of(Tag.objects.get(code="DRUG_DRIVING").pk) if one.outcome == "EDUCATED")
    assert educated.effect == "KEEP"


def test_the_command_tells_hits_and_near_misses(capsys):
    due = {"inspection_valid_to": clock.today()}
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(1), state="Q", grid=1), claim(vin=vin(2), state="A", grid=1, **due))

    call_command("load_tags", counts=True)
    first, header, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"new: {Tag.objects.count()} tags, {ALL} rules") and "near: who" in header
    assert len(lines) == ALL
    (line,) = (one for one in lines if one.startswith("INSPECTION_OVERDUE "))
    assert line.split() == ["INSPECTION_OVERDUE", "逾期未检验", "v1", "1", "1", "三十日内到期"]


def test_counts_are_of_the_version_in_force():
    load()
    submit("TMRI_VEHICLE", "VEHICLE", claim(vin=vin(1), state="Q", grid=1, inspection_valid_to=clock.today()))
    (before,) = (one for one in count_shipped(now=clock.now()) if one.code == "INSPECTION_OVERDUE")
    publish_own()
    (after,) = (one for one in count_shipped(now=clock.now()) if one.code == "INSPECTION_OVERDUE")

    assert (before.version, before.hits) == (1, 1)
    assert (after.version, after.hits) == (2, 0)
    assert versions()[1][1] == VersionState.PUBLISHED
