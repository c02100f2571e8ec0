"""The page of chains: who was in several accidents."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from analytics.chains_page import page_context
from common.errors import DomainError
from common.scope import Right


class ChainsView(LoginRequiredMixin, View):
    """GET /analysis/chains/?…: the filter of the list of accidents, `least`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context: dict[str, Any] = {"page_title": _("多次涉事")}
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            return render(request, "analytics/chains.html", context | {"state": "no_permission"}, status=403)
        try:
            context |= page_context(request.GET, user)
        except DomainError as error:
            shown = {
                "code": error.code, "message": error.message, "retry_url": "?", "next_step": _("点“重试”回到近 12 个月。"),
            }  # fmt: skip
            return render(
                request, "analytics/chains.html", context | {"state": "error", "error": shown}, status=error.status
            )
        return render(request, "analytics/chains.html", context)
