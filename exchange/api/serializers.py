"""Batches and rows as JSON."""

from __future__ import annotations

from typing import Any

from exchange.models import LandingBatch
from exchange.selectors.batch_rows import RowOnPage
from exchange.selectors.batches import actions_of, state_of


def batch_json(batch: LandingBatch) -> dict[str, Any]:
    """A batch: what it is, how it was read and mapped, its balance, its job, and what may be done next."""
    job = batch.job
    return {
        "id": batch.pk,
        "name": batch.upload.name,
        "kind": batch.kind,
        "source": batch.source.code,
        "state": state_of(batch),
        "actions": sorted(actions_of(batch)),
        "observed_at": batch.observed_at,
        "datum": batch.datum,
        "encoding": batch.encoding,
        "delimiter": batch.delimiter,
        "sheet": batch.sheet,
        "headers": batch.headers,
        "columns": batch.columns,
        "counts": batch.counts,
        "mends": batch.mends_id,
        "job": None if job is None else {
            "id": job.pk,
            "kind": job.kind,
            "state": job.state,
            "done": job.done,
            "total": job.total,
            "message": job.message,
            "error": {"code": job.error_code, "message": job.error_message} if job.error_code else None,
        },
        "created_at": batch.created_at,
        "planned_at": batch.planned_at,
        "imported_at": batch.imported_at,
    }  # fmt: skip


def row_json(row: RowOnPage) -> dict[str, Any]:
    """A landed row as its reader sees it; `changes` is null where there is no preview or it is not shown."""
    changes = row.changes
    return {
        "row_number": row.row_number,
        "outcome": row.outcome or None,
        "problems": row.problems,
        "element_id": row.element_id,
        "mended_by": row.mended_by,
        "changes": None
        if changes is None
        else [{"field": change.label, "before": change.before, "after": change.after} for change in changes],
        "note": row.note,
    }
