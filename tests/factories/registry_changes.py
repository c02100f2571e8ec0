"""Two estates whose rooms meet in part, and random acts on the registry."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

from django.contrib.gis.geos import Point

from accounts.models import User
from addresses.choices import AddressState
from addresses.models import AddressChange, StandardAddress
from addresses.parsing.components import Components
from addresses.services.registry import load_addresses
from addresses.services.registry_changes import (
    Part,
    certify_address,
    create_address,
    merge_addresses,
    renumber_address,
    retire_address,
    split_address,
)
from common.errors import DomainError
from tests.factories.places import SmallCity, point_in, write_registry


def load_estates(city: SmallCity, path: Path) -> None:
    """Two estates of two buildings in the first grid, loaded as the bureau's file is."""
    house = city.address(0)
    lon, lat = point_in(0, 0.4)
    rows = [
        {
            "code": f"E-{name}-{building}-{room}", "town": house.town.name, "village": house.village.name,
            "estate": name, "building": f"{building}号楼", "room": room, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}",
        }
        for name, rooms in (("试验家园", ("101", "102")), ("试验花园", ("102", "103")))
        for building in (1, 2)
        for room in rooms
    ]  # fmt: skip
    load_addresses(write_registry(path, iter(rows)))


def random_change(dice: random.Random, city: SmallCity, actor: User, now: datetime) -> AddressChange | None:
    """One random act on random active addresses; None when it is refused."""
    active = list(StandardAddress.objects.filter(state=AddressState.ACTIVE, level__gte=4).order_by("pk"))
    one = dice.choice(active)
    same = [row for row in active if row.level == one.level and row.pk != one.pk] or [one]
    other = dice.choice(same)
    level = {4: "number", 5: "estate", 6: "building", 7: "unit", 8: "room"}[one.level]
    value = {"estate": dice.choice(("试验家园", "新园", "旧园"))}.get(level, str(dice.randint(1, 9)))
    common = {"reason": "抽样", "actor": actor, "now": now}
    twin = dice.choice(("", "同号"))
    house = city.address(0)
    components = Components(house.town.name, house.village.name, number=str(dice.randint(1, 9)))
    children = list(one.children.filter(state=AddressState.ACTIVE).values_list("code", flat=True))
    cut = dice.randint(0, len(children))
    acts = [
        lambda: create_address(components=components, point=Point(*point_in(0)), twin_reason=twin, **common),
        lambda: merge_addresses(codes=[one.code], into=other.code, **common),
        lambda: merge_addresses(codes=[one.code], into=other.code, **common),
        lambda: renumber_address(code=one.code, changes={level: value}, twin_reason=twin, **common),
        lambda: renumber_address(code=one.code, changes={level: value}, **common),
        lambda: retire_address(code=one.code, into=dice.choice(("", other.code)), **common),
        lambda: certify_address(code=one.code, new_code=f"NEW-{dice.randint(1, 10**9)}", **common),
        lambda: split_address(
            code=one.code,
            parts=[
                Part({level: f"{value}甲"}, tuple(children[:cut])),
                Part({level: f"{value}乙"}, tuple(children[cut:])),
            ],
            **common,
        ),
    ]
    try:
        return dice.choice(acts)()
    except DomainError:
        return None
