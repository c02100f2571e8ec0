"""Which vehicle and which person an event concerns: by the plate of that day and by number.

An event whose vehicle or person is not known waits without one. Whenever keys of elements change (a new vehicle, a re-issued
plate, a merge), the events that name these keys are tied again.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from common.changes import read_changes
from common.codes import code_table
from elements.choices import KeyScheme
from elements.fold.sql import local_day
from events.kinds import EVENT_TABLES, EventTable

READER = "events.tie"


def tie_expression(column: str, row: str) -> str:
    """SQL of the one element that the row's keys name on its day; NULL when there is none, or more than one."""
    if column == "person_id":
        return f"""(SELECT k.element_id FROM elements_elementkey k WHERE k.scheme = {int(KeyScheme.CITIZEN_ID)}
                    AND k.value = encode(substring({row}.citizen_id from 2 for 16), 'hex'))"""
    return vehicle_of_plate(f"{row}.plate_number", f"{row}.plate_type", local_day(f"{row}.occurred_at"))


def vehicle_of_plate(number: str, plate_type: str, day: str) -> str:
    """SQL of the one vehicle that bears a plate on a day; without a type, of any type if only one vehicle bears the number."""
    types = ", ".join(f"'{code}'" for code in code_table("hpzl"))
    values = f"""CASE WHEN {plate_type} IS NOT NULL THEN ARRAY[{plate_type} || ':' || {number}]
                      ELSE (SELECT array_agg(code || ':' || {number}) FROM unnest(ARRAY[{types}]) code) END"""
    return f"""(SELECT CASE WHEN count(DISTINCT k.element_id) = 1 THEN min(k.element_id) END FROM elements_elementkey k
                WHERE {number} IS NOT NULL AND k.scheme = {int(KeyScheme.PLATE)} AND k.value = ANY({values})
                  AND daterange(k.valid_from, k.valid_to) @> {day})"""


def tie_changed_elements() -> int:
    """Ties the events that name keys of elements that changed since last time; returns how many events moved.

    Reading on and tying are one transaction: after a kill the same changes are read again.
    """
    with read_changes(READER, tables=("elements_element",)) as changes:
        if changes is None:
            return 0
        with connection.cursor() as cursor:
            return tie_elements(cursor, changes.subjects_sql, changes.parameters)


def tie_elements(cursor: CursorWrapper, elements: str, parameters: dict[str, Any]) -> int:
    """Ties the events that name keys of these elements, and those that are tied to them.

    Args:
        cursor: inside a transaction.
        elements: SQL of element ids.
        parameters: of that SQL.
    """
    cursor.execute("DROP TABLE IF EXISTS changed_element")
    cursor.execute(
        f"CREATE TEMP TABLE changed_element ON COMMIT DROP AS SELECT DISTINCT id FROM ({elements}) e (id)", parameters
    )
    cursor.execute("ANALYZE changed_element")
    moved = 0
    for kind in EVENT_TABLES.values():
        for column in kind.tie_columns:
            moved += _tie_table(cursor, kind, column)
    _tie_trackers(cursor)
    return moved


_NAMED = {
    "vehicle_id": f"""t.plate_number IN (SELECT split_part(k.value, ':', 2) FROM elements_elementkey k
                        JOIN changed_element c ON c.id = k.element_id WHERE k.scheme = {int(KeyScheme.PLATE)})""",
    "person_id": f"""substring(t.citizen_id from 2 for 16) IN (SELECT decode(k.value, 'hex') FROM elements_elementkey k
                        JOIN changed_element c ON c.id = k.element_id WHERE k.scheme = {int(KeyScheme.CITIZEN_ID)})""",
}


def _tie_table(cursor: CursorWrapper, kind: EventTable, column: str) -> int:
    cursor.execute(
        f"""WITH named AS MATERIALIZED (
                SELECT t.id, t.occurred_at FROM {kind.table} t WHERE {_NAMED[column]}
                UNION SELECT t.id, t.occurred_at FROM {kind.table} t WHERE t.{column} IN (SELECT id FROM changed_element)),
            tied AS MATERIALIZED (
                SELECT t.id, t.occurred_at, {tie_expression(column, "t")} AS element_id
                FROM {kind.table} t JOIN named n ON {kind.is_same("t", "n")}),
            moved AS (
                UPDATE {kind.table} t SET {column} = d.element_id FROM tied d
                WHERE {kind.is_same("t", "d")} AND t.{column} IS DISTINCT FROM d.element_id
                RETURNING t.id)
            INSERT INTO common_changerow (at, verb, subject_table, subject_id)
            SELECT now(), 'TIED', %s, id FROM moved""",
        [kind.table],
    )
    return int(cursor.rowcount)


def _tie_trackers(cursor: CursorWrapper) -> None:
    """Whose plate a tracker bears today; tracks of the past are read by the periods of the plate."""
    named = f"""SELECT split_part(k.value, ':', 2) FROM elements_elementkey k
                JOIN changed_element c ON c.id = k.element_id WHERE k.scheme = {int(KeyScheme.PLATE)}"""
    cursor.execute(
        f"""UPDATE events_tracker t SET vehicle_id = {tracker_vehicle("t")}
            WHERE (t.plate_number IN ({named}) OR t.vehicle_id IN (SELECT id FROM changed_element))
              AND t.vehicle_id IS DISTINCT FROM {tracker_vehicle("t")}"""
    )


def tracker_vehicle(row: str) -> str:
    """SQL of the vehicle that bears the tracker's plate today."""
    return vehicle_of_plate(f"{row}.plate_number", f"nullif({row}.plate_type, '')", local_day("now()"))
