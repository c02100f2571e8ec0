"""Address texts to standard addresses, and standard addresses by text, point and code, for other systems."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from addresses.api.serializers import (
    AddressSerializer,
    NearestSerializer,
    ResultsSerializer,
    SuggestionsSerializer,
    TextsSerializer,
)
from addresses.selectors.address_detail import address_row, successors
from addresses.selectors.address_then import address_then
from addresses.selectors.history import known_address
from addresses.selectors.nearest import DATUMS, NEAR_M, PointPlace, place_of_point, read_point
from addresses.selectors.suggest import MAX_LIMIT, suggest
from addresses.services.resolution import load_index, resolve_rows
from addresses.services.strict_resolution import resolve_strictly
from common import clock
from common.errors import DomainError
from common.scrub import scrub

_DEFAULT_LIMIT = 10
_TYPED_LIMIT = 100


class ResolveView(APIView):
    """POST {"texts": […]} → {"results": […]} in the same order; at most 10,000 texts a call. Nothing is stored.

    With "strict": true the answer is {"accepted": […], "refused": […]}: a code or what to do, by row, and no guess.
    """

    @extend_schema(request=TextsSerializer, responses=ResultsSerializer)
    def post(self, request: Request) -> Response:
        form = TextsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        texts = form.validated_data["texts"]
        if form.validated_data["strict"]:
            return Response(resolve_strictly(texts))
        return Response({"results": resolve_rows(texts)})


class SuggestView(APIView):
    """GET ?q=&limit=: addresses that a text may become while it is typed: names, parts of names, pinyin initials, then the
    numbers, buildings and rooms under the named place.
    """

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="What was typed so far; only the first 100 characters count."),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"At most {MAX_LIMIT}; {_DEFAULT_LIMIT} when not given."),
        ],
        responses=SuggestionsSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        typed = scrub(request.query_params.get("q", "")[:_TYPED_LIMIT]).replace("\x00", "")
        found = suggest(typed, load_index().names, limit=_limit(request.query_params.get("limit", "")))
        return Response(SuggestionsSerializer({"results": found}).data)


def _limit(text: str) -> int:
    if not text:
        return _DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MAX_LIMIT):
        raise DomainError("BAD_LIMIT", f"limit 应为 1 到 {MAX_LIMIT} 的整数。")
    return int(text)


class NearestView(APIView):
    """GET ?lon=&lat=&datum=: the nearest address within 200 m, and grid, district and squadron of the point."""

    @extend_schema(
        parameters=[
            OpenApiParameter("lon", OpenApiTypes.DOUBLE, required=True, description="Degrees."),
            OpenApiParameter("lat", OpenApiTypes.DOUBLE, required=True, description="Degrees."),
            OpenApiParameter("datum", OpenApiTypes.STR, enum=list(DATUMS), description="WGS84 when not given."),
        ],
        responses=NearestSerializer,
    )
    def get(self, request: Request) -> Response:
        data = request.query_params
        lon, lat = read_point(data.get("lon", ""), data.get("lat", ""), data.get("datum", "WGS84"))
        place = place_of_point(lon, lat, day=clock.today())
        return Response(asdict(place) | {"message": _said_of(place)})


def _said_of(place: PointPlace) -> str:
    """What a person should know when something is missing, else ""."""
    if place.address is None and not place.is_inside:
        return _("这个点不在莱州的责任区内，没有可对应的标准地址。请核对经纬度和坐标系。")
    if not place.is_inside:
        return _("这个点不在任何责任块内；给出的是附近的标准地址。")
    if place.address is None:
        return _("%(metres)s 米内没有已上图的标准地址。") % {"metres": NEAR_M}
    return ""


class AddressView(APIView):
    """GET one address by its code, or by one that it had before: components, state, block, what took its place.

    With `at` the same fields as they were at the end of that day, the block by the borders of that day; `not_known` says
    in words what nobody recorded. 404 `ADDRESS_NOT_YET` when the address did not exist yet.
    """

    @extend_schema(
        parameters=[OpenApiParameter("at", OpenApiTypes.DATE, description="A day, as 2026-11-26.")],
        responses=AddressSerializer,
    )
    def get(self, request: Request, code: str) -> Response:
        day = _day(request.query_params.get("at", ""))
        if day is not None:
            past = asdict(address_then(code, day, request.user))
            then = {name: past[name] for name in _THEN}
            return Response(past | {"at": day.isoformat(), "then": then})
        address = known_address(code, request.user)
        return Response(address_row(address) | {"replaced_by": successors(address.pk)})


# The first answer to `at` had these alone; callers of it read them in `then`.
_THEN = ("code", "full_text", "state", "is_provisional")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DomainError("BAD_DAY", "at 不是有效的日期，应如 2026-11-26。", {"field": "at"}) from None
