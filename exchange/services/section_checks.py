"""Sections that a file states are compared with their road: what does not lie on it is held back for review."""

from __future__ import annotations

import orjson
from django.db.backends.utils import CursorWrapper

from common.geometry import METRIC_SRID
from elements.choices import ElementKind, RelationType
from elements.kinds import source_id_value
from exchange.models import LandingBatch

# Two surveys of one road differ by less; a parallel road is farther away.
ON_ROAD_M = 30
# Problem → the column that it is about.
_COLUMNS = {"SECTION_NESTED": "road_number", "SECTION_OUTSIDE": "wkt", "SECTION_STAKES": "stake_from_m"}


def hold_back_stray_sections(cursor: CursorWrapper, batch: LandingBatch, job_id: int) -> None:
    """Takes staged sections that leave their road, or that belong to another section, out of the stage: for review.

    The road is the element with the number that the section names, or the row of the same file that has it.
    """
    if batch.kind != ElementKind.ROAD:
        return
    cursor.execute(
        f"""WITH section AS (
                SELECT s.row_number, s.line, s.stake_from_m, s.stake_to_m, r.value
                FROM elements_roadstage s
                CROSS JOIN LATERAL jsonb_to_recordset(s.relations) AS r(type text, value text)
                WHERE s.job_id = %(job)s AND s.is_section AND r.type = %(section_of)s),
            road AS (
                SELECT k.value, d.line, d.stake_from_m, d.stake_to_m, d.is_section FROM section t
                JOIN elements_elementkey k ON k.value = t.value JOIN elements_road d ON d.element_id = k.element_id
                UNION ALL
                SELECT %(prefix)s || o.source_row_id, o.line, o.stake_from_m, o.stake_to_m, o.is_section
                FROM elements_roadstage o WHERE o.job_id = %(job)s),
            judged AS (
                SELECT t.row_number,
                       bool_and(t.line IS NOT NULL AND d.line IS NOT NULL AND NOT ST_CoveredBy(
                           ST_Transform(t.line, {METRIC_SRID}),
                           ST_Buffer(ST_Transform(d.line, {METRIC_SRID}), {ON_ROAD_M}))) AS is_beside,
                       bool_and(t.stake_from_m < d.stake_from_m OR t.stake_to_m > d.stake_to_m
                                OR t.stake_from_m > t.stake_to_m) AS is_beyond,
                       bool_or(d.is_section) AS is_nested
                FROM section t JOIN road d ON d.value = t.value GROUP BY t.row_number),
            stray AS (
                DELETE FROM elements_roadstage s USING judged j
                WHERE s.job_id = %(job)s AND s.row_number = j.row_number AND (j.is_nested OR j.is_beside OR j.is_beyond)
                RETURNING s.row_number,
                    CASE WHEN j.is_nested THEN 'SECTION_NESTED' WHEN j.is_beside THEN 'SECTION_OUTSIDE'
                         ELSE 'SECTION_STAKES' END AS code)
            UPDATE exchange_landingrow r
            SET outcome = 'TO_REVIEW', problems = r.problems || jsonb_build_array(jsonb_build_object(
                    'code', f.code, 'column', %(columns)s::jsonb ->> f.code))
            FROM stray f WHERE r.batch_id = %(batch)s AND r.row_number = f.row_number""",
        {
            "job": job_id, "batch": batch.pk, "section_of": RelationType.SECTION_OF.value,
            "prefix": source_id_value(ElementKind.ROAD, batch.source_id, ""),
            "columns": orjson.dumps({code: _header(batch, field) for code, field in _COLUMNS.items()}).decode(),
        },
    )  # fmt: skip


def _header(batch: LandingBatch, field: str) -> str:
    return next((header for header, found in batch.columns.items() if found == field), field)
