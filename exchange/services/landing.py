"""A file's way in: received, mapped, landed row by row, previewed, imported, undone.

Every step is a job that may be killed and taken up again: landing replaces the batch's rows as a whole, planning writes
working tables only, applying commits rows together with their fate.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count

from common import clock, jobs
from common.audit import record_audit
from common.errors import Conflict, DomainError
from common.jobs import JobRun
from common.scope import Actor
from elements.models import ClaimBatch, Source
from elements.services.claims import open_batch
from events.choices import EventKind
from exchange.importers.mapping import (
    DISMISSED,
    REASON_COLUMN,
    ROW_COLUMN,
    UNDECIDED,
    check_columns,
    header_hash,
    suggest,
)
from exchange.importers.reading import read_table
from exchange.kinds import LANDED_KINDS
from exchange.models import LandingBatch, LandingRow, Mapping
from exchange.selectors.batches import state_of
from exchange.selectors.rows import raw_cells
from exchange.services.files import read_upload, store_upload
from exchange.services.landed_rows import land_rows
from exchange.services.position_files import import_positions, plan_positions, undo_positions
from exchange.services.targets import target_of

PLAN_IMPORT, APPLY_IMPORT, UNDO_IMPORT = "PLAN_IMPORT", "APPLY_IMPORT", "UNDO_IMPORT"
PLAN_LIFETIME = timedelta(hours=24)
# A known row that somebody else keeps changing is planned again; more rounds than this mean a fault.
MAX_CONFIRM_ROUNDS = 8
State = LandingBatch.State


def receive_file(
    *,
    data: bytes,
    name: str,
    source: Source,
    kind_code: str,
    observed_at: datetime,
    actor: Actor | None,
    now: datetime,
    datum: str = "WGS84",
    mends: LandingBatch | None = None,
) -> LandingBatch:
    """Stores a file and reads its header; the mapping of the same headers from this source is remembered.

    Raises:
        DomainError: the file cannot be read; nothing was stored but the file itself.
    """
    table = read_table(data, name)
    kind = LANDED_KINDS[kind_code]
    remembered = Mapping.objects.filter(source=source, kind=kind_code, header_hash=header_hash(table.headers)).first()
    columns = suggest(kind, table.headers)
    if remembered:
        columns.update({h: f for h, f in remembered.columns.items() if h in columns})
    elif mends:
        columns.update({h: f for h, f in mends.columns.items() if h in columns})
    for added in (ROW_COLUMN, REASON_COLUMN):
        if added in columns:
            columns[added] = DISMISSED
    upload = store_upload(data=data, name=name, actor=actor, now=now)
    return LandingBatch.objects.create(
        upload=upload, source=source, kind=kind_code, owner_id=actor.pk if actor else None, encoding=table.encoding,
        delimiter=table.delimiter, sheet=table.sheet[:60], datum=datum, headers=table.headers, columns=columns,
        observed_at=observed_at, mends=mends, created_at=now,
    )  # fmt: skip


def start_planning(*, batch: LandingBatch, columns: dict[str, str], datum: str, actor: Actor | None) -> LandingBatch:
    """Fixes the mapping and starts the dry run.

    Raises:
        DomainError: a column is not decided. Conflict: the batch is past its preview.
    """
    kind = LANDED_KINDS[batch.kind]
    checked = check_columns(kind, batch.headers, columns)
    with transaction.atomic():
        batch = _locked(batch, State.MAPPING, State.PLANNED, State.FAILED)
        batch.columns, batch.datum, batch.state = checked, datum, State.PLANNING
        batch.job = jobs.create_job(
            kind=PLAN_IMPORT,
            title=f"试算：{batch.upload.name}",
            owner_id=actor.pk if actor else None,
            params={"batch_id": batch.pk},
        )
        batch.save(update_fields=["columns", "datum", "state", "job"])
        if not any(field == UNDECIDED for field in checked.values()):
            Mapping.objects.update_or_create(
                source=batch.source,
                kind=batch.kind,
                header_hash=header_hash(batch.headers),
                defaults={"columns": checked, "updated_by": actor.pk if actor else None},
            )
    return batch


def start_import(*, batch: LandingBatch, actor: Actor | None) -> LandingBatch:
    """Starts applying the previewed plan.

    Raises:
        Conflict: there is no preview to apply.
    """
    with transaction.atomic():
        batch = _locked(batch, State.PLANNED, State.FAILED)
        batch.state = State.IMPORTING
        batch.job = jobs.create_job(
            kind=APPLY_IMPORT,
            title=f"入库：{batch.upload.name}",
            owner_id=actor.pk if actor else None,
            params={"batch_id": batch.pk},
        )
        batch.save(update_fields=["state", "job"])
    return batch


def start_reprocessing(*, batch: LandingBatch, actor: Actor | None) -> LandingBatch:
    """Reads the rows that were held back again, since what kept them may be settled by now; what is readable goes in.

    Rows that a mend file brought in are left as they are.

    Raises:
        Conflict: no row is held back, or the batch is being worked on.
    """
    with transaction.atomic():
        batch = _locked(batch, State.IMPORTED)
        held = batch.rows.filter(outcome=LandingRow.Outcome.TO_REVIEW, mended_by_row__isnull=True)
        count = held.update(is_final=False)
        if not count:
            raise Conflict("NOTHING_HELD", "这批数据没有待核对的行，无需重新处理。")
        batch.state, batch.planned_at = State.IMPORTING, None
        batch.job = jobs.create_job(
            kind=APPLY_IMPORT,
            title=f"重新处理：{batch.upload.name}",
            owner_id=actor.pk if actor else None,
            params={"batch_id": batch.pk},
        )
        batch.save(update_fields=["state", "planned_at", "job"])
        record_audit(
            actor_id=actor.pk if actor else None, verb="IMPORT_REPROCESSED", subject_table="exchange_landingbatch",
            subject_id=batch.pk, count=count, now=clock.now(),
        )  # fmt: skip
    return batch


def start_undo(*, batch: LandingBatch, actor: Actor | None) -> LandingBatch:
    """Starts taking the batch's claims back.

    Raises:
        Conflict: nothing was imported, or it is being worked on.
    """
    with transaction.atomic():
        batch = _locked(batch, State.IMPORTED, State.FAILED)
        if batch.claim_batch_id is None:
            raise Conflict("NOTHING_TO_UNDO", "这批数据没有入库，无需撤销。")
        batch.state = State.UNDOING
        batch.job = jobs.create_job(
            kind=UNDO_IMPORT,
            title=f"撤销：{batch.upload.name}",
            owner_id=actor.pk if actor else None,
            params={"batch_id": batch.pk},
        )
        batch.save(update_fields=["state", "job"])
    return batch


def _locked(batch: LandingBatch, *states: str) -> LandingBatch:
    related = LandingBatch.objects.select_related("upload", "source", "job")
    locked = related.select_for_update(of=("self",)).get(pk=batch.pk)
    # Work whose job was cancelled or failed before it could say so is not completed, and may be taken up again.
    locked.state = state_of(locked)
    if locked.state not in states:
        raise Conflict("BATCH_STATE", f"这批数据的状态是“{locked.get_state_display()}”，不能进行这一步。请刷新页面。")
    return locked


def plan_import(run: JobRun) -> dict[str, int]:
    """Job handler: lands the rows, stages what can be read, plans the rest. Killed, it starts over."""
    batch = LandingBatch.objects.select_related("upload", "source").get(pk=run.params["batch_id"])
    if batch.kind == EventKind.POSITION:
        return plan_positions(batch, run)
    try:
        _plan(batch, run)
    except DomainError:
        LandingBatch.objects.filter(pk=batch.pk).update(state=State.FAILED)
        raise
    LandingBatch.objects.filter(pk=batch.pk, state=State.PLANNING).update(state=State.PLANNED)
    return batch_counts(batch)


def _claim_batch(batch: LandingBatch) -> ClaimBatch:
    """The unit of undo of a batch that was planned.

    Raises:
        Conflict: it never was.
    """
    if batch.claim_batch is None:
        raise Conflict("NOT_PLANNED", "这批数据还没有试算。")
    return batch.claim_batch


def _working_id(batch: LandingBatch) -> int:
    """Number of the batch's working rows: its own, so that preview and import share one plan."""
    return batch.pk


