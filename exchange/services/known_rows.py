"""Rows that an earlier file had word for word: known by their hash, never parsed again.

The hash covers the row as received and everything that decides how it is read (source, kind, columns, datum, clear
mark, version of the reader), keyed, so that it tells nothing. A row is known when a final row with this hash, read
without any problem, made or repeated the claim that is still the newest of its thing from this source: reading it again could only find
that nothing has changed. Such a row takes its element and claim from there and, on import, supports what it repeats.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import orjson
from django.db import connection, transaction
from django.db.models import QuerySet

from common.encryption import keyed_hash
from common.jobs import JobRun
from elements.fold.claims import support_again
from elements.kinds import KINDS
from exchange.importers.mapping import OBSERVED_ON
from exchange.models import LandingBatch, LandingRow

# Raise it whenever a cell, row or key is read in another way: older rows are then parsed again.
READER_VERSION = 2
CONFIRM_ROWS = 10_000
KnownRow = tuple[int, int]  # element id, claim id


class RowHash:
    """Hash of a row under one batch's way of reading."""

    def __init__(self, batch: LandingBatch) -> None:
        reading = [
            READER_VERSION, batch.source_id, batch.kind, batch.datum, batch.source.clear_mark, batch.source.quotes_id,
            [[header, batch.columns[header]] for header in batch.headers],
        ]  # fmt: skip
        if batch.source.address_required:
            # What came in before the source had to state standard addresses is read again.
            reading.append("address-required")
        self._reading = keyed_hash("row-reading", orjson.dumps(reading))

    def of(self, raw: bytes) -> bytes:
        """16 bytes for a row as it is stored."""
        return keyed_hash("landing-row", self._reading + raw)


def find_known_rows(batch: LandingBatch, hashes: Sequence[bytes]) -> dict[bytes, KnownRow]:
    """Which of the hashes are known, with the element and the claim of each.

    None where rows bring a date of their own, since only reading tells it.
    """
    if OBSERVED_ON in batch.columns.values():
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT ON (r.row_hash) r.row_hash, c.element_id, c.claim_id
                FROM exchange_landingrow r JOIN {KINDS[batch.kind].claim_table} c ON c.claim_id = r.claim_id
                WHERE r.row_hash = ANY(%s) AND c.rank = 0 AND r.claim_id IS NOT NULL AND r.is_final AND r.problems = '[]'
                ORDER BY r.row_hash, r.id""",
            [list(hashes)],
        )
        return {bytes(row_hash): (element_id, claim_id) for row_hash, element_id, claim_id in cursor.fetchall()}


def waiting_known_rows(batch: LandingBatch) -> QuerySet[LandingRow]:
    """Known rows of the batch whose support is not written yet."""
    return batch.rows.filter(is_final=False, outcome=LandingRow.Outcome.UNCHANGED, claim_id__isnull=False)


def contradicted_rows(batch: LandingBatch, job_id: int) -> set[int]:
    """Numbers of known rows about things that other rows of the file speak about as well.

    The later row of a file speaks last, so all rows about one thing must be read together.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT r.row_number FROM exchange_landingrow r
                WHERE r.batch_id = %(batch)s AND NOT r.is_final AND r.outcome = 'UNCHANGED' AND r.claim_id IS NOT NULL
                  AND r.element_id IN (SELECT s.element_id FROM {KINDS[batch.kind].stage_table} s
                                       WHERE s.job_id = %(job)s AND NOT s.is_applied)""",
            {"batch": batch.pk, "job": job_id},
        )
        return {row_number for (row_number,) in cursor.fetchall()}


def confirm_known_rows(batch: LandingBatch, run: JobRun) -> int:
    """Writes what the known rows support and makes them final, part by part, each its own transaction.

    Returns:
        How many are not known any more, since their claim was replaced or withdrawn meanwhile: plan again.
    """
    numbers = list(waiting_known_rows(batch).order_by("row_number").values_list("row_number", flat=True))
    stale = 0
    for start in range(0, len(numbers), CONFIRM_ROWS):
        part = numbers[start : start + CONFIRM_ROWS]
        run.progress(done=start, total=len(numbers), message="核对未变的行")
        stale += len(part) - _confirm(batch, part)
    return stale


@transaction.atomic
def _confirm(batch: LandingBatch, part: Collection[int]) -> int:
    if batch.claim_batch_id is None:
        return 0
    parameters = {"batch": batch.pk, "first": min(part), "last": max(part)}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS confirmed_row")
        # Locked against an undo that would rebuild these claims before it sees the new support.
        cursor.execute(
            f"""CREATE TEMP TABLE confirmed_row ON COMMIT DROP AS
                SELECT r.id, r.row_number, r.claim_id
                FROM exchange_landingrow r JOIN {KINDS[batch.kind].claim_table} c ON c.claim_id = r.claim_id
                WHERE c.rank = 0 AND r.batch_id = %(batch)s AND r.row_number BETWEEN %(first)s AND %(last)s
                  AND r.outcome = 'UNCHANGED' AND r.claim_id IS NOT NULL AND NOT r.is_final
                FOR NO KEY UPDATE OF c""",
            parameters,
        )
        confirmed = cursor.rowcount
        cursor.execute("ANALYZE confirmed_row")
        support_again(
            cursor, KINDS[batch.kind], batch_id=batch.claim_batch_id, observed_at=batch.observed_at,
            repeated="SELECT row_number, claim_id FROM confirmed_row", parameters={},
        )  # fmt: skip
        cursor.execute("UPDATE exchange_landingrow r SET is_final = true FROM confirmed_row f WHERE r.id = f.id")
    return confirmed
