"""The API edge of errors: every refusal has `code`, `message`, `extra`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler

from common.busy import unavailable
from common.errors import DomainError, NotVisible, Unavailable


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, with our errors first; unanticipated faults stay 500."""
    error = unavailable(error) or error
    if isinstance(error, DomainError):
        headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, Unavailable) else None
        return Response(error.body, status=error.status, headers=headers)
    response = rest_exception_handler(error, context)
    if response is not None:
        code = getattr(error, "default_code", "error")
        response.data = {
            "code": str(code).upper(),
            "message": str(error.args[0]) if error.args else code,
            "extra": response.data,
        }
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of addresses that lead nowhere: a machine gets the body of all refusals, a person the page."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    error = NotVisible()
    return JsonResponse(error.body, status=error.status, json_dumps_params={"ensure_ascii": False})
