"""What one change of the registry touches: rows as they were and are to be, written in one go with everything that hangs on them.

Changes of the registry come one after the other (advisory lock): they are acts of people, and a row that two of them
re-key at once would be lost. Rows are held as plain dictionaries, equal to the JSON that the change remembers.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable
from typing import Any

import orjson
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection

from addresses.choices import AddressState
from addresses.models import Division, StandardAddress
from addresses.parsing.components import LEVELS, Components, full_text, link_key
from common.errors import NotAllowed, NotVisible
from common.geometry import SRID
from common.scope import Actor, Right

Row = dict[str, Any]
# Columns of a row with their types in SQL; `id` beside them.
COLUMN_TYPES = {
    "code": "text", "key": "text", "level": "smallint", "parent_id": "bigint", "town_id": "text", "village_id": "text",
    "road": "text", "number": "text", "estate": "text", "building": "text", "unit": "text", "room": "text",
    "full_text": "text", "point": "geometry", "block_id": "bigint", "state": "text", "is_provisional": "boolean",
    "twin_of_id": "bigint", "replaced_by_id": "bigint",
}  # fmt: skip
_TYPES = ", ".join(f"{name} {kind}" for name, kind in {"id": "bigint", **COLUMN_TYPES}.items())
TWIN_MARK = "~"
PROVISIONAL, OLD = "TMP-", "OLD-"


def lock_registry() -> None:
    """Waits until every other change of the registry has ended; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('registry_change'))")


def may_change_registry(user: Actor) -> bool:
    """Whether the user's posts carry the right to change the registry (inside the own blocks)."""
    return Right.CORRECT in user.scope.rights and not user.scope.sees_nothing


def require_registry_right(actor: Actor | None) -> None:
    """None is the system, as when the bureau's file comes in.

    Raises:
        NotAllowed: no post of the actor may correct.
    """
    if actor is not None and not may_change_registry(actor):
        raise NotAllowed


def read_rows(ids: Collection[int], *, lock: bool = True) -> dict[int, Row]:
    """Rows by id, locked in order of ids."""
    rows = StandardAddress.objects.filter(pk__in=ids).order_by("pk")
    if lock:
        rows = rows.select_for_update()
    return {row["id"]: _plain(row) for row in rows.values("id", *COLUMN_TYPES)}


def _plain(row: Row) -> Row:
    point = row["point"]
    row["point"] = point.hexewkb.decode() if point is not None else None
    return row


def row_of(address: StandardAddress) -> Row:
    """The same for a model instance."""
    return _plain({"id": address.pk} | {name: getattr(address, name) for name in COLUMN_TYPES})


def point_of(row: Row) -> GEOSGeometry | None:
    return GEOSGeometry(row["point"]) if row["point"] else None


def stored_point(point: GEOSGeometry) -> str:
    """A position as rows hold it."""
    return GEOSGeometry(point.wkb, srid=SRID).hexewkb.decode()


def code_of_key(prefix: str, key: str) -> str:
    """A code without meaning: the mark and 16 base32 characters of SHA-256, as `stable_code` makes it."""
    return prefix + base64.b32encode(hashlib.sha256(key.encode()).digest()[:10]).decode("ascii")


