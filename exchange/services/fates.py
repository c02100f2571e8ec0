"""What became of landed rows, written in sets from the working tables."""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from common.geometry import wgs84_to_gcj02
from elements.choices import KeyScheme
from elements.fold.sql import Span, in_span, keys_of_rows, local_day
from elements.kinds import Kind
from events.kinds import EventTable
from events.points import POINTS_BY_RULE
from exchange.kinds import LandedKind
from exchange.models import LandingBatch

_OUTCOME = """CASE s.outcome WHEN 'NEW' THEN 'CREATED' WHEN 'CHANGED' THEN 'UPDATED' ELSE 'UNCHANGED' END"""
# Offset of GCJ-02 in the middle of Laizhou, degrees; it varies by under 3 % over the county.
_CENTRE = (119.94, 37.18)
_GCJ_OFFSET = tuple(b - a for a, b in zip(_CENTRE, wgs84_to_gcj02(*_CENTRE), strict=True))
_TOLERANCE_DEG = 0.0012


def _column(batch: LandingBatch, *fields: str) -> str:
    """The file's name of the first of the fields that it has."""
    by_field = {field: header for header, field in batch.columns.items()}
    return next((by_field[f] for f in fields if f in by_field), fields[0])


def write_planned_outcomes(cursor: CursorWrapper, batch: LandingBatch, kind: Kind, job_id: int) -> None:
    """What the import will do, on every staged row."""
    cursor.execute(
        f"""UPDATE exchange_landingrow r
            SET outcome = {_OUTCOME}, element_id = s.element_id,
                problems = CASE WHEN s.outcome = 'SUPERSEDED'
                                THEN r.problems || '[{{"code": "DUPLICATE_ROW", "column": ""}}]' ELSE r.problems END
            FROM {kind.stage_table} s
            WHERE s.job_id = %(job)s AND r.batch_id = %(batch)s AND r.row_number = s.row_number AND NOT r.is_final""",
        {"job": job_id, "batch": batch.pk},
    )


def write_row_fates(cursor: CursorWrapper, batch: LandingBatch, kind: Kind, span: Span) -> None:
    """Inside an apply batch: its rows are final, with element and claim."""
    cursor.execute(
        f"""UPDATE exchange_landingrow r
            SET outcome = {_OUTCOME}, element_id = s.element_id, claim_id = s.claim_id, is_final = true
            FROM {kind.stage_table} s
            WHERE {in_span("s")} AND NOT s.is_applied AND r.batch_id = %(batch)s AND r.row_number = s.row_number""",
        {**span.parameters, "batch": batch.pk},
    )


def write_planned_events(cursor: CursorWrapper, batch: LandingBatch, kind: EventTable, job_id: int) -> None:
    """What the import will do, on every staged row of a kind of event."""
    cursor.execute(
        f"""UPDATE exchange_landingrow r
            SET outcome = {_OUTCOME}, element_id = s.event_id,
                problems = CASE WHEN s.outcome = 'SUPERSEDED'
                                THEN r.problems || '[{{"code": "DUPLICATE_ROW", "column": ""}}]' ELSE r.problems END
            FROM {kind.stage_table} s
            WHERE s.job_id = %(job)s AND r.batch_id = %(batch)s AND r.row_number = s.row_number AND NOT r.is_final""",
        {"job": job_id, "batch": batch.pk},
    )


def mark_doubtful_points_given(cursor: CursorWrapper, batch: LandingBatch, kind: EventTable, job_id: int) -> None:
    """Says of violations whose stated points are not those of the rules of their day."""
    if "points" not in kind.fields:
        return
    cursor.execute(
        f"""UPDATE exchange_landingrow r
            SET problems = r.problems || jsonb_build_array(jsonb_build_object('code', 'POINTS_DIFFER', 'column', %(column)s::text))
            FROM {kind.stage_table} s
            WHERE s.job_id = %(job)s AND r.batch_id = %(batch)s AND r.row_number = s.row_number AND NOT r.is_final
              AND s.points <> {POINTS_BY_RULE}""",
        {"job": job_id, "batch": batch.pk, "column": _column(batch, "points")},
    )


def write_event_fates(
    cursor: CursorWrapper, batch: LandingBatch, kind: EventTable, job_id: int, first: int, last: int
) -> None:
    """Inside an apply batch: its rows are final, with the event that they made or repeated."""
    cursor.execute(
        f"""UPDATE exchange_landingrow r SET outcome = {_OUTCOME}, element_id = s.event_id, is_final = true
            FROM {kind.stage_table} s
            WHERE s.job_id = %(job)s AND s.row_number BETWEEN %(first)s AND %(last)s AND NOT s.is_applied
              AND s.outcome IS NOT NULL AND r.batch_id = %(batch)s AND r.row_number = s.row_number""",
        {"job": job_id, "batch": batch.pk, "first": first, "last": last},
    )


