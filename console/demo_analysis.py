"""What analysts of the demonstration did with the events: places searched for, last month's report made, signed, subscribed to,
roads, units and districts assessed.

All of it through the services that their pages call; what is there already is not done again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from accounts.models import User
from addresses.models import Area
from analytics.choices import ReportState, SpotMethod
from analytics.models import HotSpotRun, Report, ReportTemplate, Subscription
from analytics.periods import month_of
from analytics.services import hot_spots, report_mail, reports
from analytics.services.day_counts import count_stale_days
from common import clock
from console.demo_jobs import run_here
from console.demo_risk import play_risk

Tell = Callable[[str], None]
MONTHLY = "brigade-monthly"
# Who gets which report by letter: three posts, three contents.
_SUBSCRIBERS = {"brigade": MONTHLY, "squadron-1": "squadron-daily", "officer-1": "district-weekly"}


def play_analysis(as_of: date, tell: Tell) -> None:
    """Counts the days, searches by both methods, makes and signs the report of the month that ends at `as_of`, subscribes."""
    brigade, analyst = (User.objects.get(username=name) for name in ("brigade", "analyst"))
    while count_stale_days():
        pass
    for method in (SpotMethod.WINDOW, SpotMethod.DENSITY):
        tell(f"事故多发点段（{method.label}）：{_search(method, brigade)}")
    report = _monthly_report(as_of, analyst, brigade)
    for name, code in _SUBSCRIBERS.items():
        _subscribe(User.objects.get(username=name), ReportTemplate.objects.get(code=code))
    if report.state == ReportState.APPROVED:
        # The month was over before anybody subscribed, so nothing falls due by itself.
        run_here(reports.ask_sending(report=report, actor=brigade, now=clock.now()).pk)
        report.refresh_from_db()
    tell(f"风险评估表：{play_risk(analyst, brigade)}")
    tell(
        f"报告：{report.title}（{report.get_state_display()}），订阅 {Subscription.objects.filter(ended_at=None).count()}"
    )


def _search(method: SpotMethod, actor: User) -> int:
    """The result in force; how many places it names."""
    run = HotSpotRun.objects.filter(method=method, is_official=True).order_by("-pk").first()
    if run is None:
        job = hot_spots.ask(method=method, changed={}, area=None, procedure="", actor=actor, now=clock.now())
        run_here(job.pk)
        made = HotSpotRun.objects.get(job_id=job.pk)
        run = hot_spots.make_official(run=made, actor=actor, now=clock.now())
    return run.spots.count()


def _monthly_report(as_of: date, author: User, signer: User) -> Report:
    """Who signs is another person than who made it."""
    template, span = ReportTemplate.objects.get(code=MONTHLY), month_of(as_of)
    if not reports.same_report(template, None, span).exists():
        run_here(
            reports.ask_report(template=template, area=None, span=span, topic={}, actor=author, now=clock.now()).pk
        )
    report = reports.same_report(template, None, span).latest("edition")
    if report.state == ReportState.DRAFT:
        report = reports.submit_report(report=report, actor=author, now=clock.now())
    if report.state == ReportState.EDITED:
        report = reports.approve_report(report=report, actor=signer, now=clock.now())
    return report


def _subscribe(user: User, template: ReportTemplate) -> None:
    post = user.posts.first()
    area: Area | None = post.area if post else None
    if not Subscription.objects.filter(user=user, template=template).exists():
        report_mail.subscribe(template=template, area=area, actor=user, now=clock.now())
