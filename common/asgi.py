"""Before Django sees a request its body is kept on the disk for temporary files: when there is no room, that is said too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from common.errors import NO_ROOM, StorageFull

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Callable[[], Awaitable[Message]], Send], Awaitable[None]]
logger = structlog.get_logger(__name__)


def with_room_checked(application: Application) -> Application:
    """The application, answering 507 where a body finds no room."""

    async def answer(scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        has_begun, is_more = False, True

        async def hear() -> Message:
            nonlocal is_more
            message = await receive()
            is_more = bool(message.get("more_body", False))
            return message

        async def tell(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await application(scope, hear, tell)
        except OSError as error:
            if error.errno not in NO_ROOM or has_begun or scope["type"] != "http":
                raise
            logger.warning("no_room_for_body", errno=error.errno)
            # Who is still sending would not hear an answer.
            while is_more:
                await hear()
            await _refuse(send)

    return answer


async def _refuse(send: Send) -> None:
    full = StorageFull()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"),
        (b"retry-after", str(full.retry_after_s).encode()),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": full.status, "headers": headers})
    await send({"type": "http.response.body", "body": full.message.encode()})
