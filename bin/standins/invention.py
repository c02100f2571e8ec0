"""People, firms, vehicles and addresses that do not exist, drawn from a seed."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import identifiers
import places

Row = dict[str, Any]
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
_GIVEN = "伟芳娜敏静强磊军洋勇艳杰娟涛明超霞平刚桂"
_FIRM_WORDS = ("晟", "珩", "澄", "屿", "榕", "沛", "垚", "琨", "霁", "蔚")
_FIRM_KINDS = (
    ("运输有限公司", "有限责任公司", "91"),
    ("物流有限公司", "有限责任公司", "91"),
    ("石材有限公司", "有限责任公司", "91"),
    ("便利店", "个体工商户", "92"),
    ("农机专业合作社", "农民专业合作社", "93"),
)


class Inventor:
    """Draws one thing after another; the same seed and the same calls give the same things.

    Args:
        addresses: rows with code, the levels, lon and lat; new things live there.
    """

    def __init__(self, seed: str, today: date, addresses: list[Row]) -> None:
        self.random = Random(seed)
        self._today = today
        self._addresses = addresses or [self.address() for _ in range(60)]

    def address(self) -> Row:
        """A house of a village, near the seat of its town."""
        town, village = self.random.choice(places.VILLAGES)
        lon, lat = places.TOWNS[town]
        empty = dict.fromkeys(places.LEVELS, "")
        return empty | {
            "code": f"BZ370683{self.random.randrange(10**10):010d}",
            "town": town,
            "village": village,
            "number": str(self.random.randrange(1, 400)),
            "lon": f"{lon + self.random.uniform(-0.01, 0.01):.6f}",
            "lat": f"{lat + self.random.uniform(-0.01, 0.01):.6f}",
        }

    def place(self) -> Row:
        """One of the known addresses."""
        return self.random.choice(self._addresses)

    def name(self) -> str:
        length = self.random.choice((1, 2, 2))
        return self.random.choice(_SURNAMES) + "".join(self.random.choice(_GIVEN) for _ in range(length))

    def person(self) -> Row:
        """Keys: name, sex, citizen_id, birth_on, phone, household, residence, residence_code, house_number."""
        birth_on = self._today - timedelta(days=self.random.randrange(19 * 365, 66 * 365))
        is_male, home = self.random.random() < 0.5, self.place()
        return {
            "name": self.name(),
            "sex": "男" if is_male else "女",
            "citizen_id": identifiers.make_citizen_number(self.random, birth_on, is_male=is_male),
            "birth_on": birth_on.isoformat(),
            "phone": identifiers.make_phone(self.random),
            "household": places.address_text(home),
            "residence": places.address_text(home),
            "residence_code": home["code"],
            "house_number": "",
        }

    def unit(self) -> Row:
        """Keys: name, uscc, unit_type, legal_person_name, legal_person_number, phone, state, established_on, …"""
        suffix, unit_type, kind = self.random.choice(_FIRM_KINDS)
        boss, place = self.person(), self.place()
        return {
            "name": f"莱州市{''.join(self.random.sample(_FIRM_WORDS, 3))}{suffix}",
            "uscc": identifiers.make_credit_code(self.random, kind),
            "unit_type": unit_type,
            "legal_person_name": boss["name"],
            "legal_person_number": boss["citizen_id"],
            "phone": f"0535-2{self.random.randrange(10**6):06d}",
            "state": "存续",
            "established_on": self._day_before(20 * 365),
            "registered": places.address_text(place),
            "business": places.address_text(place),
            "code": place["code"],
            "lon": place["lon"],
            "lat": place["lat"],
        }

    def house(self) -> Row:
        """Keys: number, name, usage, area_m2, storeys, owner_name, owner_number, address, code, lon, lat."""
        place, owner = self.place(), self.person()
        return {
            "number": f"FW{self.random.randrange(10**12):012d}",
            "name": f"{place['estate']}{place['building']}号楼" if place["building"] else "",
            "usage": "住宅",
            "area_m2": str(self.random.randrange(45, 180)),
            "storeys": str(self.random.choice((1, 2, 6, 11))),
            "owner_name": owner["name"],
            "owner_number": owner["citizen_id"],
            "address": places.address_text(place),
            "code": place["code"],
            "lon": place["lon"],
            "lat": place["lat"],
        }

    def vehicle(self) -> Row:
        """A key vehicle of a firm, with its driver."""
        owner, driver = self.unit(), self.person()
        made = self.random.randrange(2014, 2026)
        vehicle_type, use_nature, seats, mass = self.random.choice(
            (
                ("重型半挂牵引车", "货运", 3, 25000),
                ("重型自卸货车", "货运", 3, 31000),
                ("大型普通客车", "公路客运", 49, 18000),
                ("重型罐式货车", "危化品运输", 3, 25000),
            )
        )
        return {
            "plate": identifiers.make_plate(self.random),
            "plate_type": "01",
            "plate_colour": "黄色",
            "vin": identifiers.make_vin(self.random, made),
            "vehicle_type": vehicle_type,
            "use_nature": use_nature,
            "owner_name": owner["name"],
            "owner_number": owner["uscc"],
            "seats": str(seats),
            "total_mass_kg": str(mass),
            "inspection_valid_to": (self._today + timedelta(days=self.random.randrange(-60, 700))).isoformat(),
            "parking": owner["business"],
            "driver_name": driver["name"],
            "driver_number": driver["citizen_id"],
        }

    def bus(self) -> Row:
        """A city bus, electric."""
        return self.vehicle() | {
            "plate": identifiers.make_plate(self.random, is_new_energy=True),
            "plate_type": "51",
            "plate_colour": "黄绿色",
            "vehicle_type": "大型普通客车",
            "use_nature": "公交客运",
            "owner_name": "莱州市公共汽车有限公司",
            "owner_number": "91370683MA3C1A2B92",
        }

    def tractor(self) -> Row:
        """A tractor and its owner."""
        owner = self.person()
        return {
            "plate": identifiers.make_tractor_plate(self.random),
            "brand": self.random.choice(("东方红牌", "雷沃牌", "时风牌")),
            "model": self.random.choice(("LX904", "M1104", "SF354")),
            "vin": f"{self.random.randrange(10**9):09d}",
            "engine_number": f"{self.random.randrange(10**8):08d}",
            "owner_name": owner["name"],
            "owner_number": owner["citizen_id"],
            "registered_on": self._day_before(12 * 365),
            "inspection_valid_to": (self._today + timedelta(days=self.random.randrange(-90, 365))).isoformat(),
            "address": owner["household"],
        }

    def operator(self) -> Row:
        """Somebody who may drive tractors."""
        person = self.person()
        return person | {
            "licence_classes": self.random.choice(("G1", "G2", "K1")),
            "first_licensed_on": self._day_before(10 * 365),
            "licence_valid_to": (self._today + timedelta(days=self.random.randrange(-30, 2000))).isoformat(),
        }

    def _day_before(self, days: int) -> str:
        return (self._today - timedelta(days=self.random.randrange(1, days))).isoformat()
