"""What the picker shows that other systems embed: sites that may, and the tree of standard addresses page by page."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from addresses.choices import AddressLevel
from addresses.models import PickerSite
from addresses.selectors.suggest import Suggestion

PAGE_SIZE = 20
MAX_PAGE = 500
_LEVELS = {level.value: level.name.lower() for level in AddressLevel}


@dataclass(frozen=True, slots=True)
class TreePage:
    """One page of what stands directly under a node; `total` counts all of it."""

    rows: list[Suggestion]
    total: int


def active_site(key: str) -> PickerSite | None:
    """The site of a key while it is switched on."""
    return PickerSite.objects.filter(key=key, is_active=True).first()


def children_of(code: str, *, page: int) -> TreePage:
    """Addresses directly under the one with this code, or the towns for "": by level, number and name. Two queries.

    A house number stands before what is built on it. Merged and retired nodes are left out, and so is all below them.
    """
    parameters: dict[str, str | int] = {"code": code, "limit": PAGE_SIZE, "offset": (page - 1) * PAGE_SIZE}
    below = (
        "s.parent_id = (SELECT p.id FROM addresses_standardaddress p WHERE p.code = %(code)s AND p.state = 'ACTIVE')"
        if code
        else f"s.parent_id IS NULL AND s.level = {int(AddressLevel.TOWN)}"
    )
    where = f"FROM addresses_standardaddress s WHERE {below} AND s.state = 'ACTIVE'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {where}", parameters)
        (total,) = cursor.fetchone()
        cursor.execute(
            f"""SELECT s.id, s.code, s.full_text, s.level, ST_X(s.point), ST_Y(s.point),
                       EXISTS (SELECT 1 FROM addresses_standardaddress c WHERE c.parent_id = s.id AND c.state = 'ACTIVE')
                {where}
                ORDER BY s.level,
                         substring(CASE s.level WHEN 4 THEN s.number WHEN 6 THEN s.building WHEN 7 THEN s.unit
                                   WHEN 8 THEN s.room ELSE '' END from '^[0-9]+')::numeric NULLS LAST,
                         length(s.full_text), s.full_text, s.id
                LIMIT %(limit)s OFFSET %(offset)s""",
            parameters,
        )
        rows = [
            Suggestion(pk, found, text, _LEVELS[level], lon, lat, has_children)
            for pk, found, text, level, lon, lat, has_children in cursor.fetchall()
        ]
    return TreePage(rows, total)
