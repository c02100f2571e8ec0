"""Taking out lists that are no registry; which ones there are is said in `console/list_exports.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, StreamingHttpResponse
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.list_exports import list_source
from console.views.streaming import filters_asked, refuse_too_many, send_file
from elements import list_page
from exchange.exporters.elements_csv import export_csv
from exchange.exporters.elements_formats import FORMATS
from exchange.exporters.elements_xlsx import export_xlsx
from exchange.exporters.list_table import ListTable

_WRITERS = {"csv": export_csv, "xlsx": export_xlsx}


class ListExportView(LoginRequiredMixin, View):
    """GET: the rows of the list with the same query, CSV unless `format` says xlsx; the audit row stands before a byte leaves."""

    def get(self, request: HttpRequest, name: str) -> StreamingHttpResponse:
        source, user, data, now = list_source(name), request.user, request.GET, clock.now()
        if not {Right.EXPORT, Right.READ} <= user.scope.rights:
            raise NotAllowed
        extension = data.get("format", "csv")
        if extension not in _WRITERS:
            raise DomainError("BAD_FORMAT", "没有这种文件格式，请从“导出”菜单中选择。", {"format": extension[:40]})
        found, asked = source.filtered(data, user)
        count = source.count(found)
        refuse_too_many(count, extension)
        rows = source.rows(found, data, user)
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table=source.table, subject_id=asked.form.cleaned_data.get(source.subject) or "",
            fields=filters_asked(asked.form), count=count, now=now,
        )  # fmt: skip

        def write(mark: str) -> Iterator[bytes]:
            return _WRITERS[extension](ListTable(rows, title=source.title, headings=source.headings, mark=mark))

        content_type = FORMATS[extension].content_type
        return send_file(request, write, title=source.title, extension=extension, content_type=content_type, now=now)


def list_export_url(request: HttpRequest, name: str, **changes: Any) -> str:
    """The file of the rows that a page shows, some parameters set; "" for who may not take lists out."""
    return list_page.list_export_url(name, request.GET, request.user, **changes)
