"""Pages of work orders: the list, one order, its steps."""

from __future__ import annotations

from collections.abc import Sequence
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
from common.errors import DomainError, NotVisible
from duty.choices import OrderState
from duty.filters import filtered_orders
from duty.forms import StepForm, step_forms
from duty.models import WorkOrder
from duty.selectors.orders import (
    LIST_NAME,
    is_repairer,
    next_actions,
    order_of,
    read_page,
    timeline,
    visible_order,
    worded,
)
from duty.services.taking import take_step
from duty.workflow import ACTIONS
from elements.list_view import ListColumn, ListView


class OrderListView(ListView):
    """GET: work orders in scope. Without a query it opens with the open ones."""

    title, list_name, export = gettext_lazy("工单"), LIST_NAME, LIST_NAME
    template_name, rows_template = "duty/list.html", "duty/order_rows.html"
    usual_query, clear_url = "standing=open", "?sort=-reported_at"
    columns = (
        ListColumn("number", gettext_lazy("工单编号"), is_locked=True, is_sortable=True),
        ListColumn("facility", gettext_lazy("设施")),
        ListColumn("cause", gettext_lazy("事由")),
        ListColumn("fault", gettext_lazy("故障或隐患")),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("owner", gettext_lazy("责任单位")),
        ListColumn("due_on", gettext_lazy("期限"), is_sortable=True),
        ListColumn("area", gettext_lazy("责任块")),
        ListColumn("reported_at", gettext_lazy("报告时间"), is_sortable=True),
    )

    filtered, order_of, read_page = staticmethod(filtered_orders), staticmethod(order_of), staticmethod(read_page)

    def rows(self, found: Sequence[WorkOrder], _user: Any) -> list[dict[str, Any]]:
        return [worded(order, clock.today()) for order in found]


def order_context(order: WorkOrder, user: Any, failed: StepForm | None = None) -> dict[str, Any]:
    """What the page of an order shows; a form that was refused stands open in place of its blank one."""
    steps = timeline(order)
    taken = [one["step"] for one in steps]
    forms = step_forms(next_actions(order, taken, user), order)
    if failed is not None:
        forms = [failed if form.action.key == failed.action.key else form for form in forms]
    return {
        "page_title": order.number,
        "breadcrumbs": [{"label": _("工单"), "url": reverse("duty:orders")}],
        "order": order,
        "row": worded(order, clock.today()),
        "steps": steps,
        "forms": forms,
        "is_repairer": order.state == OrderState.REPAIRED and is_repairer(taken, user),
        "failed_key": failed.action.key if failed else "",
        "today": clock.today(),
        "geometry_url": reverse("console:element-places", args=[order.facility_id]),
    }


class OrderView(LoginRequiredMixin, View):
    """GET: one order. A foreign one answers like a missing one."""

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        order = visible_order(number, request.user)
        request.navigation_path = reverse("duty:orders")
        return render(request, "duty/order.html", order_context(order, request.user))


class StepView(LoginRequiredMixin, View):
    """POST: takes a step of an order; what was refused comes back with its reason and what was typed."""

    def post(self, request: HttpRequest, number: str, action: str) -> HttpResponse:
        order = visible_order(number, request.user)
        if action not in ACTIONS:
            raise NotVisible
        form = StepForm(request.POST, request.FILES, action=ACTIONS[action], order=order)
        if not form.is_valid():
            return self._refused(request, order, form, status=400)
        try:
            done = take_step(
                number=number, action=action, values=form.cleaned_data, actor=request.user, now=clock.now()
            )  # fmt: skip
        except DomainError as error:
            form.add_error(None, error.message)
            return self._refused(request, visible_order(number, request.user), form, status=error.status)
        messages.success(
            request, _("工单 %(number)s：%(state)s") % {"number": number, "state": done.get_state_display()}
        )
        return HttpResponseRedirect(reverse("duty:order", args=[number]))

    def _refused(self, request: HttpRequest, order: WorkOrder, form: StepForm, *, status: int) -> HttpResponse:
        request.navigation_path = reverse("duty:orders")
        context = order_context(order, request.user, failed=form) | {"refusal": form.non_field_errors()}
        return render(request, "duty/order.html", context, status=status)
