"""Cases that somebody who shows or tests the platform looks for: what they are and where they stand."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from console.city.agency.desk import Desk
from console.city.agency.records import ACCEPTED, AgencyFile, AgencyRow
from console.city.agency.security import NAME_TWINS
from console.city.standard_addresses import StandardAddress

# Characters of given names that sound alike to the third source; the second one mixes up NAME_TWINS.
_THIRD_HEARING = str.maketrans("伟静丽芳建华明洁颖辉博英", "纬靖俐方健花名结莹慧勃莺")
# Source → column of the name, in the order of being heard.
_NAME_COLUMNS = {"TMRI_DRIVER": "XM", "SECURITY_PERSON": "姓名", "VILLAGE_NOTEBOOK": "姓名"}


def plant_disagreement(desk: Desk, files: list[AgencyFile]) -> dict[str, Any] | None:
    """Gives a person who stands in three files three names; returns the case, None where nobody fits."""
    rows: dict[str, dict[str, list[AgencyRow]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        if file.source in _NAME_COLUMNS:
            for row in file.rows:
                rows[row.thing][file.source].append(row)
    for person in desk.population.persons:
        found = rows[person.id]
        single = len(found) == len(_NAME_COLUMNS) and all(len(those) == 1 for those in found.values())
        given = person.name[1:]
        names = [person.name] + [person.name[0] + given.translate(table) for table in (NAME_TWINS, _THIRD_HEARING)]
        if not single or len(set(names)) < len(names):
            continue
        own = {source: found[source][0] for source in _NAME_COLUMNS}
        if any(row.expected != ACCEPTED or row.conflicts for row in own.values()):
            continue
        for (source, column), name in zip(_NAME_COLUMNS.items(), names, strict=True):
            own[source].cells[column] = name
            if name != person.name:
                own[source].conflicts["name"] = (column, person.name)
        return {
            "thing": person.id,
            "citizen_id": person.citizen_id,
            "names": dict(zip(_NAME_COLUMNS, names, strict=True)),
        }
    return None


def planted_cases(desk: Desk, disagreement: dict[str, Any] | None) -> dict[str, Any]:
    """Name → case; None where the city is too small to hold it."""
    return {
        "full_building": _full_building(desk),
        "overdue_bus_fleet": _overdue_fleet(desk),
        "broken_signal": _broken_signal(desk),
        "reissued_plate": next((found for found in desk.findings if found["finding"] == "plate_reissued"), None),
        "three_sources": disagreement,
    }


def _full_building(desk: Desk) -> dict[str, Any] | None:
    rooms = desk.population.full_building
    if not rooms:
        return None
    first = rooms[0]
    components = {name: value for name, value in first.components.items() if name not in ("unit", "room")}
    houses = [house for house in desk.population.houses if house.address.code in desk.full_rooms]
    return {
        "address": _building_text(first),
        "components": components,
        "households": len(rooms),
        "persons": sum(len(house.residents) for house in houses),
        "rooms": [
            {"code": house.address.code, "house": house.id, "number": house.number, "room": house.address.room}
            for house in houses
        ],
    }


def _building_text(room: StandardAddress) -> str:
    gate = f"{room.road}{room.number}号" if room.road else ""
    return f"{room.town}{gate}{room.estate}{room.building}号楼"


def _overdue_fleet(desk: Desk) -> dict[str, Any] | None:
    buses = desk.population.overdue_buses
    if not buses:
        return None
    owner = buses[0].owner
    return {
        "thing": owner.id,
        "name": owner.name,
        "buses": [{"thing": bus.id, "plate": bus.plate_number} for bus in buses],
    }


def _broken_signal(desk: Desk) -> dict[str, Any] | None:
    signal = desk.roadside.broken_signal
    if signal is None:
        return None
    return {"thing": signal.id, "number": signal.number, "name": signal.name}
