"""Raising alerts: one for a fingerprint, counted; mutes and cool-down; what ends by itself closes its alert."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock
from common.models import AuditRow
from elements.models import Element
from tagging.choices import AlertLevel, AlertState, EndCause
from tagging.models import Alert, AlertMute, AlertRecipient, AlertStep, Assignment
from tagging.services import alerts, manual
from tagging.services.alert_answers import close_alert
from tests.factories.alerts import alert_on, alerting_tag, tagged, told, vehicle_at
from tests.factories.numbers import citizen_id, phone, plate


def test_a_new_tag_alerts_those_of_the_block_with_its_grounds(users):
    now, tag, vehicle = clock.now(), alerting_tag(), vehicle_at(1, grid=0)
    alert = alert_on(tag, vehicle, now)

    assert (alert.title, alert.text, alert.count, alert.level, alert.block_id) == (
        "标签LATE", "年检已过期", 1, AlertLevel.URGENT, vehicle.block_id,
    )  # fmt: skip
    assert alert.fingerprint == f"tag:{tag.pk}:{vehicle.pk}"
    assert (alert.first_at, alert.last_at, alert.due_at) == (now, now, now + timedelta(minutes=10))
    assert set(told(alert)) == {users["officer-1"].pk, users["coordinator-1"].pk}
    assert list(alert.steps.values_list("verb", flat=True)) == ["raise"]
    assert AuditRow.objects.get(verb="ALERT_RAISED").count == 1


def test_a_tag_that_does_not_alert_raises_nothing(users):
    tag = alerting_tag(level=AlertLevel.NONE)
    alerts.raise_for_tags([tagged(tag, vehicle_at(1, grid=0))], now=clock.now())
    assert (Alert.objects.count(), AlertRecipient.objects.count()) == (0, 0)


def test_what_comes_again_counts_up_and_tells_nobody_anew(users):
    now, tag, vehicle = clock.now(), alerting_tag(), vehicle_at(1, grid=0)
    alert = alert_on(tag, vehicle, now)
    before = told(alert)
    later = now + timedelta(minutes=5)
    row = Assignment.objects.get()
    alerts.raise_for_tags([row, row], now=later)

    alert.refresh_from_db()
    assert (alert.count, alert.first_at, alert.last_at, alert.due_at) == (3, now, later, now + timedelta(minutes=10))
    assert (Alert.objects.count(), told(alert), alert.steps.count(), alert.version) == (1, before, 1, 1)


def test_a_thousand_events_of_one_truck_are_one_alert(users):
    now, vehicle = clock.now(), vehicle_at(1, grid=0)

    def raise_one(kind: str, at: datetime) -> None:
        seed = alerts.Seed(
            f"{kind}:{vehicle.pk}", vehicle.pk, vehicle.block_id, AlertLevel.URGENT, "进入禁行区", "限时禁行"
        )
        alerts.raise_alerts([seed], now=at)

    for second in range(1_000):
        raise_one("no-go", now + timedelta(seconds=second))
    alert = Alert.objects.get()
    assert (alert.count, alert.tag_id, alert.fingerprint) == (1_000, None, f"no-go:{vehicle.pk}")
    assert alert.last_at == now + timedelta(seconds=999)
    # What another fingerprint says is another alert.
    raise_one("control", now)
    assert Alert.objects.count() == 2


def test_neither_a_number_nor_a_plate_or_name_stands_in_an_alert(users):
    tag, vehicle = alerting_tag(), vehicle_at(1, grid=0)
    evidence = [
        {"text": f"联系 {phone(1)} 未果", "value": citizen_id(1), "is_met": True, "table": "", "records": []},
        {"text": "号牌", "value": plate(1), "is_met": True, "table": "", "records": []},
        {"text": "没有符合的条件", "value": "", "is_met": False, "table": "", "records": []},
    ]
    alerts.raise_for_tags([tagged(tag, vehicle, evidence=evidence)], now=clock.now())
    assert Alert.objects.get().text == "联系 〔电话〕 未果；号牌"


@pytest.mark.parametrize("silenced", ["element", "tag here", "tag everywhere"])
def test_what_is_muted_does_not_alert_until_the_mute_ends(users, silenced):
    now, tag, vehicle = clock.now(), alerting_tag(), vehicle_at(1, grid=0)
    what = {
        "element": {"element": vehicle}, "tag here": {"tag": tag, "block_id": vehicle.block_id}, "tag everywhere": {"tag": tag},
    }[silenced]  # fmt: skip
    AlertMute.objects.create(
        **what, reason="施工", ends_at=now + timedelta(days=1), actor_id=users["officer-1"].pk, created_at=now
    )
    row = tagged(tag, vehicle)
    alerts.raise_for_tags([row], now=now)
    assert Alert.objects.count() == 0

    alerts.raise_for_tags([row], now=now + timedelta(days=1, seconds=1))
    assert Alert.objects.count() == 1


def test_a_mute_of_another_block_thing_or_tag_or_a_lifted_one_silences_nothing(users, city):
    now, tag, vehicle, other = clock.now(), alerting_tag(), vehicle_at(1, grid=0), vehicle_at(2, grid=0)
    common = {"reason": "施工", "ends_at": now + timedelta(days=1), "actor_id": 1, "created_at": now}
    AlertMute.objects.create(tag=tag, block_id=city.grids[1].pk, **common)
    AlertMute.objects.create(element=other, **common)
    AlertMute.objects.create(tag=alerting_tag("OTHER"), **common)
    AlertMute.objects.create(element=vehicle, lifted_at=now, **common)
    alerts.raise_for_tags([tagged(tag, vehicle)], now=now)
    assert Alert.objects.count() == 1


def test_the_same_keeps_quiet_for_its_cool_down_after_it_was_closed(users):
    now, tag, vehicle = clock.now(), alerting_tag(), vehicle_at(1, grid=0)
    alert = alert_on(tag, vehicle, now)
    close_alert(alert_id=alert.pk, version=1, outcome="NOT_FOUND", actor=users["officer-1"], now=now)
    row = Assignment.objects.standing().get()

    alerts.raise_for_tags([row], now=now + timedelta(minutes=29))
    assert Alert.objects.count() == 1
    alerts.raise_for_tags([row], now=now + timedelta(minutes=31))
    assert [one.state for one in Alert.objects.order_by("pk")] == [AlertState.CLOSED, AlertState.NEW]


def test_a_tag_that_ends_by_itself_closes_its_alert_and_says_why(users):
    now, tag, vehicle = clock.now(), alerting_tag(), vehicle_at(1, grid=0)
    alert = alert_on(tag, vehicle, now)
    row = Assignment.objects.get()
    Assignment.objects.update(until=now, end_cause=EndCause.RULE)
    row.refresh_from_db()

    assert alerts.close_for_ended([row], now=now) == 1
    alert.refresh_from_db()
    last = alert.steps.order_by("-pk").first()
    assert (alert.state, alert.closed_at, alert.closed_by_id) == (AlertState.CLOSED, now, None)
    assert (last.verb, last.note, last.actor_id) == ("close", "条件已不成立", None)
    # Once more: nothing is open any more.
    assert alerts.close_for_ended([row], now=now) == 0
    assert AlertStep.objects.count() == 2


def test_while_somebody_else_still_gives_the_tag_its_alert_stays_open(users):
    now, tag, vehicle = clock.now(), alerting_tag(is_manual=True), vehicle_at(1, grid=0)
    alert = alert_on(tag, vehicle, now)
    first = Assignment.objects.get()
    Assignment.objects.filter(pk=first.pk).update(until=now, end_cause=EndCause.RULE)
    tagged(tag, vehicle, reason="人工")

    first.refresh_from_db()
    assert alerts.close_for_ended([first], now=now) == 0
    alert.refresh_from_db()
    assert alert.state == AlertState.NEW


def test_an_outcome_that_was_reported_at_the_tag_closes_the_alert_too(users):
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=0))
    manual.report_outcome(
        assignment_id=alert.assignment_id, outcome="TAUGHT", note="", actor=users["officer-1"], now=clock.now()
    )
    alert.refresh_from_db()
    assert (alert.state, alert.steps.order_by("-pk").first().note) == (AlertState.CLOSED, "处置结果：已教育")


def test_a_batch_costs_as_many_statements_as_one(users):
    tag = alerting_tag()
    vehicles = [vehicle_at(number, grid=number % 6, east=0.97) for number in range(1, 25)]
    rows = [tagged(tag, one) for one in vehicles]
    counts = []
    for some in (rows[:1], rows[1:]):
        with CaptureQueriesContext(connection) as found:
            alerts.raise_for_tags(some, now=clock.now())
        counts.append(len(found))
    assert counts[0] == counts[1]
    assert Alert.objects.count() == 24
    assert Element.objects.filter(alerts__isnull=False).count() == 24
