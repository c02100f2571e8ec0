"""The block sheet (块数据): the blocks of a reader, one block's page, its map, what was seen, and the same for machines."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import orjson
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _
from django.views import View
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.permissions import requires
from accounts.services.visits import mark_block_seen, restore_block_visit
from addresses.models import Area
from common import clock
from common.errors import DomainError, NotAllowed
from common.scope import Right
from console.block_page import sheet_context, sheet_json
from console.selectors import block as selectors
from console.selectors import block_list
from console.selectors.block_feed import block_feed
from console.views.list_export import list_export_url
from elements.choices import ElementKind
from elements.list_page import with_parameters

_DOTS = 2_000
_PAGE = 100


class BlockListView(LoginRequiredMixin, View):
    """GET /blocks/: the blocks of the reader; who has a single one is led to it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if Right.READ not in request.user.scope.rights:
            raise NotAllowed
        page = block_list.blocks_page(request.user, request.GET, _PAGE)
        if page.is_single:
            return HttpResponseRedirect(reverse("console:block", args=[page.rows[0].block.code]))
        steps = {
            name: with_parameters(request.GET, page=number)
            for name, number in (("previous_url", page.number - 1), ("next_url", page.number + 1))
            if 1 <= number <= page.pages
        }
        context = {
            "page_title": _("块数据"), "page": page, "as_of": clock.now(), "export_is_table": True,
            "export_url": list_export_url(request, "blocks"), **steps,
        }  # fmt: skip
        return render(request, "console/block_list.html", context)


class BlockView(LoginRequiredMixin, View):
    """GET /blocks/<code>/: everything of one block."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        block = selectors.block_at(code, request.user)
        sheet = selectors.read_sheet(block, request.user, clock.now())
        return render(request, "console/block.html", sheet_context(sheet))


class BlockPlacesView(LoginRequiredMixin, View):
    """GET /blocks/<code>/places/: outline and dots as GeoJSON; a dot names its kind and number only."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        block = selectors.block_at(code, request.user)
        features = [_outline(block)] if not block.is_pseudo else []
        features += [_dot(dot) for dot in selectors.points_of(block, request.user, _DOTS)]
        return JsonResponse({"type": "FeatureCollection", "features": features})


def _outline(block: Area) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"role": "block"}, "geometry": json.loads(block.geom.geojson)}


def _dot(dot: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "role": "element",
        "kind": dot["kind"],
        "label": str(ElementKind(dot["kind"]).label),
        "url": reverse("console:element", args=[dot["id"]]),
    }
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [dot["lon"], dot["lat"]]},
    }


class BlockSeenView(LoginRequiredMixin, View):
    """POST /blocks/<code>/seen/: all news are seen; with `restore`, the earlier time (or "" for none) stands again."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        block, now = selectors.block_at(code, request.user), clock.now()
        if "restore" in request.POST:
            seen_at = _moment(request.POST["restore"])
            restore_block_visit(block_id=block.pk, seen_at=seen_at, actor=request.user, now=now)
            trigger = {"toast": {"level": "success", "text": _("已恢复为之前的查看时间。")}}
        else:
            earlier = mark_block_seen(block_id=block.pk, actor=request.user, now=now)
            told = {"text": _("已记下：本块的变化看到现在。"), "undo": _("撤销")}
            trigger = {"block-seen": told | {"earlier": earlier.isoformat() if earlier else ""}}
        if not request.headers.get("HX-Request"):
            messages.success(request, _("已记下查看时间。"))
            return HttpResponseRedirect(reverse("console:block", args=[block.code]))
        context = {"grid": block, "feed": block_feed(block, request.user, now), "as_of": now}
        response = render(request, "console/block_feed.html", context)
        response.headers["HX-Trigger"] = json.dumps(trigger)
        return response


def _moment(text: str) -> datetime | None:
    """A time as `isoformat` writes it; "" is none."""
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or not is_aware(moment)):
        raise DomainError("BAD_TIME", "恢复的时间无法识别，没有改动。请刷新页面后重试。")
    return moment


class BlockApiView(APIView):
    """GET /api/v1/blocks/<code>/: the same sheet as data."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(responses={200: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, code: str) -> HttpResponse:
        block = selectors.block_at(code, request.user)
        sheet = selectors.read_sheet(block, request.user, clock.now())
        return HttpResponse(orjson.dumps(sheet_json(sheet)), content_type="application/json")
