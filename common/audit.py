"""Writing audit and change rows, in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from common.models import AuditRow, ChangeRow


def record_audit(
    *,
    actor_id: int | None,
    verb: str,
    subject_table: str,
    now: datetime,
    subject_id: str | int = "",
    fields: Sequence[str] = (),
    count: int | None = None,
    reason: str = "",
) -> None:
    """Adds one audit row; ids and field names only."""
    AuditRow.objects.create(
        at=now,
        actor_id=actor_id,
        verb=verb,
        subject_table=subject_table,
        subject_id=str(subject_id),
        fields=list(fields),
        count=count,
        reason=reason[:200],
    )


def record_change(
    *, verb: str, subject_table: str, subject_id: int, now: datetime, actor_id: int | None = None
) -> None:
    """Adds one change row for a single subject; sets are written by SQL where they are changed."""
    ChangeRow.objects.create(at=now, actor_id=actor_id, verb=verb, subject_table=subject_table, subject_id=subject_id)
