"""The way of a rule: what is refused and in which words, who may do what, and what publishing, stopping and restoring set off."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock, jobs
from common.errors import Conflict, DomainError, NotAllowed
from common.jobs import UnwatchedRun
from common.models import AuditRow, Job
from elements.models import Element
from tagging.choices import EndCause, RunKind, VersionState
from tagging.models import Assignment, Rule, RuleRun, RuleVersion
from tagging.selectors import laboratory
from tagging.services import nightly, publishing, versions
from tests.factories.rules import a_draft, a_rule, a_tag, in_force

NOW = clock.now
FEW = {"fact": "vehicle.use_nature", "op": "in", "value": ["B"]}
HALF = {"fact": "vehicle.use_nature", "op": "in", "value": ["F"]}
VIOLATIONS = {"fact": "vehicle.violations", "args": {"days": 365, "offences": []}, "op": ">=", "value": 1}


def written() -> tuple[int, int, int, int]:
    """Everything that a refusal must leave as it is."""
    return Rule.objects.count(), RuleVersion.objects.count(), AuditRow.objects.count(), Job.objects.count()


REFUSED: list[tuple[Any, str]] = [
    ({"kind": "VEHICLE", "where": {"fact": "vehicle.wings", "op": "is"}}, "没有“vehicle.wings”这一事实项。请从列表中选择。"),
    (
        {"kind": "VEHICLE", "where": {"fact": "vehicle.seats", "op": ">", "value": "五"}},
        "须是数字（位置：where.value）",
    ),
    (
        {"kind": "VEHICLE", "where": {"fact": "vehicle.state", "op": "=", "value": "A"}},
        "“机动车状态”不能用“=”比较，可用：any_of、none_of（位置：where.op）",
    ),
    (
        {"kind": "VEHICLE", "where": {**VIOLATIONS, "args": {"days": 36_500}}},
        "“最近”须是 1 至 3660 的整数 天（位置：where.args.days）",
    ),
    (
        {"kind": "VEHICLE", "where": {"any": [FEW] * 10_000}},
        "条件超过 200 个，请拆成几条规则（位置：where.any[199]）",
    ),
    (
        {"kind": "VEHICLE", "where": {"all": []}},
        "“并且”“或者”下面至少要有一个条件（位置：where）",
    ),
    (
        {"kind": "VEHICLE", "where": {"tag": "NOBODY", "op": "is"}},
        "没有“NOBODY”这一标签（位置：where.tag）",
    ),
    (
        {"kind": "PERSON", "where": {"fact": "person.points", "op": ">", "value": 1}},
        "标签“标签A”用于机动车，规则却针对人员（位置：kind）",
    ),
    ({"where": FEW}, "规则须由“对象种类”和“条件”两部分组成（位置：规则）"),
    ("规则", "规则须由“对象种类”和“条件”两部分组成（位置：规则）"),
    (
        {"kind": "VEHICLE", "where": {"tag": {"A": 1}, "op": "is"}},
        "没有“{'A': 1}”这一标签（位置：where.tag）",
    ),
    (
        {"kind": "VEHICLE", "where": {"related": "element.near", "args": {"metres": 9, "kind": ["UNIT"]}, "op": ">", "value": 1}},
        "“种类”没有“['UNIT']”这一项（位置：where.args.kind）",
    ),
    (
        {"kind": "VEHICLE", "where": {"fact": "vehicle.brand", "op": "=", "value": "a\x00b"}},
        "规则里有不能保存的字符或数字（位置：规则）",
    ),
    (
        {"kind": "VEHICLE", "where": {"fact": "vehicle.brand", "op": "=", "value": "\ud800"}},
        "规则里有不能保存的字符或数字（位置：规则）",
    ),
    (
        {"kind": "VEHICLE", "where": {"fact": "vehicle.seats", "op": ">", "value": float("nan")}},
        "规则里有不能保存的字符或数字（位置：规则）",
    ),
    (
        {"kind": "VEHICLE", "where": {"tag": "A", "op": "is_not"}},
        "标签互相等待：标签A → 标签A。请去掉其中一条规则里对标签的引用。",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_body_that_cannot_be_is_refused_in_words_and_nothing_is_written(world, body, message):
    brigade = world.users["brigade"]
    rule = a_rule("A", author=brigade)
    before = written()

    with pytest.raises(DomainError) as refused:
        publishing.save_draft(rule=rule, body=body, note="", actor=brigade, now=NOW())

    assert refused.value.message == message
    assert written() == before


def test_a_circle_over_rules_in_force_is_named_the_whole_way_round(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    first, second, third = (a_rule(code, author=brigade) for code in "ABC")
    in_force(second, {"all": [FEW, {"tag": "A", "op": "is"}]}, author=brigade, second=analyst)
    in_force(third, {"all": [FEW, {"not": {"tag": "B", "op": "is"}}]}, author=brigade, second=analyst)
    before = written()

    with pytest.raises(DomainError) as refused:
        a_draft(first, {"all": [FEW, {"tag": "C", "op": "is"}]}, author=brigade)

    assert refused.value.message == ("标签互相等待：标签A → 标签C → 标签B → 标签A。请去掉其中一条规则里对标签的引用。")
    assert written() == before
    # A rule that is off waits for nobody; it cannot be switched on into the circle.
    publishing.switch_off(rule=second, reason="试验", actor=brigade, now=NOW())
    in_force(first, {"all": [FEW, {"tag": "C", "op": "is"}]}, author=brigade, second=analyst)
    with pytest.raises(DomainError) as again:
        publishing.switch_on(rule=second, reason="试验", actor=brigade, now=NOW())
    assert again.value.code == "TAG_CIRCLE"
    assert not Rule.objects.get(pk=second.pk).is_active


def test_two_drafts_of_one_circle_end_with_the_first_that_is_published(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    first, second = (a_rule(code, author=brigade) for code in "AB")
    waiting = [
        publishing.submit(
            version=a_draft(rule, {"all": [FEW, {"tag": other, "op": "is"}]}, author=brigade), actor=brigade, now=NOW()
        )
        for rule, other in ((first, "B"), (second, "A"))
    ]
    publishing.publish(version=waiting[0], note="", actor=analyst, now=NOW())

    with pytest.raises(DomainError) as refused:
        publishing.publish(version=waiting[1], note="", actor=analyst, now=NOW())

    assert refused.value.code == "TAG_CIRCLE"
    assert RuleVersion.objects.get(pk=waiting[1].pk).state == VersionState.SUBMITTED
    assert Rule.objects.get(pk=second.pk).published_id is None


@pytest.mark.parametrize("module_world", [102], indirect=True)
def test_what_hits_nearly_all_of_its_kind_is_not_submitted(world):
    brigade = world.users["brigade"]
    rule = a_rule("A", author=brigade)
    total = Element.objects.standing().filter(kind="VEHICLE").count()
    assert total > 100
    draft = a_draft(rule, {"fact": "vehicle.plate_type", "op": "in", "value": ["02"]}, author=brigade)
    before = written()

    with pytest.raises(DomainError) as refused:
        publishing.submit(version=draft, actor=brigade, now=NOW())

    assert refused.value.message == "命中 100.0%，等于没有区别。请收紧条件，不超过 60% 才能提交。"
    assert written() == before
    assert RuleVersion.objects.get(pk=draft.pk).state == VersionState.DRAFT
    half = a_draft(rule, HALF, author=brigade)
    submitted = publishing.submit(version=half, actor=brigade, now=NOW())
    assert submitted.hits == Element.objects.standing().filter(kind="VEHICLE", vehicle__use_nature="F").count()


def test_a_rule_that_is_not_counted_in_time_is_submitted_once_it_was_tried_on_the_past(world, monkeypatch):
    brigade = world.users["brigade"]
    draft = a_draft(a_rule("A", author=brigade), FEW, author=brigade)
    # The clock of a page stands at nothing: every statement is too slow, as a real one is on a large city.
    monkeypatch.setattr(laboratory, "PAGE_S", 0.001)
    monkeypatch.setattr(laboratory, "hits", lambda *_: _sleep())

    with pytest.raises(laboratory.TooSlow):
        publishing.submit(version=draft, actor=brigade, now=NOW())
    assert RuleVersion.objects.get(pk=draft.pk).state == VersionState.DRAFT
    RuleRun.objects.create(version=draft, kind=RunKind.BACKTEST, at=NOW(), hits=3, result={"body": draft.body})
    assert publishing.submit(version=draft, actor=brigade, now=NOW()).hits == 3


def _sleep() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")


def test_the_author_does_not_publish_and_the_second_person_does(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    rule = a_rule("A", author=brigade)
    version = publishing.submit(version=a_draft(rule, FEW, author=brigade), actor=brigade, now=NOW())
    before = written()

    with pytest.raises(NotAllowed) as refused:
        publishing.publish(version=version, note="", actor=brigade, now=NOW())
    assert refused.value.message == "起草人不能审核自己的版本，请由另一人发布。"
    with pytest.raises(NotAllowed):
        publishing.send_back(version=version, note="不", actor=brigade, now=NOW())
    assert written() == before

    publishing.publish(version=version, note="同意", actor=analyst, now=NOW())
    rule.refresh_from_db()
    assert (rule.published_id, rule.published.decision_note) == (version.pk, "同意")
    job = Job.objects.get(kind=nightly.RUN_RULE)
    assert job.params == {"rule": rule.pk}
    assert list(AuditRow.objects.order_by("pk").values_list("verb", "actor_id"))[-4:] == [
        ("RULE_CREATED", brigade.pk), ("VERSION_DRAFT", brigade.pk), ("VERSION_SUBMIT", brigade.pk),
        ("VERSION_PUBLISH", analyst.pk),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["officer-1", "coordinator-1", "admin", "auditor", "nobody"])
def test_without_the_right_nothing_is_written(world, name):
    brigade, other = world.users["brigade"], world.users[name]
    rule = a_rule("A", author=brigade)
    draft = a_draft(rule, FEW, author=brigade)
    tag = a_tag("B")
    before = written()

    for act in (
        lambda: publishing.create_rule(title="x", tag=tag, source="", actor=other, now=NOW()),
        lambda: publishing.save_draft(rule=rule, body=draft.body, note="", actor=other, now=NOW()),
        lambda: publishing.drop_draft(version=draft, actor=other, now=NOW()),
        lambda: publishing.submit(version=draft, actor=other, now=NOW()),
        lambda: publishing.publish(version=draft, note="", actor=other, now=NOW()),
        lambda: publishing.switch_off(rule=rule, reason="x", actor=other, now=NOW()),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert written() == before


def test_a_draft_is_dropped_with_its_back_tests_and_that_of_another_is_not(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    draft = a_draft(a_rule("A", author=brigade), FEW, author=brigade)
    RuleRun.objects.create(version=draft, kind=RunKind.BACKTEST, at=NOW(), hits=1)

    with pytest.raises(Conflict):
        publishing.drop_draft(version=draft, actor=analyst, now=NOW())
    assert RuleRun.objects.filter(version=draft).count() == 1

    publishing.drop_draft(version=draft, actor=brigade, now=NOW())
    assert (RuleVersion.objects.count(), RuleRun.objects.count()) == (0, 0)


def test_an_older_version_comes_back_only_through_a_second_person(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    rule = a_rule("A", author=brigade)
    first = in_force(rule, FEW, author=brigade, second=analyst)
    in_force(rule, HALF, author=brigade, second=analyst)
    first.refresh_from_db()
    assert first.state == VersionState.REPLACED

    back = publishing.take_back_to(version=first, note="误报多", actor=analyst, now=NOW())

    assert (back.number, back.state, back.body, back.hits) == (3, VersionState.SUBMITTED, first.body, 0)
    with pytest.raises(NotAllowed):
        publishing.publish(version=back, note="", actor=analyst, now=NOW())
    publishing.publish(version=back, note="", actor=brigade, now=NOW())
    rule.refresh_from_db()
    assert rule.published.number == 3


def ran(rule: Rule) -> dict[str, Any]:
    """What the job that publishing set off does."""
    run = UnwatchedRun()
    run.params, run.job = {"rule": rule.pk}, Job.objects.filter(kind=nightly.RUN_RULE).latest("pk")
    return nightly.run_published(run)


def test_a_rule_that_is_switched_off_takes_its_tags_off_and_gives_them_again(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    rule = a_rule("A", author=brigade)
    in_force(rule, HALF, author=brigade, second=analyst)
    count = ran(rule)["added"]
    assert count == Assignment.objects.standing().count() > 1

    with pytest.raises(DomainError) as refused:
        publishing.switch_off(rule=rule, reason=" ", actor=brigade, now=NOW())
    assert refused.value.message == "请填写停用的理由。"
    assert Assignment.objects.standing().count() == count

    publishing.switch_off(rule=rule, reason="专项结束", actor=brigade, now=NOW())
    assert Assignment.objects.standing().count() == 0
    assert set(Assignment.objects.values_list("end_cause", flat=True)) == {EndCause.RULE_OFF}
    with pytest.raises(Conflict):
        publishing.switch_off(rule=rule, reason="再停", actor=brigade, now=NOW())

    publishing.switch_on(rule=rule, reason="专项又开始", actor=brigade, now=NOW())
    assert ran(rule)["added"] == count
    rows = AuditRow.objects.filter(verb__in=["RULE_OFF", "RULE_ON"]).order_by("pk")
    assert list(rows.values_list("verb", "reason")) == [("RULE_OFF", "专项结束"), ("RULE_ON", "专项又开始")]


def test_many_tags_are_taken_off_by_a_job_that_stops_when_the_rule_is_on_again(world, monkeypatch):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    rule = a_rule("A", author=brigade)
    in_force(rule, HALF, author=brigade, second=analyst)
    count = ran(rule)["added"]
    monkeypatch.setattr(publishing, "AT_ONCE", 1)
    monkeypatch.setattr(publishing, "BATCH", 2)

    publishing.switch_off(rule=rule, reason="专项结束", actor=brigade, now=NOW())
    job = Job.objects.get(kind=publishing.END_TAGS)
    assert Assignment.objects.standing().count() == count
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.counts, Assignment.objects.standing().count()) == ("DONE", {"ended": count}, 0)

    publishing.switch_on(rule=rule, reason="又", actor=brigade, now=NOW())
    ran(rule)
    late = jobs.create_job(kind=publishing.END_TAGS, title="x", owner_id=brigade.pk, params={"rule": rule.pk})
    jobs.run(late.pk)
    assert Assignment.objects.standing().count() == count


def test_codes_go_on_from_the_last(world):
    brigade = world.users["brigade"]
    Rule.objects.create(code="R0041", title="x", tag=a_tag("Z"))
    Rule.objects.create(code="SHIPPED", title="x", tag=a_tag("Y"))

    assert [a_rule(code, author=brigade).code for code in "AB"] == ["R0042", "R0043"]


def test_publishing_costs_the_same_however_many_things_are_hit(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    costs = []
    for code, where in (("A", FEW), ("B", HALF)):
        rule = a_rule(code, author=brigade)
        draft = a_draft(rule, where, author=brigade)
        with CaptureQueriesContext(connection) as asked:
            version = publishing.submit(version=draft, actor=brigade, now=NOW())
        costs.append(len(asked))
        publishing.send_back(version=version, note="试验", actor=analyst, now=NOW())
    assert costs[0] == costs[1]


def test_who_drafts_is_told_when_another_version_is_open(world):
    brigade, analyst = world.users["brigade"], world.users["analyst"]
    rule = a_rule("A", author=brigade)
    draft = a_draft(rule, FEW, author=brigade)

    with pytest.raises(Conflict) as other:
        a_draft(rule, HALF, author=analyst)
    assert other.value.message == "第 1 版由他人起草，尚未完成。"
    publishing.submit(version=draft, actor=brigade, now=NOW())
    with pytest.raises(Conflict) as waiting:
        a_draft(rule, HALF, author=brigade)
    assert waiting.value.message == "第 1 版正在等待审核，不能修改；请先由审核人处理。"
    assert versions.RuleVersion.objects.get(pk=draft.pk).body["where"] == FEW
