"""Taking lists out."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, StreamingHttpResponse
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.bulk_selection import ids_of
from console.views.streaming import filters_asked, refuse_too_many, send_file
from elements.filters import filtered_elements
from elements.list_page import registry_named
from elements.selectors.lists import order_of
from elements.selectors.saved_filters import with_saved_filter
from exchange.exporters.elements_formats import FORMATS, Format
from exchange.exporters.elements_table import ElementTable


class ExportView(LoginRequiredMixin, View):
    """GET: the list with the same query as a file, CSV unless `format` says otherwise.

    The audit row with the number of rows stands before a byte leaves.
    """

    def get(self, request: HttpRequest, name: str) -> StreamingHttpResponse:
        registry = registry_named(name)
        user = request.user
        if Right.EXPORT not in user.scope.rights:
            raise NotAllowed
        file_format = _format_named(request.GET.get("format", "csv"))
        data, _saved = with_saved_filter(request.GET, list_name=registry.name, user=user)
        queryset, filterset = filtered_elements(registry, data, user)
        if "ids" in request.GET:
            queryset = queryset.filter(pk__in=ids_of(request.GET.getlist("ids")))
        order = order_of(registry, data.get("sort", ""), user)
        now = clock.now()
        count = queryset.order_by().count()
        refuse_too_many(count, file_format.extension)
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table="elements_element", subject_id=registry.name,
            fields=filters_asked(filterset.form), count=count, now=now,
        )  # fmt: skip

        def write(mark: str) -> Iterator[bytes]:
            return file_format.write(ElementTable(queryset, registry=registry, order=order, user=user, mark=mark))

        return send_file(
            request, write, title=registry.label, extension=file_format.extension,
            content_type=file_format.content_type, now=now,
        )  # fmt: skip


def _format_named(name: str) -> Format:
    if name not in FORMATS:
        raise DomainError("BAD_FORMAT", "没有这种文件格式，请从“导出”菜单中选择。", {"format": name[:40]})
    return FORMATS[name]
