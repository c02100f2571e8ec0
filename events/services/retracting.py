"""Undo: a batch's versions are withdrawn, its events are made again from what still stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common.audit import record_audit
from common.jobs import JobRun
from elements.models import ClaimBatch
from events.kinds import EVENT_TABLES, EventTable
from events.services.placing import place_staged
from events.services.recording import write_events
from events.services.staging import merged_payload

SLICE_ROWS = 2_000
_TOP = 2**31 - 1


def retract_events(*, batch: ClaimBatch, actor_id: int | None, run: JobRun, job_id: int, now: datetime) -> int:
    """Undoes a batch of events; may be killed and called again. Returns how many rows were withdrawn in this call."""
    kind = EVENT_TABLES[batch.kind]
    withdraw = _delete_slice if kind.is_observation else _withdraw_slice
    done = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            run.progress(done=done, message="撤回事件")
            count = withdraw(cursor, kind, batch.pk, job_id, run, now, actor_id)
            if not count:
                break
            done += count
    with transaction.atomic():
        ClaimBatch.objects.filter(pk=batch.pk).update(state=ClaimBatch.State.RETRACTED, retracted_at=now)
        record_audit(
            actor_id=actor_id, verb="BATCH_RETRACTED", subject_table="elements_claimbatch", subject_id=batch.pk,
            count=done, now=now,
        )  # fmt: skip
    return done


def _delete_slice(
    cursor: CursorWrapper,
    kind: EventTable,
    batch_id: int,
    job_id: int,
    run: JobRun,
    now: datetime,
    actor_id: int | None,
) -> int:
    # Rows of a batch lie together: the parts that it touched are found by their first rows.
    cursor.execute(
        f"""DELETE FROM {kind.table} c USING (
                SELECT id, occurred_at FROM {kind.table} WHERE batch_id = %s LIMIT %s) d
            WHERE c.id = d.id AND c.occurred_at = d.occurred_at RETURNING c.id""",
        [batch_id, 20_000],
    )
    gone = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        """WITH gone AS (
               DELETE FROM events_eventfinding WHERE event_kind = %s AND (event_id = ANY(%s) OR other_id = ANY(%s)) RETURNING id)
           INSERT INTO common_changerow (at, actor_id, job_id, verb, subject_table, subject_id)
           SELECT %s, %s, %s, 'WITHDRAWN', 'events_eventfinding', id FROM gone""",
        [kind.code.value, gone, gone, now, actor_id, job_id],
    )
    return len(gone)


def _withdraw_slice(
    cursor: CursorWrapper,
    kind: EventTable,
    batch_id: int,
    job_id: int,
    run: JobRun,
    now: datetime,
    actor_id: int | None,
) -> int:
    cursor.execute(
        """SELECT id FROM events_eventkey WHERE id IN (
               SELECT event_id FROM events_eventversion WHERE batch_id = %s AND withdrawn_at IS NULL
               ORDER BY id LIMIT %s) ORDER BY id FOR UPDATE""",
        [batch_id, SLICE_ROWS],
    )
    event_ids = [row[0] for row in cursor.fetchall()]
    if not event_ids:
        return 0
    cursor.execute(
        """UPDATE events_eventversion SET withdrawn_at = %s
           WHERE batch_id = %s AND withdrawn_at IS NULL AND event_id = ANY(%s)""",
        [now, batch_id, event_ids],
    )
    count = int(cursor.rowcount)
    parameters: dict[str, Any] = {
        "job": job_id,
        "first": 1,
        "last": _TOP,
        "now": now,
        "actor": actor_id,
        "kind": kind.code.value,
        "ids": event_ids,
    }
    _stage_what_stands(cursor, kind, parameters)
    place_staged(kind, job_id)
    write_events(cursor, kind, parameters)
    _withdraw_what_does_not(cursor, kind, parameters)
    cursor.execute(f"DELETE FROM {kind.stage_table} WHERE job_id = %(job)s", parameters)
    return count


def _stage_what_stands(cursor: CursorWrapper, kind: EventTable, parameters: dict[str, Any]) -> None:
    """The events that have a standing version, with the fields that these say."""
    standing = """SELECT v.event_id AS event, ROW(v.observed_at, 0, v.id) AS ordinal, v.payload, v.takes_back, v.id AS version_id
                  FROM events_eventversion v WHERE v.withdrawn_at IS NULL AND v.event_id = ANY(%(ids)s)"""
    columns = ", ".join(kind.fields)
    cursor.execute(
        f"""INSERT INTO {kind.stage_table} (job_id, row_number, source_id, batch_id, number, observed_at, takes_back, is_void, event_id,
                                            outcome, is_replay, is_applied, {columns})
            SELECT %(job)s, row_number() OVER (ORDER BY m.event), k.source_id, 0, k.number, %(now)s, m.takes_back, m.takes_back, m.event,
                   'CHANGED', true, false, {", ".join(f"(m.f).{name}" for name in kind.fields)}
            FROM (SELECT e.*, jsonb_populate_record(NULL::{kind.stage_table}, e.payload) AS f
                  FROM ({merged_payload(standing)}) e) m
            JOIN events_eventkey k ON k.id = m.event""",
        parameters,
    )


def _withdraw_what_does_not(cursor: CursorWrapper, kind: EventTable, parameters: dict[str, Any]) -> None:
    """Events that nothing speaks for any more: kept, out of every list and count."""
    cursor.execute(
        f"""WITH gone AS (
                UPDATE {kind.table} t SET is_withdrawn = true, updated_at = %(now)s FROM events_eventkey k
                WHERE k.id = ANY(%(ids)s) AND {kind.is_same("t", "k")}
                  AND NOT EXISTS (SELECT 1 FROM events_eventversion v WHERE v.event_id = k.id AND v.withdrawn_at IS NULL)
                RETURNING t.id)
            INSERT INTO common_changerow (at, actor_id, job_id, verb, subject_table, subject_id)
            SELECT %(now)s, %(actor)s, %(job)s, 'WITHDRAWN', '{kind.table}', id FROM gone""",
        parameters,
    )
