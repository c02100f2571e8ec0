"""Pages of alerts: the list, one alert, its steps, how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from elements.list_view import ListColumn, ListView
from elements.models import Element
from tagging.alert_filters import filtered_alerts
from tagging.alert_forms import AlertStepForm
from tagging.alert_words import map_url, times_rows
from tagging.models import Alert
from tagging.selectors import alert_list, alert_page
from tagging.selectors.alert_times import times_by_squadron
from tagging.services.alert_answers import mark_seen
from tagging.services.alert_taking import take_alert_step
from tagging.services.manual import effects_of
from tagging.workflow import ACTIONS, allowed_actions

TODAY_LIMIT = 8
TIMES_DAYS = 30


class AlertListView(ListView):
    """GET: alerts in scope. Without a query it opens with the open ones."""

    title, list_name, export = gettext_lazy("预警"), alert_list.LIST_NAME, alert_list.LIST_NAME
    template_name, rows_template = "tagging/alert_list.html", "tagging/alert_rows.html"
    usual_query, clear_url, keeps_filters = "standing=open", "?filter=none", True
    columns = (
        ListColumn("title", gettext_lazy("预警"), is_locked=True),
        ListColumn("element", gettext_lazy("对象")),
        ListColumn("level", gettext_lazy("级别")),
        ListColumn("state", gettext_lazy("状态")),
        ListColumn("area", gettext_lazy("责任块")),
        ListColumn("count", gettext_lazy("次数"), is_numeric=True, is_sortable=True, is_best_first=True),
        ListColumn("first_at", gettext_lazy("首次"), is_sortable=True, is_best_first=True, is_off=True),
        ListColumn("last_at", gettext_lazy("最近"), is_sortable=True, is_best_first=True),
        ListColumn(
            "due_at",
            gettext_lazy("期限"),
            is_sortable=True,
            hint=gettext_lazy("未接收的：须在此前接收；已接收的：须在此前办结。过期逐级上报。"),
        ),
    )
    extra = {"empty_text": gettext_lazy("没有需要答复的预警。标签触发预警时，会出现在这里和右上角的铃铛上。")}

    filtered = staticmethod(filtered_alerts)
    order_of, read_page = staticmethod(alert_list.order_of), staticmethod(alert_list.read_page)

    def rows(self, found: Sequence[Alert], user: Any) -> list[dict[str, Any]]:
        return alert_list.worded(found, user, clock.now())


def _forms(alert: Alert, user: Any, failed: AlertStepForm | None) -> list[AlertStepForm]:
    actions = allowed_actions(alert.state, user.scope.rights, is_local=alert_page.is_of_scope(alert, user))
    return [failed if failed and failed.action is one else _form(alert, user, one.key) for one in actions]


def _form(alert: Alert, user: Any, key: str, data: Any = None) -> AlertStepForm:
    outcomes = alert_page.outcomes(effects_of(alert.tag_id)) if key == "close" and alert.tag_id else []
    return AlertStepForm(
        data, action=ACTIONS[key], alert=alert, outcomes=outcomes, may_mute_everywhere=user.scope.all_blocks
    )


def alert_context(alert: Alert, user: Any, failed: AlertStepForm | None = None) -> dict[str, Any]:
    """What the page of an alert shows; a form that was refused stands open in place of its blank one."""
    forms = _forms(alert, user, failed)
    return {
        "page_title": alert_page.title_of(alert, user),
        "breadcrumbs": [{"label": _("预警"), "url": reverse("tagging:alerts")}],
        "alert": alert,
        "row": alert_list.worded([alert], user, clock.now())[0],
        "grounds": alert_page.grounds(alert, user),
        "people": alert_page.people(alert),
        "steps": alert_page.steps(alert),
        "presses": [form for form in forms if form.is_one_press],
        "forms": [form for form in forms if not form.is_one_press],
        "failed_key": failed.action.key if failed else "",
        "is_of_scope": alert_page.is_of_scope(alert, user),
        "map_url": map_url(alert),
    }


class AlertView(LoginRequiredMixin, View):
    """GET: one alert, seen from then on. A foreign one answers like a missing one."""

    def get(self, request: HttpRequest, alert_id: int) -> HttpResponse:
        alert = alert_page.visible_alert(alert_id, request.user)
        mark_seen(user=request.user, alert_ids=[alert.pk], now=clock.now())
        request.navigation_path = reverse("tagging:alerts")
        return render(request, "tagging/alert.html", alert_context(alert, request.user))


class AlertStepView(LoginRequiredMixin, View):
    """POST: takes a step of an alert; what was refused comes back with its reason and what was typed."""

    def post(self, request: HttpRequest, alert_id: int, action: str) -> HttpResponse:
        alert = alert_page.visible_alert(alert_id, request.user)
        if action not in ACTIONS:
            raise NotVisible
        form = _form(alert, request.user, action, request.POST)
        if not form.is_valid():
            return self._refused(request, alert, form, status=400)
        try:
            done = take_alert_step(
                alert_id=alert_id, action=action, values=form.cleaned_data, actor=request.user, now=clock.now()
            )
        except DomainError as error:
            form.add_error(None, error.message)
            return self._refused(request, alert_page.visible_alert(alert_id, request.user), form, status=error.status)
        messages.success(request, _("预警：%(state)s") % {"state": done.get_state_display()})
        # Who was told because he lies beside the block sees it as long as it is open.
        is_shown = alert_list.visible_alerts(request.user).filter(pk=alert_id).exists()
        url = reverse("tagging:alert", args=[alert_id]) if is_shown else reverse("tagging:alerts")
        return HttpResponseRedirect(url)

    def _refused(self, request: HttpRequest, alert: Alert, form: AlertStepForm, *, status: int) -> HttpResponse:
        request.navigation_path = reverse("tagging:alerts")
        context = alert_context(alert, request.user, failed=form) | {"refusal": form.non_field_errors()}
        return render(request, "tagging/alert.html", context, status=status)


class AlertsTodayView(LoginRequiredMixin, View):
    """Fragment of the page of the day, loaded after it: open alerts of the reader."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        user, now = request.user, clock.now()
        found = alert_list.open_alerts_of(user, TODAY_LIMIT)
        context = {"rows": alert_list.worded(found, user, now), "overdue": alert_list.overdue_count_of(user, now)}
        return render(request, "tagging/alert_today.html", context)


class ElementAlertsView(LoginRequiredMixin, View):
    """Fragment of the page of a thing, loaded after it: its open alerts."""

    def get(self, request: HttpRequest, element_id: int) -> HttpResponse:
        if not Element.objects.visible_to(request.user).filter(pk=element_id).exists():
            raise NotVisible
        found = alert_list.open_alerts_on(element_id, request.user)
        return render(request, "tagging/alert_of_element.html", {"alerts": found})


class AlertTimesView(LoginRequiredMixin, View):
    """GET: how long alerts of the last month took, by squadron."""

    def get(self, request: HttpRequest) -> HttpResponse:
        level = {"1": 1, "2": 2}.get(request.GET.get("level", ""), 0)
        first_day = clock.today() - timedelta(days=TIMES_DAYS)
        found = times_by_squadron(
            request.user, since=timezone.make_aware(datetime.combine(first_day, time.min)), level=level
        )
        request.navigation_path = reverse("tagging:alerts")
        context = {
            "page_title": _("预警响应用时"), "breadcrumbs": [{"label": _("预警"), "url": reverse("tagging:alerts")}],
            "rows": times_rows(found), "level": level, "days": TIMES_DAYS, "first_day": first_day, "as_of": clock.now(),
        }  # fmt: skip
        return render(request, "tagging/alert_times.html", context)
