"""Running grading schemes: what differs from the standing grades is written, in one transaction a batch.

One process at a time writes the grades of a scheme. A scheme that fails is marked, its grades stay, and the others go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from common import clock
from common.errors import DomainError
from common.jobs import JobRun, create_job
from common.models import ChangeRow, Job
from common.patience import is_passing
from tagging.choices import OverrideState
from tagging.models import Grade, GradeOverride, Scheme
from tagging.rules.changes import GRADES
from tagging.rules.levels import Held
from tagging.selectors import graded
from tagging.selectors.graded import Found, ReadyScheme, Scored
from tagging.selectors.rules import moment_at
from tagging.services.overrides import end_expired, lock_grades

logger = structlog.get_logger(__name__)
RUN_SCHEME = "RUN_SCHEME"


@dataclass(slots=True)
class Graded:
    """What a run did: how many it grades, how many grades it wrote, and how many it ended without another."""

    graded: int = 0
    written: int = 0
    ended: int = 0
    levels: dict[str, int] = field(default_factory=dict)

    def as_counts(self) -> dict[str, Any]:
        """For the row of the job."""
        return {"graded": self.graded, "written": self.written, "ended": self.ended}


def grade_all(*, now: datetime) -> dict[str, Graded]:
    """Every scheme over everything, after overrides that ran out; the daily run."""
    end_expired(now=now)
    ready, broken = graded.ready_schemes()
    mark_failed(broken, now)
    done = {}
    for one in ready:
        try:
            done[one.row.code] = run_scheme(one, now=now)
        except (DatabaseError, DomainError) as error:
            _raise_if_passing(error)
            logger.exception("scheme_failed", scheme=one.row.code)
    return done


def run_daily() -> None:
    """What the daily clock asks for."""
    grade_all(now=clock.now())


def ask_run(scheme: Scheme, *, owner_id: int | None) -> Job:
    """A scheme over everything, in the background."""
    return create_job(kind=RUN_SCHEME, title=f"分级：{scheme.name}", owner_id=owner_id, params={"scheme": scheme.pk})


def run_published(run: JobRun) -> dict[str, Any]:
    """Job handler: one scheme over everything; `params`: scheme."""
    ready, broken = graded.ready_schemes([run.params["scheme"]])
    mark_failed(broken, clock.now())
    if broken:
        raise DomainError("SCHEME_FAILED", broken[0][1])
    return run_scheme(ready[0], now=clock.now(), run=run).as_counts() if ready else {}


def run_scheme(
    one: ReadyScheme, *, now: datetime, only: Sequence[int] | None = None, run: JobRun | None = None
) -> Graded:
    """One scheme over everything, or over some elements with the means of the last run over everything.

    Raises:
        DomainError, DatabaseError: after the scheme was marked.
    """
    try:
        with _one_at_a_time(one.row.pk):
            done = _run(one, now, only, run)
    except (DatabaseError, DomainError) as error:
        _raise_if_passing(error)
        mark_failed([(one.row, _reason(error))], now)
        raise
    Scheme.objects.filter(pk=one.row.pk).exclude(failure="").update(failure="", failed_at=None)
    return done


def mark_failed(broken: Sequence[tuple[Scheme, str]], now: datetime) -> None:
    """Writes down why schemes cannot be run; their page shows it."""
    for row, reason in broken:
        if row.failure != reason[:300]:
            logger.error("scheme_marked", scheme=row.code, reason=reason[:300])
            Scheme.objects.filter(pk=row.pk).update(failure=reason[:300], failed_at=now)


def _run(one: ReadyScheme, now: datetime, only: Sequence[int] | None, run: JobRun | None) -> Graded:
    moment, before = moment_at(now, now=now), graded.used_means(one.row.pk)
    needed = {each.key for each in one.body.indicators if each.exposure is not None}
    if only is not None and not needed <= set(before):
        only = None
    ids = graded.candidates(one.body, moment) if only is None else sorted(set(only))
    # All are read before any is counted: the means are of all.
    found = [each for batch in graded.batches(ids) for each in graded.found_of(one.body, batch, moment)]
    means = before if only is not None else graded.means_of(one.body, found, before)
    by_id = {each.element_id: each for each in found}
    standing = Grade.objects.filter(scheme_id=one.row.pk, until__isnull=True)
    if only is None:
        ids = sorted(set(ids) | set(standing.values_list("element_id", flat=True)))
    done = Graded(graded=len(found))
    for number, batch in enumerate(graded.batches(ids)):
        if run:
            run.progress(done=number * graded.BATCH, total=len(ids), message=one.row.name)
        _write(one, batch, by_id, means, now, done)
    return done


@transaction.atomic
def _write(
    one: ReadyScheme, ids: list[int], found: dict[int, Found], means: dict[str, Decimal], now: datetime, done: Graded
) -> None:
    """Brings the grades of some elements in line with what was found; who was not found is graded no more."""
    lock_grades(one.row.pk)
    rows = Grade.objects.filter(scheme_id=one.row.pk, element_id__in=ids, until__isnull=True)
    standing = {row.element_id: row for row in rows}
    overrides = _overrides(one, ids, now)
    fresh, closed, gone = [], [], []
    for element_id in ids:
        row, each = standing.get(element_id), found.get(element_id)
        if each is None:
            if row is not None:
                gone.append(row)
            continue
        held = graded.held_of(row.computed_level, row.items) if row is not None else Held()
        made = _made(one, graded.scored(one.body, each, means, held, now), overrides.get(element_id), now)
        done.levels[made.level] = done.levels.get(made.level, 0) + 1
        if row is not None and _says(row) == _says(made):
            continue
        fresh.append(made)
        if row is not None:
            closed.append(row)
    Grade.objects.filter(pk__in=[row.pk for row in (*closed, *gone)]).update(until=now)
    Grade.objects.bulk_create(fresh)
    tell_changes(fresh, "GRADED", now)
    tell_changes(gone, "UNGRADED", now)
    done.written, done.ended = done.written + len(fresh), done.ended + len(gone)


def tell_changes(rows: Sequence[Grade], verb: str, now: datetime) -> None:
    """A change row for each grade given, or ended without another."""
    ChangeRow.objects.bulk_create(
        ChangeRow(at=now, actor_id=None, verb=verb, subject_table=GRADES, subject_id=row.pk) for row in rows
    )


def _made(one: ReadyScheme, each: Scored, override: GradeOverride | None, now: datetime) -> Grade:
    return Grade(
        scheme_id=one.row.pk, version_id=one.version_id, element_id=each.element_id, score=each.score,
        computed_level=each.placed.level, level=override.level if override else each.placed.level, items=each.items,
        since=now, override=override,
    )  # fmt: skip


def _says(row: Grade) -> tuple[Any, ...]:
    return row.score, row.computed_level, row.level, row.items, row.override_id


def _overrides(one: ReadyScheme, ids: list[int], now: datetime) -> dict[int, GradeOverride]:
    """Grades set by people that hold; one whose level the scheme no longer has does not."""
    rows = GradeOverride.objects.filter(
        scheme_id=one.row.pk, element_id__in=ids, state=OverrideState.APPROVED, expires_on__gte=timezone.localdate(now)
    )
    return {row.element_id: row for row in rows if one.body.rank(row.level) is not None}


@contextmanager
def _one_at_a_time(scheme_id: int) -> Iterator[None]:
    """The older of two runs must not end last; the lock ends with its session when the process is killed."""
    key = [f"scheme:{scheme_id}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", key)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


def _raise_if_passing(error: Exception) -> None:
    """A database that is gone for a moment says nothing about a scheme."""
    if is_passing(error):
        raise error


def _reason(error: Exception) -> str:
    if isinstance(error, DomainError):
        return error.message
    return f"运行出错：{type(error).__name__}。请联系管理员查看日志。"
