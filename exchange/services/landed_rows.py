"""Rows of a file on their way in: kept as received (encrypted), read, and staged when they can be claims."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import orjson
from django.db import connection

from common.encryption import encrypt_bytes
from common.jobs import JobRun
from elements.models import ClaimBatch
from elements.services.claims import StagedClaim
from exchange.importers.reading import Table
from exchange.importers.rows import RowReader
from exchange.kinds import LANDED_KINDS
from exchange.models import LandingBatch, LandingRow
from exchange.services.known_rows import KnownRow, RowHash
from exchange.services.targets import Target, target_of

CHUNK_ROWS = 5_000
RAW_PURPOSE = "landing-row"
_COLUMNS = {
    "batch_id": "int8", "row_number": "int4", "raw": "bytea", "row_hash": "bytea", "outcome": "varchar",
    "problems": "jsonb", "element_id": "int8", "claim_id": "int8", "is_final": "bool",
}  # fmt: skip
Cells = tuple[int, list[str]]  # row number, cells as received


def land_rows(
    *, batch: LandingBatch, claim_batch: ClaimBatch, job_id: int, table: Table, to_read: Collection[int], run: JobRun
) -> None:
    """Replaces the batch's rows that are not final by those of the file, and stages the readable ones that are new.

    Args:
        batch: whose rows.
        claim_batch: what the staged rows belong to.
        job_id: number of the working rows.
        table: the file.
        to_read: numbers of rows that are read even though they are known.
        run: for progress.
    """
    final = set(batch.rows.filter(is_final=True).values_list("row_number", flat=True))
    batch.rows.filter(is_final=False).delete()
    target = target_of(batch.kind)
    chunks = _RowChunks(batch, table, to_read, target)
    count = 0
    for chunk in _chunks((row for row in table.rows if row[0] not in final), CHUNK_ROWS):
        claims = chunks.land(chunk)
        target.stage(claim_batch, job_id, claims)
        count += len(chunk)
        run.progress(done=count, message="读取文件")
    run.progress(done=count, total=count, message="读取文件")


def _chunks(rows: Iterator[Cells], size: int) -> Iterator[list[Cells]]:
    chunk: list[Cells] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _RowChunks:
    """Lands the rows of one file chunk by chunk: one look-up and one COPY each."""

    def __init__(self, batch: LandingBatch, table: Table, to_read: Collection[int], target: Target) -> None:
        self._batch = batch
        self._target = target
        self._to_read = to_read
        self._reader = RowReader(
            LANDED_KINDS[batch.kind],
            batch.headers,
            batch.columns,
            observed_at=batch.observed_at,
            datum=batch.datum,
            clear_mark=batch.source.clear_mark,
            quoted_source_id=batch.source.quotes_id or batch.source_id,
        )
        self._hash = RowHash(batch)
        self._doubtful: dict[int, set[int]] = {}
        for row_number, position in table.doubtful_cells:
            self._doubtful.setdefault(row_number, set()).add(position)

    def land(self, rows: list[Cells]) -> list[StagedClaim]:
        """Stores the rows; returns the claims of those that had to be read."""
        raws = [orjson.dumps(cells) for _number, cells in rows]
        hashes = [self._hash.of(raw) for raw in raws]
        known = self._target.find_known(self._batch, hashes)
        claims: list[StagedClaim] = []
        columns = ", ".join(_COLUMNS)
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY exchange_landingrow ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(list(_COLUMNS.values()))
            for (row_number, cells), raw, row_hash in zip(rows, raws, hashes, strict=True):
                is_read = row_number in self._to_read or row_number in self._doubtful
                found = None if is_read else known.get(row_hash)
                fate = _known_fate(found) if found else self._read(row_number, cells, claims)
                sealed = encrypt_bytes(RAW_PURPOSE, raw)
                copy.write_row((self._batch.pk, row_number, sealed, row_hash, *fate, False))
        return claims

    def _read(self, row_number: int, cells: list[str], claims: list[StagedClaim]) -> tuple:
        """Outcome (None while the row waits for the plan), problems; no element or claim yet."""
        row = self._reader.read(row_number, cells, self._doubtful.get(row_number, frozenset()))  # type: ignore[arg-type]
        if row.claim:
            claims.append(row.claim)
            return None, row.problems, None, None
        outcome = LandingRow.Outcome.REJECTED if row.is_rejected else LandingRow.Outcome.TO_REVIEW
        return outcome.value, row.problems, None, None


def _known_fate(known: KnownRow) -> tuple:
    element_id, claim_id = known
    return LandingRow.Outcome.UNCHANGED.value, [], element_id, claim_id
