"""Grades for machines: the same selectors, services, scope and refusals as the pages."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common import clock
from common.scope import Right
from elements.api.pages import page_of, valid_body
from elements.list_page import page_size_of
from tagging.api.grade_serializers import DraftSerializer, GradePageSerializer, GradeSerializer, SchemeSerializer
from tagging.grade_filters import filtered_grades
from tagging.selectors import grade_list
from tagging.selectors.scheme_page import scheme_named
from tagging.services import scheme_versions


class GradeApiView(APIView):
    """GET: one page of the standing grades of a scheme, the highest scores first."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        parameters=[
            OpenApiParameter("scheme", str, description="Code of a scheme; blank: the first."),
            OpenApiParameter("level", str, many=True),
            OpenApiParameter("area", int, description="Id of an area."),
            OpenApiParameter("town", str, description="Code of a town."),
            OpenApiParameter("is_set", bool, description="Set by people."),
            OpenApiParameter("sort", str, description="score or since, `-` in front for descending."),
            OpenApiParameter("page_size", int, enum=[20, 50, 100]),
            OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
        ],
        responses={200: GradePageSerializer, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data = request.query_params
        found, _filterset = filtered_grades(data, request.user)
        order = grade_list.order_of(data.get("sort", ""))
        page = grade_list.read_page(found, order=order, size=page_size_of(data), cursor=data.get("cursor", ""))
        rows = grade_list.worded(page.rows, request.user)
        return page_of(request, page, GradeSerializer(rows, many=True).data, found)


class SchemeApiView(APIView):
    """GET: schemes in force with their bodies."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(responses={200: SchemeSerializer(many=True)})
    def get(self, request: Request) -> Response:
        return Response(SchemeSerializer(grade_list.active_schemes(), many=True).data)


class SchemeDraftApiView(APIView):
    """POST: keeps a whole body as the draft of the next version; somebody else publishes it on its page."""

    permission_classes = [requires(Right.RULE)]

    @extend_schema(
        operation_id="grade_schemes_draft",
        request=DraftSerializer,
        responses={
            201: OpenApiTypes.OBJECT,
            400: OpenApiTypes.OBJECT,
            404: OpenApiTypes.OBJECT,
            409: OpenApiTypes.OBJECT,
        },
    )
    def post(self, request: Request, code: str) -> Response:
        scheme = scheme_named(code, request.user)
        values = valid_body(DraftSerializer(data=request.data))
        row = scheme_versions.save_draft(scheme=scheme, **values, actor=request.user, now=clock.now())
        return Response({"version": row.number, "state": row.state}, status=status.HTTP_201_CREATED)
