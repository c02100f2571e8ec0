"""Rows of a file on their way to events: copied into the stage table of their kind, joined with what is known, compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from elements.models import ClaimBatch
from elements.services.claims import StagedClaim
from events.kinds import VOID, EventTable


def stage_events(*, kind: EventTable, job_id: int, batch: ClaimBatch, claims: Iterable[StagedClaim]) -> int:
    """Copies rows into the stage table; returns how many. Staging a row twice in one job is an error."""
    columns = (
        "job_id", "batch_id", "source_id", "row_number", "observed_at", "number", "takes_back", "is_replay", "is_applied",
        *kind.fields,
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
                    job_id, batch.pk, batch.source_id, claim.row_number, claim.observed_at, claim.source_row_id,
                    bool(claim.values.get(VOID)), False, False, *(claim.values.get(name) for name in kind.fields),
                )
            )  # fmt: skip
    return count


def drop_staged(*, kind: EventTable, job_id: int) -> None:
    """Forgets the job's working rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {kind.stage_table} WHERE job_id = %s", [job_id])


def judge_staged(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """Says of each staged row that is not applied what it will do, and gives the one that speaks the fields of the event to be.

    Of several rows about one event the one with the latest date speaks, then the last of the file.
    """
    if kind.is_observation:
        _judge_observations(cursor, kind, job_id)
        return
    parameters: dict[str, Any] = {"job": job_id, "kind": kind.code.value}
    cursor.execute(
        f"UPDATE {kind.stage_table} s SET payload = {_payload(kind, 's')} WHERE s.job_id = %(job)s AND s.payload IS NULL",
        parameters,
    )
    cursor.execute("DROP TABLE IF EXISTS said")
    # One row a staged row: its event, its place among the rows of that event, and how many there are.
    cursor.execute(
        f"""CREATE TEMP TABLE said ON COMMIT DROP AS
            SELECT s.row_number, k.id AS event_id, s.source_id, s.number, s.observed_at, s.takes_back, s.payload,
                   row_number() OVER w AS place, count(*) OVER (PARTITION BY s.source_id, s.number) AS rows
            FROM {kind.stage_table} s
            LEFT JOIN events_eventkey k ON k.kind = %(kind)s AND k.source_id = s.source_id AND k.number = s.number
            WHERE s.job_id = %(job)s AND NOT s.is_applied AND NOT s.is_replay
            WINDOW w AS (PARTITION BY s.source_id, s.number ORDER BY s.observed_at DESC, s.row_number DESC)""",
        parameters,
    )
    cursor.execute("ANALYZE said")
    _judge_lone_rows(cursor, kind, job_id)
    _judge_joined_rows(cursor, kind, job_id)


def merged_payload(rows: str) -> str:
    """SQL of `(event, payload, takes_back, base)`: what rows say about events, joined in their order, later ones winning.

    Args:
        rows: SQL of (event, ordinal, payload, takes_back, version_id); `event` is any value that tells events apart.
    """
    return f"""
        SELECT r.event, coalesce(f.payload, '{{}}') AS payload, r.takes_back, r.base
        FROM (SELECT event, (array_agg(takes_back ORDER BY ordinal DESC))[1] AS takes_back, max(version_id) AS base
              FROM ({rows}) x GROUP BY event) r
        LEFT JOIN (SELECT event, jsonb_object_agg(key, value) AS payload
                   FROM (SELECT DISTINCT ON (x.event, e.key) x.event, e.key, e.value
                         FROM ({rows}) x CROSS JOIN LATERAL jsonb_each(x.payload) e
                         ORDER BY x.event, e.key, x.ordinal DESC) last
                   GROUP BY event) f ON f.event = r.event"""


def _payload(kind: EventTable, row: str) -> str:
    """What the row said, as the JSON of its version; sealed values as hex, points as EWKB hex."""
    members = ", ".join(
        f"'{name}', {row}.{name}{'::text' if name in kind.geometry_fields else ''}" for name in kind.fields
    )
    return f"jsonb_strip_nulls(jsonb_build_object({members}))"


# Standing versions of the events of `said`, and the rows themselves; ordered by when it was said, known before new.
_KNOWN = """SELECT v.event_id::text AS event, ROW(v.observed_at, 0, v.id) AS ordinal, v.payload, v.takes_back, v.id AS version_id
            FROM events_eventversion v
            WHERE v.withdrawn_at IS NULL AND v.event_id IN (SELECT event_id FROM said WHERE event_id IS NOT NULL)"""
_EVENT = "coalesce(s.event_id::text, s.source_id || ' ' || s.number)"
_NEW = f"""SELECT {_EVENT}, ROW(s.observed_at, 1, s.row_number::bigint), s.payload, s.takes_back, NULL::bigint
           FROM said s WHERE s.event_id IS NOT NULL OR s.rows > 1"""


def _judge_lone_rows(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """The usual case, without any joining: one row about an event that is new."""
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET outcome = 'NEW', base_version_id = NULL, event_id = NULL, is_void = s.takes_back
            FROM said d WHERE s.job_id = %s AND s.row_number = d.row_number AND d.event_id IS NULL AND d.rows = 1""",
        [job_id],
    )


def _judge_joined_rows(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    fields = ", ".join(f"{name} = (p.f).{name}" for name in kind.fields)
    cursor.execute(
        f"""WITH before AS MATERIALIZED ({merged_payload(_KNOWN)}),
            after AS MATERIALIZED ({merged_payload(f"{_KNOWN} UNION ALL {_NEW}")}),
            judged AS (
                SELECT s.row_number, s.event_id, b.base, a.payload, a.takes_back,
                       CASE WHEN s.place > 1 THEN 'SUPERSEDED' WHEN b.event IS NULL THEN 'NEW'
                            WHEN b.payload = a.payload AND b.takes_back = a.takes_back THEN 'UNCHANGED' ELSE 'CHANGED' END AS outcome
                FROM said s JOIN after a ON a.event = {_EVENT} LEFT JOIN before b ON b.event = a.event),
            p AS (SELECT j.*, jsonb_populate_record(NULL::{kind.stage_table}, j.payload) AS f FROM judged j)
            UPDATE {kind.stage_table} s
            SET outcome = p.outcome, event_id = p.event_id, base_version_id = p.base, is_void = p.takes_back, {fields}
            FROM p WHERE s.job_id = %s AND s.row_number = p.row_number""",
        [job_id],
    )


def _judge_observations(cursor: CursorWrapper, kind: EventTable, job_id: int) -> None:
    """A device reports a thing once: what is there already, by source, number and time, is not changed."""
    cursor.execute(
        f"""WITH ranked AS (
                SELECT s.row_number, s.source_id, s.number, s.occurred_at,
                       row_number() OVER (PARTITION BY s.source_id, s.number, s.occurred_at ORDER BY s.row_number) AS place
                FROM {kind.stage_table} s WHERE s.job_id = %s AND NOT s.is_applied)
            UPDATE {kind.stage_table} s
            SET event_id = c.id,
                outcome = CASE WHEN r.place > 1 THEN 'SUPERSEDED' WHEN c.id IS NULL THEN 'NEW' ELSE 'UNCHANGED' END
            FROM ranked r LEFT JOIN {kind.table} c
                   ON c.source_id = r.source_id AND c.number = r.number AND c.occurred_at = r.occurred_at
            WHERE s.job_id = %s AND s.row_number = r.row_number""",
        [job_id, job_id],
    )
