"""The event layer of the map: tiles and legend."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse

from addresses.selectors.tiles import TileAddress
from common import clock
from console.event_dots import DOT_LABELS
from console.selectors.event_map import (
    DotCount,
    EventQuery,
    event_legend,
    fetch_event_tile,
    kind_of_dot,
    read_event_query,
)
from console.views.map import SignedInRequest, for_scripts, tile_response
from events.choices import Severity
from events.links import event_list_url


@for_scripts
def tile(request: SignedInRequest, zoom: int, x: int, y: int) -> HttpResponse:
    """One vector tile of events; its rows change without any version, so its ETag is the hash of its content."""
    address = TileAddress(zoom, x, y)
    found = fetch_event_tile(address, read_event_query(request.GET, request.user))
    etag = (request.user.scope.fingerprint(), found.state, found.content.hex())
    return tile_response(request, found, etag)


@for_scripts
def legend(request: SignedInRequest) -> HttpResponse:
    """How many events each dot stands for, and the list that shows the kind."""
    query = read_event_query(request.GET, request.user)
    rows = [_legend_row(row, query, request.GET.get("area", "")) for row in event_legend(query)]
    return JsonResponse({"rows": rows, "as_of": clock.now().isoformat(timespec="seconds")})


def _legend_row(row: DotCount, query: EventQuery, area: str) -> dict[str, Any]:
    filters = {"occurred_from": query.first.isoformat(), "occurred_to": query.last.isoformat()}
    kind = kind_of_dot(row.dot)
    if row.dot in Severity.values:
        filters["severity"] = row.dot
    return {
        "kind": row.dot,
        "label": str(DOT_LABELS[row.dot]),
        **row.count.as_json(),
        "text": str(row.count),
        "not_on_map": {**row.not_on_map.as_json(), "text": str(row.not_on_map)},
        "list_url": event_list_url(kind, **filters, **({"area": area} if area else {})),
    }
