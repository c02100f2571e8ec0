"""Applying the staged rows of one batch of elements: keys, the claim log, supports, current claims, relations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from elements.choices import FindingKind, KeyScheme
from elements.fold import sql
from elements.fold.sql import Span
from elements.kinds import Kind


def insert_keys(cursor: CursorWrapper, kind: Kind, span: Span, now: datetime) -> bool:
    """Adds the keys that the rows state; a key that another element holds is a finding, never an error.

    Returns:
        False when a new element lost its own first key to a concurrent import: the batch must be planned again.
    """
    cursor.execute("DROP TABLE IF EXISTS fold_key")
    parameters: dict[str, Any] = {**span.parameters, "now": now, "plate": int(KeyScheme.PLATE)}
    cursor.execute(
        f"""CREATE TEMP TABLE fold_key ON COMMIT DROP AS
            SELECT DISTINCT ON (s.element_id, k.scheme, k.value)
                   s.element_id, k.scheme, k.value, k.priority, s.source_id, s.observed_at, s.row_number, s.batch_id, s.is_new,
                   o.is_plate_authority
            FROM {kind.stage_table} s JOIN elements_source o ON o.id = s.source_id
            CROSS JOIN {sql.keys_of_rows(kind, "s")}
            WHERE {sql.in_span("s")} AND NOT s.is_applied AND k.value IS NOT NULL
              AND s.outcome <> 'UNCHANGED'
            ORDER BY s.element_id, k.scheme, k.value, s.observed_at DESC""",
        parameters,
    )
    # Without its size the planner reads the whole key table once a row: 1.1 s a batch instead of 0.03 s.
    cursor.execute("ANALYZE fold_key")
    # The issuing authority newly names another vehicle: a re-issue. The old period ends on that day.
    said_on = sql.local_day("n.observed_at")
    cursor.execute(
        f"""UPDATE elements_elementkey held SET valid_to = {said_on}
           FROM fold_key n
           WHERE n.scheme = %(plate)s AND n.is_plate_authority AND held.scheme = %(plate)s AND held.value = n.value
             AND held.element_id <> n.element_id AND held.valid_to IS NULL
             AND {said_on} > coalesce(held.valid_from, {sql.local_day("held.asserted_at")})
             AND n.observed_at > held.asserted_at""",
        parameters,
    )
    cursor.execute(
        """INSERT INTO elements_elementkey (element_id, scheme, value, valid_from, source_id, asserted_at)
           SELECT n.element_id, n.scheme, n.value,
                  (SELECT max(held.valid_to) FROM elements_elementkey held
                   WHERE n.scheme = %(plate)s AND held.scheme = %(plate)s AND held.value = n.value),
                  n.source_id, n.observed_at
           FROM fold_key n
           WHERE NOT EXISTS (SELECT 1 FROM elements_elementkey k
                             WHERE k.element_id = n.element_id AND k.scheme = n.scheme AND k.value = n.value
                               AND k.valid_to IS NULL)
           ORDER BY n.scheme, n.value
           ON CONFLICT DO NOTHING""",
        parameters,
    )
    lost = """FROM fold_key n WHERE NOT EXISTS (
                  SELECT 1 FROM elements_elementkey k
                  WHERE k.element_id = n.element_id AND k.scheme = n.scheme AND k.value = n.value)"""
    cursor.execute(
        f"""SELECT EXISTS (SELECT 1 FROM (
                SELECT DISTINCT ON (element_id) * FROM fold_key ORDER BY element_id, priority) first
            WHERE is_new AND EXISTS (SELECT 1 {lost} AND n.element_id = first.element_id AND n.scheme = first.scheme
                                       AND n.scheme <> %(plate)s))""",
        parameters,
    )
    if cursor.fetchone()[0]:
        return False
    cursor.execute(
        f"""WITH opened AS (
                INSERT INTO elements_finding (kind, element_id, other_id, scheme, batch_id, row_number, opened_at)
                SELECT CASE WHEN n.scheme = %(plate)s THEN '{FindingKind.PLATE_ANOMALY}' ELSE '{FindingKind.KEY_CONFLICT}' END,
                       n.element_id,
                       (SELECT k.element_id FROM elements_elementkey k
                        WHERE k.scheme = n.scheme AND k.value = n.value ORDER BY k.valid_to NULLS FIRST LIMIT 1),
                       n.scheme, n.batch_id, n.row_number, %(now)s {lost}
                ON CONFLICT DO NOTHING RETURNING id)
            INSERT INTO common_changerow (at, verb, subject_table, subject_id)
            SELECT %(now)s, 'OPENED', 'elements_finding', id FROM opened""",
        parameters,
    )
    return True


def write_claims(cursor: CursorWrapper, kind: Kind, span: Span) -> None:
    """Log rows, supports and current claims of the staged rows."""
    parameters: dict[str, Any] = {**span.parameters, "kind": kind.code.value}
    batch = f"{sql.in_span('s')} AND NOT s.is_applied"
    _find_repeated(cursor, kind, batch, parameters)
    cursor.execute(
        f"""INSERT INTO elements_claimlog
                (id, source_id, kind, subject_key, element_id, batch_id, row_number, observed_at, payload, cleared, against)
            SELECT s.claim_id, s.source_id, %(kind)s, s.subject_key, s.element_id, s.batch_id, s.row_number, s.observed_at,
                   {sql.payload(kind, "s")}, s.cleared, s.against
            FROM {kind.stage_table} s
            WHERE {batch} AND s.claim_id IS NOT NULL AND s.row_number NOT IN (SELECT row_number FROM fold_repeated)""",
        parameters,
    )
    # In the order of the file: among rows of one date the later one speaks last.
    cursor.execute(
        f"""INSERT INTO elements_claimsupport (claim_id, batch_id, row_number, observed_at)
            SELECT s.claim_id, s.batch_id, s.row_number, s.observed_at FROM {kind.stage_table} s
            WHERE {batch} AND s.claim_id IS NOT NULL ORDER BY s.row_number
            ON CONFLICT DO NOTHING""",
        parameters,
    )
    said = f"SELECT s.claim_id, s.row_number, s.observed_at FROM {kind.stage_table} s WHERE {batch} AND s.outcome = 'UNCHANGED'"
    _say_again(cursor, kind, said, parameters)
    columns = sql.claim_columns(kind)
    updates = ", ".join(
        f"{c} = excluded.{c}"
        for c in ("element_id", "claim_id", "observed_at", "cleared", "relations", "against", *kind.fields)
    )
    cursor.execute(
        f"""INSERT INTO {kind.claim_table} ({columns}, rank)
            SELECT {columns}, 0 FROM ({sql.merged_claims(kind, batch)}) m ORDER BY source_id, subject_key
            ON CONFLICT (source_id, subject_key) DO UPDATE SET {updates}""",
        parameters,
    )
    touched = f"SELECT s.element_id FROM {kind.stage_table} s WHERE {batch} AND s.outcome <> 'UNCHANGED'"
    rank_claims(cursor, kind, touched, parameters)


def _find_repeated(cursor: CursorWrapper, kind: Kind, batch: str, parameters: dict[str, Any]) -> None:
    """Gives the unchanged rows the standing claim that they repeat word for word, the others a number in the log.

    Without a claim of its own, what a row confirms in part would be lost with the undo of the claims that say it.

    Makes `fold_repeated(row_number)`, the rows that need no log row.
    """
    cursor.execute("DROP TABLE IF EXISTS fold_repeated")
    cursor.execute(
        f"""CREATE TEMP TABLE fold_repeated ON COMMIT DROP AS
            SELECT DISTINCT ON (r.row_number) r.row_number, l.id AS claim_id
            FROM (SELECT s.source_id, s.subject_key, s.row_number, s.cleared, {sql.payload(kind, "s")} AS payload
                  FROM {kind.stage_table} s WHERE {batch} AND s.outcome = 'UNCHANGED') r
            JOIN elements_claimlog l ON l.source_id = r.source_id AND l.subject_key = r.subject_key
            WHERE l.payload = r.payload AND l.cleared <@ r.cleared AND l.cleared @> r.cleared AND EXISTS (
                SELECT 1 FROM elements_claimsupport p WHERE p.claim_id = l.id AND p.withdrawn_at IS NULL)
            ORDER BY r.row_number, l.id DESC""",
        parameters,
    )
    cursor.execute(
        f"""UPDATE {kind.stage_table} s
            SET claim_id = coalesce((SELECT r.claim_id FROM fold_repeated r WHERE r.row_number = s.row_number),
                                    nextval(pg_get_serial_sequence('elements_claimlog', 'id')))
            WHERE {batch} AND s.outcome = 'UNCHANGED'""",
        parameters,
    )


def _say_again(cursor: CursorWrapper, kind: Kind, said: str, parameters: dict[str, Any]) -> None:
    """Moves current claims to the last date on which they were said; what they say stays.

    Args:
        cursor: inside the transaction that writes the supports.
        kind: of the claims.
        said: SQL of (claim_id, row_number, observed_at).
        parameters: of that SQL.
    """
    cursor.execute(
        f"""UPDATE {kind.claim_table} c SET claim_id = r.claim_id, observed_at = r.observed_at
            FROM (SELECT DISTINCT ON (l.source_id, l.subject_key) l.source_id, l.subject_key, s.claim_id, s.observed_at
                  FROM ({said}) s JOIN elements_claimlog l ON l.id = s.claim_id
                  ORDER BY l.source_id, l.subject_key, s.observed_at DESC, s.row_number DESC) r
            WHERE c.source_id = r.source_id AND c.subject_key = r.subject_key
              AND (c.observed_at < r.observed_at OR (c.observed_at = r.observed_at AND c.claim_id <> r.claim_id))""",
        parameters,
    )


def support_again(
    cursor: CursorWrapper,
    kind: Kind,
    *,
    batch_id: int,
    observed_at: datetime,
    repeated: str,
    parameters: dict[str, Any],
) -> None:
    """Supports of rows that say word for word what a claim said, without staging them.

    Args:
        cursor: inside the transaction that makes the rows final.
        kind: of the claims.
        batch_id: batch of the rows.
        observed_at: when they were said.
        repeated: SQL of (row_number, claim_id).
        parameters: of that SQL.
    """
    parameters = {**parameters, "batch": batch_id, "observed_at": observed_at}
    cursor.execute(
        f"""INSERT INTO elements_claimsupport (claim_id, batch_id, row_number, observed_at)
            SELECT r.claim_id, %(batch)s, r.row_number, %(observed_at)s FROM ({repeated}) r ORDER BY r.row_number
            ON CONFLICT DO NOTHING""",
        parameters,
    )
    said = f"SELECT r.claim_id, r.row_number, %(observed_at)s::timestamptz AS observed_at FROM ({repeated}) r"
    _say_again(cursor, kind, said, parameters)


def rank_claims(cursor: CursorWrapper, kind: Kind, touched: str, parameters: dict[str, Any]) -> None:
    """Numbers the claims of one source on one element, latest first; nearly all are the only one."""
    cursor.execute(
        f"""UPDATE {kind.claim_table} c SET rank = r.rank
            FROM (SELECT id, (row_number() OVER (PARTITION BY element_id, source_id
                                                 ORDER BY observed_at DESC, subject_key) - 1)::smallint AS rank
                  FROM {kind.claim_table} WHERE element_id IN ({touched})) r
            WHERE c.id = r.id AND c.rank <> r.rank""",
        parameters,
    )


def write_relations(
    cursor: CursorWrapper, kind: Kind, element_ids: str, parameters: dict[str, Any], now: datetime, city_block: int
) -> None:
    """Brings `Relation` rows of the elements in line with their current claims; unknown objects become stubs.

    Args:
        cursor: inside the batch's transaction, with `fold_claimed(element_id)` naming whose claims changed.
        kind: of the subjects.
        element_ids: SQL of the subjects' ids.
        parameters: of that SQL.
        now: time of the stubs.
        city_block: pseudo-block that holds stubs.
    """
    cursor.execute("DROP TABLE IF EXISTS fold_relation")
    parameters = {**parameters, "now": now, "city": city_block}
    cursor.execute(
        f"""CREATE TEMP TABLE fold_relation ON COMMIT DROP AS
            SELECT c.element_id, c.source_id, c.observed_at, r.type, r.kind, r.scheme, r.value, r.label, r.valid_from, r.valid_to,
                   k.element_id AS object_id
            FROM {kind.claim_table} c
            CROSS JOIN LATERAL jsonb_to_recordset(c.relations)
                 AS r(type text, kind text, scheme smallint, value text, label text, valid_from date, valid_to date)
            LEFT JOIN elements_elementkey k ON k.scheme = r.scheme AND k.value = r.value
            WHERE c.element_id IN ({element_ids})""",
        parameters,
    )
    cursor.execute(
        """WITH stub AS (
               SELECT nextval(pg_get_serial_sequence('elements_element', 'id')) AS id, s.*
               FROM (SELECT DISTINCT ON (scheme, value) scheme, value, kind, label, source_id, observed_at
                     FROM fold_relation WHERE object_id IS NULL ORDER BY scheme, value, observed_at DESC) s),
           made AS (
               INSERT INTO elements_elementkey (element_id, scheme, value, source_id, asserted_at)
               SELECT id, scheme, value, source_id, observed_at FROM stub ORDER BY scheme, value
               ON CONFLICT DO NOTHING RETURNING element_id)
           INSERT INTO elements_element (id, kind, label, block_id, place_quality, is_owned, is_withdrawn, conflicts, version, updated_at)
           SELECT s.id, s.kind, coalesce(left(s.label, 120), ''), %(city)s, 'UNPLACED', false, false, '{}', 1, %(now)s
           FROM stub s JOIN made m ON m.element_id = s.id""",
        parameters,
    )
    cursor.execute(
        """UPDATE fold_relation r SET object_id = k.element_id FROM elements_elementkey k
           WHERE r.object_id IS NULL AND k.scheme = r.scheme AND k.value = r.value"""
    )
    cursor.execute("DROP TABLE IF EXISTS fold_related")
    cursor.execute(
        f"""CREATE TEMP TABLE fold_related ON COMMIT DROP AS
            SELECT o.id, o.subject_id, o.object_id FROM elements_relation o
            WHERE o.subject_id IN ({element_ids}) AND NOT EXISTS (
                SELECT 1 FROM fold_relation r WHERE r.element_id = o.subject_id AND r.type = o.type
                   AND r.object_id = o.object_id AND r.source_id = o.source_id
                   AND (r.valid_from, r.valid_to) IS NOT DISTINCT FROM (o.valid_from, o.valid_to))""",
        parameters,
    )
    cursor.execute("DELETE FROM elements_relation WHERE id IN (SELECT id FROM fold_related)")
    cursor.execute(
        """WITH made AS (
               INSERT INTO elements_relation (subject_id, type, object_id, source_id, valid_from, valid_to)
               SELECT DISTINCT ON (element_id, type, object_id, source_id)
                      element_id, type, object_id, source_id, valid_from, valid_to
               FROM fold_relation WHERE object_id IS NOT NULL AND object_id <> element_id
               ORDER BY element_id, type, object_id, source_id, observed_at DESC
               ON CONFLICT (subject_id, type, object_id, source_id) DO NOTHING RETURNING id, subject_id, object_id)
           INSERT INTO fold_related SELECT * FROM made"""
    )
    _tell_related(cursor, now)


def _tell_related(cursor: CursorWrapper, now: datetime) -> None:
    """A change row for either end of what is related newly or no more: who is told of a vehicle may follow from its owner."""
    cursor.execute(
        """INSERT INTO common_changerow (at, verb, subject_table, subject_id)
           SELECT DISTINCT %s::timestamptz, 'RELATED', 'elements_element', element_id
           FROM (SELECT subject_id FROM fold_related UNION SELECT object_id FROM fold_related) e (element_id)""",
        [now],
    )
