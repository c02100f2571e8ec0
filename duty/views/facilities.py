"""Inspections that are due, and reports about one facility."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed
from duty.choices import InspectionResult, OrderCause
from duty.filters import filtered_due
from duty.forms import FaultForm
from duty.models import WorkOrder
from duty.selectors.inspections import LIST_NAME, read_page
from duty.selectors.orders import similar_orders
from duty.services.inspections import record_inspection
from duty.services.orders import report_fault, visible_facility
from duty.workflow import MAY_REPORT
from elements.list_view import ListColumn, ListView
from elements.selectors.keyset_pages import RowPage
from elements.selectors.paging import Order


def require_report(request: HttpRequest) -> None:
    """Refuses who may not report.

    Raises:
        NotAllowed: no post that proposes or corrects.
    """
    if not request.user.scope.rights & MAY_REPORT:
        raise NotAllowed


class DueListView(ListView):
    """GET: facilities under a plan, the most overdue first. Without a query it opens with those due within a week."""

    title, list_name, export = gettext_lazy("巡检"), LIST_NAME, LIST_NAME
    template_name, rows_template = "duty/list.html", "duty/due_rows.html"
    usual_query, clear_url = "standing=SOON", "?page_size=50"
    extra = {
        "empty_title": gettext_lazy("没有到期的巡检"),
        "empty_text": gettext_lazy("近 7 天没有设施要巡检。要看以后的，请在“筛选”里改选巡检情况。"),
    }
    columns = (
        ListColumn("label", gettext_lazy("设施"), is_locked=True),
        ListColumn("type", gettext_lazy("设施类型")),
        ListColumn("area", gettext_lazy("责任块")),
        ListColumn("last_on", gettext_lazy("上次巡检")),
        ListColumn("every_days", gettext_lazy("周期（天）"), is_numeric=True),
        ListColumn("due_on", gettext_lazy("应检日期")),
        ListColumn("record", gettext_lazy("登记结果"), is_locked=True),
    )

    filtered = staticmethod(filtered_due)

    def frame(self, request: HttpRequest) -> dict[str, Any]:
        return super().frame(request) | {"may_report": bool(request.user.scope.rights & MAY_REPORT)}

    def read_page(self, queryset: QuerySet[Any], *, order: Order, size: int, cursor: str) -> RowPage[dict[str, Any]]:
        return read_page(queryset, size=size, cursor=cursor, today=clock.today())

    def rows(self, found: Sequence[dict[str, Any]], _user: Any) -> list[dict[str, Any]]:
        return [row | {"request_id": uuid.uuid4()} for row in found]


class InspectView(LoginRequiredMixin, View):
    """POST: the facility was found good. Fragment for the row; without htmx back to the facility."""

    def post(self, request: HttpRequest, element_id: int) -> HttpResponse:
        require_report(request)
        facility = visible_facility(element_id, request.user)
        try:
            request_id = uuid.UUID(request.POST.get("request_id", ""))
        except ValueError as error:
            raise DomainError("REQUEST_INVALID", "请求标识无效，请刷新页面后再登记。") from error
        inspection, _order = record_inspection(
            facility_id=facility.pk, result=InspectionResult.GOOD, request_id=request_id, actor=request.user, now=clock.now()
        )  # fmt: skip
        if request.headers.get("HX-Request"):
            return render(request, "duty/inspected.html", {"inspection": inspection})
        messages.success(request, _("已登记：今天巡检完好"))
        return HttpResponseRedirect(f"{reverse('console:element', args=[facility.pk])}?tab=upkeep")


class ReportView(LoginRequiredMixin, View):
    """GET: the form of a new fault; `?inspection=1` when it was found on an inspection. POST: opens the order."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        require_report(request)
        facility = visible_facility(element_id, request.user)
        is_inspection = request.GET.get("inspection") == "1"
        form = FaultForm(is_danger=getattr(facility, "danger", None) is not None, is_inspection=is_inspection)
        return self._page(request, facility, form)

    def post(self, request: HttpRequest, element_id: int) -> HttpResponse:
        require_report(request)
        facility = visible_facility(element_id, request.user)
        form = FaultForm(request.POST, request.FILES, is_danger=getattr(facility, "danger", None) is not None)
        if not form.is_valid():
            return self._page(request, facility, form, status=400)
        try:
            order = self._report(facility.pk, form.cleaned_data, request.user)
        except DomainError as error:
            form.add_error(None, error.message)
            return self._page(request, facility, form, status=error.status)
        messages.success(request, _("已上报，工单 %(number)s") % {"number": order.number})
        return HttpResponseRedirect(reverse("duty:order", args=[order.number]))

    def _report(self, facility_id: int, values: dict[str, Any], user: Any) -> WorkOrder:
        given = {
            "facility_id": facility_id, "request_id": values["request_id"], "photos": tuple(values["photos"]), "actor": user,
            "now": clock.now(), "is_missing": values["condition"] == "missing",
        }  # fmt: skip
        if not values["is_inspection"]:
            return report_fault(cause=values["cause"], fault=values["fault"], **given)
        _inspection, order = record_inspection(result=InspectionResult.FAULT, note=values["fault"], **given)
        return order  # type: ignore[return-value]

    def _page(self, request: HttpRequest, facility: Any, form: FaultForm, *, status: int = 200) -> HttpResponse:
        back = f"{reverse('console:element', args=[facility.pk])}?tab=upkeep"
        context = {
            "page_title": _("上报故障或隐患"), "breadcrumbs": [{"label": facility.label or _("（无名称）"), "url": back}],
            "facility": facility, "form": form, "back_url": back, "danger_cause": OrderCause.DANGER,
            "similar": similar_orders(facility.pk, form["fault"].value() or "", request.user),
        }  # fmt: skip
        return render(request, "duty/report.html", context, status=status)


class SimilarView(LoginRequiredMixin, View):
    """POST `fault`: fragment, open orders of the facility, those like the text first. The text stays out of the URL."""

    def post(self, request: HttpRequest, element_id: int) -> HttpResponse:
        facility = visible_facility(element_id, request.user)
        text = request.POST.get("fault", "")[:240]
        return render(request, "duty/similar.html", {"similar": similar_orders(facility.pk, text, request.user)})
