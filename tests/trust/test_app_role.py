"""The application role may add audit rows and read them, and change no table: asked of the database itself."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from common.audit import record_audit
from common.models import AuditRow
from tests.factories.claims import NOW


@pytest.fixture
def as_application(db):
    """Statements run with the grants of the application role."""
    record_audit(actor_id=1, verb="REVEALED", subject_table="elements_element", subject_id=7, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{settings.DATABASE_APP_ROLE}"')
        yield cursor
        cursor.execute("RESET ROLE")


REFUSED = {
    "update": "UPDATE common_auditrow SET verb = 'x'",
    "delete": "DELETE FROM common_auditrow",
    "truncate": "TRUNCATE common_auditrow",
    "alter": "ALTER TABLE common_auditrow ADD COLUMN x int",
    "drop": "DROP TABLE common_auditrow",
    "disable the guard": "ALTER TABLE elements_element DISABLE TRIGGER ALL",
    "truncate elements": "TRUNCATE elements_claimlog CASCADE",
    "drop the guard": "DROP FUNCTION IF EXISTS refresh_statistics(regclass)",
    "forge migrations": "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
    "read files": "SELECT pg_read_file('/etc/passwd')",
    "run programs": "COPY common_auditrow TO PROGRAM 'cat'",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_the_application_may_not(as_application, statement):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner|must be superuser"),
        transaction.atomic(),
    ):
        as_application.execute(statement)

    assert list(AuditRow.objects.values_list("verb", "subject_id")) == [("REVEALED", "7")]


def test_the_application_adds_and_reads_audit_rows(as_application):
    record_audit(actor_id=2, verb="EXPORTED", subject_table="elements_element", now=NOW)

    assert AuditRow.objects.count() == 2
