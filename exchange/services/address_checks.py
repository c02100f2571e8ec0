"""Addresses of staged rows: those stated by code, and the rows that a source must not bring without one (强制嵌入)."""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from exchange.importers.mapping import ADDRESS_CODE, address_columns, stated_address_field
from exchange.kinds import LandedKind
from exchange.models import LandingBatch
from exchange.selectors.address_requirement import header_parameters, unaddressed_rows

_CODE_ALONE = "^[0-9A-Za-z][0-9A-Za-z_-]{4,39}$"
_CODE_STATED = "(^|〔)[0-9A-Za-z][0-9A-Za-z_-]{4,39}(〕|$)"


def complete_stated_codes(cursor: CursorWrapper, batch: LandingBatch, kind: LandedKind, job_id: int) -> None:
    """Writes the address beside a code that stands alone, for who reads it; before the texts are resolved."""
    if ADDRESS_CODE not in batch.columns.values():
        return
    field = stated_address_field(kind, batch.columns)
    cursor.execute(
        f"""UPDATE {kind.stage_table} s SET {field} = left(a.full_text, 238 - length(a.code)) || '〔' || a.code || '〕'
            FROM addresses_standardaddress a
            WHERE s.job_id = %(job)s AND s.{field} ~ %(alone)s AND a.code = ANY(ARRAY[s.{field}, upper(s.{field})])""",
        {"job": job_id, "alone": _CODE_ALONE},
    )


def mark_unknown_codes(cursor: CursorWrapper, batch: LandingBatch, kind: LandedKind, job_id: int) -> None:
    """Says of rows whose code names no address in use that the code was not taken."""
    header = _header(batch, ADDRESS_CODE)
    if header is None:
        return
    field = stated_address_field(kind, batch.columns)
    cursor.execute(
        f"""UPDATE exchange_landingrow r
            SET problems = r.problems || jsonb_build_array(jsonb_build_object(
                'code', 'ADDRESS_CODE_UNKNOWN', 'column', %(header)s::text))
            FROM {kind.stage_table} s LEFT JOIN addresses_addresstext t ON t.text = s.{field}
            WHERE s.job_id = %(job)s AND r.batch_id = %(batch)s AND r.row_number = s.row_number
              AND s.{field} ~ %(stated)s AND t.address_id IS NULL""",
        {"job": job_id, "batch": batch.pk, "header": header, "stated": _CODE_STATED},
    )


def hold_back_unaddressed(cursor: CursorWrapper, batch: LandingBatch, kind: LandedKind, job_id: int) -> None:
    """Takes rows without an accepted standard address out of the stage, where the source must state one: for review.

    A file without any column for addresses says nothing about them and is not held back.
    """
    columns = address_columns(kind, batch.columns)
    if not batch.source.address_required or not columns:
        return
    names, headers = header_parameters(columns)
    rows = f"SELECT row_number, {', '.join(names)} FROM {kind.stage_table} WHERE job_id = %(job)s"
    cursor.execute(
        f"""WITH fault AS MATERIALIZED ({unaddressed_rows(rows, names)}),
            held AS (
                DELETE FROM {kind.stage_table} s USING fault f
                WHERE s.job_id = %(job)s AND s.row_number = f.row_number RETURNING s.row_number)
            UPDATE exchange_landingrow r SET outcome = 'TO_REVIEW', problems = r.problems || f.problems
            FROM fault f JOIN held h ON h.row_number = f.row_number
            WHERE r.batch_id = %(batch)s AND r.row_number = f.row_number""",
        {"job": job_id, "batch": batch.pk, **headers},
    )


def _header(batch: LandingBatch, field: str) -> str | None:
    return next((header for header, found in batch.columns.items() if found == field), None)
