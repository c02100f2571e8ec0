"""Reports by e-mail over real SMTP: four figures and a link inside the own scope, missed runs once, posts lost, unsubscribing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Post, User
from analytics.models import Report, ReportTemplate, Subscription
from analytics.reports.sending import send_due
from analytics.reports.shipping import load_shipped
from analytics.services import report_mail, reports
from common import jobs
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.models import AuditRow, Job
from tests.factories.events import LAIZHOU
from tests.factories.numbers import plate
from tests.factories.reports import make_october

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 10, 7, 7, 0, tzinfo=LAIZHOU)


@pytest.fixture
def today(monkeypatch) -> Any:
    """Sets the day of the wall clock; what a report is about is cut off at it."""
    from common import clock

    def set_to(moment: datetime) -> datetime:
        monkeypatch.setattr(clock, "now", lambda: moment)
        monkeypatch.setattr(clock, "today", lambda: moment.astimezone(LAIZHOU).date())
        return moment

    return set_to


@pytest.fixture
def squadron(october, users) -> User:
    load_shipped()
    User.objects.update(email="")
    User.objects.filter(username="squadron-1").update(email="one@police.example")
    return User.objects.get(username="squadron-1")


def template(code: str) -> ReportTemplate:
    return ReportTemplate.objects.get(code=code)


def subscribed(user: User, code: str, area: Any, at: datetime) -> Subscription:
    return report_mail.subscribe(template=template(code), area=area, actor=user, now=at)


def test_a_letter_has_four_figures_and_a_link_and_nobody_in_it(squadron, city, sink, today):
    subscribed(squadron, "squadron-daily", city.squadrons[0], today(MORNING))

    assert (send_due(now=MORNING), send_due(now=MORNING), len(sink.letters)) == (1, 0, 1)

    letter, (text,) = sink.letters[0], sink.texts()
    report = Report.objects.get()
    assert letter["To"] == "one@police.example" and not list(letter.iter_attachments())
    assert (report.title, str(report.first_day), report.state) == (
        "ZD-12026年10月6日每日交通安全晨报",
        "2026-10-06",
        "SENT",
    )
    for line in ("事故起数（一般程序）：1起", "死亡人数：0人", "受伤人数：1人", "直接财产损失：1.00万元"):
        assert line in text
    assert f"https://platform.example/reports/{report.pk}/" in text
    assert plate(1) not in text and "试验路口" not in text
    assert letter["List-Unsubscribe"].strip().startswith("<https://platform.example/reports/unsubscribe/")


def test_nothing_goes_out_before_the_imports_of_the_night_are_in(squadron, city, sink, today):
    subscribed(squadron, "squadron-daily", city.squadrons[0], today(MORNING))

    assert send_due(now=MORNING - timedelta(hours=1)) == 0
    assert (sink.letters, Report.objects.count()) == ([], 0)


def test_what_was_missed_is_made_up_for_once_with_the_latest(squadron, city, sink, today):
    subscription = subscribed(squadron, "squadron-daily", city.squadrons[0], today(MORNING))
    assert send_due(now=MORNING) == 1
    later = today(MORNING + timedelta(days=4))

    assert (send_due(now=later), send_due(now=later)) == (1, 0)

    subscription.refresh_from_db()
    assert [str(one.first_day) for one in Report.objects.order_by("first_day")] == ["2026-10-06", "2026-10-10"]
    assert (str(subscription.sent_through), len(sink.letters)) == ("2026-10-10", 2)


def test_two_subscribers_cause_one_report(squadron, city, sink, users, today):
    User.objects.filter(username="brigade").update(email="two@police.example")
    brigade = User.objects.get(username="brigade")
    for user in (squadron, brigade):
        subscribed(user, "squadron-daily", city.squadrons[0], today(MORNING))

    assert (send_due(now=MORNING), Report.objects.count()) == (2, 1)
    assert [one["To"] for one in sink.letters] == ["one@police.example", "two@police.example"]


def test_a_monthly_report_waits_for_its_signature(squadron, city, sink, users, today):
    begun = today(datetime(2026, 10, 20, 9, 0, tzinfo=LAIZHOU))
    subscribed(squadron, "squadron-monthly", city.squadrons[0], begun)
    assert send_due(now=begun) == 0
    first = today(datetime(2026, 11, 1, 7, 0, tzinfo=LAIZHOU))

    assert (send_due(now=first), sink.letters, Report.objects.get().state) == (0, [], "DRAFT")
    report = Report.objects.get()
    reports.submit_report(report=report, actor=users["brigade"], now=first)
    assert send_due(now=first) == 0
    reports.approve_report(report=report, actor=squadron, now=first)
    late = today(datetime(2026, 12, 3, 7, 0, tzinfo=LAIZHOU))

    # Signed when the next period was over already: it goes out all the same, once.
    assert (send_due(now=late), send_due(now=late)) == (1, 0)
    assert Report.objects.get(pk=report.pk).state == "SENT"
    assert sink.letters[0]["Subject"].strip() == "ZD-12026年10月道路交通安全研判月报"


def test_a_signed_report_is_sent_at_once_to_who_has_not_got_it(squadron, city, sink, users, today):
    begun = today(datetime(2026, 10, 20, 9, 0, tzinfo=LAIZHOU))
    subscribed(squadron, "squadron-monthly", city.squadrons[0], begun)
    night = today(datetime(2026, 11, 1, 3, 0, tzinfo=LAIZHOU))
    report = make_october("squadron-monthly", city.squadrons[0])
    with pytest.raises(Conflict, match="REPORT_STATE"):
        reports.ask_sending(report=report, actor=squadron, now=night)
    reports.submit_report(report=report, actor=users["brigade"], now=night)
    reports.approve_report(report=report, actor=squadron, now=night)

    asked = [reports.ask_sending(report=report, actor=squadron, now=night) for _ in range(2)]
    assert asked[0].pk == asked[1].pk
    jobs.run(asked[0].pk)
    again = reports.ask_sending(report=report, actor=squadron, now=night)
    jobs.run(again.pk)

    # The clock has nothing left to send either.
    assert (len(sink.letters), send_due(now=night + timedelta(hours=5)), len(sink.letters)) == (1, 0, 1)
    assert [Job.objects.get(pk=one).counts["letters"] for one in (asked[0].pk, again.pk)] == [1, 0]
    assert (Report.objects.get().state, AuditRow.objects.filter(verb="REPORT_SEND_ASKED").count()) == ("SENT", 2)
    for name in ("officer-2", "analyst"):
        with pytest.raises((NotVisible, NotAllowed)):
            reports.ask_sending(report=report, actor=users[name], now=night)
    Subscription.objects.update(ended_at=night)
    with pytest.raises(DomainError, match="NO_SUBSCRIBER"):
        reports.ask_sending(report=report, actor=squadron, now=night)


def test_who_lost_the_post_gets_no_letter_and_it_is_written_down(squadron, city, sink, today):
    subscription = subscribed(squadron, "squadron-daily", city.squadrons[0], today(MORNING))
    Post.objects.filter(user=squadron).update(valid_to=MORNING.date())

    assert (send_due(now=MORNING), send_due(now=MORNING), sink.letters, Report.objects.count()) == (0, 0, [], 0)

    subscription.refresh_from_db()
    assert subscription.failure == report_mail.NO_POST and subscription.sent_through is None
    assert AuditRow.objects.filter(verb="REPORT_NOT_SENT").count() == 1
    Post.objects.filter(user=squadron).update(valid_to=None)
    assert send_due(now=MORNING) == 1
    subscription.refresh_from_db()
    assert subscription.failure == ""


def test_a_server_that_refuses_is_tried_again(squadron, city, sink, today):
    subscription = subscribed(squadron, "squadron-daily", city.squadrons[0], today(MORNING))
    sink.is_refusing = True
    assert send_due(now=MORNING) == 0
    subscription.refresh_from_db()
    assert (subscription.failure, subscription.sent_through) == (report_mail.NO_SERVER, None)
    assert Report.objects.get().state == "DRAFT"

    sink.is_refusing = False

    assert (send_due(now=MORNING), len(sink.letters)) == (1, 1)


def test_a_period_without_data_is_told_in_the_subscription(squadron, city, sink, today):
    begun = today(datetime(2026, 7, 20, 9, 0, tzinfo=LAIZHOU))
    subscription = subscribed(squadron, "squadron-monthly", city.squadrons[0], begun)

    assert send_due(now=today(datetime(2026, 8, 1, 7, 0, tzinfo=LAIZHOU))) == 0

    subscription.refresh_from_db()
    assert "2026年7月没有任何道路交通事故数据" in subscription.failure and sink.letters == []


def test_the_link_of_a_letter_ends_its_subscription_without_signing_in(squadron, city, sink, today):
    subscription = subscribed(squadron, "squadron-daily", city.squadrons[0], today(MORNING))
    send_due(now=MORNING)
    path = re.search(r"https://platform.example(/reports/unsubscribe/\S+/)", sink.texts()[0])[1]

    asked = Client().get(path)
    subscription.refresh_from_db()
    assert (asked.status_code, subscription.ended_at) == (200, None)
    assert "不再接收“每日交通安全晨报”的邮件吗" in asked.content.decode()
    assert [Client().post(path).status_code for _ in range(2)] == [200, 200]

    subscription.refresh_from_db()
    assert subscription.ended_at is not None
    assert AuditRow.objects.filter(verb="REPORT_UNSUBSCRIBED").count() == 1
    assert send_due(now=today(MORNING + timedelta(days=1))) == 0
    assert Client().post(path[:-4] + "x/").status_code == 404


def test_who_may_subscribe_to_what(squadron, city, users, today):
    now = today(MORNING)
    subscribed(squadron, "squadron-daily", city.squadrons[0], now)

    with pytest.raises(Conflict, match="SUBSCRIBED"):
        subscribed(squadron, "squadron-daily", city.squadrons[0], now)
    with pytest.raises(NotVisible):
        subscribed(squadron, "squadron-monthly", city.squadrons[1], now)
    with pytest.raises((NotVisible, NotAllowed)):
        subscribed(squadron, "brigade-monthly", None, now)
    with pytest.raises(DomainError, match="NO_ADDRESS"):
        subscribed(users["brigade"], "brigade-monthly", None, now)
    with pytest.raises(NotVisible):
        report_mail.unsubscribe(subscription_id=Subscription.objects.get().pk, actor=users["officer-1"], now=now)
    for name in ("admin", "auditor", "nobody", "assistant-1"):
        with pytest.raises(NotAllowed):
            subscribed(users[name], "squadron-daily", city.squadrons[0], now)
    assert Subscription.objects.filter(ended_at=None).count() == 1