def _plan(batch: LandingBatch, run: JobRun) -> None:
    if batch.claim_batch is None:
        actor_id = batch.owner_id
        batch.claim_batch = open_batch(source=batch.source, kind_code=batch.kind, actor=None, now=clock.now())
        ClaimBatch.objects.filter(pk=batch.claim_batch.pk).update(actor_id=actor_id)
        batch.save(update_fields=["claim_batch"])
    _stage_and_plan(batch, run, to_read=set())
    target = target_of(batch.kind)
    if to_read := target.contradicted(batch, _working_id(batch)):
        _stage_and_plan(batch, run, to_read=to_read)
    with transaction.atomic(), connection.cursor() as cursor:
        target.write_outcomes(cursor, batch, _working_id(batch))
    counts = batch_counts(batch)
    if counts["received"] == 0:
        raise DomainError("FILE_NO_ROWS", "文件只有表头，没有数据行。")
    LandingBatch.objects.filter(pk=batch.pk).update(counts=counts, planned_at=clock.now())


def _stage_and_plan(batch: LandingBatch, run: JobRun, *, to_read: set[int]) -> None:
    target, job_id = target_of(batch.kind), _working_id(batch)
    target.drop(job_id)
    table = read_table(read_upload(batch.upload), batch.upload.name)
    if table.headers != batch.headers:
        raise DomainError("FILE_CHANGED", "文件内容与上传时不一致，请重新上传。")
    with transaction.atomic():
        claim_batch = _claim_batch(batch)
        land_rows(batch=batch, claim_batch=claim_batch, job_id=job_id, table=table, to_read=to_read, run=run)
    target.plan(batch, job_id, run)


