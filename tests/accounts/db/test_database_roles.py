"""Grants: the application role may add audit rows and read them, nothing else; it may not empty any table."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.django_db


def may(table: str, privilege: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [settings.DATABASE_APP_ROLE, table, privilege])
        return cursor.fetchone()[0]


def test_audit_rows_are_append_only() -> None:
    granted = {p for p in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE") if may("common_auditrow", p)}
    assert granted == {"SELECT", "INSERT"}


def test_every_other_table_is_readable_and_writable_and_cannot_be_emptied() -> None:
    tables = {m._meta.db_table for m in apps.get_models() if m._meta.managed and not m._meta.proxy}
    for table in sorted(tables - {"common_auditrow"}):
        assert all(may(table, privilege) for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE")), table
        assert not may(table, "TRUNCATE"), table


def test_migrations_are_the_owners() -> None:
    assert may("django_migrations", "SELECT") and not may("django_migrations", "INSERT")
