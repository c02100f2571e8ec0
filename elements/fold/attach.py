"""Staged rows find their elements by key; rows about new things get an element id from the sequence.

The first key, in the kind's order, that points at an element decides, unless that element holds another value under a
better scheme that the row states too: a VIN is never overruled by a plate.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from common.statistics import refresh_statistics
from elements.choices import KeyScheme
from elements.fold import sql
from elements.kinds import Kind

# Subject of a claim that names its element instead of a key.
DIRECT_PREFIX = "ELEMENT:"


def attach(cursor: CursorWrapper, kind: Kind, job_id: int) -> None:
    """Gives every staged row without an element its subject key and its element; then its outcome.

    Temporary tables live until the end of the transaction.
    """
    cursor.execute("DROP TABLE IF EXISTS attach_key, attach_subject, attach_hit, attach_match, attach_new")
    parameters = {"job": job_id}
    # A correction is about its element, or about what that was merged into meanwhile.
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET element_id = coalesce(e.merged_into_id, e.id) FROM elements_element e
            WHERE s.job_id = %(job)s AND s.is_direct AND s.element_id IS NULL
              AND e.id = substring(s.subject_key from {len(DIRECT_PREFIX) + 1})::bigint""",
        parameters,
    )
    cursor.execute(
        f"""CREATE TEMP TABLE attach_key ON COMMIT DROP AS
            SELECT s.row_number, {sql.local_day("s.observed_at")} AS day, k.priority, k.scheme, k.value
            FROM {kind.stage_table} s CROSS JOIN {sql.keys_of_rows(kind, "s")}
            WHERE s.job_id = %(job)s AND s.element_id IS NULL AND k.value IS NOT NULL""",
        parameters,
    )
    cursor.execute("ANALYZE attach_key")
    cursor.execute(
        f"""CREATE TEMP TABLE attach_subject ON COMMIT DROP AS
            SELECT DISTINCT ON (row_number) row_number, priority, {sql.scheme_name()} || ':' || value AS subject_key
            FROM attach_key ORDER BY row_number, priority""",
    )
    cursor.execute("CREATE INDEX ON attach_key (row_number)")
    # Two branches, so that each scheme uses its own partial index.
    cursor.execute(
        """CREATE TEMP TABLE attach_hit ON COMMIT DROP AS
           SELECT a.row_number, a.priority, k.element_id
           FROM attach_key a JOIN elements_elementkey k ON k.scheme = a.scheme AND k.value = a.value AND k.scheme <> 5
           WHERE a.scheme <> 5
           UNION ALL
           SELECT a.row_number, a.priority, k.element_id
           FROM attach_key a JOIN elements_elementkey k ON k.value = a.value AND k.scheme = 5
            AND daterange(k.valid_from, k.valid_to) @> a.day
           WHERE a.scheme = 5""".replace("5", str(int(KeyScheme.PLATE))),
    )
    cursor.execute("ANALYZE attach_hit")
    cursor.execute(
        """CREATE TEMP TABLE attach_match ON COMMIT DROP AS
           WITH contradicted AS (
               SELECT DISTINCT h.row_number, h.element_id, h.priority
               FROM attach_hit h
               JOIN attach_key better ON better.row_number = h.row_number AND better.priority < h.priority
               JOIN elements_elementkey held
                 ON held.element_id = h.element_id AND held.scheme = better.scheme AND held.value <> better.value
               WHERE h.priority > 0)
           SELECT DISTINCT ON (h.row_number) h.row_number, h.element_id
           FROM attach_hit h LEFT JOIN contradicted c USING (row_number, element_id, priority)
           WHERE c.row_number IS NULL ORDER BY h.row_number, h.priority""",
    )
    cursor.execute("ANALYZE attach_match")
    # Among new things of one file, a row that states less joins the row that states its key beside a better one.
    cursor.execute(
        """CREATE TEMP TABLE attach_new ON COMMIT DROP AS
            WITH fresh AS (
                SELECT s.* FROM attach_subject s LEFT JOIN attach_match m USING (row_number) WHERE m.row_number IS NULL),
            leader AS (
                SELECT a.scheme, a.value, min(f.subject_key) AS subject_key
                FROM attach_key a JOIN fresh f USING (row_number)
                WHERE a.priority > f.priority GROUP BY 1, 2 HAVING count(DISTINCT f.subject_key) = 1)
            SELECT f.row_number, coalesce(l.subject_key, f.subject_key) AS subject_key
            FROM fresh f JOIN attach_key a ON a.row_number = f.row_number AND a.priority = f.priority
            LEFT JOIN leader l ON l.scheme = a.scheme AND l.value = a.value
             AND NOT EXISTS (SELECT 1 FROM fresh o WHERE o.subject_key = l.subject_key AND o.row_number = f.row_number)""",
    )
    cursor.execute(
        f"""WITH numbered AS (
                SELECT subject_key, nextval(pg_get_serial_sequence('elements_element', 'id')) AS element_id
                FROM (SELECT DISTINCT subject_key FROM attach_new) d),
            found AS (
                SELECT row_number, element_id, false AS is_new FROM attach_match
                UNION ALL
                SELECT n.row_number, d.element_id, true FROM attach_new n JOIN numbered d USING (subject_key))
            UPDATE {kind.stage_table} s
            SET subject_key = k.subject_key, element_id = f.element_id, is_new = f.is_new
            FROM attach_subject k JOIN found f USING (row_number)
            WHERE s.job_id = %(job)s AND s.row_number = k.row_number""",
        parameters,
    )
    refresh_statistics(kind.stage_table)
    judge(cursor, kind, job_id)


