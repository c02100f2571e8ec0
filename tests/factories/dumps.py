"""Element tables as plain rows, to be compared before and after."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

# Table → the column that names the element. Surrogate ids, versions and write times are no content.
_TABLES = {
    "elements_element": "id",
    "elements_person": "element_id",
    "elements_driverlicence": "element_id",
    "elements_vehicle": "element_id",
    "elements_unit": "element_id",
    "elements_elementaddress": "element_id",
    "elements_elementkey": "element_id",
    "elements_relation": "subject_id",
    "elements_finding": "element_id",
    "elements_personclaim": "element_id",
    "elements_vehicleclaim": "element_id",
    "elements_unitclaim": "element_id",
    "addresses_mapfeature": "subject_id",
}
_DETAILS = {"elements_person", "elements_driverlicence", "elements_vehicle", "elements_unit"}
_NO_CONTENT = {"version", "updated_at", "opened_at"}
# A claim repeated by a later row keeps its place under another number of the log.
_NO_CONTENT_OF_CLAIMS = {"claim_id"}
Dump = dict[str, list[tuple]]


def dump_elements(element_ids: Collection[int] | None = None, *, without: Collection[str] = ()) -> Dump:
    """Table → sorted rows as text, of all elements or of those named; rows of other elements' stubs are not followed."""
    return {table: _rows(table, column, element_ids) for table, column in _TABLES.items() if table not in without}


def _rows(table: str, column: str, element_ids: Collection[int] | None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
            " ORDER BY ordinal_position",
            [table],
        )
        dropped = _NO_CONTENT | (_NO_CONTENT_OF_CLAIMS if table.endswith("claim") else set())
        names = [n for (n,) in cursor.fetchall() if n not in dropped and (n != "id" or column == "id")]
        where = f"WHERE {column} = ANY(%s)" if element_ids is not None else ""
        layer = f" {'AND' if where else 'WHERE'} layer = 2" if table == "addresses_mapfeature" else ""
        cursor.execute(
            f"SELECT {', '.join(f'{n}::text' for n in names)} FROM {table} {where}{layer}",
            [list(element_ids)] if element_ids is not None else [],
        )
        rows = cursor.fetchall()
    if table in _DETAILS:
        # A detail row that says nothing is none.
        rows = [row for row in rows if sum(value is not None for value in row) > 1]
    return sorted(rows, key=str)


def count_rows(*tables: str) -> dict[str, int]:
    """Table → number of rows."""
    with connection.cursor() as cursor:
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
        return counts


# What an import that changes nothing must not add to.
SILENT_TABLES = (
    "common_changerow", "elements_claimlog", "addresses_tiledelta", "elements_personevent", "elements_driverlicenceevent",
    "elements_vehicleevent", "elements_unitevent", "elements_relationevent",
    "elements_elementblockplacequalityisownediswithdrawnmergedin0e4c",
)  # fmt: skip
