"""Corrections of many elements: planned as a job, looked at, applied from that very plan, undone as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from common import clock, jobs
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.jobs import JobRun
from common.models import Job
from common.scope import Actor, Right
from elements.choices import CorrectionState
from elements.fold.rules import CORRECTING
from elements.kinds import KINDS, Kind
from elements.models import BulkCorrection, ClaimBatch, Source
from elements.registries import REGISTRIES
from elements.services.claims import (
    apply_claims,
    drop_working_rows,
    open_batch,
    plan_claims,
    resolve_staged,
    retract_batch,
    stage_claims,
)
from elements.services.corrections import checked_reason, corrections_of, require_fields, require_visible

PLAN_BULK, APPLY_BULK, UNDO_BULK = "PLAN_BULK_CORRECTION", "APPLY_BULK_CORRECTION", "UNDO_BULK_CORRECTION"
MAX_ELEMENTS = 20_000


def settable_fields(kind: Kind) -> tuple[str, ...]:
    """What can be set for many at once: no personal number, no place, no key of one thing."""
    keys = {column for rule in kind.keys for column in rule.columns}
    return tuple(
        name
        for name in kind.fields
        if name not in kind.sealed_fields and name not in kind.geometry_fields and name not in keys
    )


@transaction.atomic
def start_bulk_correction(
    *,
    registry: str,
    element_ids: Sequence[int],
    values: dict[str, Any],
    reason: str,
    actor: Actor,
    now: datetime,
) -> BulkCorrection:
    """Begins a bulk correction; its effect is computed by a job and looked at before anything is written.

    Args:
        registry: list from which they were chosen.
        element_ids: chosen elements, at most `MAX_ELEMENTS`.
        values: field → value as its column takes it, in JSON; None says that it is empty.
        reason: why.
        actor: who; needs the right to correct.
        now: when.

    Raises:
        NotAllowed, NotVisible: see `require_visible`.
        DomainError: nothing or too much chosen, a field that cannot be set, no reason.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    kind = KINDS[REGISTRIES[registry].kind]
    reason = checked_reason(reason)
    ids = sorted(set(element_ids))
    if not 1 <= len(ids) <= MAX_ELEMENTS:
        raise DomainError(
            "BULK_SIZE", f"一次可更正 1 至 {MAX_ELEMENTS:,} 个要素，现在选中 {len(ids):,} 个。请缩小筛选范围。"
        )
    require_fields(kind, values, ())
    if fixed := sorted(set(values) - set(settable_fields(kind))):
        raise DomainError("BULK_FIELD", f"{'、'.join(kind.label_of(name) for name in fixed)}不能批量更正，请逐个处理。")
    require_visible(kind, ids, actor)
    batch = open_batch(source=Source.objects.get(code=CORRECTING), kind_code=kind.code, actor=actor, now=now)
    correction = BulkCorrection.objects.create(
        batch=batch, kind=kind.code, registry=registry, element_ids=ids, values=values, reason=reason, actor_id=actor.pk,
        created_at=now,
    )  # fmt: skip
    _start(correction, PLAN_BULK, f"计算批量更正的影响（{len(ids):,} 个）", actor)
    return correction


@transaction.atomic
def confirm_bulk_correction(*, correction: BulkCorrection, actor: Actor, now: datetime) -> BulkCorrection:
    """Applies what was shown.

    Raises:
        NotVisible: not the actor's own.
        Conflict: it is not waiting for that.
    """
    correction = _own(correction, actor, CorrectionState.PLANNED)
    _set(correction, CorrectionState.APPLYING)
    _start(correction, APPLY_BULK, f"批量更正（{len(correction.element_ids):,} 个）", actor)
    record_audit(
        actor_id=actor.pk, verb="CORRECTED", subject_table="elements_claimbatch", subject_id=correction.batch_id,
        fields=list(correction.values), count=len(correction.element_ids), reason=correction.reason, now=now,
    )  # fmt: skip
    return correction


@transaction.atomic
def drop_bulk_correction(*, correction: BulkCorrection, actor: Actor, now: datetime) -> BulkCorrection:
    """Forgets what was planned; nothing was written.

    Raises:
        NotVisible: not the actor's own.
        Conflict: it was applied already.
    """
    correction = _own(correction, actor, CorrectionState.PLANNED)
    drop_working_rows(kind=KINDS[correction.kind], job_id=correction.plan_job_id)
    _set(correction, CorrectionState.DROPPED)
    record_audit(
        actor_id=actor.pk, verb="BULK_CORRECTION_DROPPED", subject_table="elements_bulkcorrection",
        subject_id=correction.pk, now=now,
    )  # fmt: skip
    return correction


@transaction.atomic
def undo_bulk_correction(*, correction: BulkCorrection, actor: Actor, now: datetime) -> BulkCorrection:
    """Takes the correction back as one.

    Raises:
        NotVisible: not the actor's own.
        Conflict: it is not in force, or a merge rests on it.
    """
    correction = _own(correction, actor, CorrectionState.APPLIED)
    _set(correction, CorrectionState.UNDOING)
    _start(correction, UNDO_BULK, f"撤销批量更正（{len(correction.element_ids):,} 个）", actor)
    record_audit(
        actor_id=actor.pk, verb="CORRECTION_UNDONE", subject_table="elements_claimbatch", subject_id=correction.batch_id,
        count=len(correction.element_ids), now=now,
    )  # fmt: skip
    return correction


