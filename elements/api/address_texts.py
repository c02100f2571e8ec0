"""Address texts that wait for a person, for machines: the same services, scope and refusals as the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from addresses.choices import WORKLIST, ResolveStatus, Verdict
from addresses.models import AddressText
from common import clock
from common.errors import DomainError
from common.scope import Right
from elements.api.pages import page_of, valid_body
from elements.filters import Count
from elements.list_page import page_size_of
from elements.selectors.address_texts import Effect, carriers_of_forms, texts_per_form
from elements.selectors.open_text_pages import OpenTexts, read_groups
from elements.services.address_decisions import MAX_GROUPS, TextRuling, decide_texts, undo_text_decisions

_BIGGEST_ID = 2**63 - 1


class GroupSerializer(serializers.Serializer):
    """Equal texts; `explanation` is what the engine said of them."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in ResolveStatus])
    texts = serializers.IntegerField()
    elements = serializers.IntegerField()
    explanation = serializers.DictField()


class GroupPageSerializer(serializers.Serializer):
    """One page of groups; `count` is that of texts: with `more_than` they are at least so many, not counted to the end."""

    results = GroupSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class RulingSerializer(serializers.Serializer):
    """One verdict on a text and its equals."""

    id = serializers.IntegerField(min_value=1, max_value=_BIGGEST_ID)
    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    code = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    county = serializers.CharField(max_length=60, required=False, default="", allow_blank=True)
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class DecideSerializer(serializers.Serializer):
    """Verdicts; with `texts` and `elements` nothing is done unless it would touch exactly so many."""

    rulings = RulingSerializer(many=True, min_length=1, max_length=MAX_GROUPS)
    texts = serializers.IntegerField(min_value=0, max_value=_BIGGEST_ID, required=False)
    elements = serializers.IntegerField(min_value=0, max_value=_BIGGEST_ID, required=False)


class DecidedSerializer(serializers.Serializer):
    """The decisions that hold now, and how many texts got another result."""

    decisions = serializers.ListField(child=serializers.DictField())
    texts = serializers.IntegerField()


class UndoSerializer(serializers.Serializer):
    """Decisions to take back, as `decide` answered them."""

    decisions = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_BIGGEST_ID), min_length=1, max_length=MAX_GROUPS
    )


class UndoneSerializer(serializers.Serializer):
    """Decisions taken back, how many texts got another result, and how many decisions were left as they are.

    Left is what was taken back already, contradicted by somebody, or is not there for the caller.
    """

    undone = serializers.ListField(child=serializers.IntegerField())
    texts = serializers.IntegerField()
    left = serializers.IntegerField()


class AddressTextListView(APIView):
    """GET: one page of open address texts in scope, equal ones together."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="address_texts_list",
        parameters=[
            OpenApiParameter("status", str, enum=[status.value for status in WORKLIST]),
            OpenApiParameter("cursor", str, description="Place of a page; from `next` or `previous`."),
            OpenApiParameter("page_size", int, enum=[20, 50, 100]),
        ],
        responses={200: GroupPageSerializer, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data = request.query_params
        status = data.get("status", "")
        if status and status not in WORKLIST:
            raise DomainError("BAD_FILTER", "筛选条件无效：结果。请改正或清除该条件。")
        found = read_groups(
            request.user, OpenTexts(status=status), size=page_size_of(data), cursor=data.get("cursor", "")
        )
        return page_of(
            request, found.page, _groups(request.user, found.page.rows), Count(found.number, found.is_capped)
        )


def _groups(user: Any, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    texts = {text.pk: text for text in AddressText.objects.filter(pk__in=[row["first"] for row in found])}
    forms = [row["normalised"] for row in found]
    carried, numbers = carriers_of_forms(user, forms), texts_per_form(forms)
    return [
        {
            "id": row["first"], "text": texts[row["first"]].text, "status": texts[row["first"]].status,
            "texts": numbers[row["normalised"]], "elements": carried.get(row["normalised"], (0,))[0],
            "explanation": texts[row["first"]].explanation,
        }
        for row in found
    ]  # fmt: skip


class AddressTextDecideView(APIView):
    """POST `rulings`, `texts?`, `elements?`: all of them or, when one cannot be, none."""

    permission_classes = [requires(Right.CORRECT)]

    @extend_schema(
        operation_id="address_texts_decide",
        request=DecideSerializer,
        responses={
            200: DecidedSerializer,
            400: OpenApiTypes.OBJECT,
            404: OpenApiTypes.OBJECT,
            409: OpenApiTypes.OBJECT,
        },
    )
    def post(self, request: Request) -> Response:
        asked = valid_body(DecideSerializer(data=request.data))
        expected = Effect(asked["texts"], asked["elements"]) if {"texts", "elements"} <= set(asked) else None
        rulings = [
            TextRuling(one["id"], Verdict(one["verdict"]), one["code"], one["county"], one["note"])
            for one in asked["rulings"]
        ]
        decided = decide_texts(rulings=rulings, expected=expected, actor=request.user, now=clock.now())
        made = [{"id": row.pk, "state": str(row.state), "verdict": str(row.verdict)} for row in decided.decisions]
        return Response({"decisions": made, "texts": len(decided.text_ids)})


class AddressTextUndoView(APIView):
    """POST `decisions`: takes back those that stand, in one transaction; the others are left and counted."""

    permission_classes = [requires(Right.CORRECT)]

    @extend_schema(
        operation_id="address_texts_undo",
        request=UndoSerializer,
        responses={200: UndoneSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        asked = valid_body(UndoSerializer(data=request.data))
        found = undo_text_decisions(decision_ids=asked["decisions"], actor=request.user, now=clock.now())
        undone = [row.pk for row in found.undone.decisions]
        return Response({"undone": undone, "texts": len(found.undone.text_ids), "left": found.left})
