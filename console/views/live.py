"""The live layer of the map: where vehicles are, the stream of what moves, the card of one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from accounts.streams import stream_response
from common import clock
from console.live_page import blocks_of, card_context, vehicle_events, vehicle_rows
from console.views.map import SignedInRequest, for_scripts
from events.services.live import POSITIONS


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
    """What moves inside the scope as server-sent events."""
    return await stream_response(request, POSITIONS, lambda scope, _user: blocks_of(scope), vehicle_events)
