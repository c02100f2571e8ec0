"""Rules for machines: the same scope, checks and refusals as the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common import clock
from common.scope import Right
from elements.api.pages import page_of, valid_body
from elements.list_page import page_size_of
from elements.selectors.saved_filters import with_saved_filter
from tagging.api.rules_serializers import (
    BodySerializer,
    PreviewSerializer,
    RuleVersionSerializer,
    SentenceSerializer,
    StepSerializer,
    TagRulePageSerializer,
    TagRuleSerializer,
    hit_json,
    rule_json,
    version_json,
)
from tagging.rule_filters import filtered_rules
from tagging.rules import explain
from tagging.selectors import laboratory, rule_list, rule_page
from tagging.selectors.rules import spoken_names
from tagging.services.publishing import read_any
from tagging.services.version_steps import STEPS, take_version_step

_REFUSALS = {400: OpenApiTypes.OBJECT, 403: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT}


class RulesApiView(APIView):
    """GET: one page of rules; who does not write rules gets those in force."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="rules_list",
        parameters=[
            OpenApiParameter("filter", int, description="Id of a saved filter; other parameters go first."),
            OpenApiParameter("q", str),
            OpenApiParameter("state", str, enum=list(rule_list.STATES)),
            OpenApiParameter("kind", str),
            OpenApiParameter("sort", str, description="code or title, `-` in front for descending."),
            OpenApiParameter("page_size", int, enum=[20, 50, 100]),
            OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
        ],
        responses={200: TagRulePageSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data, _saved = with_saved_filter(request.query_params, list_name=rule_list.LIST_NAME, user=request.user)
        found, _filterset = filtered_rules(data, request.user)
        order = rule_list.order_of(data.get("sort", ""))
        page = rule_list.read_page(found, order=order, size=page_size_of(data), cursor=data.get("cursor", ""))
        rows = [rule_json(row) for row in rule_list.rows(page.rows, request.user)]
        return page_of(request, page, rows, found)  # type: ignore[arg-type]


class RuleApiView(APIView):
    """GET: one rule with its versions; who does not write rules gets the version in force alone."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(operation_id="rules_get", responses={200: TagRuleSerializer, 404: OpenApiTypes.OBJECT})
    def get(self, request: Request, code: str) -> Response:
        rule = rule_list.visible_rule(code, request.user)
        row = rule_list.rows([rule], request.user)[0]
        versions = [version_json(one) for one in rule_page.versions_of(rule, request.user)]
        return Response(rule_json(row) | {"versions": versions})


class ReadApiView(APIView):
    """POST: the sentence that a body says; 400 with the place where it says none."""

    permission_classes = [requires(Right.RULE)]

    @extend_schema(request=BodySerializer, responses={200: SentenceSerializer, **_REFUSALS})
    def post(self, request: Request) -> Response:
        read = read_any(valid_body(BodySerializer(data=request.data))["body"])
        return Response({"sentence": explain.sentence(read, spoken_names())})


class PreviewApiView(APIView):
    """POST: whom a body hits now: how many, by town, the first twenty."""

    permission_classes = [requires(Right.RULE)]

    @extend_schema(request=BodySerializer, responses={200: PreviewSerializer, **_REFUSALS})
    def post(self, request: Request) -> Response:
        read = read_any(valid_body(BodySerializer(data=request.data))["body"])
        found: dict[str, Any] = laboratory.preview(read, request.user, now=clock.now())
        picture = found["picture"]
        towns = [{"town": town, "count": count} for town, count in picture.towns]
        answer = {"count": picture.count, "total": found["total"], "seconds": found["seconds"], "towns": towns}
        return Response(answer | {"first": [hit_json(one) for one in picture.first]})


class VersionStepApiView(APIView):
    """POST: takes a step of a version; who wrote it does not publish it."""

    permission_classes = [requires(Right.RULE)]

    @extend_schema(
        operation_id="rules_version_step",
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(STEPS))],
        request=StepSerializer,
        responses={200: RuleVersionSerializer(many=True), **_REFUSALS},
    )
    def post(self, request: Request, code: str, version_number: int, action: str) -> Response:
        rule = rule_list.visible_rule(code, request.user)
        version = rule_page.version_of(rule, version_number, request.user)
        note = valid_body(StepSerializer(data=request.data))["note"]
        take_version_step(version=version, action=action, note=note, actor=request.user, now=clock.now())
        rule = rule_list.visible_rule(code, request.user)
        return Response([version_json(one) for one in rule_page.versions_of(rule, request.user)])
