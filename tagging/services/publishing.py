"""Rules from the first draft to the version in force: made, drafted, submitted, published, switched off and on again.

What holds for versions of any kind is in `versions`; here is what holds for rules: they are for the kind of their tag, wait for no
tag that waits for them, and tell things apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from common.audit import record_audit
from common.errors import Conflict, DomainError
from common.jobs import JobRun, create_job
from common.scope import Actor
from elements.choices import ElementKind
from tagging.choices import EndCause, RunKind
from tagging.models import Assignment, Rule, RuleRun, RuleVersion, Tag
from tagging.rules import nodes, schema
from tagging.selectors import laboratory
from tagging.selectors import rules as reading
from tagging.services import versions
from tagging.services.assigning import lock_rules
from tagging.services.manual import end_rows
from tagging.services.nightly import RUN_RULE

END_TAGS = "END_RULE_TAGS"
MOST_SHARE, FEW = 0.6, 100
# Tags that are taken off at once; more go into a job, a batch a transaction.
AT_ONCE, BATCH = 200, 500
_TABLE = Rule._meta.db_table


@transaction.atomic
def create_rule(*, title: str, tag: Tag, source: str, actor: Actor, now: datetime) -> Rule:
    """A rule without a version; its code is the platform's next.

    Raises:
        NotAllowed. DomainError: no title, or the tag is out of use.
    """
    versions.require_rule_right(actor)
    if not title.strip():
        raise DomainError("TITLE_MISSING", "请填写规则名称。")
    if not tag.is_active:
        raise DomainError("TAG_OFF", f"标签“{tag.name}”已停用，请选另一个标签。")
    rule = Rule.objects.create(code=_next_code(), title=title.strip()[:60], tag=tag, source=source.strip()[:300])
    _audit(rule, "RULE_CREATED", actor, now)
    return rule


def check_of(rule: Rule) -> versions.Check:
    """What a body of the rule must meet at any time: it can be read, fits the tag, and goes round no circle of tags."""

    def check(body: Any) -> None:
        read = read_body(rule, body)
        circle = circle_with(rule, read)
        if circle:
            raise DomainError(
                "TAG_CIRCLE",
                f"标签互相等待：{' → '.join(circle)}。请去掉其中一条规则里对标签的引用。",
                {"circle": circle},
            )

    return check


def read_body(rule: Rule, body: Any) -> nodes.Rule:
    """The condition of a body.

    Raises:
        BadRule, UnknownFact: see `schema.read_rule`. DomainError: it is for another kind than the tag.
    """
    read = read_any(body)
    if read.kind != rule.tag.kind:
        kinds = f"{ElementKind(rule.tag.kind).label}，规则却针对{ElementKind(read.kind).label}"
        raise schema.BadRule(f"标签“{rule.tag.name}”用于{kinds}", "kind")
    return read


def read_any(body: Any) -> nodes.Rule:
    """The condition of a body for whatever kind.

    Raises:
        BadRule, UnknownFact: see `schema.read_rule`; the same for characters and numbers that cannot be stored.
    """
    try:
        written = json.dumps(body, ensure_ascii=False, allow_nan=False)
        written.encode()
    except (ValueError, TypeError, RecursionError):
        raise schema.BadRule("规则里有不能保存的字符或数字", "规则") from None
    if "\\u0000" in written:
        raise schema.BadRule("规则里有不能保存的字符或数字", "规则")
    return schema.read_rule(body, reading.names())


def storable(text: str) -> str:
    """A remark without the characters that the database does not take."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def circle_with(rule: Rule, read: nodes.Rule) -> list[str]:
    """Names of tags that would wait for each other if the rule said this, the first again at the end; empty: none."""
    ready, _broken = reading.ready_rules()
    waits: dict[str, set[str]] = {}
    for one in ready:
        if one.row.pk != rule.pk:
            waits.setdefault(one.row.tag.code, set()).update(reading.tags_read(one.rule))
    waits.setdefault(rule.tag.code, set()).update(reading.tags_read(read))
    way = _way_back(rule.tag.code, waits)
    spoken = reading.spoken_names().tags if way else {}
    return [spoken.get(code, code) for code in way]


