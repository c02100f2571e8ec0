"""Making reports: what a job asks for, and what falls due by itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from addresses.models import Area
from analytics.models import Report, ReportTemplate
from analytics.periods import Span, until
from analytics.reports.blocks import read_blocks
from analytics.reports.composing import compose
from analytics.reports.figures import Asked
from analytics.reports.phrases import span_text
from analytics.services.reports import keep_report, title_of
from common import clock
from common.errors import DomainError
from common.jobs import JobRun


def make_report(
    *, template: ReportTemplate, area: Area | None, span: Span, topic: dict[str, Any] | None = None, title: str = "",
    author_id: int | None, now: datetime,
) -> Report:  # fmt: skip
    """Counts, writes and stores a report. A period that is not over is cut off at today.

    Raises:
        DomainError: BAD_BLOCK, NO_DATA.
    """
    blocks = read_blocks(template.blocks)
    asked = asked_of(area, span, now, topic or {})
    content = compose(blocks, asked)
    name = title_of(template, area, span_text(asked.span), title)
    return keep_report(
        template=template, area=area, span=asked.span, title=name, content=content, topic=topic or {}, author_id=author_id,
        as_of=now,
    )  # fmt: skip


def asked_of(area: Area | None, span: Span, now: datetime, topic: dict[str, Any]) -> Asked:
    """What a report of these days is about."""
    return Asked(area, until(span, clock.today()), now, topic)


def asked_again(report: Report, now: datetime) -> Asked:
    """What a block that is added to a report is about."""
    return asked_of(report.area, Span(report.first_day, report.last_day), now, report.query)


def run_make(run: JobRun) -> dict[str, Any]:
    """Job handler; made again after a kill, the draft takes the place of itself."""
    params = run.params
    template = ReportTemplate.objects.filter(pk=params["template"], is_active=True).first()
    if template is None:
        raise DomainError("TEMPLATE_GONE", "报告模板已停用。请另选一个模板。")
    run.progress(done=0, total=1, message="正在统计")
    span = Span(date.fromisoformat(params["first_day"]), date.fromisoformat(params["last_day"]))
    report = make_report(
        template=template, area=Area.objects.filter(pk=params["area"]).first(), span=span, topic=params["topic"],
        title=params["title"], author_id=params["actor"], now=clock.now(),
    )  # fmt: skip
    run.progress(done=1, total=1)
    return {"report": report.pk}