class Ledger:
    """The rows of one change.

    Attributes:
        rows: every row read or made, as it is to be.
        before: the rows read, as they were.
        links: address → address to which its texts and decisions go.
        opened: addresses whose texts go back to the worklist.
    """

    def __init__(self, actor: Actor | None) -> None:
        require_registry_right(actor)
        lock_registry()
        self.actor = actor
        self.rows: dict[int, Row] = {}
        self.before: dict[int, Row] = {}
        self.links: dict[int, int] = {}
        self.opened: list[int] = []
        self._names: dict[str, str] = {}

    def read(self, ids: Collection[int]) -> list[Row]:
        """Rows for writing; those read before come as they stand in this change."""
        fresh = read_rows([pk for pk in ids if pk not in self.rows])
        self._adopt(fresh.values())
        return [self.rows[pk] for pk in ids if pk in self.rows]

    def _adopt(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.before[row["id"]] = row
            self.rows[row["id"]] = dict(row)

    def by_code(self, code: str) -> Row:
        """The row of an active address that the actor sees.

        Raises:
            NotVisible: there is none.
        """
        pk = StandardAddress.objects.filter(code=code.replace("\x00", ""), state=AddressState.ACTIVE)
        found = self.read(list(pk.values_list("pk", flat=True)))
        if not found:
            raise NotVisible
        self.require_visible(found)
        return found[0]

    def require_visible(self, rows: Iterable[Row]) -> None:
        """What lies in no block is for who sees everything.

        Raises:
            NotVisible: one of them lies outside the actor's blocks.
        """
        if self.actor is None or self.actor.scope.all_blocks:
            return
        blocks = set(self.actor.scope.block_ids)
        if any(row["block_id"] not in blocks for row in rows):
            raise NotVisible

    def holders(self, keys: Collection[str]) -> dict[str, Row]:
        """Who holds these keys now, in this change; rows are read for writing."""
        ids = StandardAddress.objects.filter(key__in=list(keys)).values_list("pk", flat=True)
        self.read(list(ids))
        wanted = set(keys)
        return {row["key"]: row for row in self.rows.values() if row["key"] in wanted}

    def pointing_at(self, ids: Collection[int]) -> list[Row]:
        """Rows that were replaced by one of these."""
        found = StandardAddress.objects.filter(replaced_by__in=list(ids)).values_list("pk", flat=True)
        self.read(list(found))
        wanted = set(ids)
        return [row for row in self.rows.values() if row["replaced_by_id"] in wanted]

    def subtree(self, root_id: int) -> list[Row]:
        """The root and what is active below it, widest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                """WITH RECURSIVE below AS (
                       SELECT id, level FROM addresses_standardaddress WHERE id = %s
                       UNION SELECT s.id, s.level FROM addresses_standardaddress s JOIN below b ON s.parent_id = b.id
                       WHERE s.state = 'ACTIVE')
                   SELECT id FROM below ORDER BY level, id""",
                [root_id],
            )
            return self.read([pk for (pk,) in cursor.fetchall()])

    def children(self, row_id: int) -> list[Row]:
        ids = StandardAddress.objects.filter(parent_id=row_id, state=AddressState.ACTIVE).order_by("full_text", "pk")
        return self.read(list(ids.values_list("pk", flat=True)))

    def components(self, row: Row) -> Components:
        """The components of a row, divisions by name."""
        missing = {row["town_id"], row["village_id"]} - {None, *self._names}
        if missing:
            self._names |= dict(Division.objects.filter(code__in=missing).values_list("code", "name"))
        village = self._names[row["village_id"]] if row["village_id"] else ""
        return Components(self._names[row["town_id"]], village, *(row[level] for level in LEVELS[2:]))

    def rename(self, row: Row, components: Components, divisions: tuple[str, str | None]) -> None:
        """Gives a row other components; its key and text follow. The key must be free."""
        town, village = divisions
        row |= dict(zip(LEVELS[2:], components.values()[2:], strict=True))
        row |= {"town_id": town, "village_id": village, "key": link_key(components)}
        row["full_text"] = full_text(components)[:240]

    def free_keys(self, keys: Collection[str]) -> dict[str, str]:
        """For each key the first of key~2, key~3 … that nobody holds."""
        return self._free({key: [f"{key}{TWIN_MARK}{n}" for n in range(2, 20)] for key in keys}, "key")

    def free_codes(self, prefix: str, keys: Collection[str]) -> dict[str, str]:
        """For each key a code that nobody has."""
        forms = {key: [key, *(f"{key}#{n}" for n in range(2, 20))] for key in keys}
        return self._free({key: [code_of_key(prefix, form) for form in tried] for key, tried in forms.items()}, "code")

    def _free(self, tried: dict[str, list[str]], column: str) -> dict[str, str]:
        wanted = [one for forms in tried.values() for one in forms]
        known = StandardAddress.objects.filter(**{f"{column}__in": wanted}).values_list(column, flat=True)
        taken = set(known) | {row[column] for row in self.rows.values()}
        found = {}
        for key, forms in tried.items():
            found[key] = next(one for one in forms if one not in taken)
            taken.add(found[key])
        return found

    def add(self, rows: list[Row]) -> list[Row]:
        """New rows get their ids at once, so that others can point at them."""
        if not rows:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT nextval(pg_get_serial_sequence('addresses_standardaddress', 'id'))
                   FROM generate_series(1, %s)""",
                [len(rows)],
            )
            for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
                row["id"] = pk
                self.rows[pk] = row
        return rows

    def touched(self) -> list[Row]:
        """Rows that are new or another now."""
        return [row for pk, row in sorted(self.rows.items()) if self.before.get(pk) != row]


def write_rows(updates: list[Row], inserts: list[Row], held: dict[int, str]) -> None:
    """Updates, then inserts. A row waits until the key that it is to have was given up by another (`held`: keys now)."""
    waiting = {row["id"]: row for row in updates}
    now_held = {held[pk]: pk for pk in waiting}
    with connection.cursor() as cursor:
        while waiting:
            ready = [row for row in waiting.values() if now_held.get(row["key"], row["id"]) == row["id"]]
            if not ready:
                # A ring: one of them steps aside.
                ready = [dict(next(iter(waiting.values()))) | {"key": f"#{next(iter(waiting))}"}]
                now_held.pop(held[ready[0]["id"]])
                _update(cursor, ready)
                continue
            _update(cursor, ready)
            for row in ready:
                now_held.pop(held[row["id"]], None)
                del waiting[row["id"]]
        if inserts:
            names = ", ".join(("id", *COLUMN_TYPES))
            cursor.execute(
                f"INSERT INTO addresses_standardaddress ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS r({_TYPES})",
                [orjson.dumps(inserts).decode()],
            )


def _update(cursor: Any, rows: list[Row]) -> None:
    values = ", ".join(f"{name} = r.{name}" for name in COLUMN_TYPES)
    cursor.execute(
        f"""UPDATE addresses_standardaddress s SET {values} FROM json_to_recordset(%s::json) AS r({_TYPES})
            WHERE s.id = r.id""",
        [orjson.dumps(rows).decode()],
    )
