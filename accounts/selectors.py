"""Scopes: from posts to rights and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.choices import CITY_WIDE_ROLES, RIGHTS_BY_ROLE, Role
from addresses.selectors.blocks import block_ids_of_areas, block_ids_of_villages
from common import clock
from common.scope import NOTHING, Right, Scope

if TYPE_CHECKING:
    from accounts.models import User


def build_scope(user: User) -> Scope:
    """The user's scope today: no current post → nothing; a post → its area or village."""
    if not user.is_active:
        return NOTHING
    today = clock.today()
    posts = list(
        user.posts.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today), valid_from__lte=today).order_by("pk")
    )
    rights: set[Right] = set()
    for post in posts:
        rights |= RIGHTS_BY_ROLE[post.role]
    all_blocks = any(post.role in CITY_WIDE_ROLES for post in posts)
    block_ids: set[int] = set()
    if not all_blocks:
        block_ids |= block_ids_of_areas([post.area_id for post in posts if post.area_id], today)
        block_ids |= block_ids_of_villages([post.village_id for post in posts if post.village_id], today)
    return Scope(
        all_blocks=all_blocks,
        block_ids=tuple(sorted(block_ids)),
        rights=frozenset(rights),
        source_codes=frozenset(p.source_code for p in posts if p.role == Role.LIAISON and p.source_code),
        version=user.auth_version,
    )
