"""What is answered while database or disk are in trouble: 503 or 507 with the time to come again, never a page that hangs."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.views import defaults

from common.errors import NO_ROOM, DatabaseBusy, StorageFull, Unavailable
from common.patience import is_disk_full, is_passing, sweep_pool


def unavailable(error: BaseException | None) -> Unavailable | None:
    """The refusal that a fault of database or disk amounts to; None where it is another fault."""
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, OSError):
        return StorageFull() if error.errno in NO_ROOM else None
    if error is None or not is_passing(error):
        return None
    sweep_pool()
    return StorageFull() if is_disk_full(error) else DatabaseBusy()


def busy_answer(request: HttpRequest, error: Unavailable) -> HttpResponse:
    """Needs neither database nor disk."""
    if request.path.startswith("/api/"):
        answer: HttpResponse = JsonResponse(error.body, status=error.status, json_dumps_params={"ensure_ascii": False})
    else:
        page = loader.get_template("503.html").render({"error": error})
        answer = HttpResponse(page, status=error.status)
    answer["Retry-After"] = str(error.retry_after_s)
    answer["Cache-Control"] = "no-store"
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of faults, also of those before any page is reached: trouble that passes is said to be that."""
    trouble = unavailable(sys.exc_info()[1])
    return busy_answer(request, trouble) if trouble else defaults.server_error(request)
