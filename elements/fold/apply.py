"""Applying a plan in batches of elements, each its own transaction, resumable at any batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from addresses.choices import MapLayer
from addresses.selectors.blocks import pseudo_block_ids
from addresses.services.map_features import move_features
from common.jobs import JobRun
from elements.fold import claims, places
from elements.fold.sql import Span, in_span
from elements.kinds import Kind
from elements.services.folding import folding

# 2,000 elements cost about 0.2 s; larger batches gain little and hold locks longer.
BATCH_ELEMENTS = 2_000

# Called inside each batch's transaction.
OnBatch = Callable[[CursorWrapper, Span], None]


def apply_plan(
    kind: Kind,
    job_id: int,
    run: JobRun,
    *,
    now: datetime,
    actor_id: int | None,
    on_batch: OnBatch | None = None,
    batch_elements: int = BATCH_ELEMENTS,
) -> int:
    """Applies every staged row and plan row of the job that is still current.

    Returns:
        How many elements were left because somebody changed them since they were planned; plan again and call again.
    """
    total = _remaining(kind, job_id)
    done = stale = last = 0
    while (bound := _next_bound(kind, job_id, last, batch_elements)) is not None:
        span, last = Span(job_id, last + 1, bound), bound
        with folding(), connection.cursor() as cursor:
            run.progress(done=done, total=total, message="写入要素")
            stale += _set_stale_aside(cursor, kind, span)
            has_rows = _has_rows(cursor, kind, span)
            if has_rows and not claims.insert_keys(cursor, kind, span, now):
                stale += _set_all_aside(cursor, kind, span)
                continue
            done += apply_batch(cursor, kind, span, has_rows=has_rows, now=now, actor_id=actor_id, on_batch=on_batch)
    return stale


def apply_batch(
    cursor: CursorWrapper,
    kind: Kind,
    span: Span,
    *,
    has_rows: bool,
    now: datetime,
    actor_id: int | None,
    on_batch: OnBatch | None = None,
) -> int:
    """One batch inside the caller's `folding()` transaction; returns how many plan rows it wrote.

    `has_rows`: rows of a file are staged for it; a refold has none.
    """
    today = timezone.localdate(now)
    parameters = span.parameters
    _, city_block = pseudo_block_ids(today)
    if has_rows:
        claims.write_claims(cursor, kind, span)
    places.compute_places(cursor, kind, span, today, city_block)
    _write_details(cursor, kind, parameters)
    places.write_addresses(cursor, kind, span)
    _write_elements(cursor, kind, parameters, now)
    if has_rows and kind.relations:
        subjects = f"""SELECT s.element_id FROM {kind.stage_table} s
                       WHERE {in_span("s")} AND NOT s.is_applied AND s.outcome <> 'UNCHANGED'"""
        claims.write_relations(cursor, kind, subjects, parameters, now, city_block)
    _move_map(cursor, kind, parameters)
    cursor.execute(
        f"""INSERT INTO common_changerow (at, actor_id, job_id, verb, subject_table, subject_id)
            SELECT %(now)s, %(actor)s, %(job)s, CASE WHEN version = 0 THEN 'CREATED' ELSE 'CHANGED' END,
                   'elements_element', element_id
            FROM {kind.plan_table} p WHERE {in_span("p")}""",
        {**parameters, "now": now, "actor": actor_id},
    )
    if on_batch:
        on_batch(cursor, span)
    if has_rows:
        cursor.execute(
            f"UPDATE {kind.stage_table} s SET is_applied = true WHERE {in_span('s')} AND NOT s.is_applied", parameters
        )
    cursor.execute(f"DELETE FROM {kind.plan_table} p WHERE {in_span('p')}", parameters)
    return int(cursor.rowcount)


def _pending(kind: Kind) -> str:
    return f"""SELECT element_id FROM {kind.stage_table} WHERE job_id = %(job)s AND NOT is_applied AND element_id IS NOT NULL
               UNION SELECT element_id FROM {kind.plan_table} WHERE job_id = %(job)s"""


def _remaining(kind: Kind, job_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_pending(kind)}) p", {"job": job_id})
        return int(cursor.fetchone()[0])


def _next_bound(kind: Kind, job_id: int, after: int, size: int) -> int | None:
    """Largest element id of the next batch beyond `after`, or None when nothing is left."""
    with connection.cursor() as cursor:
        # Each side by its own index, in order; the union of two short sorted lists is the batch.
        cursor.execute(
            f"""SELECT max(element_id) FROM (
                    SELECT element_id FROM (
                        (SELECT DISTINCT element_id FROM {kind.stage_table}
                         WHERE job_id = %(job)s AND NOT is_applied AND element_id > %(after)s ORDER BY 1 LIMIT %(size)s)
                        UNION
                        (SELECT element_id FROM {kind.plan_table}
                         WHERE job_id = %(job)s AND element_id > %(after)s ORDER BY 1 LIMIT %(size)s)
                    ) both_sides ORDER BY 1 LIMIT %(size)s) batch""",
            {"job": job_id, "after": after, "size": size},
        )
        bound: int | None = cursor.fetchone()[0]
        return bound


def _has_rows(cursor: CursorWrapper, kind: Kind, span: Span) -> bool:
    cursor.execute(
        f"SELECT EXISTS (SELECT 1 FROM {kind.stage_table} s WHERE {in_span('s')} AND NOT s.is_applied)", span.parameters
    )
    return bool(cursor.fetchone()[0])


def _set_stale_aside(cursor: CursorWrapper, kind: Kind, span: Span) -> int:
    """Locks the batch's elements; what changed since planning loses its plan and is attached again later."""
    cursor.execute(
        f"""WITH locked AS MATERIALIZED (
                SELECT e.id, e.version FROM elements_element e
                WHERE e.id IN (SELECT p.element_id FROM {kind.plan_table} p WHERE {in_span("p")})
                ORDER BY e.id FOR UPDATE)
            SELECT p.element_id FROM {kind.plan_table} p LEFT JOIN locked l ON l.id = p.element_id
            WHERE {in_span("p")} AND coalesce(l.version, 0) <> p.version""",
        span.parameters,
    )
    changed = [row[0] for row in cursor.fetchall()]
    if changed:
        cursor.execute(
            f"DELETE FROM {kind.plan_table} WHERE job_id = %(job)s AND element_id = ANY(%(ids)s)",
            {"job": span.job_id, "ids": changed},
        )
        _detach(
            cursor, kind, "s.job_id = %(job)s AND s.element_id = ANY(%(ids)s)", {"job": span.job_id, "ids": changed}
        )
    return len(changed)


