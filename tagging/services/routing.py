"""Who is told of an alert: those whose post covers the block, those beside its border, and who stands in for who is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from accounts.choices import CITY_WIDE_ROLES, Role
from addresses.choices import AreaKind
from tagging.querysets import NEAR_DEG

# An element this near to another grid concerns those who answer for that grid too.
NEAR_M = 300

_BEAT = (Role.OFFICER, Role.COORDINATOR, Role.ASSISTANT)
_REASONS = {
    Role.OFFICER: "责任块的警务区交警", Role.COORDINATOR: "责任块的网格协管员", Role.ASSISTANT: "责任块所在村居的警务助理",
    Role.SQUADRON: "责任块没有警务区交警，由中队长接收", Role.BRIGADE: "责任块没有警务区交警和中队长，由大队接收",
}  # fmt: skip

# Every post of today over every block asked for, by the chain of areas above the block or by its village.
_POSTS = """
    WITH RECURSIVE above AS (
        SELECT b.id AS block_id, b.id AS area_id, b.parent_id FROM addresses_area b WHERE b.id = ANY(%(blocks)s)
        UNION
        SELECT above.block_id, a.id, a.parent_id FROM above JOIN addresses_area a ON a.id = above.parent_id),
    held AS (
        SELECT p.area_id, p.village_id, p.role, p.user_id
        FROM accounts_post p JOIN accounts_user u ON u.id = p.user_id AND u.is_active
        WHERE p.role = ANY(%(roles)s) AND p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s))
    SELECT above.block_id, held.role, held.user_id FROM above JOIN held ON held.area_id = above.area_id
    UNION
    SELECT b.id, held.role, held.user_id
    FROM addresses_area b JOIN held ON held.village_id = b.village_id WHERE b.id = ANY(%(blocks)s)"""
_CITY_POSTS = """
    SELECT DISTINCT p.user_id FROM accounts_post p JOIN accounts_user u ON u.id = p.user_id AND u.is_active
    WHERE p.role = %(role)s AND p.valid_from <= %(day)s AND (p.valid_to IS NULL OR p.valid_to > %(day)s)"""
_BESIDE = f"""
    SELECT e.id, g.id, g.name
    FROM elements_element e
    JOIN addresses_area g ON g.geom && ST_Expand(e.point, {NEAR_DEG}) AND g.id <> e.block_id
    WHERE e.id = ANY(%(elements)s) AND g.kind = '{AreaKind.GRID.value}' AND NOT g.is_pseudo
      AND g.valid_from <= %(day)s AND (g.valid_to IS NULL OR g.valid_to > %(day)s)
      AND ST_DWithin(g.geom::geography, e.point::geography, {NEAR_M})"""


@dataclass(frozen=True, slots=True)
class Told:
    """One user who is told, and why it is they."""

    user_id: int
    reason: str


@dataclass(slots=True)
class Posts:
    """Who holds which post today over each block, and who stands above all of them."""

    by_block: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    brigade: list[int] = field(default_factory=list)

    def of(self, block_id: int, role: str) -> list[int]:
        """Users with that post over the block."""
        return self.brigade if role == Role.BRIGADE else self.by_block.get(block_id, {}).get(role, [])


def posts_over(block_ids: Iterable[int], day: date) -> Posts:
    """The posts of `day` over the blocks: two statements."""
    found = Posts()
    roles = [role.value for role in (*_BEAT, Role.SQUADRON)]
    with connection.cursor() as cursor:
        cursor.execute(_POSTS, {"blocks": sorted(set(block_ids)), "roles": roles, "day": day})
        for block_id, role, user_id in sorted(cursor.fetchall()):
            found.by_block.setdefault(block_id, {}).setdefault(role, []).append(user_id)
        cursor.execute(_CITY_POSTS, {"role": Role.BRIGADE.value, "day": day})
        found.brigade = sorted(user_id for (user_id,) in cursor.fetchall())
    return found


def blocks_beside(element_ids: Iterable[int], day: date) -> dict[int, list[tuple[int, str]]]:
    """Element → other grids within 300 m of it, with their names: one statement."""
    found: dict[int, list[tuple[int, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BESIDE, {"elements": sorted(set(element_ids)), "day": day})
        for element_id, block_id, name in sorted(cursor.fetchall()):
            found.setdefault(element_id, []).append((block_id, name))
    return found


def route(places: Mapping[int, tuple[int, int]], day: date) -> dict[int, list[Told]]:
    """Who is told at once: three statements, however many.

    Args:
        places: key → block and element.
        day: whose posts count.
    """
    beside = blocks_beside((element_id for _block, element_id in places.values()), day)
    blocks = {block_id for block_id, _element in places.values()}
    posts = posts_over(blocks | {block_id for near in beside.values() for block_id, _name in near}, day)
    return {
        key: first_told(posts, block_id, beside.get(element_id, [])) for key, (block_id, element_id) in places.items()
    }


def first_told(posts: Posts, block_id: int, beside: Iterable[tuple[int, str]]) -> list[Told]:
    """Those of the block, who stands in for a missing officer, then those of the grids beside; nobody twice."""
    found = {user: _REASONS[role] for role in reversed(_BEAT) for user in posts.of(block_id, role)}
    if not posts.of(block_id, Role.OFFICER):
        stands_in = next((role for role in (Role.SQUADRON, Role.BRIGADE) if posts.of(block_id, role)), None)
        if stands_in is not None:
            found |= dict.fromkeys(posts.of(block_id, stands_in), _REASONS[stands_in])
    for other, name in beside:
        for role in _BEAT:
            for user in posts.of(other, role):
                found.setdefault(user, f"临近“{name}”网格"[:80])
    return [Told(user, reason) for user, reason in found.items()]


def told_above(posts: Posts, block_id: int, role: str, *, why: str) -> list[Told]:
    """Those who hold a higher post over the block; the brigade where nobody does."""
    users = posts.of(block_id, role)
    if users or role in CITY_WIDE_ROLES:
        return [Told(user, why) for user in users]
    return [Told(user, f"{why}（没有中队长，由大队接收）") for user in posts.brigade]
