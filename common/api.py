"""The API edge of errors: every refusal has `code`, `message`, `extra`."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler

from common.errors import DomainError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, with our errors first; unanticipated faults stay 500."""
    if isinstance(error, DomainError):
        body = {"code": error.code, "message": error.message, "extra": error.extra}
        return Response(body, status=error.status)
    response = rest_exception_handler(error, context)
    if response is not None:
        code = getattr(error, "default_code", "error")
        response.data = {
            "code": str(code).upper(),
            "message": str(error.args[0]) if error.args else code,
            "extra": response.data,
        }
    return response
