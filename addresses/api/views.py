"""Address texts to standard addresses, for other systems."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from addresses.api.serializers import ResultsSerializer, TextsSerializer
from addresses.services.resolution import resolve_rows


class ResolveView(APIView):
    """POST {"texts": […]} → {"results": […]} in the same order; at most 10,000 texts a call. Nothing is stored."""

    @extend_schema(request=TextsSerializer, responses=ResultsSerializer)
    def post(self, request: Request) -> Response:
        form = TextsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response({"results": resolve_rows(form.validated_data["texts"])})
