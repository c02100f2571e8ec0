"""Staged rows become versions and events, in batches, each its own transaction, resumable at any of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common.errors import Conflict
from common.jobs import JobRun
from common.partitions import ensure_partitions
from elements.models import ClaimBatch
from events.choices import EventKind
from events.kinds import EventTable
from events.points import POINTS_BY_RULE
from events.services.capture_findings import find_in_captures
from events.services.placing import place_staged
from events.services.staging import judge_staged
from events.services.tying import tie_expression

# 2,000 rows cost about 0.3 s; larger batches gain little and hold locks longer.
BATCH_ROWS = 2_000
# An event that somebody else keeps changing is planned again; more rounds than this mean a fault.
MAX_ROUNDS = 8
# Called inside each batch's transaction with first and last row number.
OnRows = Callable[[CursorWrapper, int, int], None]
SUMMARY_TYPE = "4"


def plan_events(*, kind: EventTable, job_id: int, run: JobRun) -> None:
    """Compares the staged rows with what is known and places them. Nothing but the working tables is written."""
    run.progress(done=0, message="比对编号")
    with transaction.atomic(), connection.cursor() as cursor:
        judge_staged(cursor, kind, job_id)
    run.progress(done=0, message="落点")
    place_staged(kind, job_id)


def apply_events(
    *,
    kind: EventTable,
    job_id: int,
    batch: ClaimBatch,
    run: JobRun,
    now: datetime,
    actor_id: int | None,
    on_rows: OnRows | None,
) -> None:
    """Applies the job's staged rows to the end, planning again what somebody else changed in between.

    Raises:
        Conflict: events keep changing under the import.
    """
    _ensure_parts(kind, job_id)
    for _ in range(MAX_ROUNDS):
        if not _apply_rows(kind, job_id, run, now=now, actor_id=actor_id, on_rows=on_rows):
            break
        plan_events(kind=kind, job_id=job_id, run=run)
    else:
        raise Conflict("EVENTS_BUSY", "这批事件正被其他任务反复修改，请稍后重试；已写入的部分保留。")
    ClaimBatch.objects.filter(pk=batch.pk, state=ClaimBatch.State.OPEN).update(state=ClaimBatch.State.APPLIED)


def _ensure_parts(kind: EventTable, job_id: int) -> None:
    """Old ledgers reach back: the parts of the table that their rows fall into are made."""
    if not hasattr(kind.model, "partitioning"):
        return
    unit = kind.model.partitioning.every
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT date_trunc(%s, occurred_at AT TIME ZONE 'UTC')::date FROM {kind.stage_table}
                WHERE job_id = %s AND occurred_at IS NOT NULL ORDER BY 1""",
            [unit, job_id],
        )
        days: list[date] = [day for (day,) in cursor.fetchall()]
    for day in days:
        ensure_partitions(kind.model, day, day)


def _apply_rows(
    kind: EventTable, job_id: int, run: JobRun, *, now: datetime, actor_id: int | None, on_rows: OnRows | None
) -> int:
    total, done, stale, after = _remaining(kind, job_id), 0, 0, 0
    while (last := _next_bound(kind, job_id, after)) is not None:
        with transaction.atomic(), connection.cursor() as cursor:
            run.progress(done=done, total=total, message="写入事件")
            parameters: dict[str, Any] = {
                "job": job_id,
                "first": after + 1,
                "last": last,
                "now": now,
                "actor": actor_id,
                "kind": kind.code.value,
            }
            if kind.is_observation:
                _write_observations(cursor, kind, parameters)
            else:
                stale += _write_recorded(cursor, kind, parameters)
            if on_rows:
                on_rows(cursor, after + 1, last)
            cursor.execute(f"UPDATE {kind.stage_table} s SET is_applied = true WHERE {_IN_SPAN}", parameters)
            done += cursor.rowcount
        after = last
    return stale


# Rows of the batch that are still to be applied; a stale one has lost its outcome.
_IN_SPAN = (
    "s.job_id = %(job)s AND s.row_number BETWEEN %(first)s AND %(last)s AND NOT s.is_applied AND s.outcome IS NOT NULL"
)


def _remaining(kind: EventTable, job_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {kind.stage_table} WHERE job_id = %s AND NOT is_applied", [job_id])
        return int(cursor.fetchone()[0])


def _next_bound(kind: EventTable, job_id: int, after: int) -> int | None:
    """Last row number of the next batch; rows about one event may fall into two: the last of them speaks in its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT max(row_number) FROM (SELECT row_number FROM {kind.stage_table}
                WHERE job_id = %s AND NOT is_applied AND row_number > %s ORDER BY row_number LIMIT %s) b""",
            [job_id, after, BATCH_ROWS],
        )
        bound: int | None = cursor.fetchone()[0]
        return bound


