"""What a source no longer holds: its claims stand, but are marked since when the source says nothing of the thing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection

from elements.kinds import KINDS
from exchange.models import LandingBatch


def mark_absence(
    *, batch: LandingBatch, is_whole: bool, struck_off: Collection[int], now: datetime
) -> dict[str, int]:  # fmt: skip
    """Marks what an imported batch tells about being there.

    Args:
        batch: imported, of a kind of elements.
        is_whole: it holds everything that the source has: who is not in it is gone.
        struck_off: numbers of rows by which the source itself says that the thing is gone.
        now: since when.

    Returns:
        absent: newly marked; returned: marked before, there again.
    """
    kind = KINDS.get(batch.kind)
    if kind is None or batch.claim_batch_id is None:
        return {}
    values: dict[str, Any] = {
        "batch": batch.claim_batch_id, "source": batch.source_id, "rows": sorted(struck_off), "whole": is_whole, "now": now,
    }  # fmt: skip
    said = """WITH said AS (
            SELECT l.subject_key, bool_or(s.row_number = ANY(%(rows)s)) AS is_struck
            FROM elements_claimsupport s JOIN elements_claimlog l ON l.id = s.claim_id
            WHERE s.batch_id = %(batch)s AND s.withdrawn_at IS NULL AND l.source_id = %(source)s GROUP BY 1)"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{said} UPDATE {kind.claim_table} c SET absent_since = NULL FROM said
                WHERE c.source_id = %(source)s AND c.subject_key = said.subject_key AND NOT said.is_struck
                  AND c.absent_since IS NOT NULL""",
            values,
        )
        returned = cursor.rowcount
        cursor.execute(
            f"""{said} UPDATE {kind.claim_table} c SET absent_since = %(now)s
                WHERE c.source_id = %(source)s AND c.absent_since IS NULL
                  AND (EXISTS (SELECT FROM said WHERE said.subject_key = c.subject_key AND said.is_struck)
                       OR (%(whole)s AND NOT EXISTS (SELECT FROM said WHERE said.subject_key = c.subject_key)))""",
            values,
        )
        return {"absent": cursor.rowcount, "returned": returned}
