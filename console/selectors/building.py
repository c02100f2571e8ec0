"""Who and what is recorded in each room of a building, inside the reader's scope: whole buildings in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from addresses.choices import ACCEPTED, AddressLevel
from addresses.models import StandardAddress
from addresses.selectors.visible import visible_addresses
from common.errors import NotVisible
from common.scope import Actor
from console.building_sheet import Cell, Section, Totals, cells_of, floors_of, natural, totals_of
from elements.choices import RelationType
from elements.kinds import KINDS
from elements.models import Element, ElementAddress, House, Relation
from elements.selectors.detail import AddressOnPage
from elements.selectors.masking import may_read_names, shown_label
from elements.selectors.wording import worded

_NODE_FIELDS = ("pk", "code", "level", "unit", "room", "full_text", "parent_id")
_HOUSE_FIELDS = ("usage", "area_m2", "structure", "storeys", "built_on", "owner_name")
# A room has a handful; the limit is for the address of a market or a company that keeps a fleet.
RELATION_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Sheet:
    """A building with everything in it.

    Attributes:
        node: the standard address, with block and district.
        whole: what is recorded at the building itself.
        sections: units; rooms that stand in none make a section of their own.
        places: estates and buildings that stand below the node and have sheets of their own.
        totals: figures of the head.
    """

    node: StandardAddress
    whole: Cell
    sections: list[Section]
    places: list[StandardAddress]
    totals: Totals


def place_at(code: str, user: Actor) -> StandardAddress:
    """A number or what is deeper, with its block and ancestors: one query.

    Raises:
        NotVisible: there is none, it lies outside the scope, or it is a road, village or town.
    """
    place = (
        visible_addresses(user)
        .filter(code=code.replace("\x00", ""), level__gte=AddressLevel.NUMBER)
        .select_related("block__parent", "parent__parent")
        .defer("block__geom", "block__parent__geom")
        .first()
    )
    if place is None:
        raise NotVisible
    return place


def building_of(place: StandardAddress) -> StandardAddress:
    """The place whose sheet shows this one: itself, or what the unit or room stands in.

    Raises:
        NotVisible: it hangs under a road or village.
    """
    node: StandardAddress | None = place
    while node is not None and node.level > AddressLevel.BUILDING:
        node = node.parent
    if node is None or node.level < AddressLevel.NUMBER:
        raise NotVisible
    return node


def sheet_codes(addresses: Iterable[AddressOnPage], user: Actor) -> set[str]:
    """Codes of those addresses whose sheet this reader may open: no query."""
    scope = user.scope
    return {
        one.code
        for one in addresses
        if one.level is not None
        and one.level >= AddressLevel.NUMBER
        and (scope.all_blocks or one.block_id in scope.block_ids)
    }


def read_sheet(node: StandardAddress, user: Actor) -> Sheet:
    """The sheet of a building, or of a number or estate: two queries, three where there are units."""
    below = _below(user).filter(parent=node)
    children = list(below.only(*_NODE_FIELDS))
    units = [one for one in children if one.level == AddressLevel.UNIT]
    rooms: dict[int | None, list[StandardAddress]] = defaultdict(list)
    rooms[node.pk] = [one for one in children if one.level == AddressLevel.ROOM]
    if units:
        ids = [unit.pk for unit in units]
        for room in _below(user).filter(parent__any=ids, level=AddressLevel.ROOM).only(*_NODE_FIELDS):
            rooms[room.parent_id].append(room)
    places = [one for one in children if AddressLevel.ESTATE <= one.level <= AddressLevel.BUILDING]

    is_single = node.level == AddressLevel.NUMBER and not children
    cells = {node.pk: Cell(node.code, f"{node.number}号" if is_single else "", node.full_text, is_room=is_single)}
    for unit in units:
        cells[unit.pk] = Cell(unit.code, "", _name_in(unit, node), is_room=False)
    for room in (one for found in rooms.values() for one in found):
        cells[room.pk] = Cell(room.code, room.room, _name_in(room, node))
    stated = _fill(cells, node, user)

    def section(owner: StandardAddress, name: str, whole: Cell | None) -> Section:
        found = [cells[room.pk] for room in rooms[owner.pk]] + stated[owner.pk]
        return Section(name, floors_of(found), whole)

    sections = [
        section(unit, cells[unit.pk].name, cells[unit.pk]) for unit in sorted(units, key=lambda u: natural(u.unit))
    ]
    if rooms[node.pk] or stated[node.pk]:
        sections.insert(0, section(node, "", None))
    counted = [cells[node.pk], *cells_of(sections)]
    return Sheet(node, cells[node.pk], sections, sorted(places, key=lambda p: natural(p.full_text)), totals_of(counted))


def _below(user: Actor) -> QuerySet[StandardAddress]:
    return visible_addresses(user).order_by("pk")


def _name_in(place: StandardAddress, node: StandardAddress) -> str:
    return place.full_text.removeprefix(node.full_text)


def _entries(place_ids: Iterable[int], user: Actor) -> Iterator[tuple[int, int, str, str, str, str]]:
    """Address id, element id, kind, label, role and stated room of every visible element at those places: one query."""
    rows = ElementAddress.objects.filter(
        element__in=Element.objects.visible_to(user).standing(),
        text__address__any=list(place_ids),
        text__status__in=ACCEPTED,
    ).values_list(
        "text__address_id", "element_id", "element__kind", "element__label", "role", "text__explanation__faults"
    )
    in_full = may_read_names(user)
    for place_id, element_id, kind, label, role, faults in rows.order_by("element_id", "role"):
        yield place_id, element_id, kind, shown_label(kind, label, in_full=in_full), role, _stated_room(faults or [])


def _stated_room(faults: list[dict[str, Any]]) -> str:
    """The room that a text names in vain; "" when something above it is missing too, for then it could be anywhere."""
    missing = {fault["code"]: fault.get("text", "") for fault in faults if fault["code"].endswith("_not_found")}
    return str(missing["room_not_found"]) if missing.keys() == {"room_not_found"} else ""


def _fill(cells: dict[int, Cell], node: StandardAddress, user: Actor) -> dict[int, list[Cell]]:
    """Puts the elements into the cells; gives those rooms back that texts name and the registry lacks, by their place."""
    stated: dict[int, dict[str, Cell]] = defaultdict(dict)
    for place_id, element_id, kind, label, role, room in _entries(cells, user):
        cell = cells[place_id]
        if room:
            name = f"{room}室" if place_id == node.pk else f"{cell.name}{room}室"
            cell = stated[place_id].setdefault(room, Cell(cell.code, room, name, stated=room))
        cell.add(element_id, kind, label, role)
    return defaultdict(list, {place_id: list(found.values()) for place_id, found in stated.items()})


def read_cell(place: StandardAddress, stated: str, user: Actor) -> Cell:
    """One cell of a sheet: what is recorded at exactly this place, or at a room there that the registry lacks.

    Raises:
        NotVisible: nothing visible is recorded at such a room.
    """
    node = building_of(place)
    name = "" if place.pk == node.pk else _name_in(place, node)
    name = f"{name}{stated}室" if stated else name or place.full_text
    cell = Cell(place.code, stated or place.room, name, stated=stated)
    for _place, element_id, kind, label, role, room in _entries([place.pk], user):
        if room == stated:
            cell.add(element_id, kind, label, role)
    if stated and not cell.entries:
        raise NotVisible
    return cell


def house_records(cell: Cell, user: Actor) -> dict[int, list[str]]:
    """House of the cell → its telling fields in words: one query, none without a house."""
    kind = KINDS["HOUSE"]
    ids = [entry.element_id for entry in cell.entries.values() if entry.kind == kind.code]
    in_full = may_read_names(user)
    records = {}
    for house in House.objects.filter(element__in=ids) if ids else ():
        words = ((name, worded(kind, name, getattr(house, name), in_full=in_full)) for name in _HOUSE_FIELDS)
        records[house.pk] = [f"{kind.label_of(name)} {word}" for name, word in words if word]
    return records


@dataclass(frozen=True, slots=True)
class End:
    """One end of a tie; outside the scope it has no id and no label, only a kind."""

    kind: str
    label: str
    element_id: int | None


@dataclass(frozen=True, slots=True)
class Tie:
    """Who lives in or owns what."""

    type: str
    subject: End
    object: End


def ties(cell: Cell, user: Actor) -> list[Tie]:
    """Living and owning among and around the elements of the cell, each once: two queries, none for an empty cell."""
    here = set(cell.entries)
    if not here:
        return []
    rows = list(
        Relation.objects.filter(
            Q(subject__in=here) | Q(object__in=here), type__in=[RelationType.LIVES_IN, RelationType.OWNED_BY]
        )
        .select_related("subject", "object")
        .order_by("type", "pk")[:RELATION_LIMIT]
    )
    others = {pk for row in rows for pk in (row.subject_id, row.object_id)}
    visible = here | set(Element.objects.visible_to(user).filter(pk__in=others - here).values_list("pk", flat=True))
    in_full = may_read_names(user)

    def end(element: Element) -> End:
        if element.pk not in visible:
            return End(str(element.get_kind_display()), "", None)
        label = shown_label(element.kind, element.label, in_full=in_full)
        return End(str(element.get_kind_display()), label, element.pk)

    # Several sources may say the same.
    once = {(row.type, row.subject_id, row.object_id): row for row in rows}
    return [Tie(str(row.get_type_display()), end(row.subject), end(row.object)) for row in once.values()]
