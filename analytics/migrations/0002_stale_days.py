"""The statement that changes events says which days are to be counted anew."""

from django.db import migrations

_TABLES = {
    "events_accident": "ACCIDENT",
    "events_violation": "VIOLATION",
    "events_incident": "INCIDENT",
    "events_capture": "CAPTURE",
}
_ROWS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}


def _function(verb: str) -> str:
    days = " UNION ".join(
        f"SELECT (occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM {rows}_rows" for rows in _ROWS[verb]
    )
    return f"""
        CREATE FUNCTION mark_stale_days_{verb}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO analytics_staleday (kind, day)
            SELECT DISTINCT TG_ARGV[0], day FROM ({days}) changed WHERE day IS NOT NULL;
            RETURN NULL;
        END $$;"""


def _trigger(table: str, kind: str, verb: str) -> str:
    referencing = " ".join(f"{rows.upper()} TABLE AS {rows}_rows" for rows in _ROWS[verb])
    return f"""
        CREATE TRIGGER stale_days_{verb} AFTER {verb.upper()} ON {table} REFERENCING {referencing}
        FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_days_{verb}('{kind}');"""


# A block that goes to another district takes its days along.
_AREAS = """
    CREATE FUNCTION mark_all_days_stale() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM new_rows n JOIN old_rows o USING (id) WHERE n.parent_id IS DISTINCT FROM o.parent_id) THEN
            INSERT INTO analytics_staleday (kind, day) SELECT DISTINCT kind, day FROM analytics_daycount;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER stale_days_update AFTER UPDATE ON addresses_area REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION mark_all_days_stale();"""
_FORWARDS = [_function(verb) for verb in _ROWS] + [
    _trigger(table, kind, verb) for table, kind in _TABLES.items() for verb in _ROWS
]
_FORWARDS.append(_AREAS)
_BACKWARDS = [f"DROP TRIGGER stale_days_{verb} ON {table};" for table in _TABLES for verb in _ROWS] + [
    f"DROP FUNCTION mark_stale_days_{verb}();" for verb in _ROWS
]
_BACKWARDS += ["DROP TRIGGER stale_days_update ON addresses_area;", "DROP FUNCTION mark_all_days_stale();"]
# What was there before is counted anew as well.
_FIRST = [
    f"""INSERT INTO analytics_staleday (kind, day)
        SELECT DISTINCT '{kind}', (occurred_at AT TIME ZONE 'Asia/Shanghai')::date FROM {table};"""
    for table, kind in _TABLES.items()
]


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_initial"), ("events", "0003_event_known_at")]

    operations = [
        migrations.RunSQL(_FORWARDS, _BACKWARDS),
        migrations.RunSQL(_FIRST, migrations.RunSQL.noop),
    ]
