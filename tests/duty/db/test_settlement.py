"""The order is the truth: what a process left undone when it died is made good by the sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from duty.services import settlement
from duty.tasks import settle_orders
from elements.models import ClaimLog
from tests.factories.claims import NOW
from tests.factories.upkeep import dispatched, facility, facility_of, report
from tests.factories.users import make_users

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def order(city, monkeypatch):
    """A reported and dispatched order, neither step of which has told the facility."""
    officer = make_users(city)["officer-1"]
    element = facility()
    with monkeypatch.context() as late:
        late.setattr("duty.services.orders.settle_order", lambda order_id: 0)
        late.setattr("duty.services.steps.settle_order", lambda order_id: 0)
        return dispatched(report(element, officer), officer)


def test_late_claims_bear_the_times_of_their_steps(order):
    assert settlement.settle_open(before=LATER + timedelta(hours=2)) == 2

    order.refresh_from_db()
    batches = [entry["batch"] for entry in order.claim_batch_ids]
    said = ClaimLog.objects.filter(batch_id__in=batches).order_by("batch_id").values_list("observed_at", flat=True)
    assert list(said) == [NOW, NOW + timedelta(hours=1)]
    assert facility_of(1).facility.state == "5"


def test_a_settled_order_owes_nothing(order):
    assert (settlement.settle_order(order.pk), settlement.settle_order(order.pk)) == (2, 0)
    assert ClaimLog.objects.filter(source__code="FIELD").count() == 2


def test_the_task_leaves_young_steps_to_whoever_took_them(order):
    order.steps.update(at=clock.now() - timedelta(minutes=1))
    settle_orders()
    assert ClaimLog.objects.filter(source__code="FIELD").count() == 0

    order.steps.update(at=clock.now() - timedelta(minutes=3))
    settle_orders()
    assert ClaimLog.objects.filter(source__code="FIELD").count() == 2
