"""What falls due by itself: the report of the last whole period is made once, and goes to whoever subscribed to it.

Daily and weekly reports go out as they are made; monthly and quarterly ones wait until somebody signed them. What was missed
while nobody rang is made up for once, with the latest period; the ones before stay on the list of reports that can be made.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.choices import Cycle, ReportState
from analytics.models import Report, ReportTemplate, Subscription
from analytics.periods import Span
from analytics.reports.making import make_report
from analytics.selectors.reports import SENT_UNSIGNED, subscribers
from analytics.services import report_mail
from analytics.services.reports import due_span, mark_sent, same_report
from common import clock
from common.errors import DomainError
from common.jobs import JobRun

# The imports of the night are in by then.
DUE_FROM = time(6, 30)


def send_due(*, now: datetime) -> int:
    """Makes and sends what is due; returns the number of letters. As often as one likes, by as many as like."""
    local = timezone.localtime(now)
    if local.time() < DUE_FROM:
        return 0
    found = Subscription.objects.filter(ended_at=None, template__is_active=True).exclude(template__cycle=Cycle.ONCE)
    return sum(_send_one(pk, local.date(), now) for pk in found.order_by("pk").values_list("pk", flat=True))


def send_now(run: JobRun) -> dict[str, Any]:
    """Job handler: a signed report goes to its subscribers who have not got it, at any time of the day.

    `sent_through` of a subscription says who has it: killed and called again, or beside the clock, nobody gets two letters.
    """
    report = Report.objects.select_related("template", "area").get(pk=run.params["report"], state__in=Report.FIXED)
    waiting = [one.pk for one in subscribers(report) if not report_mail.has(one, report.last_day)]
    letters = 0
    for number, pk in enumerate(waiting):
        run.progress(done=number, total=len(waiting), message="正在发送")
        letters += _send_to(pk, report, clock.now())
    return {"report": report.pk, "letters": letters, "failed": len(waiting) - letters}


@transaction.atomic
def _send_to(subscription_id: int, report: Report, now: datetime) -> bool:
    subscription = _held(subscription_id)
    if subscription is None or report_mail.has(subscription, report.last_day):
        return False
    return _send(subscription, report, now)


def _held(subscription_id: int) -> Subscription | None:
    """The subscription, locked: who comes second finds it locked and leaves it to the first."""
    held = Subscription.objects.select_for_update(skip_locked=True, of=("self",)).select_related("template", "user")
    return held.filter(pk=subscription_id, ended_at=None).first()


@transaction.atomic
def _send_one(subscription_id: int, today: date, now: datetime) -> bool:
    """What one subscriber is owed by the clock."""
    subscription = _held(subscription_id)
    if subscription is None:
        return False
    span = due_span(subscription.template.cycle, today)
    if span is None:
        return False
    if report_mail.is_owed(subscription, span.last):
        if why := report_mail.refusal(subscription):
            report_mail.note_failure(subscription, why, now)
            return False
        _make_once(subscription, span, now)
    report = _to_send(subscription, span)
    return report is not None and _send(subscription, report, now)


def _send(subscription: Subscription, report: Report, now: datetime) -> bool:
    """One letter, inside the lock of the subscription."""
    if why := report_mail.refusal(subscription):
        report_mail.note_failure(subscription, why, now)
        return False
    if not report_mail.send(subscription=subscription, report=report, figures=figures_of(report), now=now):
        return False
    mark_sent(report=report, now=now)
    return True


def _make_once(subscription: Subscription, span: Span, now: datetime) -> None:
    """The report of the period, unless there is one; under the lock of the template, so that two subscribers cause one."""
    template = ReportTemplate.objects.select_for_update().get(pk=subscription.template_id)
    if same_report(template, subscription.area, span).exists():
        return
    try:
        with transaction.atomic():
            make_report(template=template, area=subscription.area, span=span, author_id=None, now=now)
    except DomainError as error:
        report_mail.note_failure(subscription, f"报告没有生成：{error.message}", now)


def _to_send(subscription: Subscription, span: Span) -> Report | None:
    """The latest report that the subscriber has not got: signed, or of a kind that needs no signature."""
    found = Report.objects.filter(template=subscription.template, area=subscription.area)
    ready = Q(state__in=Report.FIXED)
    if subscription.template.cycle in SENT_UNSIGNED:
        ready |= Q(state=ReportState.DRAFT, last_day=span.last)
    return (
        found.filter(ready, last_day__gt=report_mail.sent_before(subscription))
        .order_by("-last_day", "-edition")
        .first()
    )


def figures_of(report: Report) -> dict[str, str]:
    """The first four named figures of a report."""
    named = [pair for block in report.content.get("blocks", []) for pair in block.get("named", [])]
    return dict(named[:4])