def apply_import(run: JobRun) -> dict[str, int]:
    """Job handler: applies the stored plan; plans again when it is lost (crash of the database) or a day old."""
    batch = LandingBatch.objects.select_related("upload", "source", "claim_batch").get(pk=run.params["batch_id"])
    if batch.kind == EventKind.POSITION:
        return import_positions(batch, run)
    target = target_of(batch.kind)
    try:
        # Known rows go first: what the file changes about the same subjects comes after.
        for _ in range(MAX_CONFIRM_ROUNDS):
            if _plan_is_lost(batch):
                _plan(batch, run)
            if not target.confirm_known(batch, run):
                break
            LandingBatch.objects.filter(pk=batch.pk).update(planned_at=None)
            batch.planned_at = None
        else:
            raise Conflict("ELEMENTS_BUSY", "这批要素正被其他任务反复修改，请稍后重试；已写入的部分保留。")
        target.apply(batch, _claim_batch(batch), _working_id(batch), run)
    except (DomainError, jobs.JobCancelled):
        LandingBatch.objects.filter(pk=batch.pk).update(state=State.FAILED, counts=batch_counts(batch))
        raise
    target.drop(_working_id(batch))
    counts = batch_counts(batch)
    with transaction.atomic():
        batch.rows.filter(outcome__in=["TO_REVIEW", "REJECTED"]).update(is_final=True)
        LandingBatch.objects.filter(pk=batch.pk).update(state=State.IMPORTED, imported_at=clock.now(), counts=counts)
        _link_mended_rows(batch)
        target.follow_up()
        record_audit(
            actor_id=batch.owner_id, verb="IMPORTED", subject_table="exchange_landingbatch", subject_id=batch.pk,
            count=counts["received"], now=clock.now(),
        )  # fmt: skip
    return counts


def _plan_is_lost(batch: LandingBatch) -> bool:
    if batch.planned_at is None or batch.planned_at < clock.now() - PLAN_LIFETIME:
        return True
    read = batch.rows.filter(is_final=False, claim_id__isnull=True)
    waiting = read.exclude(outcome__in=["TO_REVIEW", "REJECTED"]).count()
    return waiting != target_of(batch.kind).count_staged(_working_id(batch))


def undo_import(run: JobRun) -> dict[str, int]:
    """Job handler: withdraws the batch's support of its claims; rows keep their fate as history."""
    batch = LandingBatch.objects.select_related("claim_batch").get(pk=run.params["batch_id"])
    if batch.kind == EventKind.POSITION:
        return undo_positions(batch, run)
    target = target_of(batch.kind)
    withdrawn = target.retract(_claim_batch(batch), _working_id(batch), run)
    LandingBatch.objects.filter(pk=batch.pk).update(state=State.UNDONE)
    target.follow_up()
    record_audit(
        actor_id=run.job.owner_id,
        verb="IMPORT_UNDONE",
        subject_table="exchange_landingbatch",
        subject_id=batch.pk,
        now=clock.now(),
    )
    return {"withdrawn": withdrawn}


def _link_mended_rows(batch: LandingBatch) -> None:
    """Rows of a mend file say which row they mend; what went in closes that row."""
    if batch.mends is None or ROW_COLUMN not in batch.headers:
        return
    position = batch.headers.index(ROW_COLUMN)
    originals = dict(batch.mends.rows.filter(mended_by_row__isnull=True).values_list("row_number", "pk"))
    for row in batch.rows.filter(is_final=True, outcome__in=["CREATED", "UPDATED", "UNCHANGED"]).iterator():
        cell = raw_cells(row)[position].strip() if position < len(raw_cells(row)) else ""
        if cell.isdigit() and int(cell) in originals:
            LandingRow.objects.filter(pk=originals[int(cell)]).update(mended_by_row=row)


def batch_counts(batch: LandingBatch) -> dict[str, int]:
    """The balance: received = created + updated + unchanged + to_review + rejected (+ waiting before the preview)."""
    counts = {outcome.lower(): 0 for outcome in LandingRow.Outcome.values}
    for outcome, number in batch.rows.values_list("outcome").annotate(Count("pk")).order_by():
        counts[outcome.lower() if outcome else "waiting"] = number
    return {"received": sum(counts.values()), **counts}
