"""The one way in: claims are submitted, planned, applied, retracted. Undo exists only here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from addresses.services.resolution import ensure_texts
from common.audit import record_audit
from common.errors import Conflict
from common.jobs import JobRun, UnwatchedRun
from common.scope import Actor
from common.statistics import refresh_statistics
from elements.fold.apply import OnBatch, apply_plan
from elements.fold.attach import DIRECT_PREFIX, attach, judge
from elements.fold.plan import plan_stage
from elements.fold.retract import retract
from elements.kinds import KINDS, Kind
from elements.models import ClaimBatch, Source
from elements.services.merge_guard import require_no_merge_on

# A row that somebody else keeps changing is planned again; more rounds than this mean a fault.
MAX_ROUNDS = 8


@dataclass(slots=True)
class StagedClaim:
    """One claim ready to be staged.

    Attributes:
        row_number: position in its batch, from 1.
        observed_at: when the source said so.
        values: field → value as the column takes it: str, int, date, sealed bytes, point as EWKB hex.
        cleared: fields that the source says are empty.
        relations: {type, kind, scheme, value, label} of each related thing.
        source_row_id: the source's own id of the row, where the kind has no better key.
        element_id: of a correction: the element that it is about, which then needs no key.
        against: of a correction: field → what the other sources say while it is made.
    """

    row_number: int
    observed_at: datetime
    values: dict[str, Any]
    cleared: list[str] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)
    source_row_id: str | None = None
    element_id: int | None = None
    against: dict[str, Any] | None = None


def open_batch(*, source: Source, kind_code: str, actor: Actor | None, now: datetime) -> ClaimBatch:
    """A new unit of undo: claims about a kind of element, or what was said about a kind of event."""
    return ClaimBatch.objects.create(
        source=source, kind=kind_code, actor_id=actor.pk if actor else None, created_at=now
    )


def _subject(claim: StagedClaim) -> str:
    """A correction is about its element; every other claim gets its subject from its keys."""
    return "" if claim.element_id is None else f"{DIRECT_PREFIX}{claim.element_id}"


def stage_claims(*, kind: Kind, job_id: int, batch: ClaimBatch, claims: Iterable[StagedClaim]) -> int:
    """Copies claims into the stage table; returns how many. Staging a row twice in one job is an error."""
    columns = (
        "job_id", "batch_id", "source_id", "row_number", "observed_at", "subject_key", "source_row_id", "cleared", "relations",
        "element_id", "is_direct", "against", "is_new", "needs_replay", "is_applied", *kind.fields,
    )  # fmt: skip
    count = 0
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {kind.stage_table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for claim in claims:
            count += 1
            copy.write_row(
                (
                    job_id, batch.pk, batch.source_id, claim.row_number, claim.observed_at, _subject(claim),
                    claim.source_row_id, claim.cleared, orjson.dumps(claim.relations).decode(), None,
                    claim.element_id is not None, None if claim.against is None else orjson.dumps(claim.against).decode(),
                    False, False, False,
                    *(claim.values.get(name) for name in kind.fields),
                )
            )  # fmt: skip
    return count


def staged_address_texts(kind: Kind, job_id: int) -> Iterator[str]:
    """Distinct address texts of the staged rows."""
    if not kind.address_fields:
        return
    union = " UNION ".join(
        f"SELECT {name} FROM {kind.stage_table} WHERE job_id = %(job)s AND {name} IS NOT NULL"
        for _role, name in kind.address_fields
    )
    with connection.cursor() as cursor:
        cursor.execute(union, {"job": job_id})
        for (text,) in cursor.fetchall():
            yield text


def resolve_staged(*, kind: Kind, job_id: int, run: JobRun) -> None:
    """Resolves every address text of the staged rows that is not known yet."""
    refresh_statistics(kind.stage_table)
    ensure_texts(list(staged_address_texts(kind, job_id)), run)


def plan_claims(*, kind: Kind, job_id: int, run: JobRun) -> None:
    """Attaches the staged rows, plans the elements. Nothing but the working tables is written."""
    run.progress(done=0, message="比对主键")
    with transaction.atomic(), connection.cursor() as cursor:
        attach(cursor, kind, job_id)
        run.progress(done=0, message="计算取值")
        plan_stage(cursor, kind, job_id)


def replan_rest(*, kind: Kind, job_id: int) -> None:
    """Attaches and plans again what apply left because somebody changed it meanwhile."""
    with transaction.atomic(), connection.cursor() as cursor:
        attach(cursor, kind, job_id)
        judge(cursor, kind, job_id)
        plan_stage(cursor, kind, job_id)


def apply_claims(
    *,
    kind: Kind,
    job_id: int,
    batch: ClaimBatch,
    run: JobRun,
    actor_id: int | None,
    now: datetime,
    on_batch: OnBatch | None,
) -> None:
    """Applies the job's plan to the end, planning again what changed in between.

    Raises:
        Conflict: elements keep changing under the import.
    """
    for _ in range(MAX_ROUNDS):
        if not apply_plan(kind, job_id, run, now=now, actor_id=actor_id, on_batch=on_batch):
            break
        replan_rest(kind=kind, job_id=job_id)
    else:
        raise Conflict("ELEMENTS_BUSY", "这批要素正被其他任务反复修改，请稍后重试；已写入的部分保留。")
    ClaimBatch.objects.filter(pk=batch.pk, state=ClaimBatch.State.OPEN).update(state=ClaimBatch.State.APPLIED)


def drop_working_rows(*, kind: Kind, job_id: int) -> None:
    """Forgets the job's staged and planned rows."""
    with connection.cursor() as cursor:
        for table in (kind.stage_table, kind.plan_table):
            cursor.execute(f"DELETE FROM {table} WHERE job_id = %s", [job_id])


def submit_claims(
    *, source: Source, kind_code: str, claims: Iterable[StagedClaim], actor: Actor | None, now: datetime
) -> ClaimBatch:
    """Stages, plans and applies in one go: a phone's answer, a correction, a small feed."""
    kind = KINDS[kind_code]
    batch = open_batch(source=source, kind_code=kind.code, actor=actor, now=now)
    # Negative numbers keep these working rows apart from those of jobs.
    job_id = -batch.pk
    run = UnwatchedRun()
    stage_claims(kind=kind, job_id=job_id, batch=batch, claims=claims)
    resolve_staged(kind=kind, job_id=job_id, run=run)
    plan_claims(kind=kind, job_id=job_id, run=run)
    apply_claims(
        kind=kind, job_id=job_id, batch=batch, run=run, actor_id=actor.pk if actor else None, now=now, on_batch=None
    )
    drop_working_rows(kind=kind, job_id=job_id)
    return batch


def retract_batch(*, batch: ClaimBatch, actor: Actor | None, run: JobRun, job_id: int, now: datetime) -> int:
    """Undoes a batch; may be killed and called again. Returns how many supports were withdrawn in this call.

    Raises:
        Conflict: a merge rests on it; named.
    """
    require_no_merge_on(batch)
    kind = KINDS[batch.kind]
    actor_id = actor.pk if actor else None
    count = retract(kind, batch.pk, job_id, run, now=now, actor_id=actor_id)
    with transaction.atomic():
        ClaimBatch.objects.filter(pk=batch.pk).update(state=ClaimBatch.State.RETRACTED, retracted_at=now)
        record_audit(
            actor_id=actor_id,
            verb="BATCH_RETRACTED",
            subject_table="elements_claimbatch",
            subject_id=batch.pk,
            count=count,
            now=now,
        )
    return count
