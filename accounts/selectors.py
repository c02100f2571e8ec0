"""Scopes: from posts to rights and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from accounts.choices import CITY_WIDE_ROLES, RIGHTS_BY_ROLE, Role
from addresses.selectors.blocks import blocks_sql
from common import clock
from common.scope import NOTHING, Scope

if TYPE_CHECKING:
    from accounts.models import User

# One plain statement: every request asks it, and query sets for posts, areas and villages cost more than the answer.
_POSTS = f"""
    SELECT p.role, p.source_code, p.area_id,
           CASE WHEN p.role <> ALL(%(city_wide)s) THEN ARRAY({blocks_sql(area="p.area_id", village="p.village_id")}) END
    FROM accounts_post p
    WHERE p.user_id = %(user)s AND p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s)"""


def build_scope(user: User) -> Scope:
    """The user's scope today: no current post → nothing; a post → its area or village."""
    if not user.is_active:
        return NOTHING
    with connection.cursor() as cursor:
        cursor.execute(_POSTS, {"user": user.pk, "day": clock.today(), "city_wide": list(CITY_WIDE_ROLES)})
        posts = cursor.fetchall()
    all_blocks = any(role in CITY_WIDE_ROLES for role, *_ in posts)
    placed = [(area, below) for *_, area, below in posts if below]
    blocks = () if all_blocks else tuple(sorted({block for _, below in placed for block in below}))
    return Scope(
        all_blocks=all_blocks,
        block_ids=blocks,
        rights=frozenset(right for role, *_ in posts for right in RIGHTS_BY_ROLE[role]),
        source_codes=frozenset(code for role, code, *_ in posts if role == Role.LIAISON and code),
        version=user.auth_version,
        # Areas of several posts may lie in each other, and a village is no area.
        cover=(placed[0][0],) if len(placed) == 1 and placed[0][0] and not all_blocks else blocks,
    )
