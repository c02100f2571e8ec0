"""One report: read, edited block by block, submitted, signed, given back, made anew, taken out as a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from analytics.choices import Cycle, ReportState
from analytics.models import Report
from analytics.periods import Span
from analytics.reports import files
from analytics.reports.blocks import addable, read_block
from analytics.reports.composing import compose_block
from analytics.reports.making import asked_again
from analytics.reports.paper import paper_of
from analytics.reports.render_html import html_of
from analytics.selectors import reports as reading
from analytics.services import report_edits
from analytics.services import reports as services
from analytics.services.report_mail import has
from analytics.views.reports import LEVELS, framed
from common import clock
from common.errors import DomainError, NotVisible


class ReportView(LoginRequiredMixin, View):
    """GET /reports/<id>/: the paper beside what was done with it; `?edit=1`: its blocks with their tools."""

    def get(self, request: HttpRequest, report_id: int) -> HttpResponse:
        report = reading.visible_report(report_id, request.user)  # type: ignore[arg-type]
        return render(request, "analytics/report.html", page_context(request, report))


def page_context(
    request: HttpRequest, report: Report, *, refusal: str = "", focus: int | None = None
) -> dict[str, Any]:
    """What the page of a report shows."""
    user: Any = request.user
    may_edit = reading.may_write(user) and report.state not in Report.FIXED
    is_editing = may_edit and "edit" in (request.GET.get("mode"), request.POST.get("mode"))
    returned = report.content.get("returned") if report.state == ReportState.DRAFT else None
    names = reading.names_of({report.author_id, report.edited_by_id, report.approved_by_id})
    editions = services.same_report(report.template, report.area, Span(report.first_day, report.last_day))
    if report.template.cycle == Cycle.ONCE:
        editions = editions.filter(title=report.title)
    return framed(request, report.title) | {
        "report": report, "level": LEVELS[ReportState(report.state)], "refusal": refusal, "is_editing": is_editing,
        "may_edit": may_edit, "revision": report.content.get("revision", 0), "undo": len(report.content.get("undo", [])),
        "paper_html": html_of(paper_of(report)) if not is_editing else "", "focus": focus,
        "blocks": _editable(report) if is_editing else [], "addable": addable() if is_editing else {},
        "author": names.get(report.author_id or 0, _("平台自动编制")), "editor": names.get(report.edited_by_id or 0, ""),
        "approver": names.get(report.approved_by_id or 0, ""), "returned": returned,
        "returned_at": timezone.localtime(parse_datetime(returned["at"])) if returned else None,
        "editions": editions.defer("content").order_by("-edition"),
        "may_submit": may_edit and report.state == ReportState.DRAFT,
        "may_approve": _may_approve(report, user), "is_unsigned": report.template.cycle in reading.SENT_UNSIGNED,
        "owed": _owed(report, user),
        "may_renew": reading.may_write(user) and report.state in Report.FIXED,
    }  # fmt: skip


def _may_approve(report: Report, user: Any) -> bool:
    waits = report.state == ReportState.EDITED
    return waits and reading.may_approve(user) and user.pk not in (report.author_id, report.edited_by_id)


def _owed(report: Report, user: Any) -> int | None:
    """How many subscribers a signed report waits for; None where the reader may not send it."""
    if report.state not in Report.FIXED or not reading.may_approve(user):
        return None
    return sum(not has(one, report.last_day) for one in reading.subscribers(report))


def _editable(report: Report) -> list[dict[str, Any]]:
    """Each block as it will look, with its raw text."""
    paper = paper_of(report)
    raw = report.content["blocks"]
    shown = []
    for block in paper.blocks:
        one = type(paper)(paper.fields, [block], [])
        text = raw[block["place"]].get("text", "") if block["type"] in {"heading", "text"} else None
        html = html_of(one, is_draft=True)
        shown.append({"place": block["place"], "type": block["type"], "raw": text, "html": html})
    return shown


class ReportEditView(LoginRequiredMixin, View):
    """POST /reports/<id>/edit/: one edit: `do` = up, down, remove, text, insert, undo; `place`, `revision`, `text`, `add`."""

    def post(self, request: HttpRequest, report_id: int) -> HttpResponse:
        report = reading.visible_report(report_id, request.user)  # type: ignore[arg-type]
        refusal, status = "", 200
        try:
            self._edit(request, report)
        except NotVisible:
            raise
        except DomainError as error:
            refusal, status = error.message, error.status
        if not request.headers.get("HX-Request") and not refusal:
            return HttpResponseRedirect(f"{reverse('analytics:report', args=[report_id])}?mode=edit")
        report = reading.visible_report(report_id, request.user)  # type: ignore[arg-type]
        context = page_context(request, report, refusal=refusal, focus=_focus(request))
        if request.headers.get("HX-Request"):
            # htmx shows no answer of another status.
            return render(request, "analytics/report_editor.html", context)
        return render(request, "analytics/report.html", context, status=status)

    def _edit(self, request: HttpRequest, report: Report) -> None:
        do, place, revision = request.POST.get("do", ""), _number(request, "place"), _number(request, "revision")
        common: dict[str, Any] = {"report": report, "revision": revision, "actor": request.user, "now": clock.now()}
        if do in {"up", "down"}:
            report_edits.move_block(place=place, by=-1 if do == "up" else 1, **common)
        elif do == "remove":
            report_edits.remove_block(place=place, **common)
        elif do == "text":
            report_edits.set_text(place=place, text=request.POST.get("text", ""), **common)
        elif do == "insert":
            report_edits.insert_block(place=place, block=_new_block(request, report), **common)
        elif do == "undo":
            report_edits.undo_edit(**common)
        else:
            raise DomainError("BAD_EDIT", "没有这种修改。请刷新页面再试。")


def _new_block(request: HttpRequest, report: Report) -> dict[str, Any]:
    services.require_open(report, request.user)  # type: ignore[arg-type]
    known = addable().get(request.POST.get("add", ""))
    if known is None:
        raise DomainError("BAD_BLOCK", "请选择要添加的内容。")
    block = dict(known[1])
    if block["type"] in {"heading", "text"}:
        block["text"] = request.POST.get("text", "").strip() or (
            "新标题" if block["type"] == "heading" else "（请填写）"
        )
    return compose_block(read_block(block), asked_again(report, clock.now()))


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def _focus(request: HttpRequest) -> int | None:
    """The place of the block that was edited, where the keyboard should go on."""
    place = _number(request, "place")
    return None if place < 0 else place + {"up": -1, "down": 1}.get(request.POST.get("do", ""), 0)


_DONE = {
    "submit": gettext_lazy("已提交，等待另一人签发"), "approve": gettext_lazy("已签发存档，内容不再改变；将发给订阅人"),
    "return": gettext_lazy("已退回编制人"),
}  # fmt: skip


class ReportStepView(LoginRequiredMixin, View):
    """POST /reports/<id>/<action>/: submit, approve, return, renew, send."""

    def post(self, request: HttpRequest, report_id: int, action: str) -> HttpResponse:
        report = reading.visible_report(report_id, request.user)  # type: ignore[arg-type]
        try:
            url = self._step(request, report, action)
        except NotVisible:
            raise
        except DomainError as error:
            report = reading.visible_report(report_id, request.user)  # type: ignore[arg-type]
            context = page_context(request, report, refusal=error.message)
            return render(request, "analytics/report.html", context, status=error.status)
        return HttpResponseRedirect(url)

    def _step(self, request: HttpRequest, report: Report, action: str) -> str:
        common: dict[str, Any] = {"actor": request.user, "now": clock.now()}
        if action == "renew":
            job = services.ask_report(
                template=report.template, area=report.area, span=Span(report.first_day, report.last_day), topic=report.query,
                title=report.title, is_new_edition=True, **common,
            )  # fmt: skip
            return reverse("analytics:report-job", args=[job.pk])
        if action == "send":
            job = services.ask_sending(report=report, **common)
            return reverse("analytics:report-job", args=[job.pk])
        if action == "submit":
            services.submit_report(report=report, **common)
        elif action == "approve":
            services.approve_report(report=report, **common)
        elif action == "return":
            services.return_report(report=report, reason=request.POST.get("reason", ""), **common)
        else:
            raise NotVisible
        messages.success(request, _DONE[action])
        return reverse("analytics:report", args=[report.pk])


class ReportFileView(LoginRequiredMixin, View):
    """GET /reports/<id>/file/<format>/: the file, or its progress while it is made."""

    def get(self, request: HttpRequest, report_id: int, kind: str) -> HttpResponse:
        report = reading.visible_report(report_id, request.user)  # type: ignore[arg-type]
        data = files.stored(report, kind)
        if data is None:
            job = files.ask_file(report, kind, owner_id=request.user.pk)  # type: ignore[arg-type]
            return HttpResponseRedirect(reverse("analytics:report-job", args=[job.pk]))
        services.note_taken(report=report, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        response = HttpResponse(data, content_type=files.FORMATS[kind])
        name = f"{report.title}.{kind}".replace("/", "-")
        response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return response
