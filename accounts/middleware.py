"""Ends sessions whose user changed: other posts, other password, switched off."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

SESSION_KEY = "auth_version"


class AuthVersionMiddleware:
    """Compares the session's `auth_version` with the user's on every request; no extra query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            seen = request.session.get(SESSION_KEY)
            if seen is None:
                request.session[SESSION_KEY] = user.auth_version
            elif seen != user.auth_version:
                logout(request)
        return self.get_response(request)
