"""Parts of the tables of events: made ahead, and after a hundred days the old day is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from common import clock
from common.models import AuditRow
from events.models import LastPosition, Position, Tracker
from events.services.positions_retention import drop_old_parts, make_parts_ahead
from tests.factories.positions import fix, land_positions, yesterday

pytestmark = pytest.mark.usefixtures("city")


def parts_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass",
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


def test_after_a_hundred_days_the_old_day_is_gone_and_nothing_younger(monkeypatch, django_assert_max_num_queries):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now - timedelta(days=100))
    land_positions([fix(1, yesterday()), fix(2, yesterday())])
    monkeypatch.setattr(clock, "now", lambda: now - timedelta(days=91))
    young = land_positions([fix(2, clock.now() - timedelta(minutes=1)), fix(3, clock.now())])
    old = f"events_position_p{timezone.localtime(now) - timedelta(days=101):%Y%m%d}"
    was_there = old in parts_of("events_position"), Position.objects.count()
    before = parts_of("events_position")
    with django_assert_max_num_queries(20):  # however many rows: a part is dropped as a whole
        dropped = drop_old_parts(now=now)

    assert was_there == (True, 4)
    assert old in before - parts_of("events_position")
    assert set(Position.objects.values_list("batch_id", flat=True)) == {young.claim_batch_id}
    assert Position.objects.count() == 2
    assert LastPosition.objects.count() == 2
    assert Tracker.objects.count() == 3
    audited = AuditRow.objects.filter(verb="PARTS_DROPPED", subject_table="events_position").get()
    assert audited.count == dropped == len(before - parts_of("events_position"))
    assert drop_old_parts(now=now) == 0
    assert AuditRow.objects.filter(verb="PARTS_DROPPED").count() == 1


def test_parts_are_made_for_every_table_as_far_ahead_as_it_asks():
    now = clock.now()
    make_parts_ahead(now=now)
    later = now + timedelta(days=30)
    made = make_parts_ahead(now=later)

    today = timezone.localtime(later)
    assert made >= 15
    assert f"events_position_p{today + timedelta(days=14):%Y%m%d}" in parts_of("events_position")
    for table in ("events_capture", "events_violation"):
        assert f"{table}_p{today + timedelta(days=70):%Y%m}01" in parts_of(table)
    assert f"events_accident_p{today + timedelta(days=200):%Y}0101" in parts_of("events_accident")
    assert make_parts_ahead(now=later) == 0
