"""Running rules: on what changed, on what the clock moved, and on everything.

A rule that fails is marked, what it had tagged stays, and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from common.changes import Changes, read_changes
from common.errors import DomainError
from common.facts import Moment
from common.jobs import JobRun
from common.patience import is_passing
from tagging.choices import RunKind
from tagging.models import Rule, RuleRun
from tagging.rules import changes as changing
from tagging.rules import compile as compiling
from tagging.selectors.rules import ReadyRule, moment_at, ready_rules, spoken_names
from tagging.services.assigning import Written, assign, lock_rules, open_elements
from tagging.services.judging import VerdictsDiffer, batches, judge

logger = structlog.get_logger(__name__)
READER = "rules"
FIRST_LOOK_BACK = timedelta(days=2)


def run_changes(*, now: datetime) -> int | None:
    """Takes the next changes and asks the rules they can change; returns how many things were asked about, None: no changes."""
    ready, broken = ready_rules()
    mark_failed(broken, now)
    tables = sorted({table for one in ready for table in changing.tables_of(one.rule)} or {changing.ELEMENTS})
    with read_changes(READER, tables=tables) as found:
        if found is None:
            return None
        # All at once and in order: what is taken one by one in a long transaction could wait in a circle.
        lock_rules(one.row.pk for one in ready)
        moment = moment_at(now, now=now)
        by_table, ids_of = _changed_ids(found), once_asked()
        return _run_each(ready, lambda one: _touched_ids(one, by_table, moment, ids_of), moment, now)


def run_clock(*, now: datetime) -> int:
    """Asks the rules about things that time alone may have changed since they were last looked at."""
    ready, broken = ready_rules()
    mark_failed(broken, now)
    moment, ids_of = moment_at(now, now=now), once_asked()
    asked = _run_each(ready, lambda one: _moved_ids(one, moment, now, ids_of), moment, now)
    Rule.objects.filter(pk__in=[one.row.pk for one in ready], failure="").update(checked_at=now)
    return asked + end_expired(now=now)


def run_full(one: ReadyRule, *, kind: RunKind, now: datetime, is_alerting: bool, run: JobRun | None = None) -> RuleRun:
    """One rule over everything: what differs from the tags there are is judged with evidence and written.

    Raises:
        VerdictsDiffer, DatabaseError: after the rule was marked.
    """
    began, moment = time.monotonic(), moment_at(now, now=now)
    record = RuleRun(version_id=one.version_id, kind=kind, at=now, job_id=run.job.pk if run else None)
    try:
        hits, differing = differences(one, moment)
        written = Written()
        for number, batch in enumerate(batches(differing)):
            if run:
                run.progress(done=number * len(batch), total=len(differing), message=one.row.title)
            written += _run_batch([one], batch, moment, now, is_alerting=is_alerting)
    except (DatabaseError, VerdictsDiffer, DomainError) as error:
        _raise_if_passing(error)
        mark_failed([(one.row, _reason(error))], now)
        record.failure, record.seconds = _reason(error), time.monotonic() - began
        record.save()
        raise
    record.hits, record.added, record.removed = hits, written.added, written.removed
    record.seconds = time.monotonic() - began
    record.save()
    Rule.objects.filter(pk=one.row.pk).update(failure="", failed_at=None, checked_at=now)
    return record


def differences(one: ReadyRule, moment: Moment) -> tuple[int, list[int]]:
    """How many things the rule hits, and the ids of those whose tag differs from that."""
    statement = compiling.for_all(one.rule, moment)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH hit AS MATERIALIZED ({statement.sql}),
                     tagged AS MATERIALIZED (SELECT element_id AS id FROM tagging_assignment
                                             WHERE rule_id = %(rule)s AND until IS NULL)
                SELECT (SELECT count(*) FROM hit), ARRAY(
                    (SELECT id FROM hit EXCEPT SELECT id FROM tagged)
                    UNION ALL (SELECT id FROM tagged EXCEPT SELECT id FROM hit) ORDER BY 1)""",
            {**statement.parameters, "rule": one.row.pk},
        )
        hits, ids = cursor.fetchone()
    return hits, ids


def end_expired(*, now: datetime) -> int:
    """Takes off tags that people set until a day that has passed."""
    from tagging.services.manual import end_expired_tags

    return end_expired_tags(now=now)


