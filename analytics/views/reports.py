"""Reports: the list, and the making of a new one as a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from analytics.choices import ReportState
from analytics.models import Report
from analytics.periods import Span
from analytics.report_filters import filtered_reports
from analytics.report_forms import ReportForm
from analytics.reports.files import RENDER_REPORT
from analytics.reports.phrases import span_text
from analytics.selectors import reports as reading
from analytics.services.reports import MAKE_REPORT, SEND_REPORT, ask_report
from common import clock, jobs
from common.errors import DomainError, NotAllowed, NotVisible
from common.models import Job
from elements.list_view import ListColumn, ListView
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.paging import Order

LIST_URL, LIST_NAME = "analytics:reports", "reports"
LEVELS = {
    ReportState.DRAFT: "idle", ReportState.EDITED: "warn", ReportState.APPROVED: "ok", ReportState.SENT: "ok",
}  # fmt: skip


class ReportListView(ListView):
    """GET: reports of areas inside the reader's scope."""

    title, list_name = gettext_lazy("报告"), LIST_NAME
    template_name, rows_template = "analytics/reports.html", "analytics/report_rows.html"
    count_words, capped_words = gettext_lazy("共 %(count)s 份报告"), gettext_lazy("%(count)s 份报告")
    extra = {
        "empty_title": gettext_lazy("还没有报告"),
        "empty_text": gettext_lazy("点“生成报告”，或订阅一种报告，到期会自动生成。"),
    }
    columns = (
        ListColumn("title", gettext_lazy("报告"), is_locked=True),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("area", gettext_lazy("责任区")),
        ListColumn("period", gettext_lazy("期间")),
        ListColumn("cycle", gettext_lazy("周期")),
        ListColumn("edition", gettext_lazy("版次"), is_numeric=True),
        ListColumn("as_of", gettext_lazy("数据截至")),
    )

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        return super().frame(request) | {"may_write": reading.may_write(request.user)}  # type: ignore[arg-type]

    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[Any], Any]:
        return filtered_reports(data, user)

    def order_of(self, text: str) -> Order:
        return order_among(Report, text, usual="-last_day", sortable=("last_day",))

    def read_page(self, queryset: QuerySet[Any], *, order: Order, size: int, cursor: str) -> RowPage[Any]:
        shown = Report.objects.select_related("template", "area").defer("content", "area__geom")
        return read_models(queryset, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)

    def rows(self, found: Sequence[Report], _user: Any) -> list[dict[str, Any]]:
        return [
            {"report": one, "level": LEVELS[ReportState(one.state)], "period": span_text(Span(one.first_day, one.last_day))}
            for one in found
        ]  # fmt: skip


class NewReportView(LoginRequiredMixin, View):
    """GET: the form. POST: asks for the report and leads to its progress."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user, given = _writer(request), request.GET.dict()
        if "events_url" in given:
            given.setdefault("template", str(reading.topic_template_id(user) or ""))
        return self._shown(request, ReportForm(user=user, initial=given))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _writer(request)
        form = ReportForm(request.POST, user=user)
        if not form.is_valid():
            return self._shown(request, form, status=400)
        data = form.cleaned_data
        try:
            job = ask_report(
                template=data["template"], area=data["area"], span=data["span"], topic=data["topic"], title=data["title"],
                actor=user, now=clock.now(),
            )  # fmt: skip
        except DomainError as error:
            form.add_error(None, error.message)
            return self._shown(request, form, status=error.status)
        return HttpResponseRedirect(reverse("analytics:report-job", args=[job.pk]))

    def _shown(self, request: HttpRequest, form: ReportForm, *, status: int = 200) -> HttpResponse:
        context = framed(request, _("生成报告")) | {"form": form}
        return render(request, "analytics/report_new.html", context, status=status)


def _writer(request: HttpRequest) -> Any:
    if not reading.may_write(request.user):  # type: ignore[arg-type]
        raise NotAllowed
    return request.user


def framed(request: HttpRequest, title: str, *crumbs: dict[str, str]) -> dict[str, Any]:
    """Title and way of a page below the list of reports."""
    request.navigation_path = reverse(LIST_URL)  # type: ignore[attr-defined]
    return {"page_title": title, "breadcrumbs": [{"label": _("报告"), "url": reverse(LIST_URL)}, *crumbs]}


_JOB_LEVELS = {
    Job.State.QUEUED: "idle", Job.State.RUNNING: "note", Job.State.DONE: "ok", Job.State.FAILED: "bad",
    Job.State.CANCELLED: "warn",
}  # fmt: skip


class ReportJobView(LoginRequiredMixin, View):
    """GET: progress of a report or of its file; once it is there, the report or the file. `?part=1`: as a fragment."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = _own_job(job_id, request.user)
        if request.GET.get("part"):
            return render(request, "includes/progress.html", {"job": _progress(job)})
        if job.state == Job.State.DONE:
            return HttpResponseRedirect(_result_url(job))
        return render(request, "analytics/report_job.html", framed(request, job.title) | {"job": _progress(job)})

    def post(self, request: HttpRequest, job_id: int) -> HttpResponse:
        jobs.cancel(_own_job(job_id, request.user))
        return HttpResponseRedirect(reverse("analytics:report-job", args=[job_id]))


_JOB_KINDS = (MAKE_REPORT, RENDER_REPORT, SEND_REPORT)


def _own_job(job_id: int, user: Any) -> Job:
    found: Job | None = Job.objects.filter(pk=job_id, owner_id=user.pk, kind__in=_JOB_KINDS).first()
    if found is None:
        raise NotVisible
    return found


def _result_url(job: Job) -> str:
    if job.kind == RENDER_REPORT:
        return reverse("analytics:report-file", args=[job.params["report"], job.params["format"]])
    return reverse("analytics:report", args=[job.counts["report"]])


def _progress(job: Job) -> dict[str, Any]:
    """The job for `includes/progress.html`."""
    url = reverse("analytics:report-job", args=[job.pk])
    waits = _("等待后台处理…") if job.state == Job.State.QUEUED else job.message
    result: dict[str, Any] = {
        "id": job.pk, "title": job.title, "state": job.state, "state_label": job.get_state_display(),
        "level": _JOB_LEVELS[Job.State(job.state)], "is_finished": job.is_finished, "done": job.done, "total": job.total,
        "percent": None if job.is_finished else job.percent, "remaining_text": waits, "error": job.error_message, "log": [],
        "poll_url": f"{url}?part=1",
    }  # fmt: skip
    if job.state == Job.State.DONE:
        result |= {"result_url": _result_url(job), "result_label": _("打开")}
    if not job.is_finished and not job.cancel_requested:
        result["cancel_url"] = url
    return result
