"""The building sheet (楼盘表) as a drawing: a section a unit, floors as rows from the top down, rooms as cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from elements.choices import AddressRole, ElementKind

# A room number carries its floor: 101, 1101, 501A; a basement begins with B, 负 or a minus.
_ROOM = re.compile(r"(?P<below>B|负|-)?(?P<floor>\d{1,3}?)(?P<place>\d\d\D{0,2})")
# A floor is drawn by the places of its rooms while at least half of the places are taken.
_MAX_PLACES_PER_ROOM = 2

HOUSE, RESIDENT, HOUSEHOLD, VEHICLE, UNIT, FACILITY = "house", "resident", "household", "vehicle", "unit", "facility"
GROUPS = (HOUSE, RESIDENT, HOUSEHOLD, VEHICLE, UNIT, FACILITY)
_GROUP_OF_KIND = {
    ElementKind.HOUSE: HOUSE,
    ElementKind.VEHICLE: VEHICLE,
    ElementKind.UNIT: UNIT,
    ElementKind.FACILITY: FACILITY,
}


@dataclass(slots=True)
class Entry:
    """An element at a place, as this reader sees it, with the roles in which its addresses name the place."""

    element_id: int
    kind: str
    label: str
    roles: list[str] = field(default_factory=list)

    @property
    def group(self) -> str:
        """Where it is counted: who only has the household here does not live here."""
        if self.kind == ElementKind.PERSON:
            return RESIDENT if AddressRole.RESIDENCE in self.roles else HOUSEHOLD
        return _GROUP_OF_KIND[ElementKind(self.kind)]


@dataclass(slots=True)
class Cell:
    """A room; or a unit, building or house itself, for what is recorded there and at none of its rooms.

    Attributes:
        code: of the standard address.
        number: short text of the cell.
        name: what it is called in full.
        stated: room that a text names and the registry does not have here; "" for a place of the registry.
        is_room: it is counted as a room.
        entries: by element.
    """

    code: str
    number: str
    name: str
    stated: str = ""
    is_room: bool = True
    entries: dict[int, Entry] = field(default_factory=dict)

    def add(self, element_id: int, kind: str, label: str, role: str) -> None:
        """Records one address of an element here."""
        self.entries.setdefault(element_id, Entry(element_id, kind, label)).roles.append(role)

    def counts(self) -> dict[str, int]:
        """Group → number of elements, groups without any left out."""
        found: dict[str, int] = {}
        groups = [entry.group for entry in self.entries.values()]
        for group in GROUPS:
            if number := groups.count(group):
                found[group] = number
        return found

    def grouped(self) -> dict[str, list[Entry]]:
        """Group → its elements by label, groups without any left out."""
        entries = sorted(self.entries.values(), key=lambda entry: (entry.label, entry.element_id))
        groups = {group: [entry for entry in entries if entry.group == group] for group in GROUPS}
        return {group: found for group, found in groups.items() if found}


@dataclass(frozen=True, slots=True)
class Floor:
    """One row; `number` None: the rooms do not tell their floor. None among the cells: no room stands there."""

    number: int | None
    cells: list[Cell | None]


@dataclass(frozen=True, slots=True)
class Section:
    """A unit, or the rooms that stand in no unit."""

    name: str
    floors: list[Floor]
    whole: Cell | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a room stands by its number."""

    floor: int | None
    place: str


def position_of(room: str) -> Position:
    """501 → floor 5, place 01; B102 → floor -1; 东 tells no floor."""
    match = _ROOM.fullmatch(room)
    if match is None:
        return Position(None, room)
    floor = int(match["floor"])
    return Position(-floor if match["below"] else floor, match["place"])


def natural(text: str) -> list[tuple[int, str]]:
    """Key of an order in which 2 comes before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", text)]


def floors_of(cells: Iterable[Cell]) -> list[Floor]:
    """Rooms as rows of equal length, the highest floor first, what tells no floor last.

    Equal places stand below each other, so that a missing room shows as a gap; numbers too scattered for that are only
    put in order.
    """
    rows: dict[int | None, list[tuple[str, Cell]]] = {}
    for cell in cells:
        position = position_of(cell.number)
        rows.setdefault(position.floor, []).append((position.place, cell))
    for row in rows.values():
        row.sort(key=lambda pair: natural(pair[0]))
    places = sorted({place for floor, row in rows.items() if floor is not None for place, _ in row}, key=natural)
    widest = max((len(row) for row in rows.values()), default=0)
    is_aligned = len(places) <= _MAX_PLACES_PER_ROOM * max(
        (len(row) for floor, row in rows.items() if floor is not None), default=0
    )
    width = max(widest, len(places)) if is_aligned else widest
    ordered = sorted(rows, key=lambda floor: (floor is None, -(floor or 0)))
    return [
        Floor(floor, _row(rows[floor], places if is_aligned and floor is not None else [], width)) for floor in ordered
    ]


def _row(row: list[tuple[str, Cell]], places: list[str], width: int) -> list[Cell | None]:
    taken: list[Cell | None] = []
    if len({place for place, _ in row}) == len(row) and places:
        at = dict(row)
        taken = [at.get(place) for place in places]
    else:
        taken = [cell for _, cell in row]
    return taken + [None] * (width - len(taken))


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of the head; a stated room that the registry lacks is counted apart."""

    rooms: int
    with_house: int
    with_people: int
    with_vehicles: int
    with_units: int
    empty: int
    unregistered: int


def totals_of(cells: Iterable[Cell]) -> Totals:
    """Counts over cells; those that are no rooms are left out."""
    rooms, unregistered = [], 0
    for cell in cells:
        if cell.stated:
            unregistered += 1
        elif cell.is_room:
            rooms.append({entry.group for entry in cell.entries.values()})
    return Totals(
        rooms=len(rooms),
        with_house=sum(HOUSE in groups for groups in rooms),
        with_people=sum(not groups.isdisjoint({RESIDENT, HOUSEHOLD}) for groups in rooms),
        with_vehicles=sum(VEHICLE in groups for groups in rooms),
        with_units=sum(UNIT in groups for groups in rooms),
        empty=sum(not groups for groups in rooms),
        unregistered=unregistered,
    )


def cells_of(sections: Iterable[Section]) -> Iterator[Cell]:
    """Every cell of the floors, in the order of reading."""
    for section in sections:
        for floor in section.floors:
            yield from (cell for cell in floor.cells if cell is not None)
