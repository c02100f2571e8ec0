"""What comes in after the first delivery: villages collect, officers verify, agencies exchange what changed.

Sizes are those that the customer counted in one period (23,000 collected, 12,000 verified, 15,000 exchanged), in
proportion to the size of the city. Source: requirements of the customer. The platform counts the rows itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from console.city.agency.desk import Desk, put_address
from console.city.agency.noise import Noise
from console.city.agency.records import ACCEPTED, PERSON, VEHICLE, AgencyFile, AgencyRow
from console.city.agency.security import NOTEBOOK_COLUMNS, notebook_row
from console.city.persons import Person
from console.city.vehicles import Vehicle
from console.city.wording import AddressWriter

# Rows in a city of so many elements.
OF_ELEMENTS = 60_000
COLLECTED, VERIFIED, EXCHANGED = 23_000, 12_000, 15_000
# Of the verified rows two thirds are about persons; of the exchanged ones the share of each register.
_PERSONS_OF_VERIFIED = 2 / 3
_VERIFIED_PERSON_COLUMNS = ("姓名", "公民身份号码", "联系电话", "现住址", "核录日期")
_VERIFIED_VEHICLE_COLUMNS = ("号牌号码", "号牌种类", "停放地址", "核录日期")
_WEEKS = 4
REISSUED = 3
_MOVED = 0.06
T = TypeVar("T")


def make_flow_files(desk: Desk, files: Sequence[AgencyFile], elements: int, spared: frozenset[str]) -> list[AgencyFile]:
    """The files of the flows, in the order in which they come in.

    Args:
        desk: the city.
        files: the first deliveries, whose rows the exchanged ones change.
        elements: size of the city, all kinds together.
        spared: things of which nothing more is said, since a planted case rests on what was.
    """
    share = elements / OF_ELEMENTS
    first_notebook = next(len(file.rows) for file in files if file.source == "VILLAGE_NOTEBOOK")
    collected = max(0, round(COLLECTED * share) - first_notebook)
    return [
        *_exchanged(desk, files, round(EXCHANGED * share)),
        *_collected(desk, collected, spared),
        *_verified(desk, round(VERIFIED * share)),
    ]


def _collected(desk: Desk, count: int, spared: frozenset[str]) -> Iterator[AgencyFile]:
    """A notebook of each town a half-month: who lives in its villages."""
    by_town: dict[str, list[Person]] = {}
    for person in desk.population.persons:
        if person.id not in spared:
            by_town.setdefault(person.residence.town, []).append(person)
    towns = sorted(by_town)
    total = sum(len(by_town[town]) for town in towns)
    left = count
    for half, days_ago in enumerate((18, 4), start=1):
        for i, town in enumerate(towns):
            is_last = half == 2 and i == len(towns) - 1
            wanted = left if is_last else min(left, round(count / 2 * len(by_town[town]) / total))
            left -= wanted
            if not wanted:
                continue
            file = AgencyFile(
                "VILLAGE_NOTEBOOK", PERSON, f"{town} 村居采集 第{half}期", f"村居采集_{town}_{desk.as_of:%Y%m}_{half}.csv",
                "csv", NOTEBOOK_COLUMNS, desk.as_of - timedelta(days=days_ago), "utf-8", "\t",
            )  # fmt: skip
            noise = desk.noise(file.name, "slashes")
            writer = desk.writer("notebook")
            file.rows = [notebook_row(person, noise, writer) for person in _drawn(noise, by_town[town], wanted)]
            for serial, row in enumerate(file.rows, start=1):
                row.cells["序号"] = str(serial)
            yield file


def _verified(desk: Desk, count: int) -> Iterator[AgencyFile]:
    """What officers found when they compared, week by week: nearly all as it was, some moved."""
    persons = round(count * _PERSONS_OF_VERIFIED)
    for kind, wanted, columns, title in (
        (PERSON, persons, _VERIFIED_PERSON_COLUMNS, "人员"),
        (VEHICLE, count - persons, _VERIFIED_VEHICLE_COLUMNS, "机动车"),
    ):
        for week in range(_WEEKS):
            size = wanted // _WEEKS + (week < wanted % _WEEKS)
            if not size:
                continue
            day = desk.as_of - timedelta(days=7 * (_WEEKS - 1 - week))
            file = AgencyFile(
                "FIELD", kind, f"核录结果 {title} 第{week + 1}周", f"核录结果_{title}_{day:%Y%m%d}.csv", "csv", columns,
                day, "utf-8-sig",
            )  # fmt: skip
            noise, writer = desk.noise(file.name, "dashes"), desk.writer("official")
            file.rows = list(_verified_rows(desk, file, noise, writer, size))
            yield file


def _verified_rows(desk: Desk, file: AgencyFile, noise: Noise, writer: AddressWriter, size: int) -> Iterator[AgencyRow]:
    things: Sequence[Person | Vehicle] = desk.population.persons if file.kind == PERSON else desk.population.vehicles
    for thing in _drawn(noise, things, size):
        row = AgencyRow({}, thing.id)
        if isinstance(thing, Person):
            phone = thing.phone[:3] + noise.draw.digits(8) if noise.draw.chance(_MOVED) else thing.phone
            row.cells = {"姓名": thing.name, "公民身份号码": thing.citizen_id, "联系电话": phone}
            put_address(row, "现住址", thing.residence, writer, noise.draw, thing)
        else:
            keeper = thing.owner if isinstance(thing.owner, Person) else thing.owner.legal_person
            row.cells = {"号牌号码": thing.plate_number, "号牌种类": thing.plate_type}
            put_address(row, "停放地址", thing.parking, writer, noise.draw, keeper)
        noise.date(row, "核录日期", file.observed_on, form="dashes")
        yield row


def _exchanged(desk: Desk, files: Sequence[AgencyFile], count: int) -> Iterator[AgencyFile]:
    """Rows of the first deliveries again, some of them changed: licences, inspections, telephones."""
    changes: dict[str, tuple[float, Callable[[AgencyRow, Noise, Desk], None]]] = {
        "TMRI_VEHICLE": (0.4, _inspected_again),
        "TMRI_DRIVER": (0.35, _points_again),
        "SECURITY_PERSON": (0.25, _telephone_again),
    }
    left = count
    for i, (source, (share, change)) in enumerate(changes.items()):
        first = next(file for file in files if file.source == source)
        good = [row for row in first.rows if row.expected == ACCEPTED and not row.conflicts]
        wanted = min(left if i == len(changes) - 1 else round(count * share), len(good))
        left -= wanted
        stem, _, form = first.name.rpartition(".")
        file = replace(first, name=f"{stem}_变更.{form}", title=f"{first.title} 变更", observed_on=desk.as_of, rows=[])
        noise = desk.noise(file.name, "compact")
        for row in noise.draw.sample(good, wanted):
            again = replace(row, cells=dict(row.cells), defects=[*row.defects, "row:change"])
            change(again, noise, desk)
            file.rows.append(again)
        if source == "TMRI_VEHICLE":
            _reissue_plates(desk, file)
        yield file


def _reissue_plates(desk: Desk, file: AgencyFile) -> None:
    """The last rows of the file become new vehicles with the plates that they name: the old ones gave them up."""
    makers = {vehicle.id: vehicle for vehicle in desk.population.vehicles}
    taken = [row for row in file.rows if row.thing in makers and not any("HPHM" in defect for defect in row.defects)]
    for number, row in enumerate(taken[-REISSUED:], start=1):
        old = makers[row.thing]
        vin, thing = desk.population.vehicle_maker.vin_of_another(old), f"Y{number:06d}"
        row.cells |= {"CLSBDH": vin, "FDJH": vin[-7:], "ZT": "A", "CCDJRQ": f"{desk.as_of:%Y%m%d}"}
        row.thing, row.defects = thing, [*row.defects, "row:plate_reissued"]
        plate = {"finding": "plate_reissued", "plate": old.plate_number, "plate_type": old.plate_type}
        desk.findings.append(plate | {"thing": thing, "other_thing": old.id, "vin": vin, "other_vin": old.vin})


def _inspected_again(row: AgencyRow, noise: Noise, desk: Desk) -> None:
    """A new inspection of a private car: a year on. Commercial ones are in other files as well and keep their date."""
    if row.cells["SYXZ"] in ("A", "非营运"):
        row.cells["YXQZ"] = f"{desk.as_of + timedelta(days=noise.draw.integer(300, 390)):%Y%m%d}"


def _points_again(row: AgencyRow, noise: Noise, desk: Desk) -> None:
    row.cells["LJJF"] = str(noise.draw.pick((0, 0, 0, 1, 3, 6, 9)))


def _telephone_again(row: AgencyRow, noise: Noise, desk: Desk) -> None:
    if noise.draw.chance(0.3):
        row.cells["联系电话"] = "13" + noise.draw.digits(9)
    row.cells["采集日期"] = desk.as_of.isoformat()


def _drawn(noise: Noise, things: Sequence[T], count: int) -> list[T]:
    """So many of the things; more than there are come again."""
    drawn: list[T] = []
    while len(drawn) < count:
        drawn += noise.draw.sample(things, min(count - len(drawn), len(things)))
    return drawn
