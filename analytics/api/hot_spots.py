"""Accident-prone places for machines: the same run and the same rows as the page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from analytics.choices import SpotMethod
from analytics.selectors import hot_spots as reading
from common.scope import Right


class SpotSerializer(serializers.Serializer):
    """A place; counts are those of the accidents that the reader may see, `url` is the list of them."""

    id = serializers.IntegerField(source="spot.pk")
    rank = serializers.IntegerField(source="spot.rank")
    kind = serializers.CharField(source="spot.kind", help_text="POINT or SECTION.")
    place = serializers.CharField()
    road_id = serializers.IntegerField(source="spot.road_id", allow_null=True)
    from_m = serializers.IntegerField(source="spot.from_m", allow_null=True)
    to_m = serializers.IntegerField(source="spot.to_m", allow_null=True)
    area = serializers.CharField(allow_blank=True)
    score = serializers.FloatField(source="spot.score")
    general = serializers.IntegerField()
    summary = serializers.IntegerField()
    deaths = serializers.IntegerField()
    injured = serializers.IntegerField()
    hidden = serializers.IntegerField(help_text="Accidents behind the place that the reader does not see.")
    change = serializers.CharField(allow_blank=True, help_text="new, still, or blank where nothing is compared.")
    grounds = serializers.ListField(child=serializers.CharField())
    url = serializers.CharField(source="urls.all")


class SpotRunSerializer(serializers.Serializer):
    """A run with its places; without a run everything is null or empty."""

    run = serializers.IntegerField(allow_null=True)
    method = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True)
    is_official = serializers.BooleanField()
    settings = serializers.DictField()
    results = SpotSerializer(many=True)


class HotSpotApiView(APIView):
    """GET: places of a run, by default of the one in force of a method, by rank."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        parameters=[
            OpenApiParameter("method", str, enum=["WINDOW", "DENSITY"], description="Blank: WINDOW."),
            OpenApiParameter("run", int, description="Id of a run instead of the one in force."),
        ],
        responses={200: SpotRunSerializer, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        user: Any = request.user
        asked = request.query_params.get("method", "")
        method = asked if asked in SpotMethod.values else SpotMethod.WINDOW
        run = reading.run_shown(user, method=method, run_id=request.query_params.get("run", ""))
        body: dict[str, Any] = {
            "run": None,
            "method": method,
            "as_of": None,
            "is_official": False,
            "settings": {},
            "results": [],
        }
        if run is not None:
            rows = reading.ranked(run, user, reading.previous_official(run, user))
            body |= {"run": run.pk, "method": run.method, "as_of": run.as_of, "is_official": run.is_official,
                     "settings": run.settings, "results": rows}  # fmt: skip
        return Response(SpotRunSerializer(body).data)
