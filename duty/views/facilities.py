"""Inspections that are due, and reports about one facility."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Right
from duty.choices import InspectionResult, OrderCause
from duty.filters import filtered_due
from duty.forms import FaultForm
from duty.list_page import DUE_COLUMNS, count_text
from duty.models import WorkOrder
from duty.selectors.inspections import read_page
from duty.selectors.orders import similar_orders
from duty.services.inspections import record_inspection
from duty.services.orders import report_fault, visible_facility
from duty.workflow import MAY_REPORT
from elements import list_page
from elements.filters import capped_count


def require_report(request: HttpRequest) -> None:
    """Refuses who may not report.

    Raises:
        NotAllowed: no post that proposes or corrects.
    """
    if not request.user.scope.rights & MAY_REPORT:
        raise NotAllowed


# What the list opens with, as a chip; and the list without any filter.
USUAL_QUERY = "standing=SOON"
CLEAR_URL = "?page_size=50"


class DueListView(LoginRequiredMixin, View):
    """GET: facilities under a plan, the most overdue first. Without a query it opens with those due within a week."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context: dict[str, Any] = {
            "page_title": _("巡检"), "list_name": "inspections-due", "rows_template": "duty/due_rows.html",
            "filter_template": "duty/filters.html", "clear_url": CLEAR_URL, "columns": DUE_COLUMNS,
            "empty_title": _("没有到期的巡检"), "empty_text": _("近 7 天没有设施要巡检。要看以后的，请在“筛选”里改选巡检情况。"),
        }  # fmt: skip
        if Right.READ not in request.user.scope.rights:
            return render(request, "duty/list.html", {**context, "state": "no_permission"}, status=403)
        try:
            context |= self._rows(request)
        except DomainError as error:
            shown = {"code": error.code, "message": error.message, "retry_url": CLEAR_URL,
                     "next_step": _("点“重试”清空条件，从头再来。")}  # fmt: skip
            context |= {"state": "error", "error": shown}
            return render(request, "duty/list.html", context, status=error.status)
        return render(request, "duty/list.html", context)

    def _rows(self, request: HttpRequest) -> dict[str, Any]:
        data = request.GET if request.GET else QueryDict(USUAL_QUERY)
        facilities, filterset = filtered_due(data, request.user)
        size = list_page.page_size_of(data)
        page = read_page(facilities, size=size, cursor=data.get("cursor", ""), today=clock.today())
        list_page.prepare_form(filterset, request.user)
        return {
            "rows": [row | {"request_id": uuid.uuid4()} for row in page.rows],
            "may_report": bool(request.user.scope.rights & MAY_REPORT),
            "pager": list_page.pager(page, data, size),
            "count_text": count_text(capped_count(facilities)),
            "chips": list_page.chips(filterset, data, request.user),
            "filterset": filterset,
        }


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
