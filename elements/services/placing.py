"""Elements take their place anew after borders of blocks moved or address texts got another result; only what comes to
lie elsewhere is written.

The plan holds the present values of an element, so that applying it changes its block, point and quality alone. Sections of
roads are left to the next cut, which makes and ends them at the new borders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from addresses.selectors.blocks import pseudo_block_ids
from common import clock, jobs
from common.errors import Conflict
from common.jobs import JobRun
from common.models import Job
from common.statistics import refresh_statistics
from elements.fold.apply import OnBatch, apply_plan
from elements.fold.places import compute_places
from elements.fold.sql import Span, column_list, in_span
from elements.kinds import KINDS, Kind
from elements.services.sections import request_cut

PLACE_ELEMENTS = "PLACE_ELEMENTS"
# Elements that somebody else keeps changing are planned again; more rounds than this mean a fault.
MAX_ROUNDS = 8
_TOP = 2**62


def request_placing(*, block_ids: Iterable[int], actor_id: int | None) -> Job:
    """Asks for the elements of blocks to be placed anew."""
    return jobs.create_job(
        kind=PLACE_ELEMENTS,
        title="要素按新边界重新落地",
        owner_id=actor_id,
        params={"blocks": sorted(block_ids)},
    )


def tell_changed_texts(*, text_ids: Sequence[int], actor_id: int | None, now: datetime) -> None:
    """A change row for each text: what is said of its carriers may follow from its address, though they lie where they lay."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO common_changerow (at, actor_id, verb, subject_table, subject_id)
               SELECT %s, %s, 'RESOLVED', 'addresses_addresstext', unnest(%s::bigint[])""",
            [now, actor_id, list(text_ids)],
        )


def request_placing_of_texts(*, text_ids: Iterable[int], actor_id: int | None) -> Job:
    """Asks for the elements that carry address texts to be placed anew."""
    return jobs.create_job(
        kind=PLACE_ELEMENTS,
        title="要素按地址新结果重新落地",
        owner_id=actor_id,
        params={"blocks": [], "texts": sorted(text_ids)},
    )


def place_elements(run: JobRun) -> dict[str, Any]:
    """Job handler: kind by kind, planned and applied; after borders moved the roads are cut again.

    Returns:
        Elements that got another place by kind; counted with each batch, so that a killed job counts none twice.
    """
    for kind in KINDS.values():
        for _round in range(MAX_ROUNDS):
            with transaction.atomic(), connection.cursor() as cursor:
                run.progress(done=0, message=f"{kind.code.label}重新落地")
                texts = run.params.get("texts", [])
                _plan(cursor, kind, run.job.pk, run.params["blocks"], clock.today(), texts)
            if not apply_plan(
                kind, run.job.pk, run, now=clock.now(), actor_id=run.job.owner_id, on_batch=_counter(kind, run.job.pk)
            ):
                break
        else:
            raise Conflict("ELEMENTS_BUSY", "这批要素正被其他任务反复修改，请稍后重试；已写入的部分保留。")
    if run.params["blocks"]:
        request_cut()
    return dict(Job.objects.values_list("counts", flat=True).get(pk=run.job.pk))


def misplaced(*, block_ids: Iterable[int], job_id: int, today: date) -> dict[str, list[int]]:
    """Ids of the elements that lie elsewhere than they are written, by kind; for a trial that is taken back.

    Args:
        block_ids: whose elements, and those whose addresses lie in them.
        job_id: number under which the working tables are used, of no real job.
        today: day of the areas.
    """
    found: dict[str, list[int]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        for kind in KINDS.values():
            _plan(cursor, kind, job_id, list(block_ids), today)
            cursor.execute(f"DELETE FROM {kind.plan_table} WHERE job_id = %s RETURNING element_id", [job_id])
            if ids := sorted(row[0] for row in cursor.fetchall()):
                found[kind.code.value] = ids
    return found


def _plan(
    cursor: CursorWrapper, kind: Kind, job_id: int, block_ids: list[int], today: date, text_ids: Sequence[int] = ()
) -> None:
    """Plan rows of the elements whose place is another now, with the values that they have."""
    parameters: dict[str, Any] = {
        "job": job_id, "blocks": block_ids, "texts": list(text_ids), "kind": kind.code.value,
    }  # fmt: skip
    cursor.execute(f"DELETE FROM {kind.plan_table} WHERE job_id = %(job)s", parameters)
    parts = list(enumerate(kind.parts))
    joins = "\n".join(
        f"{'LEFT ' if part.is_optional else ''}JOIN {part.table} d{i} ON d{i}.element_id = e.id" for i, part in parts
    )
    values = ", ".join(column_list(part.fields, f"d{i}") for i, part in parts)
    not_section = "AND d0.is_section IS NOT TRUE" if "is_section" in kind.fields else ""
    by_address = ""
    if kind.address_fields:
        by_address = """OR e.id IN (
            SELECT ea.element_id FROM addresses_standardaddress s JOIN addresses_addresstext t ON t.address_id = s.id
            JOIN elements_elementaddress ea ON ea.text_id = t.id WHERE s.block_id = ANY(%(blocks)s))
            OR e.id IN (SELECT ea.element_id FROM elements_elementaddress ea WHERE ea.text_id = ANY(%(texts)s::bigint[]))"""
    cursor.execute(
        f"""INSERT INTO {kind.plan_table} (job_id, element_id, version, conflicts, has_claims, is_placed_anew, parts_differ,
                                           {column_list(kind.fields)})
            SELECT %(job)s, e.id, e.version, e.conflicts, true, true, false, {values}
            FROM elements_element e {joins}
            WHERE e.kind = %(kind)s AND e.is_owned AND NOT e.is_withdrawn AND e.merged_into_id IS NULL {not_section}
              AND (e.block_id = ANY(%(blocks)s) {by_address})""",
        parameters,
    )
    if not cursor.rowcount:
        return
    refresh_statistics(kind.plan_table)
    _, city_block = pseudo_block_ids(today)
    compute_places(cursor, kind, Span(job_id, 1, _TOP), today, city_block)
    cursor.execute(
        f"""DELETE FROM {kind.plan_table} p USING fold_place f, elements_element e
            WHERE {in_span("p")} AND f.element_id = p.element_id AND e.id = p.element_id AND e.block_id = f.block_id
              AND e.place_quality = f.place_quality AND e.point IS NOT DISTINCT FROM f.point""",
        Span(job_id, 1, _TOP).parameters,
    )


def _counter(kind: Kind, job_id: int) -> OnBatch:
    """Adds what a batch writes to the counts of the job, in the batch's own transaction."""

    def count(cursor: CursorWrapper, span: Span) -> None:
        cursor.execute(
            f"""UPDATE common_job SET counts = jsonb_set(
                    counts, ARRAY[%(name)s], to_jsonb(coalesce((counts ->> %(name)s)::int, 0)
                        + (SELECT count(*)::int FROM {kind.plan_table} p WHERE {in_span("p")})))
                WHERE id = %(job)s""",
            {**span.parameters, "name": kind.code.value},
        )

    return count
