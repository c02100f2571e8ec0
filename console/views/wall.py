"""The wall view (大屏): one page without scrolling, refreshed by itself, and the stream that says when to refresh at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.streams import stream_events, stream_response
from common import clock
from common.errors import NotAllowed
from common.live import Listener
from common.scope import Right
from console import wall_page
from console.coverage_query import area_of
from console.selectors.board import Ground, ground
from console.views.map import SignedInRequest, for_scripts
from tagging.services.alert_channel import ANY_ALERT


class WallView(LoginRequiredMixin, View):
    """GET /wall/?area=: the whole page with its first figures."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if Right.READ not in user.scope.rights:
            context = {"page_title": _("大屏"), "state": "no_permission"}
            return render(request, "console/dashboard.html", context, status=403)
        where, now = _ground(request, user), clock.now()
        context = wall_page.panels_context(user, where, now) | {
            "title": wall_page.title_of(where), "where": where, "signed_out_at": wall_page.session_end(request.session),
            "channel": f"wall-{user.pk}-{user.auth_version}",
        }  # fmt: skip
        return render(request, "console/wall.html", context)


@for_scripts
def panels(request: SignedInRequest) -> HttpResponse:
    """The figures anew, as a fragment; 401 once the session has ended."""
    user: Any = request.user
    if Right.READ not in user.scope.rights:
        raise NotAllowed
    context = wall_page.panels_context(user, _ground(request, user), clock.now())
    return render(request, "console/wall_panels.html", context)


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events that say that some alert is new: not which, nor whose. The page asks for its figures then."""
    return await stream_response(request, ANY_ALERT, lambda _scope, _user: None, _events)


def _events(listener: Listener[None], user: User, session: SessionBase) -> AsyncIterator[bytes]:
    return stream_events(ANY_ALERT, listener, user, session, event="alerts")


def _ground(request: HttpRequest, user: Any) -> Ground:
    return ground(user, area_of(request.GET), clock.today())
