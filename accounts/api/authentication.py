"""Bearer tokens: looked up by hash on every request, so that a revoked one is refused on the next."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.services.tokens import hash_token, is_usable
from common import clock


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`."""

    keyword = b"bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Authorization 头的格式应为 Bearer <令牌>。")
        token = (
            ApiToken.objects.select_related("user")
            .filter(token_hash=hash_token(parts[1].decode("ascii", "replace")), kind=ApiToken.Kind.ACCESS)
            .first()
        )
        if token is None or not is_usable(token, clock.now()):
            raise AuthenticationFailed("令牌无效、已过期或已吊销，请重新登录。")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
