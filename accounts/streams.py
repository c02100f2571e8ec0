"""A channel as server-sent events for a signed-in reader: rights and session are asked again while it lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import SessionBase
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import DomainError, NotAllowed
from common.live import Channel, Key, Listener, messages
from common.scope import Right, Scope

# After a broken connection the browser tries again so many milliseconds later.
_RETRY_MS = 3_000
Answer = TypeVar("Answer")


def signed_out() -> JsonResponse:
    """What a script is told whose session has ended."""
    body = {"code": "SIGNED_OUT", "message": _("登录已失效，请重新登录。"), "extra": {}}
    return JsonResponse(body, status=401)


def refused(error: DomainError) -> JsonResponse:
    """A refusal for a script."""
    return JsonResponse(error.body, status=error.status)


async def stream_response(
    request: HttpRequest,
    channel: Channel[Key],
    key_of: Callable[[Scope, User], Key],
    events: Callable[[Listener[Key], User, SessionBase], AsyncIterator[bytes]],
) -> HttpResponseBase:
    """The answer to a browser that asks for a stream.

    Args:
        request: of a reader; a server without an event loop would give a thread to each browser, and is refused.
        channel: that the reader joins.
        key_of: what the reader may hear.
        events: the stream, once the reader has joined.
    """
    user = await request.auser()
    if not user.is_authenticated:
        return signed_out()
    try:
        scope = await sync_to_async(lambda: user.scope)()
        if Right.READ not in scope.rights:
            raise NotAllowed
        if not isinstance(request, ASGIRequest):
            raise channel.refusal()
        listener = await channel.join(key_of(scope, user))
    except DomainError as error:
        return refused(error)
    # `no-transform` and the header for nginx: nobody on the way may hold events back.
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    stream = events(listener, user, request.session)
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


async def stream_events(
    channel: Channel[Key],
    listener: Listener[Key],
    user: User,
    session: SessionBase,
    *,
    event: str,
    hello: Callable[[], Awaitable[bytes]] | None = None,
    **spans: float,
) -> AsyncIterator[bytes]:
    """The stream as `text/event-stream`; between two questions about the rights no database connection is held.

    Args:
        channel: that the listener has joined; it leaves at the end.
        listener: of the reader.
        user: the reader, with the version of the rights that it joined with.
        session: of the reader.
        event: the name of its messages.
        hello: the first event, made after the listener has joined, so that nothing falls between the two.
        spans: of `messages`, in seconds, where they are not the usual ones.
    """
    await outside_database(lambda: None)
    try:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        if hello is not None:
            yield await hello()
        async for message in messages(listener, still_holds=lambda: _still_holds(user, session), **spans):
            yield b"event: " + event.encode() + b"\ndata: " + message + b"\n\n" if message else b":\n\n"
    finally:
        channel.leave(listener)


async def _still_holds(user: User, session: SessionBase) -> bool:
    """The reader is still signed in, with the rights that the stream began with."""

    def ask() -> bool:
        same = User.objects.filter(pk=user.pk, is_active=True, auth_version=user.auth_version)
        return same.exists() and session.exists(session.session_key or "")

    return await outside_database(ask)


async def outside_database(ask: Callable[[], Answer]) -> Answer:
    """A question on the request's own thread that gives its connection back."""

    def asked() -> Answer:
        try:
            return ask()
        finally:
            connections.close_all()

    result: Any = await sync_to_async(asked, thread_sensitive=True)()
    return result
