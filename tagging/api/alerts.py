"""Alerts for machines and phones: the same services, scope, filters and refusals as the pages."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import HasPost, requires
from common import clock
from common.errors import NotVisible
from common.scope import Right
from elements.api.pages import page_of, valid_body
from elements.list_page import page_size_of
from elements.selectors.saved_filters import with_saved_filter
from events.list_periods import Period
from tagging.alert_filters import filtered_alerts
from tagging.api.alert_serializers import AlertPageSerializer, AlertSerializer, AlertStepSerializer
from tagging.choices import AlertState
from tagging.selectors import alert_list, alert_page
from tagging.services.alert_taking import take_alert_step
from tagging.workflow import ACTIONS


class AlertApiView(APIView):
    """GET: one page of alerts."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="alerts_list",
        parameters=[
            OpenApiParameter("page_size", int, enum=[20, 50, 100]),
            OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
            OpenApiParameter("filter", int, description="Id of a saved filter; other parameters go first."),
            OpenApiParameter("area", int, description="Id of an area."),
            OpenApiParameter("standing", str, enum=["open", "late", "overdue", "ended"]),
            OpenApiParameter("raised", str, enum=Period.values, description="First raised since then."),
            OpenApiParameter("first_from", OpenApiTypes.DATE, description="Raised on this day or later."),
            OpenApiParameter("mine", bool),
            OpenApiParameter("unread", bool),
            OpenApiParameter("level", int, enum=[1, 2]),
            OpenApiParameter("state", str, many=True, enum=AlertState.values),
            OpenApiParameter("tag", int),
            OpenApiParameter(
                "sort", str, description="last_at, first_at, count or due_at, `-` in front for descending."
            ),
        ],
        responses={200: AlertPageSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data, _saved = with_saved_filter(request.query_params, list_name=alert_list.LIST_NAME, user=request.user)
        found, _filterset = filtered_alerts(data, request.user)
        order = alert_list.order_of(data.get("sort", ""))
        page = alert_list.read_page(found, order=order, size=page_size_of(data), cursor=data.get("cursor", ""))
        rows = alert_list.worded(page.rows, request.user, clock.now())
        return page_of(request, page, AlertSerializer(rows, many=True).data, found)


class AlertStepApiView(APIView):
    """POST: takes a step of an alert; `version` is the one that was read."""

    permission_classes = [HasPost]

    @extend_schema(
        operation_id="alerts_step",
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
        request=AlertStepSerializer,
        responses={200: AlertSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, alert_id: int, action: str) -> Response:
        alert_page.visible_alert(alert_id, request.user)
        if action not in ACTIONS:
            raise NotVisible
        values = valid_body(AlertStepSerializer(data=request.data))
        done = take_alert_step(alert_id=alert_id, action=action, values=values, actor=request.user, now=clock.now())
        shown = alert_list.with_element(type(done).objects.filter(pk=done.pk)).get()
        return Response(AlertSerializer(alert_list.worded([shown], request.user, clock.now())[0]).data)
