"""Files that leave the platform: sent as they are made, named, marked, and kept by no cache."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.forms import BaseForm
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from common.errors import DomainError
from exchange.exporters.download import as_download
from exchange.exporters.elements_formats import FORMATS


def stream(request: HttpRequest, chunks: Iterator[bytes], *, content_type: str) -> StreamingHttpResponse:
    """A response that sends chunks as they are made; under ASGI a plain iterator would be held in memory whole."""
    body = _asynchronous(chunks) if isinstance(request, ASGIRequest) else chunks
    return StreamingHttpResponse(body, content_type=content_type)


async def _asynchronous(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    # Thread-sensitive: each step runs on the request's own thread, where its database cursor is open.
    step = sync_to_async(next, thread_sensitive=True)
    while (chunk := await step(chunks, None)) is not None:
        yield chunk


def send_file(
    request: HttpRequest,
    write: Callable[[str], Iterator[bytes]],
    *,
    title: str,
    extension: str,
    content_type: str,
    now: datetime,
) -> StreamingHttpResponse:
    """The response of a list that is taken out.

    Args:
        request: of the person who takes it out.
        write: mark (who and when) → chunks of the file; a table puts the mark at the end of every row.
        title: of the list; the file is named by it, the time and the person.
        extension: of the file.
        content_type: of the response.
        now: time of the mark and of the name, the one on record.
    """
    person, at = request.user.get_username(), timezone.localtime(now)
    response = stream(request, write(f"{person} {at:%Y-%m-%d %H:%M}"), content_type=content_type)
    return as_download(response, f"{title}_{at:%Y%m%d-%H%M}_{person}.{extension}", plain=f"export.{extension}")


def filters_asked(form: BaseForm) -> list[str]:
    """Names of the conditions that narrow the rows, for the audit row; never what they ask for."""
    return sorted(name for name, value in form.cleaned_data.items() if value not in (None, "", []))


def refuse_too_many(count: int, extension: str, *, head_rows: int = 0) -> None:
    """Lets pass what the format can hold besides the rows above its table.

    Raises:
        DomainError: it is more.
    """
    limit = FORMATS[extension].max_rows
    if limit is not None and count > limit - head_rows:
        message = f"{count} 条超过一张 Excel 工作表的行数，请先筛选，或改用 CSV。"
        raise DomainError("TOO_MANY_ROWS", message, {"max_rows": limit - head_rows})
