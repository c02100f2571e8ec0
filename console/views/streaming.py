"""Streaming a file under either kind of server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse


def stream(request: HttpRequest, chunks: Iterator[bytes], *, content_type: str) -> StreamingHttpResponse:
    """A response that sends chunks as they are made; under ASGI a plain iterator would be held in memory whole."""
    body = _asynchronous(chunks) if isinstance(request, ASGIRequest) else chunks
    return StreamingHttpResponse(body, content_type=content_type)


async def _asynchronous(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    # Thread-sensitive: each step runs on the request's own thread, where its database cursor is open.
    step = sync_to_async(next, thread_sensitive=True)
    while (chunk := await step(chunks, None)) is not None:
        yield chunk
