"""A run and a decision at the same moment: neither is lost, whichever comes first."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from common import clock
from tagging.models import Grade
from tagging.services import overrides
from tests.factories.grades import element_of, grade_of, graded_vehicles, run, scheme_of, weigh
from tests.factories.users import make_users

pytestmark = pytest.mark.django_db(transaction=True)


def closing(act: Callable[[], Any]) -> Any:
    """Runs it and closes the connection of its thread."""
    try:
        return act()
    finally:
        connection.close()


def test_a_decision_and_a_run_at_once_lose_nothing(committed_city):
    users = make_users(committed_city)
    graded_vehicles()
    scheme = scheme_of()
    run(scheme)
    day = clock.today() + timedelta(days=30)
    row = overrides.request_override(
        element_id=element_of(1).pk, scheme=scheme, level="HIGH", reason="举报", expires_on=day, actor=users["officer-1"],
        now=clock.now(),
    )  # fmt: skip
    weigh(1, 5_000, day=2)
    with ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            overrides.decide_override(
                override_id=row.pk, is_approved=True, note="", actor=users["brigade"], now=clock.now()
            )
            other = beside.submit(closing, lambda: run(scheme))
            time.sleep(1)  # what would else have been done by now waits for the decision
            assert not other.done()
        other.result(30)
        grade = grade_of(scheme, 1)
        assert (grade.level, grade.computed_level, str(grade.score)) == ("HIGH", "MID", "32.3720")
        assert Grade.objects.filter(scheme=scheme, until=None).count() == 3

        weigh(1, 6_000, day=3)
        with transaction.atomic():
            run(scheme)
            other = beside.submit(
                closing,
                lambda: overrides.end_override(
                    override_id=row.pk, note="结束", actor=users["brigade"], now=clock.now()
                ),
            )
            time.sleep(1)
            assert not other.done()
        other.result(30)
    grade = grade_of(scheme, 1)
    assert (grade.level, grade.override_id, str(grade.score)) == ("MID", None, "34.3720")
    assert Grade.objects.filter(scheme=scheme, until=None).count() == 3
