"""A million claims of three sources on existing elements, filled in sets."""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from addresses.selectors.blocks import pseudo_block_ids
from bench.database import application_connection, run_as_owner
from common import clock
from elements.kinds import KINDS, Kind
from elements.models import ClaimBatch, Source
from elements.services.folding import folding

KIND: Kind = KINDS["VEHICLE"]
SOURCES = ("TMRI_VEHICLE", "TRANSPORT", "FIELD")
# The seven fields in which every claim differs; sources agree on the VIN alone.
VARYING = ("brand", "model", "engine_number", "colour", "seats", "total_mass_kg", "insurance_valid_to")
PEER_TABLE = "bench_claim_copy"
_VIN = "'LZB' || lpad(e::text, 14, '0')"
_CHUNK_BYTES = 1 << 20


def source_ids() -> list[int]:
    """Ids of the three sources in the order of `SOURCES`."""
    ids = dict(Source.objects.values_list("code", "pk"))
    return [ids[code] for code in SOURCES]


def fill_elements(elements: int) -> None:
    """Elements 1 to `elements` with their VIN keys; details are empty, as after a loss of the derived tables."""
    _, city = pseudo_block_ids(clock.today())
    parameters = {"last": elements, "city": city, "source": source_ids()[0], "now": clock.now()}
    with folding(), connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO elements_element (id, kind, label, block_id, place_quality, is_owned, is_withdrawn, conflicts,
                                              version, updated_at)
                SELECT e, 'VEHICLE', {_VIN}, %(city)s, 'UNPLACED', true, false, '{{}}', 1, %(now)s
                FROM generate_series(1, %(last)s) e""",
            parameters,
        )
        cursor.execute("SELECT setval(pg_get_serial_sequence('elements_element', 'id'), %(last)s)", parameters)
        cursor.execute(
            f"""INSERT INTO elements_elementkey (element_id, scheme, value, source_id, asserted_at)
                SELECT e, 4, {_VIN}, %(source)s, %(now)s FROM generate_series(1, %(last)s) e ORDER BY 2, 3""",
            parameters,
        )


def fill_claims(elements: int, path: Path) -> int:
    """One claim of each source on each element by COPY; leaves the copied text in `path`. Returns how many claims."""
    now = clock.now()
    for source_id in source_ids():
        batch = ClaimBatch.objects.create(source_id=source_id, kind="VEHICLE", created_at=now, state="APPLIED")
        with connection.cursor() as cursor:
            cursor.execute(
                f"""INSERT INTO elements_claimlog (source_id, kind, subject_key, element_id, batch_id, row_number,
                                                   observed_at, payload, cleared)
                    SELECT %s, 'VEHICLE', 'VIN:' || {_VIN}, e, %s, e, %s, '{{}}', '{{}}'
                    FROM generate_series(1, %s) e""",
                [source_id, batch.pk, now, elements],
            )
    columns = _claim_columns()
    with application_connection() as plain:
        with path.open("wb") as stream, plain.cursor().copy(f"COPY ({_claim_rows()}) TO STDOUT") as copy:
            for chunk in copy:
                stream.write(chunk)
        copy_file(path, KIND.claim_table, columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {KIND.claim_table}")
        return cursor.fetchone()[0]


def _claim_columns() -> str:
    return f"source_id, subject_key, element_id, claim_id, observed_at, rank, cleared, relations, vin, {', '.join(VARYING)}"


def _claim_rows() -> str:
    """What every source says: its own value in every varying field of every element."""
    return """
        SELECT l.source_id, l.subject_key, l.element_id, l.id, l.observed_at, 0, '{}'::varchar[], '[]'::jsonb,
               substring(l.subject_key from 5), 'B' || l.source_id || '-' || l.element_id % 97,
               'M' || l.source_id || '-' || l.element_id % 997, 'E' || l.source_id || '-' || l.element_id,
               chr(65 + (l.source_id % 3)::int), (3 + l.source_id)::int2,
               (1000 + l.source_id * 50000 + l.element_id % 900)::int, date '2027-01-01' + (l.source_id * 31)::int
        FROM elements_claimlog l"""


def make_peer_table() -> None:
    """A table like that of the current claims, with the same indexes."""
    run_as_owner([f"CREATE TABLE {PEER_TABLE} (LIKE {KIND.claim_table} INCLUDING ALL)"])


def copy_into_peer(path: Path) -> None:
    """Bare COPY of the claims into the emptied indexed table: the floor that the fold is measured against."""
    with application_connection() as plain:
        plain.execute(f"TRUNCATE {PEER_TABLE}".encode())
    copy_file(path, PEER_TABLE, _claim_columns())


def copy_file(path: Path, table: str, columns: str) -> None:
    """COPY of a text file."""
    with (
        application_connection() as plain,
        path.open("rb") as stream,
        plain.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        while chunk := stream.read(_CHUNK_BYTES):
            copy.write(chunk)
