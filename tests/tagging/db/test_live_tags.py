"""Tags follow what is known: by changes, by the clock, by outcomes of follow-up, and each says why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common import clock
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow, ChangeRow
from tagging.choices import EndCause, RunKind
from tagging.models import Assignment, OutcomeEffect, Rule, RuleRun, Tag
from tagging.rules.schema import read_rule
from tagging.selectors.rules import names, ready_rules
from tagging.services import manual, nightly, running, versions
from tests.factories.claims import NOW, claim, person_of, submit, vehicle_of
from tests.factories.events import days_ago, report, row, take_back
from tests.factories.numbers import citizen_id, plate, vin

pytestmark = pytest.mark.usefixtures("city")
DRINK = {"fact": "person.violations", "args": {"days": 365, "offences": ["DRINK"]}, "op": ">=", "value": 1}
LATE = {"fact": "vehicle.overdue.inspection", "op": "is"}


def a_rule(code: str, kind: str, where: dict[str, Any], **tag_values: Any) -> Rule:
    """A published rule with a tag of its own."""
    tag = Tag.objects.create(code=f"TAG_{code}", name=f"标签{code}", kind=kind, group="试验", **tag_values)
    rule = Rule.objects.create(code=code, title=f"规则{code}", tag=tag)
    versions.install(
        owner=rule,
        body={"kind": kind, "where": where},
        note="试验",
        check=lambda body: read_rule(body, names()) and None,
        now=NOW,
    )
    return rule


def a_driver(number: int = 1, day: int = 0, **values: Any) -> Any:
    submit("TMRI_DRIVER", "PERSON", claim(day, citizen_id=citizen_id(number), name="张试验", grid=1, **values))
    return person_of(number)


def a_vehicle(number: int = 1, day: int = 0, **values: Any) -> Any:
    values = {"plate_number": plate(number), "plate_type": "02", "grid": 1} | values
    submit("TMRI_VEHICLE", "VEHICLE", claim(day, vin=vin(number), **values))
    return vehicle_of(vin(number))


def drunk(number: str, person: int = 1, days: int = 10) -> Any:
    return report(
        "VIOLATION", row("VIOLATION", number, occurred_at=days_ago(days), code="1712", citizen_id=citizen_id(person))
    )


def take_changes() -> None:
    """What the worker does every two seconds. Inside a test's transaction nothing is settled: the reader is told that all is."""
    ready, _broken = ready_rules()
    ids = {}
    for table, pk in ChangeRow.objects.values_list("subject_table", "subject_id").distinct():
        ids.setdefault(table, []).append(pk)
    moment = running.moment_at(clock.now(), now=clock.now())
    ids_of = running.once_asked()
    running._run_each(ready, lambda one: running._touched_ids(one, ids, moment, ids_of), moment, clock.now())
    ChangeRow.objects.all().delete()


def standing(rule: Rule) -> list[Assignment]:
    return list(Assignment.objects.standing().filter(rule=rule))


def test_an_event_gives_the_tag_with_its_evidence_and_its_undo_takes_it():
    rule, driver = a_rule("D", "PERSON", DRINK), a_driver()
    batch = drunk("V1")
    take_changes()

    (tag,) = standing(rule)
    assert tag.element_id == driver.pk
    (asked,) = tag.evidence
    assert asked["text"] == "近 12 个月的交通违法起数（酒驾（含醉驾））不少于 1 起"
    assert (asked["value"], asked["is_met"], asked["table"]) == ("1 起", True, "events_violation")
    assert asked["records"] == tag.record_ids != []
    # The day on which the violation leaves the window.
    assert tag.next_check_at == days_ago(10) + timedelta(days=365)

    take_back(batch)
    take_changes()
    tag.refresh_from_db()
    assert (tag.until is not None, tag.end_cause) == (True, EndCause.RULE)


def test_a_claim_gives_the_tag_and_the_next_claim_takes_it():
    rule = a_rule("L", "VEHICLE", LATE)
    today = timezone.localdate()
    vehicle = a_vehicle(inspection_valid_to=today - timedelta(days=1))
    take_changes()
    assert [one.element_id for one in standing(rule)] == [vehicle.pk]

    a_vehicle(day=1, inspection_valid_to=today + timedelta(days=300))
    take_changes()
    assert standing(rule) == []
    assert list(ChangeRow.objects.values_list("verb", flat=True)) == []


