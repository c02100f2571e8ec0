"""A file of positions on its way in. Its rows are many and alike: the file itself, kept encrypted, is the record as received.

Only rows that are not taken are kept one by one, with what is wrong with them. The preview reads the file and counts; the
import reads it again and writes, slice by slice. The counts of a slice are committed with its fixes: they say where to go on.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import orjson
from django.db import connection, transaction

from common import clock, jobs
from common.audit import record_audit
from common.encryption import encrypt_bytes
from common.errors import DomainError
from common.jobs import JobRun
from elements.models import ClaimBatch
from elements.services.claims import open_batch
from events.services.positions import Days, Trackers, count_new, write_fixes
from events.services.positions_retention import kept_from
from events.services.positions_undo import retract_positions
from exchange.importers.event_rows import AHEAD, EARLIEST_YEAR
from exchange.importers.position_rows import Cells, HeldRow, Limits, PositionReader, ReadRows
from exchange.importers.reading import Table, read_table
from exchange.models import LandingBatch, LandingRow
from exchange.services.files import read_upload
from exchange.services.landed_rows import RAW_PURPOSE, RowHash

# Read at once: texts of more crowd the cache. Written at once: 200,000 cost about 3 s, which a cancel has to wait for; of
# fewer, finding the grids of the last positions takes a growing share.
READ_ROWS, SLICE_ROWS = 10_000, 200_000
PLAN_LIFETIME = timedelta(hours=24)
# Rows of the file that are done, while an import is under way; no part of the balance.
ROWS_DONE = "rows_done"
State = LandingBatch.State


def plan_positions(batch: LandingBatch, run: JobRun) -> dict[str, int]:
    """What the import would do, counted. Writes nothing but the rows that are not taken."""
    try:
        with _without_cycle_search():
            counts = _plan(batch, run)
    except DomainError:
        LandingBatch.objects.filter(pk=batch.pk).update(state=State.FAILED)
        raise
    LandingBatch.objects.filter(pk=batch.pk, state=State.PLANNING).update(state=State.PLANNED)
    return counts


def import_positions(batch: LandingBatch, run: JobRun) -> dict[str, int]:
    """Writes the fixes. Killed, it goes on behind the last slice that was committed."""
    try:
        with _without_cycle_search():
            counts = _import(batch, run)
    except (DomainError, jobs.JobCancelled):
        LandingBatch.objects.filter(pk=batch.pk).update(state=State.FAILED)
        raise
    counts.pop(ROWS_DONE, None)
    now = clock.now()
    with transaction.atomic():
        batch.rows.update(is_final=True)
        ClaimBatch.objects.filter(pk=batch.claim_batch_id or 0).update(state=ClaimBatch.State.APPLIED)
        LandingBatch.objects.filter(pk=batch.pk).update(state=State.IMPORTED, imported_at=now, counts=counts)
        record_audit(
            actor_id=batch.owner_id, verb="IMPORTED", subject_table="exchange_landingbatch", subject_id=batch.pk,
            count=counts["received"], now=now,
        )  # fmt: skip
    return counts


def undo_positions(batch: LandingBatch, run: JobRun) -> dict[str, int]:
    """Deletes the batch's fixes."""
    withdrawn = retract_positions(batch_id=batch.claim_batch_id or 0, run=run)
    now = clock.now()
    with transaction.atomic():
        ClaimBatch.objects.filter(pk=batch.claim_batch_id or 0).update(
            state=ClaimBatch.State.RETRACTED, retracted_at=now
        )
        LandingBatch.objects.filter(pk=batch.pk).update(state=State.UNDONE)
        record_audit(
            actor_id=run.job.owner_id, verb="IMPORT_UNDONE", subject_table="exchange_landingbatch", subject_id=batch.pk,
            count=withdrawn, now=now,
        )  # fmt: skip
    return {"withdrawn": withdrawn}


def _plan(batch: LandingBatch, run: JobRun) -> dict[str, int]:
    planned_at = clock.now()
    if batch.claim_batch is None:
        batch.claim_batch = open_batch(source=batch.source, kind_code=batch.kind, actor=None, now=planned_at)
        ClaimBatch.objects.filter(pk=batch.claim_batch.pk).update(actor_id=batch.owner_id)
    table = _table(batch)
    reader = _reader(batch, planned_at)
    counts = _no_counts()
    fixes = []
    batch.rows.all().delete()
    for count, read in _slices(table.rows, reader):
        fixes.append(read.fixes)
        _add(counts, count, read)
        with transaction.atomic():
            _land(batch, read.held)
            run.progress(done=counts["received"], message="读取文件")
    if not counts["received"]:
        raise DomainError("FILE_NO_ROWS", "文件只有表头，没有数据行。")
    run.progress(done=counts["received"], total=counts["received"], message="比对已有位置")
    taken = np.concatenate(fixes)
    with transaction.atomic(), connection.cursor() as cursor:
        created = count_new(cursor, taken, Trackers(batch.source_id).known(reader.plates))
        counts["created"], counts["unchanged"] = created, len(taken) - created
        _check_balance(counts)
        LandingBatch.objects.filter(pk=batch.pk).update(
            counts=counts, planned_at=planned_at, claim_batch=batch.claim_batch
        )
        run.progress(done=counts["received"])
    batch.counts, batch.planned_at = counts, planned_at
    return counts


