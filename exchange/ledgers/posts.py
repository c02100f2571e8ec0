"""Who is responsible for a block today: one statement for all blocks of a reader."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db import connection

from accounts.choices import Role
from addresses.selectors.blocks import blocks_sql
from common.scope import Actor

_ROLES = (Role.OFFICER.value, Role.COORDINATOR.value)
_POSTS = f"""
    SELECT b.id, p.role, coalesce(nullif(u.display_name, ''), u.username)
    FROM accounts_post p
    JOIN accounts_user u ON u.id = p.user_id AND u.is_active
    CROSS JOIN LATERAL ({blocks_sql(area="p.area_id", village="p.village_id")}) b
    WHERE p.role = ANY(%(roles)s) AND p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s)
    ORDER BY b.id, p.role DESC, 3"""


def responsible_by_block(user: Actor, day: date) -> dict[int, str]:
    """Block id → its officers, then its coordinators (民警/协管员), of the blocks that the reader sees."""
    with connection.cursor() as cursor:
        cursor.execute(_POSTS, {"roles": list(_ROLES), "day": day})
        rows = cursor.fetchall()
    seen = None if user.scope.all_blocks else set(user.scope.block_ids)
    names: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for block, role, name in rows:
        if (seen is None or block in seen) and name not in names[block][role]:
            names[block][role].append(name)
    return {block: "/".join("、".join(by_role[r]) for r in _ROLES if by_role[r]) for block, by_role in names.items()}