def write_key_problems(cursor: CursorWrapper, batch: LandingBatch, kind: Kind, job_id: int) -> None:
    """Says before the import which rows state a key that is another thing's: one plate with two VINs, one ID with two files."""
    cursor.execute("DROP TABLE IF EXISTS planned_key")
    cursor.execute(
        f"""CREATE TEMP TABLE planned_key ON COMMIT DROP AS
            SELECT s.row_number, s.element_id, k.scheme, k.value, s.observed_at, o.is_plate_authority
            FROM {kind.stage_table} s JOIN elements_source o ON o.id = s.source_id CROSS JOIN {keys_of_rows(kind, "s")}
            WHERE s.job_id = %(job)s AND k.value IS NOT NULL AND s.element_id IS NOT NULL""",
        {"job": job_id},
    )
    day = local_day("p.observed_at")
    cursor.execute(
        f"""SELECT p.row_number, p.scheme FROM planned_key p
           JOIN (SELECT scheme, value FROM planned_key GROUP BY 1, 2 HAVING count(DISTINCT element_id) > 1) t
             ON t.scheme = p.scheme AND t.value = p.value
           UNION
           SELECT p.row_number, p.scheme FROM planned_key p
           JOIN elements_elementkey k ON k.scheme = p.scheme AND k.value = p.value AND k.element_id <> p.element_id
            AND (p.scheme <> %(plate)s OR (daterange(k.valid_from, k.valid_to) @> {day}
                 AND NOT (p.is_plate_authority AND p.observed_at > k.asserted_at
                          AND {day} > coalesce(k.valid_from, {local_day("k.asserted_at")}))))""",
        {"plate": int(KeyScheme.PLATE)},
    )
    columns = {rule.scheme: rule.columns for rule in kind.keys}
    for row_number, scheme in cursor.fetchall():
        code = "PLATE_ANOMALY" if scheme == KeyScheme.PLATE else "KEY_CONFLICT"
        cursor.execute(
            """UPDATE exchange_landingrow
               SET problems = problems || jsonb_build_array(jsonb_build_object('code', %s::text, 'column', %s::text))
               WHERE batch_id = %s AND row_number = %s""",
            [code, _column(batch, *columns[scheme]), batch.pk, row_number],
        )


def mark_doubtful_points(cursor: CursorWrapper, batch: LandingBatch, kind: LandedKind, job_id: int) -> None:
    """Points that lie from their own accepted address just as GCJ-02 lies from WGS84 are not used, and the row says so."""
    if batch.datum != "WGS84" or not kind.address_fields or "point" not in kind.fields:
        return
    texts = " UNION ALL ".join(
        f"SELECT row_number, point, {name} AS text FROM {kind.stage_table} WHERE job_id = %(job)s AND point IS NOT NULL"
        for _role, name in kind.address_fields
    )
    cursor.execute(
        f"""WITH shifted AS (
                SELECT DISTINCT s.row_number FROM ({texts}) s
                JOIN addresses_addresstext t ON t.text = s.text AND t.status IN ('exact', 'partial')
                JOIN addresses_standardaddress a ON a.id = t.address_id AND a.level >= 4 AND a.point IS NOT NULL
                WHERE abs(ST_X(s.point) - ST_X(a.point) - %(dx)s) < %(tolerance)s
                  AND abs(ST_Y(s.point) - ST_Y(a.point) - %(dy)s) < %(tolerance)s),
            dropped AS (
                UPDATE {kind.stage_table} s SET point = NULL FROM shifted f
                WHERE s.job_id = %(job)s AND s.row_number = f.row_number RETURNING s.row_number)
            UPDATE exchange_landingrow r
            SET problems = r.problems || jsonb_build_array(jsonb_build_object('code', 'MAYBE_GCJ02', 'column', %(column)s::text))
            FROM dropped d WHERE r.batch_id = %(batch)s AND r.row_number = d.row_number""",
        {
            "job": job_id, "batch": batch.pk, "dx": _GCJ_OFFSET[0], "dy": _GCJ_OFFSET[1], "tolerance": _TOLERANCE_DEG,
            "column": _column(batch, "lon"),
        },
    )  # fmt: skip