def mark_failed(broken: Sequence[tuple[Rule, str]], now: datetime) -> None:
    """Writes down why rules cannot be run; a page shows it, and whoever may publish sees it on 今日."""
    for row, reason in broken:
        if row.failure != reason[:300]:
            logger.error("rule_failed", rule=row.code, reason=reason[:300])
            Rule.objects.filter(pk=row.pk).update(failure=reason[:300], failed_at=now)


def _run_each(ready: list[ReadyRule], ids_of: Callable[[ReadyRule], list[int]], moment: Moment, now: datetime) -> int:
    """Asks rules in their order. Those that are asked about the same things go into one statement."""
    asked: dict[tuple[str, tuple[int, ...]], list[ReadyRule]] = {}
    for one in ready:
        try:
            with transaction.atomic():
                ids = ids_of(one)
        except (DatabaseError, DomainError) as error:
            _raise_if_passing(error)
            mark_failed([(one.row, _reason(error))], now)
            continue
        if ids:
            asked.setdefault((one.rule.kind, tuple(ids)), []).append(one)
    for (_kind, ids), rules in asked.items():
        for batch in batches(ids):
            _run_apart(rules, batch, moment, now)
    return len({pk for (_kind, ids) in asked for pk in ids})


def _run_apart(rules: list[ReadyRule], ids: list[int], moment: Moment, now: datetime) -> None:
    """All rules together; if one fails, each by itself, so that it alone is marked."""
    try:
        with transaction.atomic():
            _run_batch(rules, ids, moment, now, is_alerting=True)
        return
    except (DatabaseError, VerdictsDiffer, DomainError) as error:
        _raise_if_passing(error)
        if len(rules) == 1:
            mark_failed([(rules[0].row, _reason(error))], now)
            return
        logger.warning("rules_asked_apart", rules=len(rules), error=type(error).__name__)
    for one in rules:
        _run_apart([one], ids, moment, now)


@transaction.atomic
def _run_batch(rules: list[ReadyRule], ids: list[int], moment: Moment, now: datetime, *, is_alerting: bool) -> Written:
    lock_rules(one.row.pk for one in rules)
    return assign(rules, ids, judge(rules, ids, moment, spoken_names()), now=now, is_alerting=is_alerting)


def _raise_if_passing(error: Exception) -> None:
    """A database that is gone for a moment says nothing about a rule."""
    if is_passing(error):
        raise error


def _changed_ids(found: Changes) -> dict[str, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT subject_table, array_agg(DISTINCT subject_id) FROM ({found.rows_sql}) r GROUP BY 1",
            found.parameters,
        )
        return dict(cursor.fetchall())


def once_asked() -> Callable[[compiling.Statement], set[int]]:
    """Asks for the ids of a statement once, however many rules have it in common: those over one kind of event mostly do."""
    known: dict[tuple[str, str], set[int]] = {}

    def ids_of(statement: compiling.Statement) -> set[int]:
        key = (statement.sql, repr(statement.parameters))
        if key not in known:
            known[key] = _ids(statement)
        return known[key]

    return ids_of


def _touched_ids(
    one: ReadyRule, by_table: dict[str, list[int]], moment: Moment, ids_of: Callable[[compiling.Statement], set[int]]
) -> list[int]:
    """Things that the changes may have changed for a rule; those too whose tag rests on a changed record."""
    found: set[int] = set()
    for table, ids in by_table.items():
        statement = changing.touched(one.rule, table, ids, moment)
        if statement is None:
            continue
        found |= ids_of(statement)
        if table != changing.ELEMENTS:
            found |= set(open_elements(one.row.pk, Q(record_ids__overlap=ids)))
    return sorted(found)


def _moved_ids(
    one: ReadyRule, moment: Moment, now: datetime, ids_of: Callable[[compiling.Statement], set[int]]
) -> list[int]:
    since = one.row.checked_at or now - FIRST_LOOK_BACK
    statement = changing.moved_by_time(one.rule, since, moment)
    found = ids_of(statement) if statement else set()
    return sorted(found | set(open_elements(one.row.pk, Q(next_check_at__lte=now) | Q(kept_until__lte=now))))


def _ids(statement: compiling.Statement) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.parameters)
        return {row[0] for row in cursor.fetchall() if row[0] is not None}


def _reason(error: Exception) -> str:
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, VerdictsDiffer):
        return "数据库与程序对同一事实的判定不一致，已停用本次结果，请联系管理员。"
    return f"运行出错：{type(error).__name__}。请联系管理员查看日志。"
