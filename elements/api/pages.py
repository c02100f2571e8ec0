"""What every API of lists does: checks a body, links a page to its neighbours."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import DomainError
from elements.filters import Count, capped_count
from elements.list_page import with_parameters
from elements.selectors.keyset_pages import RowPage


def valid_body(serializer: serializers.BaseSerializer) -> dict[str, Any]:
    """The values of a body.

    Raises:
        DomainError: some are missing or cannot be.
    """
    if not serializer.is_valid():
        raise DomainError(
            "FIELDS_INVALID", "有字段缺失或无效，请按 extra 改正后再提交。", {"fields": serializer.errors}
        )
    return dict(serializer.validated_data)


def page_of(request: Request, page: RowPage[Any], results: list[Any], counted: QuerySet[Any] | Count) -> Response:
    """One page with the addresses of its neighbours; `count` stops at 10,000 and then `more_than` is true."""

    def link(cursor: str | None) -> str | None:
        return request.build_absolute_uri(with_parameters(request.query_params, cursor=cursor)) if cursor else None

    body = {"results": results, "next": link(page.next_cursor), "previous": link(page.previous_cursor)}
    count = counted if isinstance(counted, Count) else capped_count(counted)
    return Response(body | count.as_json())