def judge(cursor: CursorWrapper, kind: Kind, job_id: int) -> None:
    """Outcome of every attached row that has none: what it will do to the claims of its source."""
    cursor.execute(
        f"""WITH compared AS (
                SELECT s.row_number, s.source_id, s.subject_key, s.observed_at, s.is_new,
                       -- Said again on a later day, a claim may go before another one of its source on the same thing.
                       coalesce(c.id IS NOT NULL AND (c.rank = 0 OR s.observed_at <= c.observed_at)
                                AND {sql.is_repeated(kind, "s", "c")}, false) AS repeats,
                       coalesce(s.observed_at < c.observed_at OR c.cleared <> '{{}}', false) OR s.cleared <> '{{}}' AS needs_replay
                FROM {kind.stage_table} s
                LEFT JOIN {kind.claim_table} c ON c.source_id = s.source_id AND c.subject_key = s.subject_key
                WHERE s.job_id = %(job)s AND s.element_id IS NOT NULL AND NOT s.is_applied),
            judged AS (
                -- A row that repeats the claim still speaks when another row of the file says something else after it.
                SELECT row_number, is_new, needs_replay, bool_and(repeats) OVER subject AS is_repeated,
                       count(*) OVER subject AS rows_of_subject,
                       row_number() OVER (PARTITION BY source_id, subject_key ORDER BY observed_at DESC, row_number DESC) AS latest
                FROM compared WINDOW subject AS (PARTITION BY source_id, subject_key)),
            numbered AS (
                -- In the order of the file, so that a replay of the log hears the later row last.
                SELECT row_number, nextval(pg_get_serial_sequence('elements_claimlog', 'id')) AS claim_id
                FROM (SELECT row_number FROM judged WHERE NOT is_repeated ORDER BY row_number) speaking)
            UPDATE {kind.stage_table} s
            SET outcome = CASE WHEN j.is_repeated THEN 'UNCHANGED' WHEN j.latest > 1 THEN 'SUPERSEDED'
                               WHEN j.is_new THEN 'NEW' ELSE 'CHANGED' END,
                claim_id = n.claim_id,
                needs_replay = j.needs_replay OR (j.rows_of_subject > 1 AND NOT j.is_repeated)
            FROM judged j LEFT JOIN numbered n USING (row_number) WHERE s.job_id = %(job)s AND s.row_number = j.row_number""",
        {"job": job_id},
    )
    _judge_together(cursor, kind, job_id)


def _judge_together(cursor: CursorWrapper, kind: Kind, job_id: int) -> None:
    """Several rows of one subject that end where its claim is (the same file again) change nothing."""
    several = f"""s.job_id = %(job)s AND s.element_id IS NOT NULL AND NOT s.is_applied AND (s.source_id, s.subject_key) IN (
        SELECT o.source_id, o.subject_key FROM {kind.stage_table} o
        WHERE o.job_id = %(job)s AND o.outcome = 'SUPERSEDED' AND NOT o.is_applied)"""
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET outcome = 'UNCHANGED', claim_id = NULL, needs_replay = false
            FROM ({sql.replay(kind, sql.said_in_stage(kind, several))}) r
            JOIN {kind.claim_table} c ON c.source_id = r.source_id AND c.subject_key = r.subject_key
            WHERE {sql.is_repeated(kind, "r", "c")} AND (c.rank = 0 OR r.observed_at <= c.observed_at)
              AND s.job_id = %(job)s AND NOT s.is_applied
              AND s.source_id = r.source_id AND s.subject_key = r.subject_key""",
        {"job": job_id},
    )
