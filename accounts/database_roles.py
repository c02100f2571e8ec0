"""Two database roles: the owner migrates, the application runs and cannot change what it must not.

Granted after every migration, so that a new table is never without its grants: the application role reads and
writes rows, but audit rows may only be inserted and read, and no table may be altered or truncated.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections
from psycopg import sql

APPEND_ONLY_TABLES = ("common_auditrow",)


def grant_application_role(*, using: str, **_kwargs: Any) -> None:
    """`post_migrate` receiver: re-asserts the grants; a database without the role is left alone (foreign set-up)."""
    role = settings.DATABASE_APP_ROLE
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [role])
        if not cursor.fetchone()[0]:
            return
        name = sql.Identifier(role)
        statements = [
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
        ]
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(role=name))
        for table in APPEND_ONLY_TABLES:
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE ON {table} FROM {role}").format(table=sql.Identifier(table), role=name)
            )
