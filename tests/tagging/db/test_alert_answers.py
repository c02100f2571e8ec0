"""Answers to alerts: accept, act, close with an outcome, pass upwards, mute; who may, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from tagging.choices import AlertState, EndCause
from tagging.models import Alert, AlertMute, AlertRecipient, AlertStep, Assignment, Outcome
from tagging.services import alert_answers as answers
from tests.factories.alerts import alert_on, alerting_tag, told, vehicle_at


@pytest.fixture
def alert(users) -> Alert:
    return alert_on(alerting_tag(), vehicle_at(1, grid=0))


def unchanged(alert: Alert) -> bool:
    row = Alert.objects.get(pk=alert.pk)
    return (row.state, row.version, row.steps.count(), row.due_at) == ("NEW", 1, 1, alert.due_at)


def test_accepting_sets_the_term_of_closing_and_is_recorded(users, alert):
    now, officer = clock.now(), users["officer-1"]
    done = answers.accept(alert_id=alert.pk, version=1, actor=officer, now=now)

    assert (done.state, done.accepted_at, done.accepted_by_id, done.due_at, done.version) == (
        AlertState.ACCEPTED, now, officer.pk, now + timedelta(hours=4), 2,
    )  # fmt: skip
    assert list(done.steps.order_by("pk").values_list("verb", "actor_id")) == [("raise", None), ("accept", officer.pk)]
    assert AuditRow.objects.filter(verb="ALERT_ACCEPTED", actor_id=officer.pk, subject_id=str(alert.pk)).count() == 1
    assert AlertRecipient.objects.get(alert=alert, user_id=officer.pk).seen_at == now


def test_who_was_not_told_but_is_in_scope_may_accept_and_it_shows(users, alert):
    squadron = users["squadron-1"]
    assert squadron.pk not in told(alert)
    assert answers.accept(alert_id=alert.pk, version=1, actor=squadron, now=clock.now()).accepted_by_id == squadron.pk


def test_the_second_to_accept_is_told_who_was_faster(users, alert):
    answers.accept(alert_id=alert.pk, version=1, actor=users["officer-1"], now=clock.now())
    with pytest.raises(Conflict) as refused:
        answers.accept(alert_id=alert.pk, version=1, actor=users["coordinator-1"], now=clock.now())
    assert "officer-1" in refused.value.message
    assert AlertStep.objects.filter(verb="accept").count() == 1


def test_a_foreign_alert_is_not_there(users, alert):
    for reader in ("officer-2", "admin", "nobody", "auditor"):
        with pytest.raises(NotVisible):
            answers.accept(alert_id=alert.pk, version=1, actor=users[reader], now=clock.now())
    assert unchanged(alert)


def test_who_only_reads_may_not_answer_and_who_proposes_may_not_close(users, alert):
    with pytest.raises(NotAllowed):
        answers.accept(alert_id=alert.pk, version=1, actor=users["analyst"], now=clock.now())
    with pytest.raises(NotAllowed):
        answers.close_alert(
            alert_id=alert.pk, version=1, outcome="TAUGHT", actor=users["coordinator-1"], now=clock.now()
        )
    assert unchanged(alert)
    assert Outcome.objects.count() == 0


def test_closing_with_an_outcome_takes_the_tag_off_and_both_say_why(users, alert):
    now, officer = clock.now(), users["officer-1"]
    done = answers.close_alert(alert_id=alert.pk, version=1, outcome="TAUGHT", note="当面告知", actor=officer, now=now)

    tag = Assignment.objects.get()
    assert (done.state, done.closed_at, done.closed_by_id, done.version) == (AlertState.CLOSED, now, officer.pk, 2)
    assert done.cool_until == now + timedelta(minutes=30)
    assert (tag.until, tag.end_cause, tag.end_note, tag.held_until) == (
        now, EndCause.OUTCOME, "已教育", now + timedelta(days=30),
    )  # fmt: skip
    assert list(done.steps.order_by("pk").values_list("verb", "note")) == [("raise", ""), ("close", "已教育：当面告知")]
    assert Outcome.objects.get().name == "已教育"


def test_an_outcome_that_keeps_the_tag_closes_the_alert_alone(users, alert):
    answers.close_alert(alert_id=alert.pk, version=1, outcome="NOT_FOUND", actor=users["officer-1"], now=clock.now())
    assert (Alert.objects.get().state, Assignment.objects.standing().count()) == (AlertState.CLOSED, 1)


@pytest.mark.parametrize(("outcome", "code"), [("", "OUTCOME_MISSING"), ("NONSENSE", "NO_SUCH_OUTCOME")])
def test_a_closing_without_an_outcome_of_the_table_is_refused_whole(users, alert, outcome, code):
    with pytest.raises(DomainError) as refused:
        answers.close_alert(alert_id=alert.pk, version=1, outcome=outcome, actor=users["officer-1"], now=clock.now())
    assert refused.value.code == code
    assert unchanged(alert)
    assert Assignment.objects.standing().count() == 1


def test_passing_upwards_tells_the_squadron_and_keeps_the_state(users, alert):
    done = answers.escalate(alert_id=alert.pk, version=1, note="需要支援", actor=users["officer-1"], now=clock.now())
    assert (done.state, done.rung, done.due_at) == ("NEW", 1, done.first_at + timedelta(minutes=20))
    assert told(done)[users["squadron-1"].pk] == "由他人上报中队长"
    assert done.steps.order_by("-pk").first().note == "上报中队长：需要支援"

    again = answers.escalate(alert_id=alert.pk, version=2, note="再报", actor=users["officer-1"], now=clock.now())
    assert (again.rung, again.due_at, told(again)[users["brigade"].pk]) == (2, None, "由他人上报大队领导")
    with pytest.raises(Conflict):
        answers.escalate(alert_id=alert.pk, version=3, note="再报", actor=users["officer-1"], now=clock.now())


def test_a_mute_needs_a_reason_an_offered_span_and_the_brigade_for_everywhere(users, alert):
    officer, now = users["officer-1"], clock.now()
    given = {"alert_id": alert.pk, "version": 1, "actor": officer, "now": now}
    with pytest.raises(DomainError):
        answers.mute(**given, what="element", days=1, reason=" ")
    with pytest.raises(DomainError):
        answers.mute(**given, what="element", days=5, reason="施工")
    with pytest.raises(NotAllowed):
        answers.mute(**given, what="tag", days=1, reason="施工")
    assert unchanged(alert)
    assert AlertMute.objects.count() == 0

    done = answers.mute(**given, what="tag-here", days=7, reason="施工")
    row = AlertMute.objects.get()
    assert (done.state, row.tag_id, row.block_id, row.element_id) == (
        AlertState.MUTED, alert.tag_id, alert.block_id, None,
    )  # fmt: skip
    assert (row.ends_at, row.reason, row.actor_id) == (now + timedelta(days=7), "施工", officer.pk)


def test_a_mute_is_lifted_by_who_is_in_scope_only(users, alert):
    answers.mute(
        alert_id=alert.pk, version=1, what="element", days=7, reason="施工", actor=users["officer-1"], now=clock.now()
    )
    row = AlertMute.objects.get()
    with pytest.raises(NotVisible):
        answers.lift_mute(mute_id=row.pk, actor=users["officer-2"], now=clock.now())
    with pytest.raises(NotAllowed):
        answers.lift_mute(mute_id=row.pk, actor=users["coordinator-1"], now=clock.now())
    row.refresh_from_db()
    assert row.lifted_at is None

    answers.lift_mute(mute_id=row.pk, actor=users["squadron-1"], now=clock.now())
    row.refresh_from_db()
    assert row.lifted_at is not None


def test_who_was_told_beside_the_border_sees_it_accepts_it_and_may_not_close_it(users):
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=3, east=0.97))
    neighbour = users["officer-2"]
    assert alert.pk in Alert.objects.visible_to(neighbour).values_list("pk", flat=True)

    done = answers.accept(alert_id=alert.pk, version=1, actor=neighbour, now=clock.now())
    with pytest.raises(NotAllowed):
        answers.close_alert(alert_id=alert.pk, version=2, outcome="TAUGHT", actor=neighbour, now=clock.now())
    assert (done.accepted_by_id, Assignment.objects.standing().count()) == (neighbour.pk, 1)

    # Closed by its own side, it is gone from the other.
    answers.close_alert(alert_id=alert.pk, version=2, outcome="TAUGHT", actor=users["squadron-1"], now=clock.now())
    assert not Alert.objects.visible_to(neighbour).exists()


def test_who_was_told_and_moved_away_sees_it_no_more(users, city):
    alert = alert_on(alerting_tag(), vehicle_at(1, grid=3, east=0.97))
    neighbour = users["officer-2"]
    neighbour.posts.update(area=city.grids[5])
    moved = type(neighbour).objects.get(pk=neighbour.pk)
    assert not Alert.objects.visible_to(moved).filter(pk=alert.pk).exists()
