"""Undo: a batch's fixes are deleted, day by day, and last positions that were among them fall back to what is left."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common.jobs import JobRun
from events.services.positions import write_last_positions


def retract_positions(*, batch_id: int, run: JobRun) -> int:
    """Deletes the fixes of a batch; may be killed and called again. Returns how many were deleted in this call.

    Oldest days first, so that a last position falls back once. A fix that a later file had as well goes with the batch that
    brought it first.
    """
    done = 0
    for day in _days(batch_id):
        with transaction.atomic(), connection.cursor() as cursor:
            run.progress(done=done, message="撤回位置")
            done += _delete_day(cursor, batch_id, day)
    return done


def _days(batch_id: int) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT (occurred_at AT TIME ZONE 'UTC')::date FROM events_position WHERE batch_id = %s ORDER BY 1""",
            [batch_id],
        )
        return [day for (day,) in cursor.fetchall()]


def _delete_day(cursor: CursorWrapper, batch_id: int, day: date) -> int:
    start = datetime.combine(day, time(), tzinfo=UTC)
    cursor.execute(
        """WITH gone AS (
               DELETE FROM events_position WHERE batch_id = %s AND occurred_at >= %s AND occurred_at < %s
               RETURNING tracker_id, occurred_at)
           SELECT count(*), array_agg(l.tracker_id ORDER BY l.tracker_id) FILTER (WHERE l.tracker_id IS NOT NULL)
           FROM gone g LEFT JOIN events_lastposition l ON l.tracker_id = g.tracker_id AND l.occurred_at = g.occurred_at""",
        [batch_id, start, start + timedelta(days=1)],
    )
    count, tracker_ids = cursor.fetchone()
    if tracker_ids:
        cursor.execute("DELETE FROM events_lastposition WHERE tracker_id = ANY(%s)", [tracker_ids])
        write_last_positions(
            cursor,
            """SELECT p.* FROM unnest(%(trackers)s::bigint[]) AS t (id) CROSS JOIN LATERAL (
                   SELECT * FROM events_position p WHERE p.tracker_id = t.id ORDER BY p.occurred_at DESC LIMIT 1) p""",
            {"trackers": tracker_ids},
        )
    return int(count)
