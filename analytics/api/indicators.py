"""Indicators for machines: the same figures as the page, with the lists that show their rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import requires
from analytics.indicators import page
from analytics.indicators.asked import level_of
from analytics.indicators.registry import INDICATORS
from analytics.selectors.indicators import Board, Reading
from common import clock
from common.scope import Right


class IndicatorApiView(APIView):
    """GET /api/v1/indicators/?level=: every indicator of the scope as a whole and of each area of a level."""

    permission_classes = [requires(Right.READ)]

    @extend_schema(
        parameters=[OpenApiParameter("level", str, enum=["SQUADRON", "DISTRICT", "GRID", "SETTING"])],
        responses={200: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        level = level_of(request.query_params)
        board = Board(request.user, INDICATORS.values(), clock.today())
        places = board.tree.settings() if level == "SETTING" else board.tree.places(level)
        whole = board.tree.whole("")
        body = {
            "as_of": clock.now().isoformat(),
            "indicators": [
                {
                    "key": one.key, "label": str(one.label), "unit": str(one.unit), "definition": str(one.definition),
                    "source": str(one.source), "certainty": str(one.certainty), "version": one.version,
                    "whole": _figures(board.at(one, whole), board),
                    "areas": [_figures(board.at(one, place), board) for place in places],
                }
                for one in INDICATORS.values()
            ],
        }  # fmt: skip
        return Response(body)


def _figures(reading: Reading, board: Board) -> dict[str, Any]:
    """Shares are null where they cannot be told; `before` is null where nobody knows it."""
    one, place, is_share = reading.indicator, reading.place, reading.indicator.is_share
    before = reading.before
    found: dict[str, Any] = {
        "area": place.name, "area_id": place.area_id, "code": place.code, "kind": place.kind,
        "numerator": reading.now.numerator, "numerator_url": page.rows_url(one, board, met=True, params=place.params),
        "denominator": reading.now.denominator if is_share else None,
        "percent": _number(reading.percent),
        "before": before and {"numerator": before.numerator, "denominator": before.denominator if is_share else None},
        "change_points": _number(reading.change),
        "change_percent": _number(reading.compared.percent) if reading.compared else None,
        "target": _number(reading.target), "gap_points": _number(reading.gap),
    }  # fmt: skip
    if is_share:
        found["denominator_url"] = page.rows_url(one, board, met=False, params=place.params)
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