def test_a_rule_about_related_things_follows_those():
    rule = a_rule("R", "PERSON", {"related": "person.vehicles", "where": LATE, "op": ">=", "value": 1})
    from tests.factories.claims import owned_by

    today = timezone.localdate()
    submit("SECURITY_PERSON", "PERSON", claim(citizen_id=citizen_id(3), name="王试验", grid=1))
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        claim(vin=vin(3), plate_number=plate(3), plate_type="02", inspection_valid_to=today + timedelta(days=5), relations=[owned_by(3)]),
    )  # fmt: skip
    take_changes()
    assert standing(rule) == []
    submit("TMRI_VEHICLE", "VEHICLE", claim(2, vin=vin(3), inspection_valid_to=today - timedelta(days=5)))
    take_changes()
    assert [one.element_id for one in standing(rule)] == [person_of(3).pk]
    assert standing(rule)[0].record_ids == [vehicle_of(vin(3)).pk]


def test_time_alone_gives_and_takes():
    late, drinks = a_rule("L", "VEHICLE", LATE), a_rule("D", "PERSON", DRINK)
    now, today = clock.now(), timezone.localdate()
    a_vehicle(inspection_valid_to=today), a_driver()
    drunk("V1", days=364)
    take_changes()
    running.run_clock(now=now)
    assert (len(standing(late)), len(standing(drinks))) == (0, 1)

    # The next day the one is overdue; the day after that the other's violation is a year old.
    running.run_clock(now=now + timedelta(days=2))
    assert (len(standing(late)), len(standing(drinks))) == (1, 0)
    assert Assignment.objects.get(rule=drinks).end_cause == EndCause.RULE


def test_the_nightly_run_changes_nothing_unless_something_was_missed():
    rule = a_rule("L", "VEHICLE", LATE)
    a_vehicle(inspection_valid_to=timezone.localdate() - timedelta(days=1))
    take_changes()
    assert nightly.reconcile(now=clock.now()) == 0
    run = RuleRun.objects.get(version=rule.published)
    assert (run.kind, run.hits, run.added, run.removed) == (RunKind.NIGHTLY, 1, 0, 0)

    Assignment.objects.all().delete()
    assert nightly.reconcile(now=clock.now()) == 1
    assert RuleRun.objects.order_by("-pk")[0].added == 1


def test_a_rule_that_asks_for_a_tag_runs_after_it():
    first = a_rule("D", "PERSON", DRINK)
    second = a_rule("E", "PERSON", {"tag": "TAG_D", "op": "is"})
    a_driver()
    drunk("V1")
    take_changes()
    # The tag given is a change like any other.
    ChangeRow.objects.create(
        at=NOW, verb="TAGGED", subject_table="tagging_assignment", subject_id=standing(first)[0].pk
    )
    take_changes()
    assert len(standing(second)) == 1
    ready, _broken = ready_rules()
    assert [one.row.code for one in ready] == ["D", "E"]


def test_a_rule_that_cannot_be_read_is_marked_and_the_others_go_on():
    good, bad = a_rule("L", "VEHICLE", LATE), a_rule("B", "VEHICLE", LATE)
    bad.published.body = {"kind": "VEHICLE", "where": {"fact": "vehicle.nothing", "op": "is"}}
    bad.published.save()
    a_vehicle(inspection_valid_to=timezone.localdate() - timedelta(days=1))
    nightly.reconcile(now=clock.now())
    bad.refresh_from_db()
    assert (len(standing(good)), len(standing(bad))) == (1, 0)
    assert bad.failure == "没有“vehicle.nothing”这一事实项。请从列表中选择。"


def test_a_rule_that_fails_in_the_database_is_marked_alone(monkeypatch):
    from common import facts
    from common.facts import ColumnRead

    good, bad = a_rule("L", "VEHICLE", LATE), a_rule("B", "VEHICLE", {"fact": "vehicle.seats", "op": ">", "value": 1})
    broken = facts._facts["vehicle.seats"]
    from dataclasses import replace

    monkeypatch.setitem(
        facts._facts, "vehicle.seats", replace(broken, read=ColumnRead(broken.read.table, "({t}.seats / 0)"))
    )
    a_vehicle(inspection_valid_to=timezone.localdate() - timedelta(days=1), seats=5)
    take_changes()
    bad.refresh_from_db()
    assert bad.failure.startswith("运行出错：DataError")
    assert len(standing(good)) == 1