@transaction.atomic
def retry_bulk_correction(*, correction: BulkCorrection, actor: Actor, now: datetime) -> BulkCorrection:
    """Starts the work again whose job ended without finishing it; what was written stays.

    Raises:
        NotVisible: not the actor's own.
        Conflict: nothing broke off.
    """
    working = {
        CorrectionState.PLANNING: PLAN_BULK,
        CorrectionState.APPLYING: APPLY_BULK,
        CorrectionState.UNDOING: UNDO_BULK,
    }
    correction = _own(correction, actor, *working)
    ended = Job.objects.filter(state__in=(Job.State.FAILED, Job.State.CANCELLED))
    if correction.job_id is None or not ended.filter(pk=correction.job_id).exists():
        raise Conflict("BULK_RUNNING", "后台任务还在进行，请稍后刷新页面。")
    _start(
        correction,
        working[CorrectionState(correction.state)],
        f"继续批量更正（{len(correction.element_ids):,} 个）",
        actor,
    )
    return correction


def plan_bulk_correction(run: JobRun) -> dict[str, int]:
    """Job handler: stages and plans; writes nothing but the working tables. Killed and run again it begins anew."""
    correction = _of(run)
    counts = _plan(run, correction)
    if correction.state == CorrectionState.PLANNING:
        _set(correction, CorrectionState.PLANNED, counts=counts)
    return counts


def apply_bulk_correction(run: JobRun) -> dict[str, int]:
    """Job handler: applies the stored plan; one that a crash or a day took away is made again first."""
    correction = _of(run)
    kind = KINDS[correction.kind]
    if correction.state != CorrectionState.APPLYING:
        return correction.counts
    if not _has_stage(kind, correction.plan_job_id):
        _plan(run, correction)
    apply_claims(
        kind=kind, job_id=correction.plan_job_id, batch=correction.batch, run=run, actor_id=correction.actor_id,
        now=clock.now(), on_batch=None,
    )  # fmt: skip
    drop_working_rows(kind=kind, job_id=correction.plan_job_id)
    _set(correction, CorrectionState.APPLIED)
    return correction.counts


def retract_bulk_correction(run: JobRun) -> dict[str, int]:
    """Job handler: retracts the batch; may be killed and run again."""
    correction = _of(run)
    if correction.batch.state != ClaimBatch.State.RETRACTED:
        retract_batch(batch=correction.batch, actor=None, run=run, job_id=run.job.pk, now=clock.now())
    _set(correction, CorrectionState.UNDONE)
    return {"undone": len(correction.element_ids)}


HANDLERS: dict[str, Callable[[JobRun], dict[str, Any]]] = {
    PLAN_BULK: plan_bulk_correction,
    APPLY_BULK: apply_bulk_correction,
    UNDO_BULK: retract_bulk_correction,
}


def _plan(run: JobRun, correction: BulkCorrection) -> dict[str, int]:
    kind, job_id = KINDS[correction.kind], correction.plan_job_id
    drop_working_rows(kind=kind, job_id=job_id)
    said = {name: value for name, value in correction.values.items() if value is not None}
    cleared = [name for name, value in correction.values.items() if value is None]
    run.progress(done=0, total=len(correction.element_ids), message="记下更正")
    claims = corrections_of(kind, correction.element_ids, said, cleared, correction.created_at)
    stage_claims(kind=kind, job_id=job_id, batch=correction.batch, claims=claims)
    resolve_staged(kind=kind, job_id=job_id, run=run)
    plan_claims(kind=kind, job_id=job_id, run=run)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE p.conflicts <> e.conflicts)
                FROM {kind.plan_table} p JOIN elements_element e ON e.id = p.element_id WHERE p.job_id = %s""",
            [job_id],
        )
        touched, conflicts = cursor.fetchone()
    return {"chosen": len(correction.element_ids), "changed": touched - conflicts, "conflicts": conflicts}


def _has_stage(kind: Kind, job_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {kind.stage_table} WHERE job_id = %s)", [job_id])
        return bool(cursor.fetchone()[0])


def _start(correction: BulkCorrection, job_kind: str, title: str, actor: Actor) -> None:
    job = jobs.create_job(kind=job_kind, title=title, owner_id=actor.pk, params={"correction": correction.pk})
    correction.job_id = job.pk
    correction.save(update_fields=["job_id"])


def _of(run: JobRun) -> BulkCorrection:
    return BulkCorrection.objects.select_related("batch__source").get(pk=run.params["correction"])


def _own(correction: BulkCorrection, actor: Actor, *states: CorrectionState) -> BulkCorrection:
    found = (
        BulkCorrection.objects.select_for_update(of=("self",))
        .select_related("batch")
        .filter(pk=correction.pk, actor_id=actor.pk)
        .first()
    )
    if found is None:
        raise NotVisible
    if found.state not in states:
        raise Conflict("BULK_STATE", f"这次批量更正现在是“{found.get_state_display()}”，不能这样操作。")
    return found


def _set(correction: BulkCorrection, state: CorrectionState, **values: Any) -> None:
    BulkCorrection.objects.filter(pk=correction.pk).update(state=state, **values)
    correction.state = state
