"""Invented units of the city: firms, sole traders, cooperatives, schools.

Identifiers: GB 32100 credit codes whose characters 9–17 are a valid GB 11714 organisation code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from common.identifiers import USCC_ALPHABET, organisation_code_check_digit, uscc_check_digit
from console.city.draws import Draw, Weighted
from console.city.persons import Person
from console.city.reference_data import load_toml
from console.city.standard_addresses import StandardAddress

_STATES = Weighted({"存续": 88, "注销": 7, "吊销": 3, "迁出": 2})
_NUMERALS = "一二三四五六七八九"


@dataclass(slots=True)
class Unit:
    """A unit; natural key: unified social credit code. `fleet` = kind of commercial fleet, or ""."""

    id: str
    name: str
    uscc: str
    org_code: str
    unit_type: str
    legal_person: Person
    phone: str
    state: str
    established_on: date
    registered: StandardAddress
    business: StandardAddress
    fleet: str


class UnitMaker:
    """Makes units whose legal persons are persons of the city."""

    def __init__(self, seed: int, as_of: date, persons: list[Person], sites: list[StandardAddress]) -> None:
        self._draw = Draw(seed, as_of, "units")
        self._as_of = as_of
        self._adults = [person for person in persons if (as_of - person.birth_on).days > 22 * 365]
        self._sites = sites
        table: dict[str, Any] = load_toml("invention.toml")["unit"]
        self._coined = table["coined"]
        self._kinds = Weighted.of_pairs([(kind, kind["weight"]) for kind in table["kind"]])
        self._fleets = [kind for kind in table["kind"] if kind.get("fleet")]
        self._names: set[str] = set()
        self._codes: set[str] = set()

    def make(self, count: int) -> list[Unit]:
        """`count` units; the first ones give every kind of fleet an operator, however few are wanted."""
        others = count - len(self._fleets)
        kinds = self._fleets[:count] + [self._draw.weighted(self._kinds) for _ in range(others)]
        return [self._unit(index, kind) for index, kind in enumerate(kinds)]

    def _unit(self, index: int, kind: dict[str, Any]) -> Unit:
        draw = self._draw
        uscc, org_code = self._codes_of(kind["code"])
        registered = draw.pick(self._sites)
        person = draw.pick(self._adults)
        return Unit(
            id=f"U{index + 1:06d}",
            name=self._name(kind, registered, person),
            uscc=uscc,
            org_code=org_code,
            unit_type=kind["type"],
            legal_person=person,
            phone=f"0535-2{draw.digits(6)}" if draw.chance(0.6) else person.phone,
            state="存续" if kind.get("fleet") else draw.weighted(_STATES),
            established_on=self._as_of - timedelta(days=draw.integer(200, 9000)),
            registered=registered,
            business=registered if draw.chance(0.78) else draw.pick(self._sites),
            fleet=kind.get("fleet", ""),
        )

    def _name(self, kind: dict[str, Any], site: StandardAddress, person: Person) -> str:
        draw = self._draw
        town = site.town.removesuffix("街道").removesuffix("镇")
        while True:
            if kind["code"] == "12":
                coined, numeral = draw.characters(self._coined, 2), draw.pick(_NUMERALS)
                name = f"莱州市{town}{coined}第{numeral}{draw.pick(kind['trades'])}"
            elif kind["code"] == "92":
                # Sole traders are registered with the district before the shop name.
                coined = draw.characters(self._coined, 2)
                name = f"莱州市{town}{coined}{person.name[0]}记{draw.pick(kind['trades'])}"
            else:
                name = f"莱州市{draw.characters(self._coined, 3)}{draw.pick(kind['trades'])}{kind['suffix']}"
            if name not in self._names:
                self._names.add(name)
                return name

    def _codes_of(self, kind_code: str) -> tuple[str, str]:
        while True:
            body = "MA" + self._draw.characters(USCC_ALPHABET, 6)
            org_code = body + organisation_code_check_digit(body)
            head = f"{kind_code}370683{org_code}"
            # A check letter outside the credit code's alphabet cannot occur (0-9, X), repeated codes can.
            uscc = head + uscc_check_digit(head)
            if uscc not in self._codes:
                self._codes.add(uscc)
                return uscc, org_code