def save_draft(*, rule: Rule, body: Any, note: str, actor: Actor, now: datetime) -> RuleVersion:
    """Writes the draft of the rule.

    Raises:
        As `versions.save_draft`.
    """
    saved: Any = versions.save_draft(
        owner=rule, body=body, note=storable(note), check=check_of(rule), actor=actor, now=now
    )
    return saved


@transaction.atomic
def drop_draft(*, version: RuleVersion, actor: Actor, now: datetime) -> None:
    """Throws a draft away, with what it was tried on.

    Raises:
        NotAllowed. Conflict: it is no draft of the actor's; then nothing is lost.
    """
    RuleRun.objects.filter(version_id=version.pk).delete()
    versions.drop_draft(version=version, actor=actor, now=now)


@transaction.atomic
def submit(*, version: RuleVersion, actor: Actor, now: datetime) -> RuleVersion:
    """Hands a draft over for publishing, with how many it hits now.

    Raises:
        As `versions.submit`. DomainError: it hits nearly everything of its kind.
    """
    rule, counted = version.rule, []

    def check(body: Any) -> None:
        check_of(rule)(body)
        counted.append(_hits_apart(rule, body, now))

    row: Any = versions.submit(version=version, check=check, actor=actor, now=now)
    return _with_hits(row, counted[0])


@transaction.atomic
def publish(*, version: RuleVersion, note: str, actor: Actor, now: datetime) -> RuleVersion:
    """Puts a submitted version in force and has it asked about everything.

    Raises:
        As `versions.publish`.
    """
    rule = version.rule
    _lock_circles()
    row: Any = versions.publish(version=version, note=storable(note), check=check_of(rule), actor=actor, now=now)
    if rule.is_active:
        _run(rule, actor)
    return row


def send_back(*, version: RuleVersion, note: str, actor: Actor, now: datetime) -> RuleVersion:
    """Refuses a submitted version with a reason.

    Raises:
        As `versions.send_back`.
    """
    row: Any = versions.send_back(version=version, note=storable(note), actor=actor, now=now)
    return row


@transaction.atomic
def take_back_to(*, version: RuleVersion, note: str, actor: Actor, now: datetime) -> RuleVersion:
    """Submits what an older version said as a new one.

    Raises:
        As `versions.take_back_to`. DomainError: it hits nearly everything of its kind by now.
    """
    rule, counted = version.rule, []

    def check(body: Any) -> None:
        check_of(rule)(body)
        counted.append(_hits_apart(rule, body, now))

    row: Any = versions.take_back_to(version=version, note=storable(note), check=check, actor=actor, now=now)
    return _with_hits(row, counted[0])


@transaction.atomic
def switch_off(*, rule: Rule, reason: str, actor: Actor, now: datetime) -> Rule:
    """Stops a rule; its tags are taken off, many of them by a job.

    Raises:
        NotAllowed. DomainError: no reason. Conflict: it is off.
    """
    row = _switched(rule, False, reason, actor)
    _audit(row, "RULE_OFF", actor, now, reason)
    lock_rules([row.pk])
    if Assignment.objects.filter(rule_id=row.pk, until__isnull=True)[: AT_ONCE + 1].count() > AT_ONCE:
        create_job(
            kind=END_TAGS, title=f"解除停用规则“{row.title}”的标签", owner_id=actor.pk, params={"rule": row.pk}
        )  # fmt: skip
    else:
        _end_batch(row.pk, AT_ONCE, now, actor.pk)
    return row


@transaction.atomic
def switch_on(*, rule: Rule, reason: str, actor: Actor, now: datetime) -> Rule:
    """Starts a rule again and has it asked about everything.

    Raises:
        NotAllowed. DomainError: no reason, or it goes round a circle of tags by now. Conflict: it is on.
    """
    versions.require_rule_right(actor)
    _lock_circles()
    stored = Rule.objects.select_related("tag", "published").get(pk=rule.pk)
    if stored.published is not None and not stored.is_active:
        check_of(stored)(stored.published.body)
    row = _switched(rule, True, reason, actor)
    if row.published is not None:
        _run(row, actor)
    _audit(row, "RULE_ON", actor, now, reason)
    return row


