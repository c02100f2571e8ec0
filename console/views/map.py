"""The one map: its page, tiles, legend, list and ground."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import blake2s
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.streams import refused, signed_out
from addresses.selectors.tiles import Tile, TileAddress, TileState, fetch_tile, layer_version
from analytics.selectors.reports import may_write
from common import clock
from common.errors import DomainError
from console.event_dots import layer_context
from console.live_page import channel_name
from console.selectors import map as selectors
from console.selectors import map_ground
from console.selectors.event_place import events_at
from elements.filters import FILTERS
from elements.models import Element
from elements.registries import REGISTRIES
from elements.selectors.areas import areas_of_scope
from events.list_kinds import EVENT_LISTS

# Whether the content still holds is asked each time: a copy of another scope or of yesterday is never shown.
_REVALIDATE = "private, no-cache"
_TILE_TYPE = "application/vnd.mapbox-vector-tile"
STATE_HEADER = "X-Map-State"
# Lists that a shape drawn on the map can be asked of: events with a place of their own.
_SELECTED = ("accidents", "violations", "incidents")
_OWN_FIELDS = ("area", "search")  # the page has its own controls for these

View = Callable[..., HttpResponse]


class SignedInRequest(HttpRequest):
    """A request whose user has signed in, as the decorators below make sure."""

    user: User


def for_scripts(view: View) -> View:
    """A read for a script: signed-out is 401 and an anticipated refusal is JSON, never a page."""

    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return signed_out()
        try:
            response = view(request, *args, **kwargs)
        except DomainError as error:
            response = refused(error)
        response.headers["Cache-Control"] = _REVALIDATE
        response.headers["Vary"] = "Cookie"
        return response

    return wrapped


def _etag(*parts: object) -> str:
    return f'"{blake2s("|".join(map(str, parts)).encode(), digest_size=16).hexdigest()}"'


def _conditional(request: HttpRequest, content: str, content_type: str = "application/json") -> HttpResponse:
    """A document with the hash of its content as ETag: 304 when the browser has it already."""
    etag = _etag(content)
    response = get_conditional_response(request, etag=etag) or HttpResponse(content, content_type=content_type)
    response.headers["ETag"] = etag
    return response


@for_scripts
def tile(request: SignedInRequest, layer: str, zoom: int, x: int, y: int) -> HttpResponse:
    """One vector tile; 204 when nothing lies in it, 304 when the browser's copy holds.

    A tile of the pyramid holds as long as scope, filter and layer version do, which is known before it is made. The
    rows behind any other filter change without the layer: such a tile carries the hash of its content.
    """
    if layer not in selectors.LAYERS:
        raise Http404
    address = TileAddress(zoom, x, y)
    query = selectors.read_query(request.GET, request.user)
    dots = selectors.address_dots(query) if layer == "addresses" else selectors.element_dots(query)
    scope = request.user.scope.fingerprint()
    if dots.subjects is None and request.headers.get("If-None-Match"):
        etag = _etag(scope, dots.fingerprint(), layer_version(dots.layer))
        if isinstance(held := get_conditional_response(request, etag=etag), HttpResponseNotModified):
            return held
    found = fetch_tile(address, dots)
    made_of = (found.state, found.content.hex()) if dots.subjects else (dots.fingerprint(), found.version)
    return tile_response(request, found, (scope, *made_of))


def tile_response(request: HttpRequest, found: Tile, made_of: tuple[object, ...]) -> HttpResponse:
    """The tile with the ETag of what it was made of; 304 when the browser has it, 204 when nothing lies in it."""
    etag = _etag(*made_of)
    response = get_conditional_response(request, etag=etag) or HttpResponse(found.content, content_type=_TILE_TYPE)
    if response.status_code == 200 and not found.content:
        response = HttpResponse(status=204)
    response.headers["ETag"] = etag
    if found.state is not TileState.COMPLETE:
        response.headers[STATE_HEADER] = str(found.state)  # WSGI servers take nothing but str
    return response


@for_scripts
def legend(request: SignedInRequest) -> HttpResponse:
    """What the dots are and how many: the same counts as list and API."""
    query = selectors.read_query(request.GET, request.user)
    return JsonResponse(
        {
            "registries": [row.as_json() for row in selectors.element_legend(query)],
            "addresses": selectors.address_legend(query),
            "as_of": clock.now().isoformat(timespec="seconds"),
        }
    )


@for_scripts
def features(request: SignedInRequest) -> HttpResponse:
    """The list in step with the map (`bbox=west,south,east,north`), or where the results lie (`extent=1`)."""
    query = selectors.read_query(request.GET, request.user)
    if request.GET.get("extent"):
        found = selectors.find_extent(query)
        counts = {**found.count.as_json(), "not_on_map": found.not_on_map.as_json()}
        return JsonResponse({"box": found.box, "ids": found.ids, **counts})
    box = selectors.parse_box(request.GET["bbox"]) if request.GET.get("bbox") else None
    view = selectors.elements_in_view(query, box)
    return JsonResponse({"rows": view.rows, **view.count.as_json(), "text": str(view.count)})


@for_scripts
def areas(request: SignedInRequest, kind: str) -> HttpResponse:
    """Outlines of squadrons, districts or grids of the scope."""
    return _conditional(request, map_ground.areas_document(request.user, kind), "application/geo+json")


@for_scripts
def base(request: SignedInRequest) -> HttpResponse:
    """City limits, towns, coast, neighbours, roads: our own files, no other machine is asked."""
    return _conditional(request, map_ground.base_document(), "application/geo+json")


@login_required
@require_safe
def place(request: SignedInRequest) -> HttpResponse:
    """Drawer content for a click on several things at one place."""
    found = selectors.things_at(request.user, _ids(request, "elements"), _ids(request, "addresses"))
    events = events_at(request.user, _ids(request, "events"))
    return render(request, "console/map_place.html", {"place": found, "events": events})


def _ids(request: HttpRequest, name: str) -> list[int]:
    texts = [text for text in request.GET.get(name, "").split(",") if text]
    if not all(text.isdecimal() and len(text) < 19 for text in texts):
        raise DomainError("BAD_IDS", "对象编号无效，请在地图上重新点选。")
    return [int(text) for text in texts]


@login_required
@require_safe
def filters(request: SignedInRequest) -> HttpResponse:
    """Fields of the chosen registry's own filters."""
    query = selectors.read_query(request.GET, request.user)
    return render(request, "console/map_filters.html", {"filter_fields": _filter_fields(query)})


