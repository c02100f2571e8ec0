"""The life of a report: asked for, kept, edited, submitted, approved by a second person, sent; from approval on it never changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from addresses.models import Area
from analytics import periods
from analytics.choices import Cycle, ReportState
from analytics.models import Report, ReportTemplate
from analytics.periods import Span
from analytics.selectors import reports as reading
from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.jobs import create_job
from common.models import Job
from common.scope import Actor

MAKE_REPORT, SEND_REPORT = "MAKE_REPORT", "SEND_REPORT"
LONGEST_DAYS = 366
_TABLE = Report._meta.db_table


@transaction.atomic
def ask_report(
    *, template: ReportTemplate, area: Area | None, span: Span, topic: dict[str, Any], title: str = "", actor: Actor, now: datetime,
    is_new_edition: bool = False,
) -> Job:  # fmt: skip
    """A job that makes the report.

    Args:
        topic: list of events → parameters, of a special topic.
        title: of a special topic; others are called by template and period.

    Raises:
        NotAllowed: the actor writes no reports. NotVisible: the area is not the actor's, or not of the template's level.
        DomainError: BAD_PERIOD, REPORT_EXISTS.
    """
    if not reading.may_write(actor):
        raise NotAllowed
    _check_area(template, area, actor)
    if span.first > timezone.localtime(now).date() or span.days > LONGEST_DAYS:
        raise DomainError("BAD_PERIOD", f"期间还没有开始，或超过 {LONGEST_DAYS} 天。请另选起止日期。")
    span = periods.until(span, timezone.localtime(now).date())
    existing = same_report(template, area, span).order_by("-edition").first()
    if existing is not None and not is_new_edition and template.cycle != Cycle.ONCE:
        raise DomainError(
            "REPORT_EXISTS",
            "这个期间的报告已经有了。请打开它编辑；已签发的，在它的页面上点“出新版”。",
            {"report": existing.pk},
        )
    params = {
        "template": template.pk, "area": area.pk if area else None, "first_day": span.first.isoformat(),
        "last_day": span.last.isoformat(), "topic": topic, "title": title.strip()[:120], "actor": actor.pk,
    }  # fmt: skip
    record_audit(
        actor_id=actor.pk,
        verb="REPORT_ASKED",
        subject_table="analytics_reporttemplate",
        subject_id=template.pk,
        now=now,
    )
    return create_job(kind=MAKE_REPORT, title=f"生成报告：{template.name}", owner_id=actor.pk, params=params)


def _check_area(template: ReportTemplate, area: Area | None, actor: Actor) -> None:
    kind = reading.LEVEL_KINDS.get(template.level)  # type: ignore[call-overload]
    if (area.kind if area else None) != kind or not reading.covers(actor.scope, area):
        raise NotVisible


def same_report(template: ReportTemplate, area: Area | None, span: Span) -> Any:
    """Editions of the report of an area and a period."""
    return Report.objects.filter(template=template, area=area, first_day=span.first, last_day=span.last)


@transaction.atomic
def keep_report(
    *, template: ReportTemplate, area: Area | None, span: Span, title: str, content: dict[str, Any], topic: dict[str, Any],
    author_id: int | None, as_of: datetime,
) -> Report:  # fmt: skip
    """Stores what was made as the next edition. Asked for twice, the second draft takes the place of the first.

    The template's row is the lock: two that make the same report come one after the other.
    """
    ReportTemplate.objects.select_for_update().get(pk=template.pk)
    editions = same_report(template, area, span)
    last = editions.order_by("-edition").first()
    values = {"title": title, "content": content, "query": topic, "as_of": as_of, "author_id": author_id}
    if last is not None and _is_replaced(last, title, topic):
        Report.objects.filter(pk=last.pk).update(**values)
        report = Report.objects.get(pk=last.pk)
    else:
        edition = (editions.aggregate(last=Max("edition"))["last"] or 0) + 1
        report = Report.objects.create(
            template=template, area=area, first_day=span.first, last_day=span.last, edition=edition, **values
        )
    _audit(report, "REPORT_MADE", author_id, as_of)
    return report


def _is_replaced(last: Report, title: str, topic: dict[str, Any]) -> bool:
    """A draft that nobody touched gives way to the same report; another topic of the same days is another report."""
    is_untouched = last.state == ReportState.DRAFT and last.edited_by_id is None
    return is_untouched and (last.title, last.query) == (title, topic)


def locked(report: Report, actor: Actor) -> Report:
    """The report as it stands, locked for a change by an actor who sees it.

    Raises:
        NotVisible: it is not the actor's.
    """
    found = reading.visible_reports(actor).filter(pk=report.pk).values("pk")
    row = Report.objects.select_for_update().filter(pk__in=found).first()
    if row is None:
        raise NotVisible
    return row


def require_open(report: Report, actor: Actor) -> None:
    """Raises:
    NotAllowed: the actor writes no reports. Conflict: REPORT_FIXED.
    """
    if not reading.may_write(actor):
        raise NotAllowed
    if report.state in Report.FIXED:
        raise Conflict("REPORT_FIXED", "报告已签发存档，不能再改。需要更正的，请点“出新版”。")


@transaction.atomic
def submit_report(*, report: Report, actor: Actor, now: datetime) -> Report:
    """Hands a draft over to who approves it; it can still be edited.

    Raises:
        NotVisible. NotAllowed. Conflict: it is approved, or was handed over.
    """
    row = locked(report, actor)
    require_open(row, actor)
    if row.state != ReportState.DRAFT:
        raise Conflict("REPORT_STATE", "报告已经提交过了，请等待另一人签发。")
    row.state = ReportState.EDITED
    row.edited_by_id, row.edited_at = actor.pk, now
    row.save(update_fields=["state", "edited_by_id", "edited_at"])
    _audit(row, "REPORT_SUBMITTED", actor.pk, now)
    return row


@transaction.atomic
def approve_report(*, report: Report, actor: Actor, now: datetime) -> Report:
    """Signs a report: by somebody else than who made or last edited it. From now on its content stays.

    Raises:
        NotVisible. NotAllowed: no right to sign, or signing one's own. Conflict: it was not handed over, or is signed.
    """
    row = locked(report, actor)
    if not reading.may_approve(actor):
        raise NotAllowed
    if row.state in Report.FIXED:
        raise Conflict("REPORT_FIXED", "报告已签发存档。")
    if row.state != ReportState.EDITED:
        raise Conflict("REPORT_STATE", "报告还没有提交审核。请编制人先点“提交审核”。")
    if actor.pk in (row.edited_by_id, row.author_id):
        raise NotAllowed("自己编制或修改的报告不能自己签发，请另一位有权限的人签发。")
    row.state, row.approved_by_id, row.approved_at = ReportState.APPROVED, actor.pk, now
    row.content = {name: value for name, value in row.content.items() if name != "undo"}
    row.save(update_fields=["state", "approved_by_id", "approved_at", "content"])
    _audit(row, "REPORT_APPROVED", actor.pk, now)
    return row


@transaction.atomic
def return_report(*, report: Report, reason: str, actor: Actor, now: datetime) -> Report:
    """Gives a report back to who wrote it, with the reason.

    Raises:
        NotVisible. NotAllowed. Conflict: it does not wait for approval. DomainError: REASON_MISSING.
    """
    row = locked(report, actor)
    if not reading.may_approve(actor):
        raise NotAllowed
    if row.state != ReportState.EDITED:
        raise Conflict("REPORT_STATE", "报告不在待审核状态，不能退回。")
    if not reason.strip():
        raise DomainError("REASON_MISSING", "请写明退回的理由。")
    row.state = ReportState.DRAFT
    row.content["returned"] = {
        "reason": reason.replace("\x00", "").strip()[:200],
        "by": actor.pk,
        "at": now.isoformat(),
    }
    row.save(update_fields=["state", "content"])
    _audit(row, "REPORT_RETURNED", actor.pk, now)
    return row


@transaction.atomic
def ask_sending(*, report: Report, actor: Actor, now: datetime) -> Job:
    """A job that sends a signed report to the subscribers who have not got it; the one that is under way, if there is one.

    Raises:
        NotVisible. NotAllowed: no right to sign. Conflict: it is not signed. DomainError: NO_SUBSCRIBER.
    """
    row = locked(report, actor)
    if not reading.may_approve(actor):
        raise NotAllowed
    if row.state not in Report.FIXED:
        raise Conflict("REPORT_STATE", "报告还没有签发，不能发送。")
    if not reading.subscribers(row).exists():
        raise DomainError("NO_SUBSCRIBER", "没有人订阅这种报告。需要的人在“报告 → 订阅”里订阅后再发。")
    params = {"report": row.pk}
    open_states = [Job.State.QUEUED, Job.State.RUNNING]
    waiting = Job.objects.filter(kind=SEND_REPORT, owner_id=actor.pk, params=params, state__in=open_states).first()
    if waiting is not None:
        return waiting
    _audit(row, "REPORT_SEND_ASKED", actor.pk, now)
    return create_job(kind=SEND_REPORT, title=f"发送报告：{row.title}", owner_id=actor.pk, params=params)


@transaction.atomic
def mark_sent(*, report: Report, now: datetime) -> None:
    """Notes the first letter; an automatic daily or weekly report is closed by it."""
    row = Report.objects.select_for_update().get(pk=report.pk)
    if row.sent_at is None:
        row.content = {name: value for name, value in row.content.items() if name != "undo"}
        row.state, row.sent_at = ReportState.SENT, now
        row.save(update_fields=["state", "sent_at", "content"])
        _audit(row, "REPORT_SENT", None, now)


def title_of(template: ReportTemplate, area: Area | None, period: str, title: str = "") -> str:
    """What a report is called when nobody gave it a name."""
    place = f"{area.name}" if area else ""
    return title or f"{place}{period}{template.name}"[:120]


def due_span(cycle: str, today: date) -> Span | None:
    """The last whole period of a cycle before today; None for special topics."""
    if cycle == Cycle.DAY:
        return Span(today, today).shifted(-1)
    unit_of = {Cycle.WEEK: periods.week_of, Cycle.MONTH: periods.month_of, Cycle.QUARTER: periods.quarter_of}.get(
        Cycle(cycle)
    )
    return unit_of(unit_of(today).first - timedelta(1)) if unit_of else None


def _audit(report: Report, verb: str, actor_id: int | None, now: datetime) -> None:
    record_audit(actor_id=actor_id, verb=verb, subject_table=_TABLE, subject_id=report.pk, now=now)


def note_taken(*, report: Report, actor: Actor, now: datetime) -> None:
    """Somebody took the file of a report."""
    _audit(report, "REPORT_TAKEN", actor.pk, now)
