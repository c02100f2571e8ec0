"""Undo: a batch's support is withdrawn, what no longer stands is rebuilt from the log, its elements are folded again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

from addresses.selectors.blocks import pseudo_block_ids
from common import clock
from common.jobs import JobRun
from elements.choices import KeyScheme
from elements.fold import claims, sql
from elements.fold.apply import apply_batch
from elements.fold.plan import plan_elements
from elements.fold.sql import Span
from elements.kinds import KINDS, Kind
from elements.services.folding import folding

SLICE_SUPPORTS = 2_000
_TOP = 2**62


def retract(kind: Kind, batch_id: int, job_id: int, run: JobRun, *, now: datetime, actor_id: int | None) -> int:
    """Withdraws every support of the batch, slice by slice, each its own transaction; returns how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM elements_claimsupport WHERE batch_id = %s AND withdrawn_at IS NULL", [batch_id]
        )
        total = cursor.fetchone()[0]
    done = 0
    while True:
        with folding(), connection.cursor() as cursor:
            run.progress(done=done, total=total, message="撤回声明")
            withdrawn, element_ids = _withdraw_slice(cursor, kind, batch_id, now)
            if not withdrawn:
                return done
            done += withdrawn
            if not element_ids:
                continue
            parameters = {"ids": element_ids}
            touched = "SELECT unnest(%(ids)s::bigint[])"
            claims.rank_claims(cursor, kind, touched, parameters)
            plan_elements(cursor, kind, job_id, element_ids)
            apply_batch(cursor, kind, Span(job_id, 1, _TOP), has_rows=False, now=now, actor_id=actor_id)
            if kind.relations:
                _, city_block = pseudo_block_ids(clock.today())
                claims.write_relations(cursor, kind, touched, parameters, now, city_block)
            _drop_unsaid_keys(cursor, kind, element_ids)
            _leave_stubs(cursor, element_ids)


def _withdraw_slice(cursor: CursorWrapper, kind: Kind, batch_id: int, now: datetime) -> tuple[int, list[int]]:
    """Withdraws one slice and rebuilds its current claims; how many supports it had, and the elements to fold."""
    cursor.execute(
        """UPDATE elements_claimsupport SET withdrawn_at = %(now)s
           WHERE id IN (SELECT id FROM elements_claimsupport WHERE batch_id = %(batch)s AND withdrawn_at IS NULL
                        ORDER BY id LIMIT %(size)s FOR UPDATE)
           RETURNING id""",
        {"now": now, "batch": batch_id, "size": SLICE_SUPPORTS},
    )
    support_ids = [row[0] for row in cursor.fetchall()]
    if not support_ids:
        return 0, []
    # A claim that was said again later stays as it is.
    cursor.execute(
        """SELECT DISTINCT l.source_id, l.subject_key
           FROM elements_claimsupport gone JOIN elements_claimlog l ON l.id = gone.claim_id
           WHERE gone.id = ANY(%(ids)s) AND NOT EXISTS (
               SELECT 1 FROM elements_claimsupport p WHERE p.claim_id = l.id AND p.withdrawn_at IS NULL
                  AND (p.observed_at, p.id) > (gone.observed_at, gone.id))""",
        {"ids": support_ids},
    )
    subjects = cursor.fetchall()
    if not subjects:
        return len(support_ids), []
    parameters = {"sources": [s for s, _ in subjects], "keys": [k for _, k in subjects]}
    named = "SELECT * FROM unnest(%(sources)s::bigint[], %(keys)s::text[]) AS n(source_id, subject_key)"
    cursor.execute(
        f"""DELETE FROM {kind.claim_table} c USING ({named}) n
            WHERE c.source_id = n.source_id AND c.subject_key = n.subject_key RETURNING c.element_id""",
        parameters,
    )
    element_ids = {row[0] for row in cursor.fetchall()}
    columns = sql.claim_columns(kind)
    said = sql.said_in_log(kind, f"(l.source_id, l.subject_key) IN ({named})")
    cursor.execute(
        f"INSERT INTO {kind.claim_table} ({columns}, rank) SELECT {columns}, 0 FROM ({sql.replay(kind, said)}) r",
        parameters,
    )
    return len(support_ids), sorted(element_ids)


def _leave_stubs(cursor: CursorWrapper, element_ids: list[int]) -> None:
    """What nobody owns any more but others still name (the owner of a vehicle) is a stub again, called as they call it."""
    labels = " UNION ALL ".join(
        f"""SELECT c.observed_at, r.label FROM elements_relation o
            JOIN {kind.claim_table} c ON c.element_id = o.subject_id AND c.source_id = o.source_id
            CROSS JOIN LATERAL jsonb_to_recordset(c.relations) AS r(scheme smallint, value text, label text)
            JOIN elements_elementkey k ON k.element_id = o.object_id AND k.scheme = r.scheme AND k.value = r.value
            WHERE o.object_id = e.id"""
        for kind in KINDS.values()
        if kind.relations
    )
    cursor.execute(
        f"""UPDATE elements_element e
            SET is_owned = false, is_withdrawn = false,
                label = coalesce((SELECT left(n.label, 120) FROM ({labels}) n ORDER BY n.observed_at DESC LIMIT 1), e.label)
            WHERE e.id = ANY(%(ids)s) AND e.is_withdrawn
              AND EXISTS (SELECT 1 FROM elements_relation o WHERE o.object_id = e.id)""",
        {"ids": element_ids},
    )


def _drop_unsaid_keys(cursor: CursorWrapper, kind: Kind, element_ids: list[int]) -> None:
    """Keys that no current claim states any more go; a withdrawn element keeps its timeless ones, to be found again."""
    stating = replace(kind, keys=tuple(rule for rule in kind.keys if rule.scheme != KeyScheme.SOURCE_ID))
    if not stating.keys:
        return
    cursor.execute(
        f"""DELETE FROM elements_elementkey held USING elements_element e
            WHERE e.id = held.element_id AND held.element_id = ANY(%(ids)s)
              AND (NOT e.is_withdrawn OR held.scheme = %(plate)s)
              AND NOT EXISTS (
                  SELECT 1 FROM {kind.claim_table} c CROSS JOIN {sql.keys_of_rows(stating, "c")}
                  WHERE c.element_id = held.element_id AND k.scheme = held.scheme AND k.value = held.value)
              AND held.scheme <> %(source_id)s AND held.valid_to IS NULL""",
        {"ids": element_ids, "plate": int(KeyScheme.PLATE), "source_id": int(KeyScheme.SOURCE_ID)},
    )
