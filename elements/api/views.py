"""Registries for machines: the rows of the lists, with the same scope, filter, order and masks."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common.scope import Right
from elements.filters import Count, capped_count, filtered_elements
from elements.list_page import page_size_of, registry_named, with_parameters
from elements.registries import REGISTRIES
from elements.selectors.lists import fill_read, order_of, read_page
from elements.selectors.saved_filters import with_saved_filter

_PARAMETERS = [
    OpenApiParameter("registry", str, OpenApiParameter.PATH, enum=list(REGISTRIES)),
    OpenApiParameter("filter", int, description="Id of a saved filter; other parameters go first."),
    OpenApiParameter("sort", str, description="Name of a sortable column, `-` in front for descending."),
    OpenApiParameter("page_size", int, enum=[20, 50, 100]),
    OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
]
_PAGE = inline_serializer(
    "ElementPage",
    {
        "results": serializers.ListField(child=serializers.DictField()),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "count": serializers.IntegerField(),
        "more_than": serializers.BooleanField(),
    },
)


class ElementListView(APIView):
    """GET /api/v1/elements/<registry>/: one page of a registry; `count` stops at 10,000 and then `more_than` is true."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(parameters=_PARAMETERS, responses={200: _PAGE, 400: OpenApiTypes.OBJECT})
    def get(self, request: Request, registry: str) -> HttpResponse:
        chosen = registry_named(registry)
        data, _saved = with_saved_filter(request.query_params, list_name=chosen.name, user=request.user)
        queryset, _filterset = filtered_elements(chosen, data, request.user)
        page = read_page(
            queryset,
            registry=chosen,
            order=order_of(chosen, data.get("sort", ""), request.user),
            size=page_size_of(data),
            cursor=data.get("cursor", ""),
            user=request.user,
        )
        fill_read(page.rows, registry=chosen, user=request.user)
        count = Count(len(page.rows), False) if page.is_whole else capped_count(queryset)
        body = {"results": page.rows, **self._links(request, page), **count.as_json()}
        return HttpResponse(orjson.dumps(body), content_type="application/json")

    def _links(self, request: Request, page: Any) -> dict[str, str | None]:
        def link(cursor: str | None) -> str | None:
            if cursor is None:
                return None
            return request.build_absolute_uri(with_parameters(request.query_params, cursor=cursor))

        return {"next": link(page.next_cursor), "previous": link(page.previous_cursor)}
