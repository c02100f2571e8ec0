"""Several people at the same moment: one number each, one order a request, one step a version."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from django.db import connection

from common.errors import Conflict
from duty.models import WorkOrder
from tests.factories.upkeep import dispatched, facility, facility_of, report
from tests.factories.users import make_users


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Results of the calls, begun together on connections of their own; a conflict is a result."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_reports_at_once_get_numbers_of_their_own_and_repeats_the_first_order(committed_city):
    officer = make_users(committed_city)["officer-1"]
    signal = facility()

    made = at_once([lambda n=n: report(signal, officer, n).number for n in (1, 2, 3, 1, 2, 3)])

    assert made[:3] == made[3:]
    assert sorted(made[:3]) == ["WX20261001-0001", "WX20261001-0002", "WX20261001-0003"]
    assert WorkOrder.objects.count() == 3
    assert facility_of(1).facility.state == "2"


def test_of_two_people_who_dispatch_at_once_one_meets_a_conflict(committed_city):
    users = make_users(committed_city)
    order = report(facility(), users["coordinator-1"])

    first, second = at_once([lambda u=u: dispatched(order, users[u]) for u in ("officer-1", "squadron-1")])

    refused = first if isinstance(first, Conflict) else second
    assert isinstance(refused, Conflict)
    assert refused.code == "ORDER_CHANGED"
    order.refresh_from_db()
    assert (order.state, order.version, order.steps.count()) == ("DISPATCHED", 2, 2)
    assert order.steps.latest("pk").at == order.reported_at + timedelta(hours=1)
    assert facility_of(1).facility.state == "5"
