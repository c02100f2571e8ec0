"""The truth about every made thing: its keys and what it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.city.facilities import DANGER_TYPE, Roadside
from console.city.population import Population
from console.city.spots import Spot


def thing_truths(population: Population, roadside: Roadside) -> Iterator[dict[str, Any]]:
    """One object a thing: id, kind, keys, and what it belongs to."""
    yield from _movables(population)
    yield from _places(population, roadside)


def _movables(population: Population) -> Iterator[dict[str, Any]]:
    for person in population.persons:
        yield {
            "thing": person.id,
            "kind": "PERSON",
            "keys": {
                "CITIZEN_ID": person.citizen_id,
                "FILE_NO": person.licence.file_no if person.licence else "",
            },
            "name": person.name,
            "is_driver": person.licence is not None,
            "addresses": {
                "household_address": person.household.code,
                "residence_address": person.residence.code,
            },
        }
    for vehicle in population.vehicles:
        yield {
            "thing": vehicle.id,
            "kind": "VEHICLE",
            "keys": {"VIN": vehicle.vin, "PLATE": vehicle.plate_number, "plate_type": vehicle.plate_type},
            "owner": vehicle.owner.id,
            "addresses": {
                "registered_address": vehicle.registered.code,
                "parking_address": vehicle.parking.code,
            },
        }
    for unit in population.units:
        yield {
            "thing": unit.id,
            "kind": "UNIT",
            "keys": {"USCC": unit.uscc, "ORG_CODE": unit.org_code},
            "name": unit.name,
            "legal_person": unit.legal_person.id,
            "addresses": {"registered_address": unit.registered.code, "business_address": unit.business.code},
        }


def _places(population: Population, roadside: Roadside) -> Iterator[dict[str, Any]]:
    for house in population.houses:
        yield {
            "thing": house.id,
            "kind": "HOUSE",
            "keys": {"SOURCE_ID": house.number},
            "usage": house.usage,
            "owner": house.owner.id if house.owner else "",
            "residents": [person.id for person in house.residents],
            "addresses": {"site_address": house.address.code},
        }
    for item in roadside.roads:
        yield {
            "thing": item.id,
            "kind": "ROAD",
            "keys": {"SOURCE_ID": item.number},
            "name": item.road.name,
            "route_code": item.route_code,
        }
    for facility in roadside.facilities:
        yield _spot_truth(facility.id, facility.number, facility.kind, facility.name, facility.spot)
    for danger in roadside.dangers:
        yield _spot_truth(danger.id, danger.number, DANGER_TYPE, danger.name, danger.spot)


def _spot_truth(thing: str, number: str, facility_type: str, name: str, spot: Spot) -> dict[str, Any]:
    return {
        "thing": thing,
        "kind": "FACILITY",
        "keys": {"SOURCE_ID": number},
        "type": facility_type,
        "name": name,
        "road": spot.road.id if spot.road else "",
        "point": [spot.lon, spot.lat],
    }
