"""Rows without a standard address (强制嵌入): the one rule, in SQL, for the import and for what a switch would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from elements.kinds import KINDS, Kind
from elements.models import Source
from exchange.importers.mapping import address_columns
from exchange.models import LandingBatch


@dataclass(frozen=True, slots=True)
class HeldPreview:
    """What the requirement would do to the last imported file with addresses of a source."""

    batch_id: int
    imported_at: datetime
    rows: int
    held: int


def unaddressed_rows(rows: str, columns: Mapping[str, str]) -> str:
    """SQL of (row_number, problems): one entry for each address of a row that keeps the row back.

    Every address that a row states must have an accepted standard address, and at least one must be stated. An address
    in another county has none here; it is no obstacle beside one that is accepted.

    Args:
        rows: SQL of rows with `row_number` and the address fields.
        columns: address field → what the file calls it, as a name of a query parameter; in the order of the fields.
    """
    values = ", ".join(f"({i}, %({name})s::text, w.{field})" for i, (field, name) in enumerate(columns.items()))
    return f"""
        WITH said AS (
            SELECT w.row_number, v.position, v.header, v.text, t.status,
                   coalesce(t.status IN ('exact', 'partial'), false) AS is_accepted
            FROM ({rows}) w CROSS JOIN LATERAL (VALUES {values}) v(position, header, text)
            LEFT JOIN addresses_addresstext t ON t.text = v.text),
        judged AS (
            SELECT row_number, bool_and(text IS NULL) AS is_blank, bool_or(is_accepted) AS has_one FROM said GROUP BY 1)
        SELECT d.row_number, jsonb_agg(jsonb_build_object('code', CASE
                   WHEN j.is_blank THEN 'ADDRESS_BLANK' WHEN d.status = 'outside' THEN 'ADDRESS_OUTSIDE'
                   ELSE 'ADDRESS_REQUIRED' END, 'column', d.header) ORDER BY d.position) AS problems
        FROM said d JOIN judged j ON j.row_number = d.row_number
        WHERE (j.is_blank AND d.position = 0)
           OR (d.text IS NOT NULL AND NOT d.is_accepted AND NOT (coalesce(d.status, '') = 'outside' AND j.has_one))
        GROUP BY d.row_number"""


def header_parameters(columns: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Address field → parameter name, and parameter name → the file's header, for `unaddressed_rows`."""
    names = {field: f"header_{i}" for i, field in enumerate(columns)}
    return names, {name: columns[field] for field, name in names.items()}


def held_preview(source: Source) -> HeldPreview | None:
    """How many rows of the source's last imported file with addresses have none that is accepted today."""
    batch = _last_batch(source)
    if batch is None or batch.imported_at is None:
        return None
    kind = KINDS[batch.kind]
    names, headers = header_parameters(address_columns(kind, batch.columns))
    rows = f"""SELECT r.row_number, {", ".join(f"c.{field}" for field in names)}
               FROM exchange_landingrow r JOIN {kind.claim_table} c ON c.claim_id = r.claim_id
               WHERE r.batch_id = %(batch)s"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT (SELECT count(*) FROM ({rows}) w), (SELECT count(*) FROM ({unaddressed_rows(rows, names)}) u)""",
            {"batch": batch.pk, **headers},
        )
        counted, held = cursor.fetchone()
    return HeldPreview(batch.pk, batch.imported_at, counted, held)


def _last_batch(source: Source) -> LandingBatch | None:
    """The newest one of a kind with addresses whose file has a column for them."""
    imported = LandingBatch.objects.filter(source=source, kind__in=KINDS, state=LandingBatch.State.IMPORTED)
    recent = imported.order_by("-pk")[:20]
    return next((batch for batch in recent if address_columns(_kind(batch), batch.columns)), None)


def _kind(batch: LandingBatch) -> Kind:
    return KINDS[batch.kind]
