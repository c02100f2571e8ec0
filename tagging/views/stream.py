"""The stream of a browser: that something is new, never what; and what is new, by an ordinary request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import SessionBase
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Right
from events.services.live import messages
from tagging.alert_words import news_row
from tagging.selectors import notifications
from tagging.services.alert_answers import mark_delivered
from tagging.services.alert_hub import AlertListener, StreamUnavailable, alert_hub

# After a broken connection the browser tries again so many milliseconds later.
_RETRY_MS = 3_000
# Rights are asked again with every beat.
_BEAT_S = 15.0


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Ids of alerts that concern the reader as server-sent events; rights and session are asked again while it lasts."""
    user = await request.auser()
    if not user.is_authenticated:
        return _signed_out()
    try:
        scope = await sync_to_async(lambda: user.scope)()
        if Right.READ not in scope.rights:
            raise NotAllowed
        if not isinstance(request, ASGIRequest):
            # A server without an event loop would give a thread to each browser.
            raise StreamUnavailable
        listener = await alert_hub().join(user.pk)
    except DomainError as error:
        return _refused(error)
    # `no-transform` and the header for nginx: nobody on the way may hold events back.
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    events = alert_events(listener, user, request.session, after=_after(request))
    return StreamingHttpResponse(events, content_type="text/event-stream", headers=headers)


@require_POST
def news(request: HttpRequest) -> HttpResponse:
    """What has not reached a browser of the reader yet, as text that he may read; delivered from then on."""
    user: Any = request.user
    if not user.is_authenticated:
        return _signed_out()
    if Right.READ not in user.scope.rights:
        return _refused(NotAllowed())
    found = notifications.news(user, clock.now())
    mark_delivered(recipient_ids=found.recipient_ids, now=clock.now())
    rows = [news_row(one, user) for one in found.rows]
    return JsonResponse({"unread": found.unread, "alerts": rows, "more": found.has_more})


async def alert_events(
    listener: AlertListener, user: User, session: SessionBase, *, after: int = 0, **spans: float
) -> AsyncIterator[bytes]:
    """The stream as `text/event-stream`; between two questions no database connection is held.

    The first event says how many are unseen and which have not arrived: asked after the listener has joined, so that nothing falls
    between the two.

    Args:
        listener: that has joined; it leaves at the end.
        user: the reader, with the version of the rights that it joined with.
        session: of the reader.
        after: the last event that the browser had; 0 = none.
        spans: of `messages`, in seconds, where they are not the usual ones.
    """
    holds = _outside_database(lambda: _still_holds(user, session))
    try:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        last, hello = await _outside_database(lambda: _hello(user, after))()
        yield f"event: hello\nid: {last}\ndata: {json.dumps(hello)}\n\n".encode()
        async for message in messages(
            listener, still_holds=holds, **{"heartbeat_s": _BEAT_S, "check_s": _BEAT_S, **spans}
        ):
            yield b"event: alerts\ndata: " + message + b"\n\n" if message else b":\n\n"
    finally:
        alert_hub().leave(listener)


def _hello(user: User, after: int) -> tuple[int, dict[str, Any]]:
    now = clock.now()
    waiting = notifications.waiting_ids(user, after=after, now=now)
    return notifications.last_told(user), {"unread": notifications.unread_count(user), "waiting": waiting}


def _still_holds(user: User, session: SessionBase) -> bool:
    """The reader is still signed in, with the rights that the stream began with."""
    same = User.objects.filter(pk=user.pk, is_active=True, auth_version=user.auth_version)
    return same.exists() and session.exists(session.session_key or "")


def _outside_database(ask: Callable[[], Any]) -> Any:
    """A question on the request's own thread that gives its connection back."""

    def asked() -> Any:
        try:
            return ask()
        finally:
            connections.close_all()

    return sync_to_async(asked, thread_sensitive=True)


def _after(request: HttpRequest) -> int:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _signed_out() -> JsonResponse:
    body = {"code": "SIGNED_OUT", "message": _("登录已失效，请重新登录。"), "extra": {}}
    return JsonResponse(body, status=401)


def _refused(error: DomainError) -> JsonResponse:
    return JsonResponse({"code": error.code, "message": error.message, "extra": error.extra}, status=error.status)
