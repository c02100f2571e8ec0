"""Planning: what a fold would write, stored so that a preview and its import cannot differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.backends.utils import CursorWrapper

from common.statistics import refresh_statistics
from elements.fold import sql
from elements.fold.rules import field_rules
from elements.kinds import Kind

# Older claims of one source on one element than these do not speak; each costs a join.
MAX_CLAIMS_PER_SOURCE = 8


def plan_stage(cursor: CursorWrapper, kind: Kind, job_id: int) -> None:
    """Plans the elements that the job's attached rows touch, over the claims as they will be."""
    cursor.execute("DROP TABLE IF EXISTS fold_touched, fold_claims")
    speaks = "s.job_id = %(job)s AND NOT s.is_applied"
    cursor.execute(
        f"""CREATE TEMP TABLE fold_touched ON COMMIT DROP AS
            SELECT DISTINCT s.element_id FROM {kind.stage_table} s
            WHERE {speaks} AND s.outcome IN ('NEW', 'CHANGED', 'SUPERSEDED')""",
        {"job": job_id},
    )
    cursor.execute("ANALYZE fold_touched")
    fields = sql.column_list(kind.fields)
    cursor.execute(
        f"""CREATE TEMP TABLE fold_claims ON COMMIT DROP AS
            WITH merged AS ({sql.merged_claims(kind, speaks)}),
            -- What the same file merely says again is of a later day as well, and may go before what it says anew.
            repeated AS (
                SELECT s.source_id, s.subject_key, max(s.observed_at) AS observed_at
                FROM {kind.stage_table} s JOIN fold_touched t ON t.element_id = s.element_id
                WHERE {speaks} AND s.outcome = 'UNCHANGED' GROUP BY 1, 2),
            others AS (
                SELECT c.source_id, c.subject_key, c.element_id, greatest(c.observed_at, p.observed_at) AS observed_at, c.cleared,
                       c.against, {sql.column_list(kind.fields, "c")}
                FROM {kind.claim_table} c JOIN fold_touched t ON t.element_id = c.element_id
                LEFT JOIN repeated p ON p.source_id = c.source_id AND p.subject_key = c.subject_key
                WHERE NOT EXISTS (SELECT 1 FROM merged m
                                  WHERE m.source_id = c.source_id AND m.subject_key = c.subject_key))
            SELECT source_id, element_id, cleared, against, {fields},
                   (row_number() OVER (PARTITION BY element_id, source_id
                                       ORDER BY observed_at DESC, subject_key) - 1)::smallint AS rank
            FROM (SELECT source_id, subject_key, element_id, observed_at, cleared, against, {fields} FROM merged
                  UNION ALL SELECT * FROM others) a""",
        {"job": job_id},
    )
    cursor.execute("ANALYZE fold_claims")
    _plan(cursor, kind, job_id, claims="fold_claims")


def plan_elements(cursor: CursorWrapper, kind: Kind, job_id: int, element_ids: Sequence[int] | None) -> None:
    """Plans elements over their current claims: after an undo, or all of the kind after a change of policy (None)."""
    cursor.execute("DROP TABLE IF EXISTS fold_touched")
    if element_ids is None:
        chosen = f"SELECT DISTINCT element_id FROM {kind.claim_table}"
        parameters = {}
    else:
        chosen = "SELECT unnest(%(ids)s::bigint[]) AS element_id"
        parameters = {"ids": list(element_ids)}
    cursor.execute(f"CREATE TEMP TABLE fold_touched ON COMMIT DROP AS {chosen}", parameters)
    cursor.execute("ANALYZE fold_touched")
    _plan(cursor, kind, job_id, claims=kind.claim_table)


def claim_sources(cursor: CursorWrapper, claims: str, touched: str) -> tuple[list[tuple[int, int]], bool]:
    """The (source id, rank) pairs that occur in the claims on the touched elements; whether one of them clears a field."""
    cursor.execute(
        f"""SELECT c.source_id, max(c.rank), bool_or(c.cleared <> '{{}}')
            FROM {claims} c JOIN {touched} t ON t.element_id = c.element_id GROUP BY 1 ORDER BY 1"""
    )
    present = cursor.fetchall()
    columns = [(source, rank) for source, top, _ in present for rank in range(min(top, MAX_CLAIMS_PER_SOURCE - 1) + 1)]
    return columns, any(has_cleared for *_, has_cleared in present)


def _plan(cursor: CursorWrapper, kind: Kind, job_id: int, *, claims: str) -> None:
    cursor.execute(f"DELETE FROM {kind.plan_table} WHERE job_id = %(job)s", {"job": job_id})
    columns, has_cleared = claim_sources(cursor, claims, "fold_touched")
    statement = sql.plan(
        kind, field_rules(kind), columns, claims=claims, touched="fold_touched", has_cleared=has_cleared
    )
    cursor.execute(statement, {"job": job_id})
    refresh_statistics(kind.plan_table)


def what_others_say(
    cursor: CursorWrapper, kind: Kind, element_ids: Sequence[int], fields: Sequence[str]
) -> dict[int, dict[str, Any]]:
    """Per element: field → the value that holds without corrections, in the form in which a correction keeps it."""
    if not element_ids or not fields:
        return {}
    cursor.execute("DROP TABLE IF EXISTS others_touched")
    cursor.execute(
        "CREATE TEMP TABLE others_touched ON COMMIT DROP AS SELECT unnest(%(ids)s::bigint[]) AS element_id",
        {"ids": list(element_ids)},
    )
    cursor.execute("ANALYZE others_touched")
    columns, has_cleared = claim_sources(cursor, kind.claim_table, "others_touched")
    said = ", ".join(
        f"'{rule.name}', "
        + sql.as_json(kind, rule.name, sql.winner(rule.without_corrections(), columns, has_cleared, kind.claim_table))
        for rule in field_rules(kind, fields)
    )
    cursor.execute(
        f"""SELECT t.element_id, jsonb_build_object({said})::text
            FROM others_touched t {sql.claim_joins(columns, kind.claim_table)}"""
    )
    return {element_id: orjson.loads(text) for element_id, text in cursor.fetchall()}
