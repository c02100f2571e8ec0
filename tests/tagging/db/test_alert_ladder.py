"""Alerts that nobody takes or closes climb once a rung, whatever the bell and the clock do."""

from __future__ import annotations

from datetime import timedelta

from common import clock
from common.models import AuditRow
from tagging.choices import AlertLevel, AlertState
from tagging.models import Alert
from tagging.services.alert_answers import accept, act, close_alert, escalate
from tagging.services.alert_ladder import escalate_due
from tests.factories.alerts import alert_on, alerting_tag, told, vehicle_at

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def steps(alert: Alert) -> list[tuple[str, str]]:
    return list(alert.steps.order_by("pk").values_list("verb", "note"))


def test_an_urgent_one_climbs_to_the_squadron_after_ten_minutes_and_to_the_brigade_after_twenty(users):
    start = clock.now()
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=0), start)

    assert escalate_due(now=start + 9 * MINUTE) == 0
    assert escalate_due(now=start + 10 * MINUTE) == 1
    alert.refresh_from_db()
    assert (alert.rung, alert.due_at, alert.state) == (1, start + 20 * MINUTE, AlertState.NEW)
    assert told(alert)[users["squadron-1"].pk] == "超过时限无人接收，上报中队长"

    # Rung again and again: nothing more until it is due.
    assert [escalate_due(now=start + 10 * MINUTE) for _ in range(3)] == [0, 0, 0]
    assert escalate_due(now=start + 20 * MINUTE) == 1
    alert.refresh_from_db()
    assert (alert.rung, alert.due_at) == (2, None)
    assert told(alert)[users["brigade"].pk] == "超过时限无人接收，上报大队领导"
    assert escalate_due(now=start + timedelta(days=9)) == 0
    assert steps(alert) == [("raise", ""), ("escalate", "上报中队长"), ("escalate", "上报大队领导")]
    assert AuditRow.objects.filter(verb="ALERT_CLIMBED").count() == 2


def test_after_a_long_stop_every_rung_is_made_up_for_once(users):
    start = clock.now()
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=0), start)
    assert escalate_due(now=start + timedelta(hours=3)) == 2
    alert.refresh_from_db()
    assert (alert.rung, len(steps(alert))) == (2, 3)


def test_an_accepted_one_that_nobody_closes_climbs_when_its_term_is_over_and_stays_with_who_took_it(users):
    taken_at = clock.now()
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=0), taken_at - MINUTE)
    accept(alert_id=alert.pk, version=1, actor=users["officer-1"], now=taken_at)
    term = taken_at + timedelta(hours=4)

    assert escalate_due(now=term - SECOND) == 0
    assert [escalate_due(now=term) for _ in range(2)] == [1, 0]
    alert.refresh_from_db()
    assert (alert.rung, alert.due_at) == (1, term + timedelta(hours=4))
    assert (alert.state, alert.accepted_by_id, alert.accepted_at) == (
        AlertState.ACCEPTED, users["officer-1"].pk, taken_at,
    )  # fmt: skip
    assert told(alert)[users["squadron-1"].pk] == "已受理、逾期未办结，上报中队长"

    # Acting is no closing: the term stays, and the brigade hears of it.
    act(alert_id=alert.pk, version=alert.version, actor=users["officer-1"], now=term + MINUTE)
    assert [escalate_due(now=term + timedelta(hours=4) + late) for late in (-SECOND, 0 * SECOND)] == [0, 1]
    alert.refresh_from_db()
    assert (alert.rung, alert.due_at, alert.state) == (2, term + timedelta(hours=4), AlertState.ACTING)
    assert told(alert)[users["brigade"].pk] == "已受理、逾期未办结，上报大队领导"
    assert escalate_due(now=term + timedelta(days=9)) == 0
    assert steps(alert)[-1] == ("escalate", "上报大队领导：已受理、逾期未办结")


def test_a_closed_one_does_not_climb_and_passing_it_upwards_gives_no_more_time(users):
    start, officer = clock.now(), users["officer-1"]
    closed, passed = (alert_on(alerting_tag(code), vehicle_at(n, grid=0), start) for n, code in ((1, "A"), (2, "B")))
    for one in (closed, passed):
        accept(alert_id=one.pk, version=1, actor=officer, now=start)
    close_alert(alert_id=closed.pk, version=2, outcome="TAUGHT", actor=officer, now=start + MINUTE)
    escalate(alert_id=passed.pk, version=2, note="请支援", actor=officer, now=start + timedelta(hours=3))

    assert escalate_due(now=start + timedelta(hours=4)) == 1
    closed.refresh_from_db()
    passed.refresh_from_db()
    assert (closed.rung, passed.rung) == (0, 2)


def test_one_that_was_taken_before_there_was_a_term_or_by_a_clock_ahead_gets_the_term_from_now(users):
    now = clock.now()
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=0), now)
    accept(alert_id=alert.pk, version=1, actor=users["officer-1"], now=now)
    for due_at in (None, now + timedelta(days=3)):
        Alert.objects.filter(pk=alert.pk).update(due_at=due_at)
        assert escalate_due(now=now + MINUTE) == 0
        alert.refresh_from_db()
        assert alert.due_at == now + MINUTE + timedelta(hours=4)


def test_an_ordinary_one_waits_a_day(users):
    start = clock.now()
    alert_on(alerting_tag(level=AlertLevel.NORMAL), vehicle_at(1, grid=0), start)
    assert [escalate_due(now=start + timedelta(hours=hours)) for hours in (23, 24, 47, 48)] == [0, 1, 0, 1]


def test_a_clock_that_was_set_back_puts_nothing_off(users):
    ahead = clock.now() + timedelta(hours=5)
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=0), ahead)
    right = ahead - timedelta(hours=5)

    # As if it had been raised when the clock was mended: ten minutes from then.
    assert escalate_due(now=right) == 0
    alert.refresh_from_db()
    assert alert.due_at == right + 10 * MINUTE
    assert escalate_due(now=right + 5 * MINUTE) == 0
    assert escalate_due(now=right + 10 * MINUTE) == 1
    alert.refresh_from_db()
    assert alert.rung == 1


def test_without_a_squadron_head_the_first_rung_is_the_brigade(users):
    start = clock.now()
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=5), start)
    escalate_due(now=start + 10 * MINUTE)
    assert told(alert)[users["brigade"].pk] == "超过时限无人接收，上报中队长（没有中队长，由大队接收）"
