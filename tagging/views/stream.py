"""The stream of a browser: that something is new, never what; and what is new, by an ordinary request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.streams import outside_database, refused, signed_out, stream_events, stream_response
from common import clock
from common.errors import NotAllowed
from common.live import Listener
from common.scope import Right
from tagging.alert_words import news_row
from tagging.selectors import notifications
from tagging.services.alert_answers import mark_delivered
from tagging.services.alert_channel import ALERTS

# Rights are asked again with every beat.
_BEAT_S = 15.0


@require_GET
async def stream(request: HttpRequest) -> HttpResponseBase:
    """Ids of alerts that concern the reader as server-sent events."""
    events = partial(alert_events, after=_after(request))
    return await stream_response(request, ALERTS, lambda _scope, user: user.pk, events)


@require_POST
def news(request: HttpRequest) -> HttpResponse:
    """What has not reached a browser of the reader yet, as text that he may read; delivered from then on."""
    user: Any = request.user
    if not user.is_authenticated:
        return signed_out()
    if Right.READ not in user.scope.rights:
        return refused(NotAllowed())
    found = notifications.news(user, clock.now())
    mark_delivered(recipient_ids=found.recipient_ids, now=clock.now())
    rows = [news_row(one, user) for one in found.rows]
    return JsonResponse({"unread": found.unread, "alerts": rows, "more": found.has_more})


def alert_events(
    listener: Listener[int], user: User, session: SessionBase, *, after: int = 0, **spans: float
) -> AsyncIterator[bytes]:
    """The stream of a reader that has joined. The first event says how many are unseen and which have not arrived.

    Args:
        listener: that has joined; it leaves at the end.
        user: the reader, with the version of the rights that it joined with.
        session: of the reader.
        after: the last event that the browser had; 0 = none.
        spans: of `common.live.messages`, in seconds, where they are not the usual ones.
    """

    async def hello() -> bytes:
        last, content = await outside_database(lambda: _hello(user, after))
        return f"event: hello\nid: {last}\ndata: {json.dumps(content)}\n\n".encode()

    spans = {"heartbeat_s": _BEAT_S, "check_s": _BEAT_S, **spans}
    return stream_events(ALERTS, listener, user, session, event="alerts", hello=hello, **spans)


def _hello(user: User, after: int) -> tuple[int, dict[str, Any]]:
    now = clock.now()
    waiting = notifications.waiting_ids(user, after=after, now=now)
    return notifications.last_told(user), {"unread": notifications.unread_count(user), "waiting": waiting}


def _after(request: HttpRequest) -> int:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
