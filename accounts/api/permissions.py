"""Rights at the edge of the API; scope is applied to every query besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from common.scope import Right

if TYPE_CHECKING:
    from rest_framework.views import APIView


class HasPost(BasePermission):
    """Default: a logged-in user with at least one current post."""

    message = "您没有有效岗位，请联系大队管理员。"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.scope.rights)


def requires(right: Right) -> type[BasePermission]:
    """Permission class: the user's posts carry `right`."""

    class HasRight(HasPost):
        message = "您的岗位没有这项权限。"

        def has_permission(self, request: Request, view: APIView) -> bool:
            return super().has_permission(request, view) and right in request.user.scope.rights

    return HasRight