def _set_all_aside(cursor: CursorWrapper, kind: Kind, span: Span) -> int:
    cursor.execute(
        f"""DELETE FROM elements_elementkey k USING {kind.stage_table} s
            WHERE {in_span("s")} AND NOT s.is_applied AND s.is_new AND k.element_id = s.element_id""",
        span.parameters,
    )
    cursor.execute(f"DELETE FROM {kind.plan_table} p WHERE {in_span('p')}", span.parameters)
    return _detach(cursor, kind, in_span("s"), span.parameters)


def _detach(cursor: CursorWrapper, kind: Kind, where: str, parameters: dict[str, Any]) -> int:
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET element_id = NULL, outcome = NULL, claim_id = NULL, is_new = false
            WHERE {where} AND NOT s.is_applied""",
        parameters,
    )
    return int(cursor.rowcount)


def _write_details(cursor: CursorWrapper, kind: Kind, parameters: dict[str, Any]) -> None:
    for part in kind.parts:
        columns = ", ".join(part.fields)
        known = part.known("p")
        if part.is_optional:
            cursor.execute(
                f"""DELETE FROM {part.table} d USING {kind.plan_table} p
                    WHERE {in_span("p")} AND p.parts_differ AND NOT ({known}) AND d.element_id = p.element_id""",
                parameters,
            )
        # What is there comes up to date before what is missing is added: no new row is compared with itself.
        assignments = ", ".join(f"{f} = p.{f}" for f in part.fields)
        differs = f"ROW({', '.join(f'd.{f}' for f in part.fields)}) IS DISTINCT FROM ROW({', '.join(f'p.{f}' for f in part.fields)})"
        cursor.execute(
            f"""UPDATE {part.table} d SET {assignments} FROM {kind.plan_table} p
                WHERE {in_span("p")} AND p.version > 0 AND d.element_id = p.element_id
                  AND {differs}""",
            parameters,
        )
        cursor.execute(
            f"""INSERT INTO {part.table} (element_id, {columns})
                SELECT p.element_id, {", ".join(f"p.{f}" for f in part.fields)} FROM {kind.plan_table} p
                WHERE {in_span("p")} AND p.parts_differ AND ({known})
                  AND NOT EXISTS (SELECT 1 FROM {part.table} d WHERE d.element_id = p.element_id)""",
            parameters,
        )


def _write_elements(cursor: CursorWrapper, kind: Kind, parameters: dict[str, Any], now: datetime) -> None:
    label = f"coalesce(left({kind.label_expression.format(row='p')}, 120), '')"
    parameters = {**parameters, "now": now, "kind": kind.code.value}
    cursor.execute(
        f"""INSERT INTO elements_element (id, kind, label, block_id, point, place_quality, is_owned, is_withdrawn,
                                          conflicts, version, updated_at)
            SELECT p.element_id, %(kind)s, {label}, f.block_id, f.point, f.place_quality, true, NOT p.has_claims, p.conflicts,
                   1, %(now)s
            FROM {kind.plan_table} p JOIN fold_place f USING (element_id)
            WHERE {in_span("p")} AND p.version = 0""",
        parameters,
    )
    cursor.execute(
        f"""UPDATE elements_element e
            SET label = CASE WHEN p.has_claims THEN {label} ELSE e.label END, block_id = coalesce(f.block_id, e.block_id),
                point = CASE WHEN p.is_placed_anew THEN f.point ELSE e.point END,
                place_quality = coalesce(f.place_quality, e.place_quality), is_owned = true, is_withdrawn = NOT p.has_claims, conflicts = p.conflicts,
                version = e.version + 1, updated_at = %(now)s
            FROM {kind.plan_table} p LEFT JOIN fold_place f USING (element_id)
            WHERE {in_span("p")} AND p.version > 0 AND e.id = p.element_id""",
        parameters,
    )


def _move_map(cursor: CursorWrapper, kind: Kind, parameters: dict[str, Any]) -> None:
    """The planned elements' dots on the map; what is withdrawn or has no point has none."""
    map_kind = kind.map_kind_expression.format(row="p")
    wanted = f"""SELECT p.element_id AS subject_id, {map_kind} AS kind, f.block_id, CASE WHEN p.has_claims THEN f.point END AS geom
                 FROM {kind.plan_table} p JOIN fold_place f USING (element_id) WHERE {in_span("p")}"""
    move_features(cursor, layer=MapLayer.ELEMENT, wanted=wanted, parameters=parameters)
