"""Findings about events: the list, one finding, and what a person says that it was."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from console.finding_page import COLUMNS, finding_context
from elements.list_view import ListView
from events.finding_filters import filtered_findings
from events.selectors import finding_list
from events.selectors.finding_list import visible_finding
from events.services.capture_findings import settle_finding


class FindingListView(ListView):
    """GET: findings of the scope, newest first; it opens with those that nobody has settled."""

    title, list_name, export = gettext_lazy("事件疑点"), finding_list.LIST_NAME, finding_list.LIST_NAME
    template_name, rows_template = "console/findings.html", "console/findings_rows.html"
    usual_query, clear_url, columns = "state=OPEN", "?page_size=50", COLUMNS
    extra = {
        "empty_title": gettext_lazy("没有符合条件的疑点"),
        "empty_text": gettext_lazy(
            "过车记录导入后自动比对；同号牌异地同时出现、与登记不符的会列在这里。也可清空条件看已核查的。"
        ),
    }
    filtered = staticmethod(filtered_findings)
    order_of, read_page = staticmethod(finding_list.order_of), staticmethod(finding_list.read_page)
    rows = staticmethod(finding_list.finding_rows)


class FindingView(LoginRequiredMixin, View):
    """GET: one finding with what was compared. A foreign one answers like a missing one."""

    def get(self, request: HttpRequest, finding_id: int) -> HttpResponse:
        return _page(request, finding_id)


def _page(request: HttpRequest, finding_id: int, **more: Any) -> HttpResponse:
    finding = visible_finding(finding_id, request.user)
    request.navigation_path = reverse("console:event-findings")  # type: ignore[attr-defined]
    context = finding_context(finding, request.user)
    context["breadcrumbs"] = [{"label": _("事件疑点"), "url": reverse("console:event-findings")}]
    status = more.pop("status", 200)
    return render(request, "console/findings_one.html", context | more, status=status)


class FindingSettleView(LoginRequiredMixin, View):
    """POST `state`, `note`, and `capture` for who came from its page: settles, and leads back there or to the list."""

    def post(self, request: HttpRequest, finding_id: int) -> HttpResponse:
        given = {name: request.POST.get(name, "") for name in ("state", "note", "capture")}
        try:
            finding = settle_finding(
                finding_id=finding_id, state=given["state"], note=given["note"], actor=request.user, now=clock.now()
            )
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            return _page(request, finding_id, problem=error.message, given=given, status=error.status)
        messages.success(request, _("已核查为“%(state)s”。") % {"state": finding_list.state_word(finding)})
        if given["capture"] in {str(finding.event_id), str(finding.other_id)}:
            return HttpResponseRedirect(reverse("console:event", args=["captures", int(given["capture"])]))
        return HttpResponseRedirect(reverse("console:event-findings"))
