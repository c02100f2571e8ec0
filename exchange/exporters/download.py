"""The head of a file that leaves the platform."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

from django.http.response import HttpResponseBase

Response = TypeVar("Response", bound=HttpResponseBase)


def as_download(response: Response, name: str, *, plain: str) -> Response:
    """The response as a file to keep, in no cache.

    Args:
        response: with the content.
        name: of the file as people read it.
        plain: the name in ASCII, for programs that cannot read the other one.
    """
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
    return response
