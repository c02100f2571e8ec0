"""Scopes: from posts to rights and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from accounts.choices import CITY_WIDE_ROLES, RIGHTS_BY_ROLE, Role
from addresses.selectors.blocks import blocks_sql
from common import clock
from common.scope import NOTHING, Right, Scope

if TYPE_CHECKING:
    from accounts.models import User

# One plain statement: every request asks it, and query sets for posts, areas and villages cost more than the answer.
_POSTS = f"""
    SELECT p.role, p.source_code,
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
    rights: set[Right] = set()
    blocks: set[int] = set()
    for role, _, below in posts:
        rights |= RIGHTS_BY_ROLE[role]
        blocks.update(below or ())
    all_blocks = any(role in CITY_WIDE_ROLES for role, *_ in posts)
    return Scope(
        all_blocks=all_blocks,
        block_ids=() if all_blocks else tuple(sorted(blocks)),
        rights=frozenset(rights),
        source_codes=frozenset(code for role, code, _ in posts if role == Role.LIAISON and code),
        version=user.auth_version,
    )
