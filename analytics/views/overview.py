"""Pages of accident and violation analysis, and their cross table as a file."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from analytics.exporters.pivot_xlsx import pivot_xlsx
from analytics.overview_page import asked_query, cross_of, page_context, question_of
from common import clock
from common.audit import record_audit
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NAMES = ("accidents", "violations")


class OverviewView(LoginRequiredMixin, View):
    """GET /analysis/<name>/?…: the filter of the list, `by`, `down`, `across`."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        titles = {"accidents": _("事故分析"), "violations": _("违法分析")}
        if name not in titles:
            raise NotVisible
        context: dict[str, Any] = {"page_title": titles[name]}
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            return self._shown(request, context | {"state": "no_permission"}, 403)
        try:
            context |= page_context(name, request.GET, user)
        except DomainError as error:
            shown = {
                "code": error.code, "message": error.message, "retry_url": "?", "next_step": _("点“重试”回到本月。"),
            }  # fmt: skip
            return self._shown(request, context | {"state": "error", "error": shown}, error.status)
        return self._shown(request, context, 200)

    def _shown(self, request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
        return render(request, "analytics/overview.html", context, status=status)


class PivotView(LoginRequiredMixin, View):
    """GET: the cross table as XLSX; figures alone, so reading is enough."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        if name not in _NAMES:
            raise NotVisible
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        query = asked_query(name, request.GET)
        cross, now = cross_of(query, request.GET, user), clock.now()
        title = f"{query.event_list.label} {cross.first.label}×{cross.second.label}"
        mark = f"{user} {timezone.localtime(now):%Y-%m-%d %H:%M} 导出"
        content = pivot_xlsx(cross, title=title, question=question_of(query, user), mark=mark)
        record_audit(
            actor_id=user.pk, verb="EXPORTED", subject_table=query.event_list.table.table, fields=[cross.first.key, cross.second.key],
            count=len(cross.counts), now=now,
        )  # fmt: skip
        response = HttpResponse(content, content_type=_XLSX)
        response["Content-Disposition"] = f'attachment; filename="pivot-{name}.xlsx"'
        return response
