"""Taking lists out."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views import View

from common import clock
from common.audit import record_audit
from common.errors import NotAllowed
from common.scope import Right
from console.views.streaming import stream
from elements.filters import filtered_elements
from elements.list_page import registry_named
from elements.selectors.lists import order_of
from elements.selectors.saved_filters import with_saved_filter
from exchange.exporters.elements_csv import export_csv


class ExportView(LoginRequiredMixin, View):
    """GET: the list with the same query as CSV. The audit row with the number of rows stands before a byte leaves."""

    def get(self, request: HttpRequest, name: str) -> StreamingHttpResponse:
        registry = registry_named(name)
        user = request.user
        if Right.EXPORT not in user.scope.rights:
            raise NotAllowed
        data, _saved = with_saved_filter(request.GET, list_name=registry.name, user=user)
        queryset, filterset = filtered_elements(registry, data, user)
        order = order_of(registry, data.get("sort", ""), user)
        now = clock.now()
        filters = sorted(name for name, value in filterset.form.cleaned_data.items() if value not in (None, "", []))
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table="elements_element", subject_id=registry.name, fields=filters,
            count=queryset.order_by().count(), now=now,
        )  # fmt: skip
        at = timezone.localtime(now)
        chunks = export_csv(
            queryset, registry=registry, order=order, user=user, mark=f"{user.get_username()} {at:%Y-%m-%d %H:%M}"
        )
        response = stream(request, chunks, content_type="text/csv; charset=utf-8")
        file_name = quote(f"{registry.label}_{at:%Y%m%d-%H%M}_{user.get_username()}.csv")
        response["Content-Disposition"] = f"attachment; filename=\"export.csv\"; filename*=UTF-8''{file_name}"
        response["Cache-Control"] = "no-store"
        return response
