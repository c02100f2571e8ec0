"""Where a file comes in, and the empty files to fill in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import DomainError, NotVisible
from exchange.choices import KIND_CHOICES
from exchange.exporters.download import as_download
from exchange.exporters.import_template import template_csv, template_xlsx
from exchange.forms import UploadForm, content_of
from exchange.kinds import LANDED_KINDS
from exchange.selectors.batches import recent_batches, require_import
from exchange.services.landing import receive_file
from exchange.views.batch_page import badge_of

_WRITERS = {
    "csv": (template_csv, "text/csv; charset=utf-8"),
    "xlsx": (template_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class ImportView(LoginRequiredMixin, View):
    """GET: the form and the user's last files. POST: a file; what is refused is said beside it, nothing is kept."""

    def get(self, request: HttpRequest) -> HttpResponse:
        require_import(request.user)
        initial = {name: request.GET[name] for name in ("kind", "source") if name in request.GET}
        return self._page(request, UploadForm(user=request.user, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        require_import(request.user)
        form = UploadForm(request.POST, request.FILES, user=request.user)
        if not form.is_valid():
            return self._page(request, form, status=400)
        now = clock.now()
        try:
            batch = receive_file(
                data=content_of(form.cleaned_data["file"]),
                name=form.cleaned_data["file"].name,
                source=form.cleaned_data["source"],
                kind_code=form.cleaned_data["kind"],
                observed_at=form.observed_at(now),
                actor=request.user,
                now=now,
                datum=form.cleaned_data["datum"],
            )
        except DomainError as error:
            form.add_error("file", error.message)
            return self._page(request, form, status=error.status, error_code=error.code)
        return HttpResponseRedirect(reverse("exchange:batch", args=[batch.pk]))

    def _page(self, request: HttpRequest, form: UploadForm, *, status: int = 200, error_code: str = "") -> HttpResponse:
        recent = [{"batch": batch, "badge": badge_of(batch)} for batch in recent_batches(request.user)]
        context: dict[str, Any] = {
            "page_title": _("导入文件"),
            "form": form,
            "error_code": error_code,
            "recent": recent,
            "kinds": KIND_CHOICES,
        }
        return render(request, "exchange/import.html", context, status=status)


class TemplateView(LoginRequiredMixin, View):
    """GET: the empty file of a kind, `<kind>.csv` or `<kind>.xlsx`."""

    def get(self, request: HttpRequest, kind: str, extension: str) -> HttpResponse:
        require_import(request.user)
        if kind.upper() not in LANDED_KINDS or extension not in _WRITERS:
            raise NotVisible
        chosen = LANDED_KINDS[kind.upper()]
        write, content_type = _WRITERS[extension]
        response = HttpResponse(write(chosen), content_type=content_type)
        name = f"{_('导入模板')}_{chosen.code.label}.{extension}"
        return as_download(response, name, plain=f"template.{extension}")
