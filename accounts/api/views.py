"""Log-in of machines and phones."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import CredentialsSerializer, RefreshSerializer, TokenPairSerializer
from accounts.models import ApiToken
from accounts.services import tokens
from accounts.services.lockout import clear_attempts, count_attempt
from common import clock


class TokenView(APIView):
    """POST credentials → access and refresh token; DELETE → log out."""

    def get_authenticators(self) -> list:
        return [] if self.request is not None and self.request.method == "POST" else super().get_authenticators()

    def get_permissions(self) -> list:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    @extend_schema(request=CredentialsSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        form = CredentialsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        attempt = {"username": form.validated_data["username"], "address": request.META.get("REMOTE_ADDR", "")}
        count_attempt(**attempt)
        pair = tokens.issue_tokens(**form.validated_data, now=clock.now())
        clear_attempts(**attempt)
        return Response({"access": pair.access, "refresh": pair.refresh})

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        if isinstance(request.auth, ApiToken):
            tokens.revoke_family(token=request.auth, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class RefreshView(APIView):
    """POST refresh token → new pair."""

    authentication_classes: list = []
    permission_classes = [AllowAny]

    @extend_schema(request=RefreshSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        form = RefreshSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        pair = tokens.refresh_tokens(refresh=form.validated_data["refresh"], now=clock.now())
        return Response({"access": pair.access, "refresh": pair.refresh})
