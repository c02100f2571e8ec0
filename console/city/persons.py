"""Invented persons of the city in households, most of them drivers.

Identifiers: GB 11643 citizen IDs with valid check characters, 12-digit file numbers, mobile numbers; drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from common.identifiers import citizen_id_check_digit
from console.city.draws import Draw, Weighted
from console.city.rates import Rates
from console.city.reference_data import load_toml
from console.city.standard_addresses import StandardAddress

PROFESSIONAL_CLASSES = ("A1", "A2", "A3", "B1", "B2")
_CLASSES = Weighted(
    {"C1": 62, "C2": 9, "C1D": 5, "C1E": 5, "B2": 7, "B2D": 1, "A2": 4, "A2D": 1}
    | {"A1A2": 1, "A1": 1, "B1": 1, "C3": 1, "D": 1, "E": 1}
)
_POINTS = Weighted({0: 70, 1: 7, 3: 9, 6: 8, 2: 2, 9: 2, 12: 2})


@dataclass(slots=True)
class Licence:
    """A driving licence. `state` letters after GA/T 16.x (reference §2.3), `points` of this cycle."""

    file_no: str
    classes: str
    first_licensed_on: date
    valid_from: date
    valid_to: date
    points: int
    state: str
    review_due_on: date | None
    issuing_authority: str


@dataclass(slots=True)
class Person:
    """A person; natural key: citizen ID."""

    id: str
    name: str
    citizen_id: str
    sex: str
    birth_on: date
    phone: str
    household: StandardAddress
    residence: StandardAddress
    licence: Licence | None = None


class PersonMaker:
    """Makes households until the wanted number of persons is reached."""

    def __init__(self, seed: int, as_of: date, homes: list[StandardAddress], rates: Rates) -> None:
        self._states = Weighted(rates.driver_states)
        self._draw = Draw(seed, as_of, "persons")
        self._as_of = as_of
        self._homes = homes
        table: dict[str, Any] = load_toml("invention.toml")["person"]
        self._surnames = Weighted(table["surnames"])
        self._divisions = Weighted(table["id_divisions"])
        self._given = {"男": table["given_male"], "女": table["given_female"]}
        self._prefixes: list[str] = table["phone_prefixes"]
        self._ids: set[str] = set()
        self._phones: set[str] = set()
        self._files: set[str] = set()

    def make(self, count: int, drivers: int) -> list[Person]:
        """`count` persons of whom `drivers` hold a licence (fewer only if there are not enough adults)."""
        persons: list[Person] = []
        while len(persons) < count:
            persons += self._household(len(persons))[: count - len(persons)]
        adults = [person for person in persons if 18 <= self._age(person.birth_on) <= 78]
        for person in self._draw.sample(adults, drivers):
            person.licence = self._licence(person)
        return persons

    def _age(self, birth_on: date) -> int:
        return (self._as_of - birth_on).days // 365

    def _household(self, start: int) -> list[Person]:
        draw = self._draw
        home = draw.pick(self._homes)
        surname = draw.weighted(self._surnames)
        age = draw.integer(22, 68)
        members = [self._person(start, surname, "男", age, home)]
        if draw.chance(0.72):
            spouse = draw.weighted(self._surnames)
            members.append(self._person(start + 1, spouse, "女", max(20, age + draw.integer(-4, 2)), home))
        if age > 45 and draw.chance(0.35):
            sex = draw.pick("男女")
            members.append(self._person(start + len(members), surname, sex, age - draw.integer(23, 28), home))
        elif age < 45 and draw.chance(0.2):
            sex = draw.pick("男女")
            members.append(self._person(start + len(members), surname, sex, max(0, age - draw.integer(23, 27)), home))
        if age < 60 and draw.chance(0.12):
            members.append(self._person(start + len(members), surname, "男", age + draw.integer(22, 28), home))
        return members

    def _person(self, index: int, surname: str, sex: str, age: int, home: StandardAddress) -> Person:
        draw = self._draw
        given = draw.characters(self._given[sex], 2 if draw.chance(0.78) else 1)
        birth_on = self._as_of - timedelta(days=age * 365 + draw.integer(1, 364))
        residence = home if draw.chance(0.82) else draw.pick(self._homes)
        citizen_id = self._citizen_id(birth_on, sex)
        return Person(f"P{index + 1:06d}", surname + given, citizen_id, sex, birth_on, self._phone(), home, residence)

    def _citizen_id(self, birth_on: date, sex: str) -> str:
        while True:
            serial = self._draw.integer(1, 499) * 2 + (-1 if sex == "男" else 0)
            body = f"{self._draw.weighted(self._divisions)}{birth_on:%Y%m%d}{serial:03d}"
            made = body + citizen_id_check_digit(body)
            if made not in self._ids:
                self._ids.add(made)
                return made

    def _phone(self) -> str:
        while True:
            made = self._draw.pick(self._prefixes) + self._draw.digits(8)
            if made not in self._phones:
                self._phones.add(made)
                return made

    def _file_no(self) -> str:
        while True:
            made = ("370683" if self._draw.chance(0.9) else "370600") + self._draw.digits(6)
            if made not in self._files:
                self._files.add(made)
                return made

    def _licence(self, person: Person) -> Licence:
        draw = self._draw
        age = self._age(person.birth_on)
        classes = draw.weighted(_CLASSES)
        held_years = draw.integer(0, max(0, min(age - 18, 30)))
        first = self._as_of - timedelta(days=held_years * 365 + draw.integer(1, 360))
        # Six years, then ten years at a time: the running period began at one of these steps.
        step = max(years for years in (0, 6, 16, 26) if years <= held_years)
        start = _years_later(first, step)
        end = _years_later(start, 10 if step else 6)
        state = draw.weighted(self._states)
        if "M" in state:
            end = self._as_of - timedelta(days=draw.integer(5, 700))
            start = _years_later(end, -10)
        review = None
        if any(code in classes for code in PROFESSIONAL_CLASSES):
            review = _years_later(first, self._as_of.year - first.year + (0 if "S" in state else 1))
        authority = "鲁F" if draw.chance(0.95) else draw.pick(("鲁B", "鲁G", "黑A", "鲁Y"))
        return Licence(self._file_no(), classes, first, start, end, draw.weighted(_POINTS), state, review, authority)


def _years_later(day: date, years: int) -> date:
    """The same day of another year; 29 February becomes the 28th."""
    if day.month == 2 and day.day == 29:
        day = day.replace(day=28)
    return day.replace(year=day.year + years)
