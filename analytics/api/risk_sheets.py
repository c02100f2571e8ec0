"""Risk sheets for machines: the rows of the list, and one sheet with its measures."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from analytics.choices import RiskState, RiskSubject
from analytics.models import RiskMeasure, RiskSheet
from analytics.reports.risk_paper import post_text
from analytics.risk_filters import filtered_sheets
from analytics.selectors import risk_sheets as reading
from common.scope import Right
from elements.api.pages import page_of
from elements.list_page import page_size_of
from elements.selectors.keyset_pages import read_models


class RiskMeasureSerializer(serializers.ModelSerializer):
    """A measure; `post` is who answers for it."""

    post = serializers.SerializerMethodField()

    class Meta:
        model = RiskMeasure
        fields = ("number", "text", "post", "role", "area_id", "due_on", "done_on", "result")

    def get_post(self, measure: RiskMeasure) -> str:
        return post_text(measure)


class RiskSheetSerializer(serializers.Serializer):
    """A sheet; `sections` hold score and items as grades keep them."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField(help_text="ROAD, UNIT or DISTRICT.")
    element_id = serializers.IntegerField(allow_null=True)
    area_id = serializers.IntegerField(allow_null=True)
    subject = serializers.CharField(source="content.subject", allow_blank=True)
    edition = serializers.IntegerField()
    state = serializers.CharField(help_text="DRAFT, WAITING or SIGNED.")
    score = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)
    level = serializers.CharField(allow_blank=True)
    conclusion = serializers.CharField(allow_blank=True)
    review_on = serializers.DateField(allow_null=True)
    as_of = serializers.DateTimeField()
    signed_at = serializers.DateTimeField(allow_null=True)
    sections = serializers.ListField(source="content.sections", child=serializers.DictField())
    figures = serializers.ListField(source="content.figures", child=serializers.DictField())
    tags = serializers.ListField(source="content.tags", child=serializers.CharField())
    measures = RiskMeasureSerializer(many=True)


class RiskSheetPageSerializer(serializers.Serializer):
    """A page of sheets."""

    results = RiskSheetSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class RiskSheetListApiView(APIView):
    """GET: one page of sheets of the reader's scope, the latest first."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="risk_sheets_list",
        parameters=[
            OpenApiParameter("standing", str, enum=["in_force", "open"]),
            OpenApiParameter("review", str, enum=["overdue", "soon"]),
            OpenApiParameter("kind", str, many=True, enum=RiskSubject.values),
            OpenApiParameter("state", str, many=True, enum=RiskState.values),
            OpenApiParameter("area", int, description="Id of an area."),
            OpenApiParameter("element", int, description="Id of a road or unit."),
            OpenApiParameter("page_size", int, enum=[20, 50, 100]),
            OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
        ],
        responses={200: RiskSheetPageSerializer, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data = request.query_params
        found, _filterset = filtered_sheets(data, request.user)  # type: ignore[arg-type]
        page = read_models(
            found, list_name=reading.LIST_NAME, order=reading.order_of(""), size=page_size_of(data), cursor=data.get("cursor", ""),
            shown=RiskSheet.objects.prefetch_related("measures__area"),
        )  # fmt: skip
        return page_of(request, page, RiskSheetSerializer(page.rows, many=True).data, found)


class RiskSheetApiView(APIView):
    """GET: one sheet of the reader's scope."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(responses={200: RiskSheetSerializer, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, sheet_id: int) -> Response:
        user: Any = request.user
        return Response(RiskSheetSerializer(reading.visible_sheet(sheet_id, user)).data)