def test_an_outcome_ends_the_tag_until_there_is_something_new(users):
    rule = a_rule("D", "PERSON", DRINK)
    OutcomeEffect.objects.create(outcome="EDUCATED", name="已教育", effect="END", days=90)
    a_driver()
    drunk("V1")
    take_changes()
    (tag,) = standing(rule)
    now = clock.now()

    manual.report_outcome(assignment_id=tag.pk, outcome="EDUCATED", note="当面教育", actor=users["brigade"], now=now)
    tag.refresh_from_db()
    assert (tag.end_cause, tag.end_note, tag.held_until) == (EndCause.OUTCOME, "已教育", now + timedelta(days=90))
    nightly.reconcile(now=now)
    assert standing(rule) == []
    # The same reasons count again when the time is over; a new one counts at once.
    drunk("V2", days=2)
    take_changes()
    assert len(standing(rule)) == 1
    assert AuditRow.objects.filter(verb="TAG_OUTCOME").count() == 1


def test_the_same_reasons_count_again_when_the_time_is_over(users):
    rule = a_rule("D", "PERSON", DRINK)
    OutcomeEffect.objects.create(outcome="EDUCATED", name="已教育", effect="END", days=90)
    a_driver()
    drunk("V1")
    take_changes()
    manual.report_outcome(
        assignment_id=standing(rule)[0].pk, outcome="EDUCATED", note="", actor=users["brigade"], now=clock.now()
    )
    nightly.reconcile(now=clock.now() + timedelta(days=91))
    assert len(standing(rule)) == 1


def test_extend_keeps_and_escalate_raises(users):
    rule = a_rule("L", "VEHICLE", LATE)
    for code, effect, days in (("AWAY", "EXTEND", 30), ("REFUSES", "ESCALATE", None), ("TOLD", "KEEP", None)):
        OutcomeEffect.objects.create(outcome=code, name=code, effect=effect, days=days)
    today, now = timezone.localdate(), clock.now()
    a_vehicle(inspection_valid_to=today - timedelta(days=1))
    take_changes()
    (tag,) = standing(rule)
    for code in ("AWAY", "REFUSES", "TOLD"):
        manual.report_outcome(assignment_id=tag.pk, outcome=code, note="", actor=users["brigade"], now=now)
    a_vehicle(day=1, inspection_valid_to=today + timedelta(days=300))
    take_changes()
    (tag,) = standing(rule)
    assert (tag.level, tag.kept_until) == (1, now + timedelta(days=30))
    # When the time is over, the clock asks again.
    running.run_clock(now=now + timedelta(days=31))
    assert standing(rule) == []


def test_a_tag_set_by_hand_needs_reason_and_end_and_ends_by_itself(users):
    tag = Tag.objects.create(code="HAND", name="重点人员", kind="PERSON", group="试验", is_manual=True)
    driver, today, now = a_driver(), timezone.localdate(), clock.now()
    officer = users["brigade"]
    for reason, ends_on, code in (
        ("", today, "TAG_REASON"),
        ("因", None, "TAG_END"),
        ("因", today - timedelta(1), "TAG_END"),
    ):
        with pytest.raises(DomainError) as refused:
            manual.set_tag(element=driver, tag=tag, reason=reason, ends_on=ends_on, actor=officer, now=now)
        assert refused.value.code == code
    assert Assignment.objects.count() == 0

    row_ = manual.set_tag(
        element=driver, tag=tag, reason="多次举报", ends_on=today + timedelta(5), actor=officer, now=now
    )
    with pytest.raises(Conflict):
        manual.set_tag(element=driver, tag=tag, reason="多次举报", ends_on=today + timedelta(5), actor=officer, now=now)
    running.run_clock(now=now + timedelta(days=5))
    assert Assignment.objects.standing().count() == 1
    running.run_clock(now=now + timedelta(days=6))
    row_.refresh_from_db()
    assert row_.end_cause == EndCause.EXPIRED