def _write_recorded(cursor: CursorWrapper, kind: EventTable, parameters: dict[str, Any]) -> int:
    cursor.execute(
        f"""INSERT INTO events_eventkey (kind, source_id, number)
            SELECT DISTINCT %(kind)s, s.source_id, s.number FROM {kind.stage_table} s WHERE {_IN_SPAN} AND s.event_id IS NULL
            ORDER BY 2, 3 ON CONFLICT DO NOTHING""",
        parameters,
    )
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET event_id = k.id FROM events_eventkey k
            WHERE {_IN_SPAN} AND s.event_id IS NULL AND k.kind = %(kind)s AND k.source_id = s.source_id AND k.number = s.number""",
        parameters,
    )
    stale = _set_stale_aside(cursor, kind, parameters)
    cursor.execute(
        f"""INSERT INTO events_eventversion (event_id, batch_id, row_number, observed_at, payload, takes_back)
            SELECT s.event_id, s.batch_id, s.row_number, s.observed_at, s.payload, s.takes_back
            FROM {kind.stage_table} s WHERE {_IN_SPAN} AND NOT s.is_replay ORDER BY s.row_number
            ON CONFLICT DO NOTHING""",
        parameters,
    )
    write_events(cursor, kind, parameters)
    return stale


def _set_stale_aside(cursor: CursorWrapper, kind: EventTable, parameters: dict[str, Any]) -> int:
    """Locks the batch's events; a row that was made from an older version than there is now is planned again.

    Versions of this same job do not count: rows about one event that lie in two batches were joined in the plan.
    """
    cursor.execute(
        f"""SELECT id FROM events_eventkey WHERE id IN (SELECT s.event_id FROM {kind.stage_table} s WHERE {_IN_SPAN})
            ORDER BY id FOR UPDATE""",
        parameters,
    )
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET outcome = NULL, event_id = NULL
            WHERE {_IN_SPAN} AND NOT s.is_replay AND s.base_version_id IS DISTINCT FROM (
                SELECT max(v.id) FROM events_eventversion v
                WHERE v.event_id = s.event_id AND v.withdrawn_at IS NULL AND v.batch_id <> s.batch_id)
              AND s.base_version_id IS DISTINCT FROM (
                SELECT max(v.id) FROM events_eventversion v WHERE v.event_id = s.event_id AND v.withdrawn_at IS NULL)""",
        parameters,
    )
    return int(cursor.rowcount)


def write_events(cursor: CursorWrapper, kind: EventTable, parameters: dict[str, Any]) -> None:
    """The rows of the batch that speak become events: what was there goes, since its time may lie in another part."""
    speaks = f"{_IN_SPAN} AND s.outcome IN ('NEW', 'CHANGED')"
    cursor.execute(
        f"""DELETE FROM {kind.table} t USING {kind.stage_table} s, events_eventkey k
            WHERE {speaks} AND k.id = s.event_id AND {kind.is_same("t", "k")}""",
        parameters,
    )
    extra = _extra_columns(kind)
    columns = ["id", "source_id", "number", "version_id", "is_withdrawn", "updated_at", *kind.fields, *extra]
    own = {"point": "s.placed_point"} if kind.has_place else {}
    values = [
        "s.event_id", "s.source_id", "s.number",
        """(SELECT max(v.id) FROM events_eventversion v WHERE v.event_id = s.event_id AND v.withdrawn_at IS NULL)""",
        "s.is_void", "%(now)s", *(own.get(name, f"s.{name}") for name in kind.fields), *extra.values(),
    ]  # fmt: skip
    needs_time = "" if kind.code == EventKind.PARTY else "AND s.occurred_at IS NOT NULL"
    joins = _PARTY_JOIN if kind.code == EventKind.PARTY else ""
    if kind.code == EventKind.PARTY:
        values[columns.index("occurred_at")] = "coalesce(a.occurred_at, s.occurred_at)"
    cursor.execute(
        f"""INSERT INTO {kind.table} ({", ".join(columns)})
            SELECT {", ".join(values)} FROM {kind.stage_table} s {joins} WHERE {speaks} {needs_time}""",
        parameters,
    )
    time = "coalesce(a.occurred_at, s.occurred_at)" if joins else "s.occurred_at"
    cursor.execute(
        f"""UPDATE events_eventkey k SET occurred_at = n.occurred_at
            FROM (SELECT s.event_id, {time} AS occurred_at FROM {kind.stage_table} s {joins} WHERE {speaks}) n
            WHERE k.id = n.event_id AND k.occurred_at IS DISTINCT FROM n.occurred_at""",
        parameters,
    )
    if kind.code == EventKind.ACCIDENT:
        _give_parties_their_accident(cursor, parameters)
    cursor.execute(
        f"""INSERT INTO common_changerow (at, actor_id, job_id, verb, subject_table, subject_id)
            SELECT %(now)s, %(actor)s, %(job)s,
                   CASE WHEN s.is_void THEN 'WITHDRAWN' WHEN s.outcome = 'NEW' THEN 'CREATED' ELSE 'CHANGED' END,
                   '{kind.table}', s.event_id
            FROM {kind.stage_table} s WHERE {speaks}""",
        parameters,
    )


