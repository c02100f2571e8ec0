"""Several processes raise the same alert, or ring the same bell, at once: one alert, the right count, each rung once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from common import clock
from tagging.choices import AlertLevel
from tagging.models import Alert, AlertRecipient, AlertStep
from tagging.services.alert_ladder import escalate_due
from tagging.services.alerts import Seed, raise_alerts
from tests.factories.alerts import vehicle_at
from tests.factories.users import make_users

pytestmark = pytest.mark.django_db(transaction=True)
TOGETHER, EACH = 8, 5


def at_once(act: Callable[[int], object]) -> list[object]:
    """Runs it eight times at the same moment, each on a connection of its own."""
    barrier = Barrier(TOGETHER)

    def run(number: int) -> object:
        try:
            barrier.wait(30)
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(run, range(TOGETHER)))


def test_eight_that_raise_the_same_make_one_alert_with_the_right_count(committed_city):
    make_users(committed_city)
    vehicles = [vehicle_at(number, grid=0) for number in range(1, 4)]
    now = clock.now()

    def raise_all(number: int) -> int:
        # Each begins with another of the three: who took them in that order would wait in a circle.
        order = vehicles[number % 3 :] + vehicles[: number % 3]
        made = 0
        for _ in range(EACH):
            seeds = [Seed(f"no-go:{one.pk}", one.pk, one.block_id, AlertLevel.URGENT, "禁行", "") for one in order]
            made += len(raise_alerts(seeds, now=now))
        return made

    made = at_once(raise_all)

    assert sum(made) == 3
    assert sorted(Alert.objects.values_list("count", flat=True)) == [TOGETHER * EACH] * 3
    # Officer and coordinator of the grid, told once each of three.
    assert (AlertRecipient.objects.count(), AlertStep.objects.count()) == (6, 3)


def test_eight_that_ring_the_bell_let_each_alert_climb_once(committed_city):
    make_users(committed_city)
    start = clock.now()
    for number in range(1, 7):
        one = vehicle_at(number, grid=0)
        raise_alerts([Seed(f"no-go:{one.pk}", one.pk, one.block_id, AlertLevel.URGENT, "禁行", "")], now=start)

    climbed = at_once(lambda _number: escalate_due(now=start + timedelta(minutes=10)))

    assert sum(climbed) == 6
    assert set(Alert.objects.values_list("rung", flat=True)) == {1}
    assert AlertStep.objects.filter(verb="escalate").count() == 6
    assert AlertRecipient.objects.filter(rung=1).count() == 6
