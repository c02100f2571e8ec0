"""Reading change rows in order and exactly once, whatever commits late.

A change row carries the number of its transaction. What belongs to transactions older than every running one of this database
is settled: no row can still appear there. A reader takes the settled transactions since it last read, and moves on in the
transaction of what it does with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection, transaction

from common import clock
from common.models import ChangeReader

logger = structlog.get_logger(__name__)
_HORIZON = "settled_transaction()"
# Rows of one reading: a bulk import is read in several.
MAX_ROWS = 50_000


# The first number that is not settled. A snapshot's own minimum would do, did it not count the other databases of the server.
# Order matters: what is not running after the next number was read, and is below it, has ended. A reader's own transaction
# does not hold it up. It runs as the owner, who sees the sessions of both roles.
SETTLED_FUNCTION = """
CREATE FUNCTION settled_transaction() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    next_xid bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    oldest bigint;
BEGIN
    PERFORM pg_stat_clear_snapshot();
    -- Numbers of sessions are short: what is meant is the one nearest to the next number. One that is not below it began
    -- after it was read.
    SELECT min(next_xid + x.apart) INTO oldest
    FROM pg_stat_activity a
    CROSS JOIN LATERAL (SELECT (a.backend_xid::text::bigint - next_xid) & 4294967295 AS ahead) d
    CROSS JOIN LATERAL (SELECT CASE WHEN d.ahead < 2147483648 THEN d.ahead ELSE d.ahead - 4294967296 END AS apart) x
    WHERE a.datname = current_database() AND a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid() AND x.apart < 0;
    RETURN least(next_xid, oldest);
END $$;
"""
DROP_SETTLED_FUNCTION = "DROP FUNCTION settled_transaction();"


@dataclass(frozen=True, slots=True)
class Changes:
    """Settled transactions from `first` up to but not including `end`, narrowed to some tables."""

    tables: Sequence[str]
    first: int
    end: int

    @property
    def parameters(self) -> dict[str, Any]:
        """What the SQL below needs."""
        return {"change_tables": list(self.tables), "change_first": self.first, "change_end": self.end}

    @property
    def rows_sql(self) -> str:
        """SQL of the change rows."""
        return """SELECT c.* FROM common_changerow c WHERE c.xid >= %(change_first)s AND c.xid < %(change_end)s
                    AND c.subject_table = ANY(%(change_tables)s)"""

    @property
    def subjects_sql(self) -> str:
        """SQL of the ids of what changed, each once."""
        return f"SELECT DISTINCT subject_id FROM ({self.rows_sql}) r"


def start_reader(name: str, *, from_the_first: bool = False) -> None:
    """Makes the reader where it is missing: it begins with what is not settled yet, or with the first change there is."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO common_changereader (name, xid, read_at)
                VALUES (%s, {"0" if from_the_first else _HORIZON}, %s) ON CONFLICT (name) DO NOTHING""",
            [name, clock.now()],
        )


def settle_restored(**_kwargs: Any) -> bool:
    """`post_migrate` receiver: after a dump was restored on another server, whose numbers this one has not reached yet.

    Rows and readers are moved below the numbers of this server, all by as much: what is unread stays unread, and what is written
    from now on comes after it. Without that every reader would wait until this server had counted as far.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT highest, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
               FROM (SELECT greatest((SELECT max(xid) FROM common_changerow), (SELECT max(xid) FROM common_changereader)) AS highest) h"""
        )
        highest, next_xid = cursor.fetchone()
        if highest is None or highest < next_xid:
            return False
        # What this server wrote since has its own numbers already; it lies behind the last row of the other one.
        cursor.execute(
            """UPDATE common_changerow SET xid = xid - %s
               WHERE id <= (SELECT max(id) FROM common_changerow WHERE xid >= %s)""",
            [highest, next_xid],
        )
        cursor.execute("UPDATE common_changereader SET xid = xid - %s", [highest])
    logger.warning("changes_of_another_server", moved_by=highest)
    return True


def is_behind(name: str) -> bool:
    """Whether there may be something to read: a change since the reader read last, settled or not. One cheap statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM common_changerow c
                              WHERE c.xid >= (SELECT coalesce(max(xid), 0) FROM common_changereader WHERE name = %s))""",
            [name],
        )
        (found,) = cursor.fetchone()
    return bool(found)


@contextmanager
def read_changes(name: str, *, tables: Sequence[str]) -> Iterator[Changes | None]:
    """The next changes for a reader; None when there are none, or another process is reading for it.

    The body runs in the transaction that moves the reader on: what it does and that it has read are one.
    """
    with transaction.atomic():
        reader = ChangeReader.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if reader is None or (changes := _next(reader, tables)) is None:
            yield None
            return
        yield changes
        reader.xid, reader.read_at = changes.end, clock.now()
        reader.save(update_fields=["xid", "read_at"])


def _next(reader: ChangeReader, tables: Sequence[str]) -> Changes | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_HORIZON}")
        (horizon,) = cursor.fetchone()
        if horizon <= reader.xid:
            # A transaction that was running when it read last still is.
            return None
        # The transaction after which the reading is long enough; a transaction is never read in parts.
        cursor.execute(
            "SELECT xid FROM common_changerow WHERE xid >= %s AND xid < %s ORDER BY xid OFFSET %s LIMIT 1",
            [reader.xid, horizon, MAX_ROWS],
        )
        row = cursor.fetchone()
        end = horizon if row is None else row[0] + 1
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM common_changerow WHERE xid >= %s AND xid < %s AND subject_table = ANY(%s))""",
            [reader.xid, end, list(tables)],
        )
        if not cursor.fetchone()[0]:
            # Nothing for this reader: it need not come by these again.
            ChangeReader.objects.filter(pk=reader.pk).update(xid=end, read_at=clock.now())
            return None
    return Changes(tables, reader.xid, end)
