"""批量解析: a file of addresses comes in, its columns are chosen, and it leaves with standard addresses beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock, jobs
from common.audit import record_audit
from common.errors import DomainError, NotVisible
from common.models import Job
from console.address_batch_page import ResultTable, batch_url, days_kept, preview, progress, recent_rows, result_context
from console.views.streaming import send_file
from exchange.exporters.elements_csv import export_csv
from exchange.exporters.elements_formats import FORMATS
from exchange.exporters.elements_xlsx import export_xlsx
from exchange.exporters.list_table import ListTable
from exchange.forms import content_of
from exchange.importers.address_files import read_address_file
from exchange.selectors.address_batches import own_batch, recent_batches, require_batches
from exchange.services import address_batch

_DRAFT = "address_batch_draft"
_WRITERS = {"csv": export_csv, "xlsx": export_xlsx}


class AddressFileForm(forms.Form):
    """The file alone; an empty one is refused by the reader, with the words of the import."""

    file = forms.FileField(
        label=gettext_lazy("文件"), allow_empty_file=True,
        error_messages={"required": gettext_lazy("请选择要解析的文件。"), "missing": gettext_lazy("请选择要解析的文件。")},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )  # fmt: skip


class AddressBatchView(LoginRequiredMixin, View):
    """GET: the form and the user's last files. POST: a file; what is refused is said beside it, nothing is kept."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_batches(request.user)
        return self._page(request, AddressFileForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        require_batches(request.user)
        form = AddressFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, status=400)
        upload = form.cleaned_data["file"]
        try:
            file = read_address_file(content_of(upload), upload.name)
        except DomainError as error:
            form.add_error("file", error.message)
            return self._page(request, form, status=error.status, error_code=error.code)
        request.session[_DRAFT] = address_batch.keep_draft(file=file, name=upload.name, actor=request.user)
        return HttpResponseRedirect(reverse("console:address-batch-draft"))

    def _page(self, request: HttpRequest, form: AddressFileForm, *, status: int = 200, **more: Any) -> HttpResponse:
        recent = recent_rows(recent_batches(request.user), clock.now())
        context = {"page_title": _("批量解析"), "form": form, "recent": recent, "days": days_kept(), **more}
        return render(request, "console/address_batch.html", context, status=status)


class AddressDraftView(LoginRequiredMixin, View):
    """GET `column`, by position: columns and the first rows resolved. POST: the job begins."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_batches(request.user)
        draft = _draft(request)
        return self._page(request, draft, _columns(request.GET) if "chosen" in request.GET else None)

    def post(self, request: HttpRequest) -> HttpResponse:
        require_batches(request.user)
        draft, columns = _draft(request), _columns(request.POST)
        try:
            job = address_batch.start_batch(draft=draft, columns=columns, actor=request.user, now=clock.now())
        except DomainError as error:
            if error.status != 400 or error.code == "FILE_GONE":
                raise
            return self._page(request, draft, columns, error)
        request.session.pop(_DRAFT, None)
        return HttpResponseRedirect(batch_url(job))

    def _page(
        self, request: HttpRequest, draft: dict[str, Any], columns: list[int] | None, error: DomainError | None = None
    ) -> HttpResponse:
        request.navigation_path = reverse("console:address-batch")
        shown = preview(address_batch.read_kept(draft["path"]), columns)
        is_fragment = request.headers.get("HX-Request") == "true"
        context = {
            "page_title": draft["name"], "breadcrumbs": _trail(), "draft": draft, "row_count": f"{draft['rows']:,}",
            "error": error, **shown,
        }  # fmt: skip
        template = "console/address_batch_preview.html" if is_fragment else "console/address_batch_draft.html"
        answer = render(request, template, context, status=error.status if error else 200)
        answer["Cache-Control"] = "no-store"
        return answer


class AddressJobView(LoginRequiredMixin, View):
    """GET: progress, then the result of one of the user's own files."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        require_batches(request.user)
        job, now = own_batch(job_id, request.user), clock.now()
        request.navigation_path = reverse("console:address-batch")
        is_shown = not job.is_finished or job.state == Job.State.FAILED
        context = {
            "page_title": job.params["name"], "breadcrumbs": _trail(), "batch": job, "days": days_kept(),
            "job": progress(job, now) if is_shown else None, **result_context(job, now),
        }  # fmt: skip
        return render(request, "console/address_batch_job.html", context)


class AddressProgressView(LoginRequiredMixin, View):
    """GET, asked each second: the progress; when it has ended the page is loaded again."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        require_batches(request.user)
        job = own_batch(job_id, request.user)
        answer = render(request, "includes/progress.html", {"job": progress(job, clock.now())})
        if job.is_finished:
            answer["HX-Refresh"] = "true"
        answer["Cache-Control"] = "no-store"
        return answer


class AddressStepView(LoginRequiredMixin, View):
    """POST: `cancel` stops the job at its next report, `delete` removes its files."""

    def post(self, request: HttpRequest, job_id: int, step: str) -> HttpResponse:
        require_batches(request.user)
        job = own_batch(job_id, request.user)
        if step == "cancel":
            jobs.cancel(job)
        elif step == "delete":
            address_batch.delete_batch(job_id=job_id, actor=request.user, now=clock.now())
            messages.success(request, _("文件已删除。"))
        else:
            raise NotVisible
        return HttpResponseRedirect(batch_url(job))


class AddressResultView(LoginRequiredMixin, View):
    """GET: the result as CSV or XLSX, for its owner; the audit row stands before a byte leaves."""

    def get(self, request: HttpRequest, job_id: int, extension: str) -> StreamingHttpResponse:
        require_batches(request.user)
        job, now = own_batch(job_id, request.user), clock.now()
        if extension not in _WRITERS:
            raise NotVisible
        result = ResultTable(address_batch.result_of(job, now))
        record_audit(
            actor_id=request.user.pk, verb="ADDRESS_FILE_DOWNLOADED", subject_table=Job._meta.db_table, subject_id=job.pk,
            count=job.counts["rows"], now=now,
        )  # fmt: skip

        def write(mark: str) -> Iterator[bytes]:
            table = ListTable(result.pages(), title=_("地址解析结果"), headings=result.headings, mark=mark)
            return _WRITERS[extension](table)

        title, content_type = f"{_('地址解析结果')}_{job.pk}", FORMATS[extension].content_type
        return send_file(request, write, title=title, extension=extension, content_type=content_type, now=now)


def _trail() -> list[dict[str, str]]:
    return [{"label": _("批量解析"), "url": reverse("console:address-batch")}]


def _draft(request: HttpRequest) -> dict[str, Any]:
    """The file that waits for its columns, of this session and user only."""
    draft = request.session.get(_DRAFT)
    if not draft or draft.get("owner") != request.user.pk:
        raise DomainError("NO_DRAFT", "没有待选列的文件，可能已经开始解析。请从“批量解析”重新上传。")
    return draft


def _columns(data: Any) -> list[int]:
    return [int(text) for text in data.getlist("column")[:500] if text.isascii() and text.isdigit() and len(text) < 5]