def _import(batch: LandingBatch, run: JobRun) -> dict[str, int]:
    is_under_way = ROWS_DONE in batch.counts
    if not is_under_way and (batch.planned_at is None or batch.planned_at < clock.now() - PLAN_LIFETIME):
        _plan(batch, run)
    if batch.planned_at is None or batch.claim_batch is None:
        raise DomainError("NOT_PLANNED", "这批数据还没有试算。")
    counts = dict(batch.counts) if is_under_way else {**_no_counts(), ROWS_DONE: 0}
    run.progress(done=counts[ROWS_DONE], total=None if is_under_way else batch.counts["received"], message="写入位置")
    table, reader = _table(batch), _reader(batch, batch.planned_at)
    trackers, days = Trackers(batch.source_id), Days()
    for count, read in _slices(table.rows, reader, skip=counts[ROWS_DONE]):
        tracker_ids = trackers.made(reader.plates)
        days.make(read.fixes)
        with transaction.atomic(), connection.cursor() as cursor:
            created = write_fixes(cursor, read.fixes, tracker_ids, batch_id=batch.claim_batch.pk)
            counts["created"] += created
            counts["unchanged"] += len(read.fixes) - created
            counts[ROWS_DONE] += count
            _add(counts, count, read)
            _check_balance(counts)
            LandingBatch.objects.filter(pk=batch.pk).update(counts=counts)
            # Last, so that a holder who lost the job while it wrote rolls back.
            run.progress(done=counts[ROWS_DONE], message="写入位置")
    return counts


def _table(batch: LandingBatch) -> Table:
    table = read_table(read_upload(batch.upload), batch.upload.name)
    if table.headers != batch.headers:
        raise DomainError("FILE_CHANGED", "文件内容与上传时不一致，请重新上传。")
    return table


def _reader(batch: LandingBatch, planned_at: datetime) -> PositionReader:
    """Reads with the limits of the day of the preview: the import takes what the preview said."""
    limits = Limits(datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC), kept_from(planned_at.date()), batch.observed_at + AHEAD)
    return PositionReader(batch.headers, batch.columns, datum=batch.datum, limits=limits)


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """Rows are lists of texts, without cycles among them: to look for some again and again takes more time than to read them."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _slices(rows: Iterator[Cells], reader: PositionReader, *, skip: int = 0) -> Iterator[tuple[int, ReadRows]]:
    """How many rows, and what became of them; without the rows that are done."""
    rows = islice(rows, skip, None)
    while True:
        parts: list[ReadRows] = []
        count = 0
        while count < SLICE_ROWS and (chunk := list(islice(rows, READ_ROWS))):
            parts.append(reader.read(chunk))
            count += len(chunk)
        if not count:
            return
        yield (
            count,
            ReadRows(
                np.concatenate([part.fixes for part in parts]),
                [row for part in parts for row in part.held],
                sum(part.dropped_values for part in parts),
            ),
        )


def _no_counts() -> dict[str, int]:
    names = ("received", "created", "updated", "unchanged", "to_review", "rejected", "values_dropped")
    return dict.fromkeys(names, 0)


def _add(counts: dict[str, int], received: int, read: ReadRows) -> None:
    rejected = sum(row.is_rejected for row in read.held)
    counts["received"] += received
    counts["rejected"] += rejected
    counts["to_review"] += len(read.held) - rejected
    counts["values_dropped"] += read.dropped_values


def _check_balance(counts: dict[str, int]) -> None:
    """Raises RuntimeError when a row is counted nowhere, or twice: that is a fault of the program."""
    outcomes = ("created", "updated", "unchanged", "to_review", "rejected")
    if counts["received"] != sum(counts[name] for name in outcomes):
        raise RuntimeError(f"positions do not balance: {counts}")


def _land(batch: LandingBatch, held: list[HeldRow]) -> None:
    row_hash = RowHash(batch)
    raws = [(row, orjson.dumps(row.cells)) for row in held]
    LandingRow.objects.bulk_create(
        (
            LandingRow(
                batch=batch,
                row_number=row.row_number,
                raw=encrypt_bytes(RAW_PURPOSE, raw),
                row_hash=row_hash.of(raw),
                outcome=LandingRow.Outcome.REJECTED if row.is_rejected else LandingRow.Outcome.TO_REVIEW,
                problems=row.problems,
            )
            for row, raw in raws
        ),
        batch_size=2_000,
    )
