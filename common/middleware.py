"""The page edge of errors, and the end of a request's patience with the database."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.busy import busy_answer, unavailable
from common.errors import DomainError, StorageFull
from common.patience import limited_waiting


class PatienceMiddleware:
    """A request waits for the database only so long that its answer comes within five seconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with limited_waiting():
            response = self.get_response(request)
        # A form that shows the refusal beside its field says when to come again as well.
        if response.status_code == StorageFull.status and "Retry-After" not in response:
            response["Retry-After"] = str(StorageFull.retry_after_s)
        return response


class DomainErrorMiddleware:
    """Turns an anticipated refusal, or trouble that passes, into its page; everything else is a fault and goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if trouble := unavailable(error):
            return busy_answer(request, trouble)
        if not isinstance(error, DomainError):
            return None
        return render(request, "domain_error.html", {"error": error}, status=error.status)
