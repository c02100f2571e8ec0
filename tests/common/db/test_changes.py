"""Change rows are read once and in full, whatever commits late."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import F

from common import changes as change_reading
from common.audit import record_change
from common.changes import is_behind, read_changes, settle_restored, start_reader
from common.clock import now
from common.models import ChangeReader, ChangeRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> psycopg.Connection:
    """Another session of this database."""
    parameters = {
        k: v
        for k, v in connection.get_connection_params().items()
        if k in {"dbname", "user", "host", "port", "password"}
    }
    with psycopg.connect(**parameters) as session:
        yield session


def write(session: psycopg.Connection, subject_id: int) -> None:
    session.execute(
        "INSERT INTO common_changerow (at, verb, subject_table, subject_id) VALUES (now(), 'CHANGED', 'things', %s)",
        [subject_id],
    )


def record(subject_id: int, table: str = "things") -> None:
    record_change(verb="CHANGED", subject_table=table, subject_id=subject_id, now=now())


def read(*tables: str) -> list[int]:
    """Ids that one reading gives, in order."""
    with read_changes("test", tables=tables or ("things",)) as found:
        if found is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(found.subjects_sql, found.parameters)
            return sorted(row[0] for row in cursor.fetchall())


def test_a_reader_begins_with_what_is_not_settled_and_reads_each_change_once():
    record(1)
    start_reader("test")
    assert read() == []
    record(2)
    record(3)
    record(3)
    record(4, table="others")
    assert read() == [2, 3]
    assert read() == []


def test_a_reader_that_begins_with_the_first_reads_what_was_before_it():
    record(1)
    start_reader("test", from_the_first=True)
    start_reader("test")
    assert read() == [1]


def test_a_change_that_commits_late_is_not_passed_over(other):
    start_reader("test")
    write(other, 1)  # has its number, has not ended
    record(2)
    assert read() == []

    other.commit()
    assert read() == [1, 2]


def test_a_transaction_that_rolls_back_leaves_nothing(other):
    start_reader("test")
    write(other, 1)
    record(2)
    other.rollback()
    assert read() == [2]


def test_what_a_reader_did_not_finish_it_reads_again():
    start_reader("test")
    record(1)
    with pytest.raises(RuntimeError), read_changes("test", tables=["things"]) as found:
        assert found is not None
        raise RuntimeError
    assert read() == [1]


def test_two_processes_never_read_for_one_reader_at_once(other):
    start_reader("test")
    record(1)
    other.execute("SELECT 1 FROM common_changereader WHERE name = 'test' FOR UPDATE")
    assert read() == []
    other.rollback()
    assert read() == [1]


def test_a_long_reading_is_cut_between_transactions(monkeypatch):
    start_reader("test")
    monkeypatch.setattr(change_reading, "MAX_ROWS", 2)
    with transaction.atomic():
        for subject_id in (1, 2, 3):
            record(subject_id)
    record(4)
    assert [read(), read(), read()] == [[1, 2, 3], [4], []]


def test_who_is_not_behind_has_nothing_to_read(other):
    start_reader("test")
    assert (is_behind("test"), read()) == (False, [])
    write(other, 1)
    record(2)
    # Of two changes one is there, the other's transaction still runs.
    assert (is_behind("test"), read()) == (True, [])
    other.commit()
    assert (is_behind("test"), read()) == (True, [1, 2])
    assert (is_behind("test"), is_behind("nobody")) == (False, True)


def test_a_reader_that_is_not_made_reads_nothing():
    record(1)
    assert read() == []
    assert not ChangeReader.objects.exists()


def test_what_is_settled_never_goes_back_while_others_write(other):
    """A transaction that begins between two looks has a number above the next one that was read, and is no older for it."""
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.is_set():
            write(other, 1)
            other.commit()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        found = []
        with connection.cursor() as cursor:
            for _ in range(1_500):
                cursor.execute("SELECT settled_transaction(), pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
                found.append(cursor.fetchone())
    finally:
        stop.set()
        writer.join()
    settled = [one for one, _next in found]
    assert settled == sorted(settled)
    assert settled[0] > 0 and settled[-1] > settled[0]
    assert all(next_xid - one <= 2 for one, next_xid in found)


def test_a_dump_from_another_server_is_read_on_where_it_was():
    """The other server had counted farther: nothing would be read until this one had."""
    start_reader("test")
    record(1)
    assert read() == [1]
    record(2)
    far = 10**12
    for model in (ChangeReader, ChangeRow):
        model.objects.update(xid=F("xid") + far)
    record(3)
    assert read() == []

    assert settle_restored()
    record(4)
    assert [read(), read()] == [[2, 3, 4], []]
    assert not settle_restored()


def test_a_reader_never_goes_back(other):
    start_reader("test")
    record(1)
    assert read() == [1]
    reader = ChangeReader.objects.get()
    ChangeReader.objects.update(xid=reader.xid + 1_000)
    record(2)
    assert read() == []
    assert ChangeReader.objects.get().xid == reader.xid + 1_000
