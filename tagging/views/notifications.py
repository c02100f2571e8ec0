"""The notification centre: what the reader was told, grouped; marking as read, mutes, how he wants to be told."""

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
from common.errors import DomainError, NotAllowed
from common.scope import Right
from elements import list_page
from elements.selectors.areas import areas_of_scope
from tagging.alert_filters import filtered_alerts
from tagging.selectors import alert_list, notifications
from tagging.services.alert_answers import lift_mute, mark_seen

USUAL_QUERY = "standing=open"
_MOST_DIGITS = 18


class NotificationsView(LoginRequiredMixin, View):
    """GET: what the reader was told, by tag. Without a query the open ones."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        data, now = request.GET or QueryDict(USUAL_QUERY), clock.now()
        alerts, filterset = filtered_alerts(data, user)
        list_page.prepare_form(filterset, user)
        context = {
            "page_title": _("通知"), "breadcrumbs": [{"label": _("预警"), "url": reverse("tagging:alerts")}],
            "groups": notifications.groups(alerts, user, now), "unread": notifications.unread_count(user),
            "mutes": mutes_in_words(user), "filterset": filterset, "chips": list_page.chips(filterset, data, user),
            "clear_url": "?sort=-last_at", "squadrons": [one for one in areas_of_scope(user.scope) if one["depth"] == 1],
            "query": data.urlencode(), "may_decide": Right.CORRECT in user.scope.rights,
        }  # fmt: skip
        request.navigation_path = reverse("tagging:alerts")
        return render(request, "tagging/notifications.html", context)


class ReadView(LoginRequiredMixin, View):
    """POST: marks one alert, all of a tag, or all as read; back to where one was."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        ids = _ids_of(request.POST, user)
        count = mark_seen(user=user, alert_ids=ids, now=clock.now())
        messages.success(request, _("已标为已读：%(count)s 条") % {"count": count})
        query = request.POST.get("back", "")
        back = reverse("tagging:notifications")
        return HttpResponseRedirect(f"{back}?{QueryDict(query).urlencode()}" if query else back)


class MuteLiftView(LoginRequiredMixin, View):
    """POST: ends a mute."""

    def post(self, request: HttpRequest, mute_id: int) -> HttpResponse:
        lift_mute(mute_id=mute_id, actor=request.user, now=clock.now())
        messages.success(request, _("静默已取消，符合条件时会再次预警。"))
        return HttpResponseRedirect(reverse("tagging:notifications"))


def mutes_in_words(user: Any) -> list[dict[str, Any]]:
    """Mutes that stand, with what they silence and who set them."""
    rows = notifications.mutes_in_sight(user, clock.now())
    names = alert_list.names_of(row.actor_id for row in rows)
    blocks = notifications.block_names(row.block_id for row in rows)
    return [
        {
            "row": row,
            "what": row.tag.name if row.tag else notifications.muted_label(row, user),
            "where": blocks.get(row.block_id or 0, "") if row.tag else "",
            "actor": names.get(row.actor_id, ""),
        }
        for row in rows
    ]


def _ids_of(data: QueryDict, user: Any) -> list[int] | None:
    """Alerts that are meant: of one group, one alert, or None = all.

    Raises:
        DomainError: a number that cannot be.
    """
    if data.get("all"):
        return None
    if title := data.get("title", ""):
        alerts = alert_list.told_to(alert_list.visible_alerts(user), user, is_unseen=True)
        return list(alerts.filter(title=title).values_list("pk", flat=True))
    text = data.get("alert", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise DomainError("ALERT_MISSING", "请指明要标为已读的通知，刷新页面后再试。")
    return [int(text)]
