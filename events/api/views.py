"""Events for machines: the rows of the lists and one event, with the same scope, filters, order and masks as the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common.scope import Right
from elements.api.pages import page_of
from elements.list_page import page_size_of
from events.api.one_event import event_json
from events.filters import FILTERS, filtered_events
from events.list_kinds import EVENT_LISTS, event_list
from events.selectors.detail import visible_event
from events.selectors.lists import order_of, read_page, shown_rows

_KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(EVENT_LISTS))


def _lists_with(name: str) -> str:
    return ", ".join(one.name for one in EVENT_LISTS.values() if name in FILTERS[one.code].base_filters)


_FILTERS = [
    OpenApiParameter(name, str, description=f"Filter of {_lists_with(name)}.")
    for name in dict.fromkeys(name for one in FILTERS.values() for name in one.base_filters)
]
_PARAMETERS = [
    _KIND,
    *_FILTERS,
    OpenApiParameter("sort", str, enum=["-occurred_at", "occurred_at"]),
    OpenApiParameter("page_size", int, enum=[20, 50, 100]),
    OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
]
_PAGE = inline_serializer(
    "EventPage",
    {
        "results": serializers.ListField(child=serializers.DictField()),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "count": serializers.IntegerField(),
        "more_than": serializers.BooleanField(),
    },
)
_EVENT = inline_serializer(
    "Event",
    {
        "id": serializers.IntegerField(),
        "kind": serializers.CharField(),
        "number": serializers.CharField(),
        "source": serializers.CharField(),
        "block": serializers.CharField(),
        "is_withdrawn": serializers.BooleanField(),
        "fields": serializers.DictField(),
        "parties": serializers.ListField(child=serializers.DictField()),
    },
)


class EventListView(APIView):
    """GET: one page of events, the newest first; without a time all times. `count` stops at 10,000 with `more_than` true."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(operation_id="events_list", parameters=_PARAMETERS, responses={200: _PAGE, 400: OpenApiTypes.OBJECT})
    def get(self, request: Request, kind: str) -> Response:
        chosen, data = event_list(kind), request.query_params
        found, _filterset = filtered_events(chosen, data, request.user)
        page = read_page(
            found, chosen=chosen, order=order_of(chosen, data.get("sort", "")), size=page_size_of(data),
            cursor=data.get("cursor", ""),
        )  # fmt: skip
        return page_of(request, page, shown_rows(chosen, page.rows, request.user), found)


class EventView(APIView):
    """GET: one event with every field that was said; a foreign one answers like a missing one."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="events_retrieve", parameters=[_KIND], responses={200: _EVENT, 404: OpenApiTypes.OBJECT}
    )
    def get(self, request: Request, kind: str, event_id: int) -> Response:
        chosen = event_list(kind)
        body: dict[str, Any] = event_json(chosen, visible_event(chosen, event_id, request.user), request.user)
        return Response(body)
