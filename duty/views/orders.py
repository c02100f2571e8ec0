"""Pages of work orders: the list, one order, its steps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import DomainError, NotVisible
from common.scope import Right
from duty.choices import OrderState
from duty.filters import filtered_orders
from duty.forms import StepForm, step_forms
from duty.list_page import count_text, order_columns
from duty.models import WorkOrder
from duty.selectors.orders import is_repairer, next_actions, order_of, read_page, timeline, visible_order, worded
from duty.services.taking import take_step
from duty.workflow import ACTIONS
from elements import list_page
from elements.filters import capped_count

# What the list opens with; a chip shows it and takes it away.
USUAL_QUERY = "standing=open"
CLEAR_QUERY = "sort=-reported_at"


class OrderListView(LoginRequiredMixin, View):
    """GET: work orders in scope; filters, order and place stand in the URL. Without any it opens with the open ones."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context: dict[str, Any] = {
            "page_title": _("工单"), "list_name": "work-orders", "rows_template": "duty/order_rows.html",
            "filter_template": "duty/filters.html", "clear_url": f"?{CLEAR_QUERY}",
        }  # fmt: skip
        if Right.READ not in request.user.scope.rights:
            return render(request, "duty/list.html", {**context, "state": "no_permission"}, status=403)
        try:
            context |= self._rows(request)
        except DomainError as error:
            shown = {"code": error.code, "message": error.message, "retry_url": context["clear_url"],
                     "next_step": _("点“重试”清空条件，从头再来。")}  # fmt: skip
            context |= {"state": "error", "error": shown}
            return render(request, "duty/list.html", context, status=error.status)
        return render(request, "duty/list.html", context)

    def _rows(self, request: HttpRequest) -> dict[str, Any]:
        data = request.GET if request.GET else QueryDict(USUAL_QUERY)
        orders, filterset = filtered_orders(data, request.user)
        order, size = order_of(data.get("sort", "")), list_page.page_size_of(data)
        page = read_page(orders, order=order, size=size, cursor=data.get("cursor", ""))
        list_page.prepare_form(filterset, request.user)
        return {
            "columns": order_columns(order, data),
            "rows": [worded(row, clock.today()) for row in page.rows],
            "pager": list_page.pager(page, data, size),
            "count_text": count_text(capped_count(orders)),
            "chips": list_page.chips(filterset, data, request.user),
            "filterset": filterset,
        }


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
