"""The board of a squadron, of the brigade, or of any area below: what is to be done today and how things stand."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from analytics.selectors.indicator_standing import standing
from common import clock
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from console import board_page
from console.coverage_query import area_of
from console.dashboard_coverage import coverage_rows
from console.selectors import board


class DashboardView(LoginRequiredMixin, View):
    """GET /dashboard/?area=: all that the reader sees, or one area of it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        context: dict[str, Any] = {"page_title": _("看板")}
        if Right.READ not in user.scope.rights:
            return render(request, "console/dashboard.html", context | {"state": "no_permission"}, status=403)
        try:
            where = board.ground(user, area_of(request.GET), clock.today())
        except NotVisible:
            raise
        except DomainError as error:
            shown = {
                "code": error.code, "message": error.message, "retry_url": "?", "next_step": _("点“重试”看全部辖区。"),
            }  # fmt: skip
            context |= {"state": "error", "error": shown}
            return render(request, "console/dashboard.html", context, status=error.status)
        if where.top is None:
            return render(request, "console/dashboard.html", context | {"state": "empty"})
        return render(request, "console/dashboard.html", dashboard_context(user, where))


class DashboardCoverageView(LoginRequiredMixin, View):
    """Fragment of the page, loaded after it: how much of what there should be is known."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            raise NotAllowed
        now = clock.now()
        context = {"rows": coverage_rows(user, area_of(request.GET), now), "as_of": now}
        return render(request, "console/dashboard_coverage.html", context)


def dashboard_context(user: Any, where: board.Ground) -> dict[str, Any]:
    """Everything of the page but coverage."""
    now, today = clock.now(), clock.today()
    counts, what = board.work_counts(user, where), board.happened(user, where, today)
    lines, shares = board.area_lines(user, where, what), standing(where.tree, where.place, today)
    indicators = board_page.indicator_rows(shares)
    return {
        "page_title": board_page.title_of(where), "where": where, "as_of": now,
        "alert_tiles": board_page.tiles("alerts", counts, where, now),
        "duty_tiles": [tile for group in ("orders", "inspections", "risks") for tile in board_page.tiles(group, counts, where, now)],
        "event_rows": board_page.event_rows(what), "stopped_notes": board_page.stopped_notes(what), "what": what,
        "accident_days": board_page.accident_days(what, today), "violation_days": board_page.violation_days(what, today),
        "areas_title": board_page.BELOW_WORDS[where.grouped_by], "area_columns": board_page.area_columns(),
        "area_rows": board_page.area_rows(lines, what),
        "area_chart": board_page.area_chart(lines, what, where.grouped_by),
        "indicators": indicators, "indicator_chart": board_page.indicator_chart(indicators), "indicator_day": shares.day,
        "is_indicator_old": board_page.is_old(shares, today), "links": board_page.link_troubles(user, where, now),
    }  # fmt: skip
