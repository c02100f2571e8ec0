"""Taking out lists that are no registry: work orders, inspections that are due, merges."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.list_exports import list_source
from console.views.streaming import stream
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
        found, filterset = source.filtered(data, user)
        count = found.order_by().count()
        _refuse_too_many(extension, count)
        filters = [field for field, value in filterset.form.cleaned_data.items() if value not in (None, "", [])]
        rows = source.rows(found, data, user)
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table=source.table, fields=sorted(filters), count=count, now=now
        )  # fmt: skip
        at, person = timezone.localtime(now), user.get_username()
        mark = f"{person} {at:%Y-%m-%d %H:%M}"
        table = ListTable(rows, title=source.title, headings=source.headings, mark=mark)
        response = stream(request, _WRITERS[extension](table), content_type=FORMATS[extension].content_type)
        file_name = quote(f"{source.title}_{at:%Y%m%d-%H%M}_{person}.{extension}")
        response["Content-Disposition"] = f"attachment; filename=\"export.{extension}\"; filename*=UTF-8''{file_name}"
        response["Cache-Control"] = "no-store"
        return response


def _refuse_too_many(extension: str, count: int) -> None:
    limit = FORMATS[extension].max_rows
    if limit is not None and count > limit:
        message = f"{count} 条超过一张 Excel 工作表的行数，请先筛选，或改用 CSV。"
        raise DomainError("TOO_MANY_ROWS", message, {"max_rows": limit})