def end_tags(run: JobRun) -> dict[str, Any]:
    """Job handler: takes off the tags of a rule that is off; `params`: rule. Stops when it is on again."""
    from common import clock

    rule_id, ended = run.params["rule"], 0
    total = Assignment.objects.filter(rule_id=rule_id, until__isnull=True).count()
    while True:
        with transaction.atomic():
            run.progress(done=ended, total=total)
            if Rule.objects.filter(pk=rule_id, is_active=True).exists():
                return {"ended": ended}
            lock_rules([rule_id])
            count = _end_batch(rule_id, BATCH, clock.now(), run.job.owner_id)
        if not count:
            return {"ended": ended}
        ended += count


def _end_batch(rule_id: int, size: int, now: datetime, actor_id: int | None) -> int:
    rows = Assignment.objects.select_for_update().filter(rule_id=rule_id, until__isnull=True).order_by("pk")[:size]
    return end_rows(rows, EndCause.RULE_OFF, now=now, actor_id=actor_id)


def _switched(rule: Rule, is_active: bool, reason: str, actor: Actor) -> Rule:
    versions.require_rule_right(actor)
    if not storable(reason).strip():
        raise DomainError("REASON_MISSING", "请填写停用的理由。" if not is_active else "请填写启用的理由。")
    row = Rule.objects.select_for_update(of=("self",)).select_related("tag", "published").get(pk=rule.pk)
    if row.is_active == is_active:
        raise Conflict("RULE_SWITCHED", f"这条规则已经{'启用' if is_active else '停用'}。")
    row.is_active = is_active
    row.save(update_fields=["is_active"])
    return row


def _run(rule: Rule, actor: Actor) -> None:
    create_job(kind=RUN_RULE, title=f"全量运行规则“{rule.title}”", owner_id=actor.pk, params={"rule": rule.pk})


def _hits_apart(rule: Rule, body: Any, now: datetime) -> int:
    """How many things a body hits; of one that takes longer than a page, what its last back-test found.

    Raises:
        DomainError: nearly all of its kind, so that it tells nothing apart. TooSlow: and nobody tried it on the past.
    """
    read = read_body(rule, body)
    try:
        hits = laboratory.hits_now(read, now=now)
    except laboratory.TooSlow:
        tried = RuleRun.objects.filter(version__rule=rule, kind=RunKind.BACKTEST, result__body=body, hits__isnull=False)
        last = tried.order_by("-at").first()
        if last is None or last.hits is None:
            raise
        hits = last.hits
    of_kind = laboratory.count_of_kind(read.kind)
    if of_kind > FEW and hits > MOST_SHARE * of_kind:
        raise DomainError(
            "HITS_NEARLY_ALL",
            f"命中 {laboratory.share_text(hits, of_kind)}，等于没有区别。请收紧条件，不超过 60% 才能提交。",
            {"hits": hits, "total": of_kind},
        )
    return hits


def _with_hits(row: RuleVersion, hits: int) -> RuleVersion:
    row.hits = hits
    row.save(update_fields=["hits"])
    return row


def _lock_circles() -> None:
    """Two rules that come in force at once must not close a circle that neither sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('tagging.rule.circles', 0))")


def _next_code() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('tagging.rule.code', 0))")
        cursor.execute(
            f"SELECT coalesce(max(substr(code, 2)::int), 0) + 1 FROM {_TABLE} WHERE code ~ '^R[0-9]{{4,6}}$'"
        )
        return f"R{cursor.fetchone()[0]:04d}"


def _way_back(start: str, waits: dict[str, set[str]]) -> list[str]:
    """The shortest way from a tag over what it waits for to itself."""
    ways: Sequence[list[str]] = [[start]]
    seen: set[str] = set()
    while ways:
        longer = []
        for way in ways:
            for code in sorted(waits.get(way[-1], ())):
                if code == start:
                    return [*way, start]
                if code not in seen:
                    seen.add(code)
                    longer.append([*way, code])
        ways = longer
    return []


def _audit(rule: Rule, verb: str, actor: Actor, now: datetime, reason: str = "") -> None:
    record_audit(
        actor_id=actor.pk, verb=verb, subject_table=_TABLE, subject_id=rule.pk, now=now, reason=storable(reason).strip()
    )
