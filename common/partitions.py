"""Tables that PostgreSQL keeps in parts by time: made ahead, dropped when their time is over.

A model states its `partitioning`; its migration uses `CreatePartitionedModel`. The primary key of such a table holds the
partition column, since PostgreSQL has no unique index over all parts; Django goes on treating `id` as the key. The
application role may neither create nor drop tables: two functions of the owner do both, for partitioned tables alone, and
dropping only what is older than a month.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, migrations
from django.db.models import CompositePrimaryKey

MIN_KEEP_DAYS = 31


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How a table is cut.

    Attributes:
        column: timestamp with time zone that decides the part.
        every: "year", "month" or "day", counted in UTC.
        ahead_days: parts are made for so many days to come.
        keep_days: parts older than this are dropped; None keeps them.
    """

    column: str
    every: str
    ahead_days: int
    keep_days: int | None = None

    def first_day(self, day: date) -> date:
        """First day of the part that holds the day."""
        if self.every == "year":
            return day.replace(month=1, day=1)
        return day.replace(day=1) if self.every == "month" else day

    def next_day(self, first: date) -> date:
        """First day of the part that follows."""
        if self.every == "day":
            return first + timedelta(days=1)
        return self.first_day(first + timedelta(days=366 if self.every == "year" else 31))

    def spans(self, first: date, last: date) -> Iterable[tuple[date, date]]:
        """The parts from the one that holds `first` to the one that holds `last`."""
        lower = self.first_day(first)
        while lower <= last:
            upper = self.next_day(lower)
            yield lower, upper
            lower = upper


def ensure_partitions(model: Any, first: date, last: date) -> int:
    """Makes the parts of a model with a `partitioning` that hold the days from first to last; returns how many were missing."""
    table, cut = model._meta.db_table, model.partitioning
    made = 0
    with connection.cursor() as cursor:
        for lower, upper in cut.spans(first, last):
            cursor.execute("SELECT make_partition(%s, %s, %s)", [table, lower, upper])
            made += bool(cursor.fetchone()[0])
    return made


def drop_old_partitions(model: Any, today: date) -> int:
    """Drops the parts whose time is over; returns how many."""
    table, keep_days = model._meta.db_table, model.partitioning.keep_days
    if keep_days is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT drop_partitions(%s, %s)", [table, today - timedelta(days=keep_days)])
        return int(cursor.fetchone()[0])


class CreatePartitionedModel(migrations.CreateModel):
    """CreateModel for a table that is cut by a column: `PARTITION BY RANGE`, the column in the primary key."""

    def __init__(self, *args: Any, partition_column: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partition_column = partition_column

    def deconstruct(self) -> Any:
        name, args, kwargs = super().deconstruct()
        return name, args, {**kwargs, "partition_column": self.partition_column}

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_registered_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        statement, parameters = schema_editor.table_sql(model)
        head, _, tail = statement.rpartition(")")
        if not isinstance(model._meta.pk, CompositePrimaryKey):
            key = schema_editor.quote_name(model._meta.pk.column)
            head = head.replace(" PRIMARY KEY", "", 1)
            head += f", PRIMARY KEY ({key}, {schema_editor.quote_name(self.partition_column)})"
        column = schema_editor.quote_name(self.partition_column)
        schema_editor.execute(f"{head}) PARTITION BY RANGE ({column}){tail}", parameters or None)
        for index in schema_editor._model_indexes_sql(model):
            schema_editor.deferred_sql.append(index)


MAKE_FUNCTIONS = f"""
CREATE FUNCTION make_partition(parent text, lower_day date, upper_day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part text := parent || '_p' || to_char(lower_day, 'YYYYMMDD');
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
                   WHERE c.relname = parent AND c.relnamespace = 'public'::regnamespace) THEN
        RAISE EXCEPTION '% is not a partitioned table', parent;
    END IF;
    IF EXISTS (SELECT 1 FROM pg_class WHERE relname = part AND relnamespace = 'public'::regnamespace) THEN
        RETURN false;
    END IF;
    -- Two that make the same part at once take turns. Asked by a query, since to_regclass may answer from before the wait.
    PERFORM pg_advisory_xact_lock(hashtextextended(part, 0));
    IF EXISTS (SELECT 1 FROM pg_class WHERE relname = part AND relnamespace = 'public'::regnamespace) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                   part, parent, lower_day::text || ' 00:00:00+00', upper_day::text || ' 00:00:00+00');
    RETURN true;
END $$;
CREATE FUNCTION drop_partitions(parent text, before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part text;
    dropped integer := 0;
BEGIN
    IF before > current_date - {MIN_KEEP_DAYS} THEN
        RAISE EXCEPTION 'parts of the last {MIN_KEEP_DAYS} days are kept';
    END IF;
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
        WHERE p.relname = parent AND p.relnamespace = 'public'::regnamespace AND p.relkind = 'p'
          AND (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([0-9-]+)'))[1]::date <= before
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE public.%I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION make_partition(text, date, date); DROP FUNCTION drop_partitions(text, date);"