def _filter_fields(query: selectors.MapQuery) -> list[Any]:
    if query.registry is None:
        return []
    filterset = FILTERS[query.registry.name](query.data or None, queryset=Element.objects.none())
    return [field for field in filterset.form if field.name not in _OWN_FIELDS]


@login_required
@require_safe
def map_page(request: SignedInRequest) -> HttpResponse:
    """The page; everything it shows stands in the URL."""
    query = selectors.read_query(request.GET, request.user)
    context = {
        "page_title": _("一张图"),
        "registries": list(REGISTRIES.values()),
        "registry_name": query.registry.name if query.registry else "",
        "kinds": [{"code": kind.code, "label": kind.label} for kind in selectors.ELEMENT_KINDS.values()],
        "address_kinds": [{"code": kind.name, "label": kind.label} for kind in selectors.ADDRESS_KINDS],
        "areas": _area_choices(request),
        **layer_context(),
        "selection_lists": [
            {"label": EVENT_LISTS[name].label, "url": reverse(EVENT_LISTS[name].url_name)} for name in _SELECTED
        ],
        "may_report": may_write(request.user),
        "live_channel": channel_name(request.user),
        "filter_fields": _filter_fields(query),
    }
    return render(request, "console/map.html", context | _url_templates())


def _area_choices(request: SignedInRequest) -> list[dict[str, Any]]:
    return [area | {"indent": "\u3000" * (area["depth"] - 1)} for area in areas_of_scope(request.user.scope)]


def _url_templates() -> dict[str, str]:
    """URLs with a gap that the script fills."""
    return {
        "tile_url": reverse("map:tile", args=["LAYER", 0, 0, 0]).replace("LAYER/0/0/0", "{layer}/{z}/{x}/{y}"),
        "area_url": reverse("map:areas", args=["KIND"]).replace("KIND", "{kind}"),
        "card_url": reverse("console:element-card", args=[0]).replace("/0/", "/{id}/"),
        "list_url": reverse("elements:list", args=["NAME"]).replace("NAME", "{name}"),
    }