_PARTY_JOIN = """LEFT JOIN events_eventkey ak ON ak.kind = 'ACCIDENT' AND ak.source_id = s.source_id AND ak.number = s.accident_number
                 LEFT JOIN events_accident a ON a.id = ak.id AND a.occurred_at = ak.occurred_at"""


def _extra_columns(kind: EventTable) -> dict[str, str]:
    """Columns of the event that no source states: place, ties, points, procedure."""
    extra = {"block_id": "s.block_id"}
    if kind.has_road:
        extra |= {"place_quality": "s.place_quality", "address_id": "s.address_id", "road_id": "s.road_id"}
    if kind.code == EventKind.ACCIDENT:
        extra["procedure"] = f"CASE WHEN s.accident_type = '{SUMMARY_TYPE}' THEN 'SUMMARY' ELSE 'GENERAL' END"
    if kind.code == EventKind.VIOLATION:
        extra["points_by_rule"] = POINTS_BY_RULE
    if kind.code == EventKind.PARTY:
        extra |= {"accident_id": "ak.id", "block_id": "coalesce(a.block_id, s.block_id)"}
        row = (
            "(SELECT s.plate_number, s.plate_type, s.citizen_id, coalesce(a.occurred_at, s.occurred_at) AS occurred_at)"
        )
        ties = {c: f"(SELECT {tie_expression(c, 'n')} FROM {row} n)" for c in kind.tie_columns}
    else:
        ties = {c: tie_expression(c, "s") for c in kind.tie_columns}
    return extra | ties


def _give_parties_their_accident(cursor: CursorWrapper, parameters: dict[str, Any]) -> None:
    """Parties that waited for this accident, or whose accident moved, take time and block from it."""
    cursor.execute(
        f"""WITH taken AS (
                UPDATE events_accidentparty p
                SET accident_id = a.id, occurred_at = a.occurred_at, block_id = a.block_id,
                    vehicle_id = (SELECT {tie_expression("vehicle_id", "n")}
                                  FROM (SELECT p.plate_number, p.plate_type, a.occurred_at) n)
                FROM events_accidentstage s JOIN events_accident a ON a.id = s.event_id AND a.occurred_at = s.occurred_at
                WHERE {_IN_SPAN} AND s.outcome IN ('NEW', 'CHANGED') AND p.source_id = a.source_id AND p.accident_number = a.number
                  AND (p.accident_id IS NULL OR p.occurred_at IS DISTINCT FROM a.occurred_at OR p.block_id <> a.block_id)
                RETURNING p.id, p.occurred_at)
            UPDATE events_eventkey k SET occurred_at = t.occurred_at FROM taken t WHERE k.id = t.id""",
        parameters,
    )


def _write_observations(cursor: CursorWrapper, kind: EventTable, parameters: dict[str, Any]) -> None:
    """What devices report is added as it is; the unique constraint keeps one of two files that come at once."""
    own = {"point": "s.placed_point"}
    extra = {"block_id": "s.block_id", **{c: tie_expression(c, "s") for c in kind.tie_columns}}
    columns = ["id", "source_id", "number", "batch_id", *kind.fields, *extra]
    values = [
        "nextval('events_capture_id')", "s.source_id", "s.number", "s.batch_id",
        *(own.get(name, f"s.{name}") for name in kind.fields), *extra.values(),
    ]  # fmt: skip
    cursor.execute(
        f"""INSERT INTO {kind.table} ({", ".join(columns)})
            SELECT {", ".join(values)} FROM {kind.stage_table} s WHERE {_IN_SPAN} AND s.outcome = 'NEW'
            ORDER BY s.row_number ON CONFLICT (source_id, number, occurred_at) DO NOTHING""",
        parameters,
    )
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET event_id = c.id FROM {kind.table} c
            WHERE {_IN_SPAN} AND c.source_id = s.source_id AND c.number = s.number AND c.occurred_at = s.occurred_at""",
        parameters,
    )
    fresh = f"SELECT s.event_id AS id, s.occurred_at FROM {kind.stage_table} s WHERE {_IN_SPAN} AND s.outcome = 'NEW'"
    find_in_captures(cursor, fresh, parameters)
