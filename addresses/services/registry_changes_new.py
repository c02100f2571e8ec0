"""Making nodes of the registry that no file brought."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.gis.geos import GEOSGeometry

from addresses.choices import AddressLevel, AddressState
from addresses.parsing.components import LEVELS, Components, canonical, full_text, link_key, prefixes
from addresses.services.registry import DivisionNames
from addresses.services.registry_changes_ledger import PROVISIONAL, Ledger, Row, read_rows, stored_point
from addresses.services.registry_changes_tree import exists_already, step_aside
from common.errors import DomainError


@dataclass(frozen=True, slots=True)
class Place:
    """Canonical components with the codes of their town and village, and the same for the place above.

    Attributes:
        components: canonical.
        divisions: town and village.
    """

    components: Components
    divisions: tuple[str, str | None]

    @property
    def above(self) -> Place | None:
        path = prefixes(self.components)
        if len(path) < 2:
            return None
        return Place(path[-2], (self.divisions[0], self.divisions[1] if path[-2].village else None))


def place_of(components: Components) -> Place:
    """The place of components as people write them.

    Raises:
        DomainError: no such town or village, or nothing below the village.
    """
    names = DivisionNames()
    town = names.town(components.town.strip())
    if town is None:
        raise DomainError("UNKNOWN_TOWN", f"“{components.town[:30]}”不是莱州的镇街，请从镇街名单中选择。")
    village = names.village(town, components.village.strip()) if components.village.strip() else None
    if components.village.strip() and village is None:
        raise DomainError("UNKNOWN_VILLAGE", f"{town.name}没有村居“{components.village[:30]}”，请从村居名单中选择。")
    rest = (value.strip() for value in components.values()[2:])
    place = canonical(Components(town.name, village.name if village else "", *rest))
    if place.level() in ("", "town", "village"):
        raise DomainError("ADDRESS_TOO_SHORT", "请至少填写街路、门牌、小区或楼栋中的一项。")
    for level, limit in (("number", 30), ("building", 30), ("unit", 20), ("room", 20)):
        if len(getattr(place, level)) > limit:
            raise DomainError("ADDRESS_TOO_LONG", f"{AddressLevel[level.upper()].label}太长，最多 {limit} 个字。")
    return Place(place, (town.code, village.code if village else None))


def plant(
    ledger: Ledger,
    place: Place,
    *,
    point: GEOSGeometry | None,
    block_id: int | None,
    is_twin: bool = False,
    is_provisional: bool = True,
    is_found_fine: bool = False,
) -> Row:
    """The node of a place, made with what is missing above it.

    Args:
        ledger: of the change.
        place: where.
        point: position of new nodes.
        block_id: block of new nodes.
        is_twin: another place may have the number.
        is_provisional: new nodes wait for the bureau.
        is_found_fine: one that exists is the answer, not a fault.

    Raises:
        DomainError: it exists, or something above it is out of use.
    """
    path = prefixes(place.components)
    keys = [link_key(node) for node in path]
    holders = ledger.holders(keys)
    parent: Row | None = None
    node: Row | None = None
    for position, (parts, key) in enumerate(zip(path, keys, strict=True)):
        is_last = position == len(path) - 1
        node = holders.get(key)
        is_active = node is not None and node["state"] == AddressState.ACTIVE
        if node is None or not is_active or (is_last and is_twin):
            if node is not None and not is_active and (not is_last or is_found_fine):
                _refuse_gone(node)
            node = _make(
                ledger, parts, key, place, parent, (point, block_id), node if is_active else None, is_provisional
            )
        elif is_last and not is_found_fine:
            raise exists_already(node, "不能重复新增；若确是两处同号，请填写同号说明。")
        parent = node
    if node is None:
        raise DomainError("ADDRESS_TOO_SHORT", "请至少填写街路、门牌、小区或楼栋中的一项。")
    return node


def _refuse_gone(node: Row) -> None:
    """Nothing new is put below what is out of use."""
    after = (
        read_rows([node["replaced_by_id"]], lock=False).get(node["replaced_by_id"]) if node["replaced_by_id"] else None
    )
    if after:
        raise DomainError("ADDRESS_GONE", f"“{node['full_text']}”已改为“{after['full_text']}”，请按新的写法填写。")
    raise DomainError("ADDRESS_GONE", f"“{node['full_text']}”已停用，请选择在用的地址。")


def _make(
    ledger: Ledger,
    parts: Components,
    key: str,
    place: Place,
    parent: Row | None,
    where: tuple[GEOSGeometry | None, int | None],
    first: Row | None,
    is_provisional: bool,
) -> Row:
    point, block_id = where
    free = ledger.free_keys([key])[key] if first else key
    row: Row = {
        "code": ledger.free_codes(PROVISIONAL, [free])[free], "key": free, "level": LEVELS.index(parts.level()) + 1,
        "parent_id": parent["id"] if parent else None, "town_id": place.divisions[0],
        "village_id": place.divisions[1] if parts.village else None, **dict(zip(LEVELS[2:], parts.values()[2:], strict=True)),
        "full_text": full_text(parts)[:240], "point": stored_point(point) if point is not None else None,
        "block_id": block_id, "state": AddressState.ACTIVE.value, "is_provisional": is_provisional,
        "twin_of_id": first["id"] if first else None, "replaced_by_id": None,
    }  # fmt: skip
    gone = None if first else ledger.holders([key]).get(key)
    ledger.add([row])
    if gone is not None:
        step_aside(ledger, gone, row["id"])
    return row
