"""Ends of no-go rules and withdrawn permits: what held stays on record, and what was withdrawn can be had back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow
from elements.models import NoGoPermit, NoGoRule
from elements.no_go_rules import Passage
from elements.selectors.no_go import forbidding_rules, rule_of_page
from elements.selectors.no_go_permits import permits_ending_with
from elements.services.no_go_ends import Withdrawal, end_rule, restore_permit, withdraw_permit
from tests.factories.no_go import INSIDE, NOW, TODAY, a_lorry, a_permit, a_rule

REASON = "车辆已报废"
LATER, FAR = TODAY + timedelta(days=40), date(2027, 6, 1)


@pytest.fixture
def lorry(city):
    return a_lorry()


def state() -> tuple[list, list]:
    """Every permit, and every act on one."""
    permits = list(NoGoPermit.objects.order_by("pk").values_list("pk", "number", "valid_from", "valid_to"))
    return permits, list(AuditRow.objects.filter(subject_table="elements_nogopermit").values_list("pk", flat=True))


def test_a_permit_that_has_begun_ends_today_with_its_reason_and_can_be_had_back(users, lorry):
    brigade = users["brigade"]
    rule = a_rule(brigade)
    one = a_permit(rule, lorry, brigade)
    passage = [Passage(at=NOW, vehicle_id=lorry.pk, position=INSIDE)]
    assert forbidding_rules(passage) == [set()]

    done = withdraw_permit(permit_id=one.pk, reason=f" {REASON} ", actor=brigade, now=NOW)
    assert done == Withdrawal(one.pk, "T-1", rule.pk, TODAY)
    assert forbidding_rules(passage) == [{rule.pk}]
    row = AuditRow.objects.get(verb="NO_GO_WITHDRAWN")
    assert (row.subject_id, row.reason, row.fields, row.actor_id) == (str(one.pk), REASON, ["valid_to"], brigade.pk)

    back = restore_permit(permit_id=one.pk, actor=brigade, now=NOW + timedelta(minutes=9))
    assert (back.pk, back.valid_from, back.valid_to) == (one.pk, date(2026, 1, 1), FAR)
    assert forbidding_rules(passage) == [set()]
    assert AuditRow.objects.get(verb="NO_GO_RESTORED").reason == REASON


def test_a_permit_that_begins_today_ends_tomorrow(users, lorry):
    one = a_permit(a_rule(users["brigade"]), lorry, users["brigade"], valid_from=TODAY)
    done = withdraw_permit(permit_id=one.pk, reason=REASON, actor=users["brigade"], now=NOW)

    one.refresh_from_db()
    assert done.ends_on == one.valid_to == TODAY + timedelta(days=1)


def test_a_permit_that_has_not_begun_is_gone_and_comes_back_under_its_number(users, lorry):
    rule = a_rule(users["brigade"])
    one = a_permit(rule, lorry, users["brigade"], valid_from=LATER)
    done = withdraw_permit(permit_id=one.pk, reason=REASON, actor=users["brigade"], now=NOW)
    assert (done.ends_on, NoGoPermit.objects.count()) == (None, 0)

    restore_permit(permit_id=one.pk, actor=users["brigade"], now=NOW)
    back = NoGoPermit.objects.get()
    assert (back.pk, back.number, back.rule_id, back.vehicle_id) == (one.pk, "T-1", rule.pk, lorry.pk)
    assert (back.valid_from, back.valid_to) == (LATER, FAR)


def test_a_number_that_was_given_away_is_not_taken_back(users, lorry):
    rule = a_rule(users["brigade"])
    one = a_permit(rule, lorry, users["brigade"], valid_from=LATER)
    withdraw_permit(permit_id=one.pk, reason=REASON, actor=users["brigade"], now=NOW)
    a_permit(rule, lorry, users["brigade"], number="T-1")
    before = state()
    with pytest.raises(Conflict) as refused:
        restore_permit(permit_id=one.pk, actor=users["brigade"], now=NOW)

    assert (refused.value.code, state()) == ("PERMIT_TWICE", before)


@pytest.mark.parametrize(
    ("name", "reason", "error", "code"),
    [
        ("brigade", "无", DomainError, "CORRECTION_REASON"),
        ("officer-1", REASON, NotAllowed, "NOT_ALLOWED"),
        ("nobody", REASON, NotAllowed, "NOT_ALLOWED"),
        ("admin", REASON, NotVisible, "NOT_FOUND"),
    ],
)
def test_what_is_refused_changes_no_permit(users, lorry, name, reason, error, code):
    one = a_permit(a_rule(users["brigade"]), lorry, users["brigade"])
    before = state()
    with pytest.raises(error) as refused:
        withdraw_permit(permit_id=one.pk, reason=reason, actor=users[name], now=NOW)

    assert (refused.value.code, state()) == (code, before)


def test_a_permit_that_is_over_or_ends_tomorrow_is_not_withdrawn_again(users, lorry):
    rule = a_rule(users["brigade"])
    over = a_permit(rule, lorry, users["brigade"], valid_to=TODAY)
    short = a_permit(rule, lorry, users["brigade"], number="T-2", valid_from=TODAY, valid_to=TODAY + timedelta(days=1))
    before, told = state(), []
    for one in (over, short):
        with pytest.raises(Conflict) as refused:
            withdraw_permit(permit_id=one.pk, reason=REASON, actor=users["brigade"], now=NOW)
        told.append(refused.value.code)

    assert (told, state()) == (["PERMIT_OVER", "PERMIT_ENDS"], before)


def test_only_who_withdrew_it_just_now_takes_it_back(users, lorry):
    one = a_permit(a_rule(users["brigade"]), lorry, users["brigade"])
    with pytest.raises(NotVisible):
        restore_permit(permit_id=one.pk, actor=users["brigade"], now=NOW)
    withdraw_permit(permit_id=one.pk, reason=REASON, actor=users["brigade"], now=NOW)
    before = state()
    for name, minutes, error in (("admin", 1, NotVisible), ("officer-1", 1, NotAllowed), ("brigade", 11, Conflict)):
        with pytest.raises(error):
            restore_permit(permit_id=one.pk, actor=users[name], now=NOW + timedelta(minutes=minutes))

    assert state() == before


def version(rule: NoGoRule, users) -> int:
    return rule_of_page(rule.pk, users["brigade"], TODAY).version


def test_a_rule_ends_and_its_permits_keep_their_dates(users, lorry):
    brigade = users["brigade"]
    rule = a_rule(brigade)
    short, long = (
        a_permit(rule, lorry, brigade, number=number, valid_to=end) for number, end in (("T-1", LATER), ("T-2", FAR))
    )
    ending = permits_ending_with(rule, LATER, brigade)
    assert ([one.number for one in ending.shown], ending.hidden_count) == (["T-2"], 0)
    hidden = permits_ending_with(rule, TODAY, users["officer-2"])
    assert (hidden.shown, hidden.hidden_count) == ([], 2)

    ended = end_rule(
        rule_id=rule.pk, version=version(rule, users), ends_on=LATER, reason="通告废止", actor=brigade, now=NOW
    )
    assert ended.valid_to == LATER
    assert list(NoGoPermit.objects.order_by("pk").values_list("pk", "valid_to")) == [(short.pk, LATER), (long.pk, FAR)]
    row = AuditRow.objects.get(verb="NO_GO_ENDED")
    assert (row.subject_id, row.fields, row.reason) == (str(rule.pk), ["valid_to"], "通告废止")
    passages = [Passage(at=NOW + timedelta(days=days), position=INSIDE) for days in (39, 40)]
    assert forbidding_rules(passages) == [{rule.pk}, set()]


@pytest.mark.parametrize(
    ("days", "name", "seen", "code"),
    [
        (-1, "brigade", None, "NO_GO_END_PAST"),
        (90, "brigade", None, "NO_GO_ENDED"),
        (1, "brigade", 1, "NO_GO_STALE"),
        (1, "officer-1", None, "NOT_ALLOWED"),
    ],
)
def test_a_rule_that_cannot_end_so_is_left_alone(users, days, name, seen, code):
    rule = a_rule(users["brigade"], valid_to=TODAY + timedelta(days=60))
    with pytest.raises(DomainError) as refused:
        end_rule(
            rule_id=rule.pk, version=seen or version(rule, users), ends_on=TODAY + timedelta(days=days), reason=REASON,
            actor=users[name], now=NOW,
        )  # fmt: skip

    rule.refresh_from_db()
    assert (refused.value.code, rule.valid_to) == (code, TODAY + timedelta(days=60))
    assert AuditRow.objects.filter(verb="NO_GO_ENDED").count() == 0


def test_a_rule_cannot_end_before_it_begins(users):
    rule = a_rule(users["brigade"], valid_from=LATER)
    with pytest.raises(DomainError) as refused:
        end_rule(
            rule_id=rule.pk, version=version(rule, users), ends_on=LATER, reason=REASON, actor=users["brigade"], now=NOW
        )  # fmt: skip

    rule.refresh_from_db()
    assert (refused.value.code, rule.valid_to) == ("NO_GO_PERIOD", None)
