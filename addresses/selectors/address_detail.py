"""One standard address by its code: what it is made of, its state, what replaced it, who is responsible."""

from __future__ import annotations

from typing import Any

from django.db import connection

from addresses.choices import AddressLevel, AddressState
from addresses.models import StandardAddress
from addresses.parsing.components import Components

# A chain of successors is as long as an address was merged again; a loop would be a fault of the data and ends here.
_MAX_CHAIN = 20


def address_row(address: StandardAddress) -> dict[str, Any]:
    """What an address answers for itself."""
    components = Components(
        address.town.name, address.village.name if address.village else "", address.road, address.number, address.estate,
        address.building, address.unit, address.room,
    )  # fmt: skip
    block = address.block
    return {
        "code": address.code,
        "full_text": address.full_text,
        "level": AddressLevel(address.level).name.lower(),
        "components": components.as_dict(),
        "state": AddressState(address.state).name.lower(),
        "is_provisional": address.is_provisional,
        "parent": address.parent.code if address.parent else None,
        "twin_of": address.twin_of.code if address.twin_of else None,
        "lon": address.point.x if address.point else None,
        "lat": address.point.y if address.point else None,
        "block": {"code": block.code, "name": block.name} if block else None,
        "district": {"code": block.parent.code, "name": block.parent.name} if block and block.parent else None,
    }


def successors(address_id: int) -> list[dict[str, str]]:
    """What took the place of an address, one after the other, {code, full_text, state}; empty for one in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH RECURSIVE chain AS (
                   SELECT replaced_by_id AS next, 1 AS place, ARRAY[id] AS seen
                   FROM addresses_standardaddress WHERE id = %(id)s
                   UNION ALL
                   SELECT s.replaced_by_id, chain.place + 1, chain.seen || s.id FROM addresses_standardaddress s
                   JOIN chain ON s.id = chain.next
                   WHERE chain.place < %(limit)s AND s.id <> ALL(chain.seen))
               SELECT s.code, s.full_text, s.state FROM chain JOIN addresses_standardaddress s ON s.id = chain.next
               ORDER BY chain.place""",
            {"id": address_id, "limit": _MAX_CHAIN},
        )
        return [{"code": code, "full_text": text, "state": state.lower()} for code, text, state in cursor.fetchall()]
