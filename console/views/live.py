"""The live layer of the map: where vehicles are, the stream of what moves, the card of one."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.live_page import blocks_of, card_context, vehicle_events, vehicle_rows
from console.views.map import SignedInRequest, for_scripts
from events.services.live import LiveUnavailable, hub


@for_scripts
def vehicles(request: SignedInRequest) -> HttpResponse:
    """Where vehicles are now, inside `bbox` and `area`; what the browser asks again and again when it has no stream."""
    return JsonResponse(vehicle_rows(request.GET, request.user, clock.now()))


@login_required
@require_safe
def vehicle_card(request: SignedInRequest, tracker_id: int) -> HttpResponse:
    """Drawer content of one vehicle; a foreign one answers like a missing one."""
    return render(request, "console/live_card.html", card_context(tracker_id, request.user, clock.now()))


@require_GET
async def vehicle_stream(request: HttpRequest) -> HttpResponseBase:
    """What moves inside the scope as server-sent events; scope and session are asked again while it lasts."""
    user = await request.auser()
    if not user.is_authenticated:
        return JsonResponse({"code": "SIGNED_OUT", "message": _("登录已失效，请重新登录。"), "extra": {}}, status=401)
    try:
        scope = await sync_to_async(lambda: user.scope)()
        if Right.READ not in scope.rights:
            raise NotAllowed
        if not isinstance(request, ASGIRequest):
            # A server without an event loop would give a thread to each browser.
            raise LiveUnavailable
        listener = await hub().join(blocks_of(scope))
    except DomainError as error:
        body = {"code": error.code, "message": error.message, "extra": error.extra}
        return JsonResponse(body, status=error.status)
    # `no-transform` and the header for nginx: nobody on the way may hold events back.
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    events = vehicle_events(listener, user, request.session)
    return StreamingHttpResponse(events, content_type="text/event-stream", headers=headers)
