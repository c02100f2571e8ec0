"""Work orders and inspections for machines: the same services, scope, filters and refusals as the pages."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import HasPost, requires
from common import clock
from common.errors import NotVisible
from common.scope import Right
from duty.api.serializers import (
    STEPS,
    DispatchSerializer,
    DuePageSerializer,
    DueSerializer,
    OrderPageSerializer,
    OrderSerializer,
    RepairSerializer,
    ReportSerializer,
    VersionSerializer,
)
from duty.choices import OrderState
from duty.filters import filtered_due, filtered_orders
from duty.selectors import inspections, orders
from duty.services.orders import report_fault
from duty.services.taking import take_step
from elements.api.pages import page_of, valid_body
from elements.list_page import page_size_of

_PAGING = [
    OpenApiParameter("page_size", int, enum=[20, 50, 100]),
    OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
    OpenApiParameter("area", int, description="Id of an area."),
    OpenApiParameter("facility_type", str, many=True),
]


class WorkOrderApiView(APIView):
    """GET: one page of orders. POST: reports a fault; 201 with the order, also when the request came before."""

    parser_classes = [JSONParser, MultiPartParser, FormParser]
    permission_classes = [requires(Right.READ)]

    @extend_schema(
        parameters=[
            *_PAGING,
            OpenApiParameter("standing", str, enum=["open", "overdue", "closed"]),
            OpenApiParameter("mine", bool),
            OpenApiParameter("cause", str, enum=["FAULT", "DANGER"]),
            OpenApiParameter("state", str, many=True, enum=OrderState.values),
            OpenApiParameter("sort", str, description="number, due_on or reported_at, `-` in front for descending."),
        ],
        responses={200: OrderPageSerializer, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data = request.query_params
        found, _filterset = filtered_orders(data, request.user)
        order = orders.order_of(data.get("sort", ""))
        page = orders.read_page(found, order=order, size=page_size_of(data), cursor=data.get("cursor", ""))
        return page_of(request, page, OrderSerializer(page.rows, many=True).data, found)

    @extend_schema(
        request=ReportSerializer,
        responses={
            201: OrderSerializer,
            400: OpenApiTypes.OBJECT,
            404: OpenApiTypes.OBJECT,
            409: OpenApiTypes.OBJECT,
        },
    )
    def post(self, request: Request) -> Response:
        values = valid_body(ReportSerializer(data=request.data))
        order = report_fault(**values, actor=request.user, now=clock.now())
        return Response(OrderSerializer(order).data, status=status.HTTP_201_CREATED)


class StepApiView(APIView):
    """POST: takes a step; the same step sent again with the same version answers with what it has led to."""

    parser_classes = [JSONParser, MultiPartParser, FormParser]
    permission_classes = [HasPost]

    @extend_schema(
        operation_id="work_orders_step",
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(STEPS))],
        request=PolymorphicProxySerializer(
            "WorkOrderStep", [VersionSerializer, DispatchSerializer, RepairSerializer], resource_type_field_name=None
        ),
        responses={200: OrderSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, number: str, action: str) -> Response:
        orders.visible_order(number, request.user)
        if action not in STEPS:
            raise NotVisible
        values = valid_body(STEPS[action](data=request.data))
        order = take_step(number=number, action=action, values=values, actor=request.user, now=clock.now())
        return Response(OrderSerializer(order).data)


class DueApiView(APIView):
    """GET: facilities under a plan of inspections, the most overdue first."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        parameters=[
            *_PAGING,
            OpenApiParameter(
                "standing", str, enum=["SOON", "OVERDUE", "NEVER"], description="Blank: every facility under a plan."
            ),
        ],
        responses={200: DuePageSerializer, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data = request.query_params
        found, _filterset = filtered_due(data, request.user)
        page = inspections.read_page(found, size=page_size_of(data), cursor=data.get("cursor", ""), today=clock.today())
        return page_of(request, page, DueSerializer(page.rows, many=True).data, found)