def test_others_may_not(users):
    rule_tag = a_rule("D", "PERSON", DRINK).tag
    hand = Tag.objects.create(code="HAND", name="重点人员", kind="PERSON", group="试验", is_manual=True)
    driver, today, now = a_driver(), timezone.localdate(), clock.now()
    drunk("V1")
    take_changes()
    tag = Assignment.objects.get()
    kwargs = {"reason": "因", "ends_on": today, "now": now}
    with pytest.raises(NotAllowed):
        manual.set_tag(element=driver, tag=hand, actor=users["analyst"], **kwargs)
    with pytest.raises(DomainError, match="TAG_NOT_MANUAL"):
        manual.set_tag(element=driver, tag=rule_tag, actor=users["brigade"], **kwargs)
    with pytest.raises(NotVisible):
        manual.report_outcome(assignment_id=tag.pk + 1, outcome="X", note="", actor=users["brigade"], now=now)
    with pytest.raises(DomainError, match="NO_SUCH_OUTCOME"):
        manual.report_outcome(assignment_id=tag.pk, outcome="X", note="", actor=users["brigade"], now=now)
    with pytest.raises(DomainError, match="TAG_BY_RULE"):
        manual.end_tag(assignment_id=tag.pk, note="因", actor=users["brigade"], now=now)
    tag.refresh_from_db()
    assert tag.until is None
    assert AuditRow.objects.filter(verb__startswith="TAG").count() == 0


def test_a_relation_that_ends_by_its_date_is_noticed_by_the_clock():
    rule = a_rule("E", "PERSON", {"related": "person.employers", "op": ">=", "value": 1})
    today, now = timezone.localdate(), clock.now()
    job = {
        "type": "EMPLOYED_BY", "kind": "UNIT", "scheme": 2, "value": "91370683MA3C1A2B92", "label": "试验运输公司",
        "valid_to": (today + timedelta(days=2)).isoformat(),
    }  # fmt: skip
    submit("MARKET", "UNIT", claim(uscc="91370683MA3C1A2B92", name="试验运输公司", grid=1))
    submit("TMRI_DRIVER", "PERSON", claim(citizen_id=citizen_id(1), name="张试验", grid=1, relations=[job]))
    take_changes()
    assert len(standing(rule)) == 1
    running.run_clock(now=now + timedelta(days=1))
    assert len(standing(rule)) == 1
    running.run_clock(now=now + timedelta(days=3))
    assert standing(rule) == []


def test_a_merge_ends_what_rules_gave_and_moves_what_people_set_and_its_undo_gives_both_back(users):
    from elements.services.merges import merge_elements, undo_merge

    rule = a_rule("L", "VEHICLE", LATE)
    hand = Tag.objects.create(code="HAND", name="重点车辆", kind="VEHICLE", group="试验", is_manual=True)
    today, now = timezone.localdate(), clock.now()
    keep, drop = a_vehicle(1), a_vehicle(2, inspection_valid_to=today - timedelta(days=1))
    manual.set_tag(element=drop, tag=hand, reason="举报", ends_on=today, actor=users["brigade"], now=now)
    take_changes()
    assert [one.element_id for one in standing(rule)] == [drop.pk]

    merge = merge_elements(keep_id=keep.pk, drop_id=drop.pk, reason="同一辆车", actor=users["brigade"], now=now)
    take_changes()
    assert [one.element_id for one in standing(rule)] == [keep.pk]
    assert Assignment.objects.get(rule=rule, element=drop).end_cause == EndCause.GONE
    assert Assignment.objects.get(tag=hand).element_id == keep.pk

    undo_merge(merge=merge, actor=users["brigade"], now=now)
    take_changes()
    assert [one.element_id for one in standing(rule)] == [drop.pk]
    assert Assignment.objects.get(tag=hand).element_id == drop.pk


def test_what_several_rules_ask_of_a_change_alike_is_asked_once():
    a_driver()
    for code in ("ONE", "TWO"):
        a_rule(code, "PERSON", DRINK)
    drunk("V1")
    with CaptureQueriesContext(connection) as asked:
        take_changes()
    assert sum("FROM events_violation x" in one["sql"] and "x.id = ANY" in one["sql"] for one in asked) == 1
    assert Assignment.objects.standing().count() == 2
