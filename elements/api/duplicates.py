"""Suspected duplicates and merges for machines: the same services, scope, masks and refusals as the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from common import clock
from common.scope import Right
from elements.api.pages import page_of, valid_body
from elements.choices import ElementKind, PairState
from elements.list_page import page_size_of
from elements.models import DuplicatePair, Element, Merge
from elements.pair_filters import filtered_pairs
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.merges import moved_counts, visible_merge
from elements.selectors.pair_pages import order_of, read_page
from elements.services.duplicates import judge_pairs
from elements.services.merges import merge_elements, undo_merge

PAIRS_PER_REQUEST = 500
JUDGEMENTS = (PairState.DIFFERENT, PairState.DEFERRED, PairState.PROPOSED)
_BIGGEST_ID = 2**63 - 1


class PairElementSerializer(serializers.Serializer):
    """One of the two; the label is masked as on the pages."""

    id = serializers.IntegerField()
    label = serializers.CharField(allow_blank=True)
    block_id = serializers.IntegerField()


class GroundSerializer(serializers.Serializer):
    """One reason for or against."""

    code = serializers.CharField()
    points = serializers.IntegerField()
    detail = serializers.CharField(allow_null=True)


class PairSerializer(serializers.Serializer):
    """Two elements that look like one thing."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    state = serializers.CharField()
    score = serializers.IntegerField()
    low = PairElementSerializer()
    high = PairElementSerializer()
    reasons = GroundSerializer(many=True)
    note = serializers.CharField(allow_blank=True)
    proposed_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class PairPageSerializer(serializers.Serializer):
    """One page of pairs; `count` stops at 10,000 and then `more_than` is true."""

    results = PairSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class JudgeSerializer(serializers.Serializer):
    """Pairs and what somebody decided about them."""

    pairs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_BIGGEST_ID), min_length=1, max_length=PAIRS_PER_REQUEST
    )
    state = serializers.ChoiceField(choices=[(state.value, state.value) for state in JUDGEMENTS])
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class MergeRequestSerializer(serializers.Serializer):
    """Two elements and why they are one."""

    keep = serializers.IntegerField(min_value=1, max_value=_BIGGEST_ID)
    drop = serializers.IntegerField(min_value=1, max_value=_BIGGEST_ID)
    reason = serializers.CharField(min_length=4, max_length=200)


class MergeSerializer(serializers.Serializer):
    """A merge and how many rows of what moved with it."""

    id = serializers.IntegerField()
    keep = serializers.IntegerField()
    drop = serializers.IntegerField()
    reason = serializers.CharField()
    decided_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
    moved = inline_serializer(
        "MovedRows", {"label": serializers.CharField(), "count": serializers.IntegerField()}, many=True
    )


_JUDGED = inline_serializer("JudgedPairs", {"judged": serializers.IntegerField()})


def pair_json(pair: DuplicatePair, *, in_full: bool) -> dict[str, Any]:
    """What the API says of a pair."""

    def side(element: Element) -> dict[str, Any]:
        label = shown_label(element.kind, element.label, in_full=in_full)
        return {"id": element.pk, "label": label, "block_id": element.block_id}

    return {
        "id": pair.pk, "kind": pair.low.kind, "state": pair.state, "score": pair.score, "low": side(pair.low),
        "high": side(pair.high), "reasons": pair.reasons, "note": pair.note, "proposed_at": pair.proposed_at,
        "decided_at": pair.decided_at,
    }  # fmt: skip


def merge_json(merge: Merge) -> dict[str, Any]:
    """What the API says of a merge."""
    return {
        "id": merge.pk, "keep": merge.keep_id, "drop": merge.drop_id, "reason": merge.reason,
        "decided_at": merge.decided_at, "undone_at": merge.undone_at,
        "moved": [{"label": str(one["label"]), "count": one["count"]} for one in moved_counts(merge.lineage.all())],
    }  # fmt: skip


class DuplicateListView(APIView):
    """GET: one page of the pairs whose both elements are in scope, of every state unless `state` says which."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        operation_id="duplicates_list",
        parameters=[
            OpenApiParameter("state", str, enum=PairState.values),
            OpenApiParameter("kind", str, enum=ElementKind.values),
            OpenApiParameter("area", int, description="Id of an area that holds one of the two."),
            OpenApiParameter("score_from", int),
            OpenApiParameter("sort", str, enum=["score", "-score", "proposed_at", "-proposed_at"]),
            OpenApiParameter("page_size", int, enum=[20, 50, 100]),
            OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous`."),
        ],
        responses={200: PairPageSerializer, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        data = request.query_params
        pairs, _filterset = filtered_pairs(data, request.user)
        page = read_page(
            pairs, order=order_of(data.get("sort", "")), size=page_size_of(data), cursor=data.get("cursor", "")
        )

        in_full = may_read_names(request.user)
        results = [pair_json(pair, in_full=in_full) for pair in page.rows]
        return page_of(request, page, results, pairs.select_related(None))


class DuplicateJudgeView(APIView):
    """POST `pairs`, `state`, `note?`: all of them or, when one is not there for the reader, none."""

    permission_classes = [requires(Right.CORRECT)]

    @extend_schema(
        operation_id="duplicates_judge",
        request=JudgeSerializer,
        responses={200: _JUDGED, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        asked = valid_body(JudgeSerializer(data=request.data))
        count = judge_pairs(
            pair_ids=asked["pairs"], state=PairState(asked["state"]), note=asked["note"], actor=request.user, now=clock.now()
        )  # fmt: skip
        return Response({"judged": count})


class MergeCreateView(APIView):
    """POST `keep`, `drop`, `reason`: 201 with the merge and what moved."""

    permission_classes = [requires(Right.CORRECT)]

    @extend_schema(
        operation_id="merges_create",
        request=MergeRequestSerializer,
        responses={201: MergeSerializer, 400: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        asked = valid_body(MergeRequestSerializer(data=request.data))
        merge = merge_elements(
            keep_id=asked["keep"], drop_id=asked["drop"], reason=asked["reason"], actor=request.user, now=clock.now()
        )
        return Response(merge_json(merge), status=status.HTTP_201_CREATED)


class MergeUndoView(APIView):
    """POST: takes the merge back; 409 names the merge that is to be undone first."""

    permission_classes = [requires(Right.CORRECT)]

    @extend_schema(
        operation_id="merges_undo",
        request=None,
        responses={200: MergeSerializer, 404: OpenApiTypes.OBJECT, 409: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, merge_id: int) -> Response:
        undo_merge(merge=visible_merge(merge_id, request.user), actor=request.user, now=clock.now())
        return Response(merge_json(visible_merge(merge_id, request.user)))
