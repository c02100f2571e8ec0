"""Staged and planned rows need no write-ahead log: after a crash they are made again from the landing rows."""

from django.db import migrations

TABLES = [f"elements_{kind}{part}" for kind in ("person", "vehicle", "unit") for part in ("stage", "plan")]


class Migration(migrations.Migration):
    dependencies = [("elements", "0001_elements_claims")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET UNLOGGED", f"ALTER TABLE {table} SET LOGGED") for table in TABLES
    ]
