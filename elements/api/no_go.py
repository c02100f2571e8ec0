"""No-go rules and permits for machines, and whether a vehicle may go: the same services, scope and masks as the pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import HasPost, requires
from common import clock
from common.errors import DomainError
from common.scope import Actor, Right
from elements.api.no_go_serializers import (
    AnswerSerializer,
    CheckSerializer,
    EndingSerializer,
    EndSerializer,
    NewPermitSerializer,
    PermitPageSerializer,
    PermitSerializer,
    ReasonSerializer,
    RulePageSerializer,
    RuleSerializer,
    WithdrawalSerializer,
)
from elements.api.pages import page_of, valid_body
from elements.list_page import page_size_of
from elements.models import NoGoPermit, NoGoRule
from elements.selectors.keyset_pages import order_among, read_models
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.no_go import rule_of_page, rules_with_permits, vehicle_by_plate
from elements.selectors.no_go_permits import permits_ending_with, visible_permits
from elements.services.no_go import add_permit, check_plate, require_writer
from elements.services.no_go_ends import check_end, end_rule, restore_permit, withdraw_permit

_PAGING = [
    OpenApiParameter("page_size", int, enum=[20, 50, 100]),
    OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
]
_GEOMETRY = OpenApiParameter("geometry", bool, description="1: with the GeoJSON of the area.")
_REFUSED = {400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT}


def _context(request: Request) -> dict[str, Any]:
    return {"with_geometry": request.query_params.get("geometry", "").lower() in {"1", "true"}}


def _standing(rules: QuerySet[NoGoRule], text: str, today: date) -> QuerySet[NoGoRule]:
    ended = Q(valid_to__lte=today)
    if text in {"", "all"}:
        return rules
    if text not in {"current", "ended"}:
        raise DomainError("BAD_FILTER", "筛选条件无效：standing。应为 current、ended 或 all。")
    return rules.filter(ended) if text == "ended" else rules.exclude(ended)


def permit_json(permit: NoGoPermit, user: Actor) -> dict[str, Any]:
    """What the API says of a permit whose vehicle the reader may see."""
    vehicle = permit.vehicle
    label = shown_label(vehicle.kind, vehicle.label, in_full=may_read_names(user))
    return {
        "id": permit.pk, "number": permit.number, "rule_id": permit.rule_id, "vehicle": {"id": vehicle.pk, "label": label},
        "valid_from": permit.valid_from, "valid_to": permit.valid_to,
    }  # fmt: skip


def _one_permit(permit: NoGoPermit, user: Actor) -> dict[str, Any]:
    return PermitSerializer(permit_json(permit, user)).data


class RuleListView(APIView):
    """GET: the rules, the latest first; public notices, for who reads elements or configures."""

    permission_classes = [HasPost]

    @extend_schema(
        operation_id="no_go_rules_list",
        parameters=[*_PAGING, _GEOMETRY, OpenApiParameter("standing", str, enum=["current", "ended", "all"])],
        responses={200: RulePageSerializer, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data, today = request.query_params, clock.today()
        shown = rules_with_permits(request.user, today)
        found = _standing(NoGoRule.objects.all(), data.get("standing", ""), today)
        order = order_among(NoGoRule, "", usual="-valid_from", sortable=("valid_from",))
        page = read_models(
            found, list_name="no-go-rules", order=order, size=page_size_of(data), cursor=data.get("cursor", ""), shown=shown
        )  # fmt: skip
        results = RuleSerializer(page.rows, many=True, context=_context(request)).data
        return page_of(request, page, list(results), found)


class RuleView(APIView):
    """GET: one rule."""

    permission_classes = [HasPost]

    @extend_schema(
        operation_id="no_go_rules_retrieve",
        parameters=[_GEOMETRY],
        responses={200: RuleSerializer, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, rule_id: int) -> Response:
        rule = rule_of_page(rule_id, request.user, clock.today())
        return Response(RuleSerializer(rule, context=_context(request)).data)


class RuleEndView(APIView):
    """GET `on`: which permits would end with the rule. POST `ends_on`, `reason`, `version`: ends it."""

    permission_classes = [HasPost]

    @extend_schema(
        operation_id="no_go_rules_end_preview",
        parameters=[OpenApiParameter("on", date, required=True, description="The first day without the rule.")],
        responses={200: EndingSerializer, **_REFUSED},
    )
    def get(self, request: Request, rule_id: int) -> Response:
        user, today = request.user, clock.today()
        require_writer(user)
        rule, ends_on = rule_of_page(rule_id, user, today), _day(request.query_params.get("on", ""))
        check_end(rule, ends_on, today)
        ending = permits_ending_with(rule, ends_on, user)
        permits = [permit_json(permit, user) for permit in ending.shown]
        body = {"ends_on": ends_on, "permits": permits, "hidden_count": ending.hidden_count}
        return Response(EndingSerializer(body).data)

    @extend_schema(operation_id="no_go_rules_end", request=EndSerializer, responses={200: RuleSerializer, **_REFUSED})
    def post(self, request: Request, rule_id: int) -> Response:
        require_writer(request.user)
        asked = valid_body(EndSerializer(data=request.data))
        end_rule(rule_id=rule_id, **asked, actor=request.user, now=clock.now())
        return Response(RuleSerializer(rule_of_page(rule_id, request.user, clock.today())).data)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DomainError("BAD_FILTER", "筛选条件无效：on。应为日期，如 2026-12-01。") from error


class RulePermitsView(APIView):
    """GET: permits of a rule whose vehicles are in scope. POST: puts one down; 201."""

    permission_classes = [HasPost]

    @extend_schema(
        operation_id="no_go_permits_list",
        parameters=_PAGING,
        responses={200: PermitPageSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, rule_id: int) -> Response:
        data, user = request.query_params, request.user
        rule_of_page(rule_id, user, clock.today())
        found = visible_permits(user).filter(rule_id=rule_id)
        order = order_among(NoGoPermit, "", usual="-valid_from", sortable=("valid_from",))
        page = read_models(
            found, list_name="no-go-permits", order=order, size=page_size_of(data), cursor=data.get("cursor", ""),
            shown=NoGoPermit.objects.select_related("vehicle"),
        )  # fmt: skip
        results = PermitSerializer([permit_json(permit, user) for permit in page.rows], many=True).data
        return page_of(request, page, list(results), found)

    @extend_schema(
        operation_id="no_go_permits_create",
        request=NewPermitSerializer,
        responses={201: PermitSerializer, **_REFUSED},
    )
    def post(self, request: Request, rule_id: int) -> Response:
        user = request.user
        require_writer(user)
        asked = valid_body(NewPermitSerializer(data=request.data))
        vehicle = vehicle_by_plate(asked.pop("plate"), user)
        permit = add_permit(rule_id=rule_id, vehicle_id=vehicle.pk, **asked, actor=user, now=clock.now())
        return Response(_one_permit(permit, user), status=status.HTTP_201_CREATED)


class PermitWithdrawView(APIView):
    """POST `reason`: makes a permit void from today; it can be taken back for ten minutes."""

    permission_classes = [HasPost]

    @extend_schema(
        operation_id="no_go_permits_withdraw", request=ReasonSerializer, responses={200: WithdrawalSerializer, **_REFUSED}
    )  # fmt: skip
    def post(self, request: Request, permit_id: int) -> Response:
        require_writer(request.user)
        asked = valid_body(ReasonSerializer(data=request.data))
        done = withdraw_permit(permit_id=permit_id, reason=asked["reason"], actor=request.user, now=clock.now())
        return Response(WithdrawalSerializer(done).data)


class PermitRestoreView(APIView):
    """POST: takes back one's own withdrawal of the last ten minutes."""

    permission_classes = [HasPost]

    @extend_schema(operation_id="no_go_permits_restore", request=None, responses={200: PermitSerializer, **_REFUSED})
    def post(self, request: Request, permit_id: int) -> Response:
        permit = restore_permit(permit_id=permit_id, actor=request.user, now=clock.now())
        return Response(_one_permit(permit, request.user))


class CheckApiView(APIView):
    """POST a plate, a place, optionally a time: whether the vehicle may go there then; on record like a search."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="no_go_check",
        request=CheckSerializer,
        responses={200: AnswerSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        asked, now = valid_body(CheckSerializer(data=request.data)), clock.now()
        position = None if asked["lon"] is None else (asked["lon"], asked["lat"])
        answer = check_plate(
            plate=asked["plate"], position=position, road_id=asked["road_id"], at=asked["at"] or now, actor=request.user,
            now=now,
        )  # fmt: skip
        verdicts = [
            {
                "rule_id": one.rule.pk, "rule_name": one.rule.name, "applies": one.applies, "is_forbidden": one.is_forbidden,
                "permit_number": one.permit.number if one.permit else None,
                "reasons": [{"is_met": reason.is_met, "text": str(reason.text)} for reason in one.reasons],
            }
            for one in answer.verdicts
        ]  # fmt: skip
        body = {
            "vehicle": {"id": answer.vehicle.pk, "label": answer.label}, "at": answer.at,
            "is_forbidden": bool(answer.forbidding), "verdicts": verdicts,
        }  # fmt: skip
        response = Response(AnswerSerializer(body).data)
        response["Cache-Control"] = "no-store"
        return response
