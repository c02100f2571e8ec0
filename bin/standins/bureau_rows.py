"""The columns of the public-order system, and the changes that happen in it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import identifiers
import places
from faults import RowShape
from invention import Inventor

Row = dict[str, Any]
KINDS = ("persons", "houses", "units", "addresses")
SHAPES = {
    "persons": RowShape("LXDH", ("GXSJ",)),
    "houses": RowShape("ZL", ("GXSJ",), "JD", "WD"),
    "units": RowShape("FDDBR", ("GXSJ",), "JD", "WD"),
    "addresses": RowShape("number", ("GXSJ",), "lon", "lat"),
}
_ACT_NAMES = {"add": "新增", "change": "变更", "retire": "注销", "merge": "合并"}


def person_row(person: Row) -> tuple[str, Row]:
    """Key and columns. SCBZ 1 = struck off."""
    return person["citizen_id"], {
        "XM": person["name"],
        "XB": person.get("sex") or ("男" if person["citizen_id"][16] in "13579" else "女"),
        "SFZMHM": person["citizen_id"],
        "CSRQ": person.get("birth_on", ""),
        "LXDH": person.get("phone", ""),
        "HJDZ": person.get("household", ""),
        "XZZ": person.get("residence", ""),
        "BZDZBM": person.get("residence_code", ""),
        "FWBH": person.get("house_number", ""),
        "SCBZ": "0",
    }


def house_row(house: Row) -> tuple[str, Row]:
    return house["number"], {
        "FWBH": house["number"],
        "FWMC": house.get("name", ""),
        "FWYT": house.get("usage", ""),
        "JZMJ": house.get("area_m2", ""),
        "CS": house.get("storeys", ""),
        "CQR": house.get("owner_name", ""),
        "CQRZJHM": house.get("owner_number", ""),
        "ZL": house.get("address", ""),
        "BZDZBM": house.get("code", ""),
        "JD": house.get("lon", ""),
        "WD": house.get("lat", ""),
        "SCBZ": "0",
    }


def unit_row(unit: Row) -> tuple[str, Row]:
    return unit["uscc"], {
        "DWMC": unit["name"],
        "TYSHXYDM": unit["uscc"],
        "DWLX": unit.get("unit_type", ""),
        "FDDBR": unit.get("legal_person_name", ""),
        "FRZJHM": unit.get("legal_person_number", ""),
        "LXDH": unit.get("phone", ""),
        "JYZT": unit.get("state", ""),
        "ZS": unit.get("registered", ""),
        "JYCS": unit.get("business", ""),
        "BZDZBM": unit.get("code", ""),
        "JD": unit.get("lon", ""),
        "WD": unit.get("lat", ""),
        "SCBZ": "0",
    }


def address_row(op: str, address: Row, into: str = "") -> Row:
    """A change of the address registry: an act, the code, the levels, the point."""
    levels = {level: str(address.get(level, "")) for level in places.LEVELS}
    point = {"lon": str(address.get("lon", "")), "lat": str(address.get("lat", ""))}
    return {"op": op, "CZLX": _ACT_NAMES[op], "code": address["code"], **levels, **point, "into": into}


def new_address(inventor: Inventor) -> Row:
    """A number that is new in its road or village: such as nobody has given yet."""
    base = inventor.place()
    levels = {level: base[level] for level in ("town", "village", "road")}
    return (
        dict.fromkeys(places.LEVELS, "")
        | levels
        | {
            "code": f"BZ370683{inventor.random.randrange(10**10):010d}",
            "number": str(inventor.random.randrange(2000, 9999)),
            "lon": str(base["lon"]),
            "lat": str(base["lat"]),
        }
    )


def correct_phone(row: Row, random: Random, _inventor: Inventor) -> None:
    row["LXDH"] = identifiers.make_phone(random)


def move_person(row: Row, _random: Random, inventor: Inventor) -> None:
    place = inventor.place()
    row["XZZ"], row["BZDZBM"], row["FWBH"] = places.address_text(place), place["code"], ""


def strike_off(row: Row, _random: Random, _inventor: Inventor) -> None:
    row["SCBZ"] = "1"


def change_owner(row: Row, random: Random, inventor: Inventor) -> None:
    person = inventor.person()
    row["CQR"], row["CQRZJHM"] = person["name"], person["citizen_id"]


def change_boss(row: Row, _random: Random, inventor: Inventor) -> None:
    person = inventor.person()
    row["FDDBR"], row["FRZJHM"] = person["name"], person["citizen_id"]


def close_unit(row: Row, _random: Random, _inventor: Inventor) -> None:
    row["JYZT"] = "注销"


# act → kind and what it does to one of its rows
CHANGES: dict[str, tuple[str, Callable[[Row, Random, Inventor], None]]] = {
    "correct_phone": ("persons", correct_phone),
    "move_person": ("persons", move_person),
    "delete_person": ("persons", strike_off),
    "change_owner": ("houses", change_owner),
    "delete_house": ("houses", strike_off),
    "change_boss": ("units", change_boss),
    "close_unit": ("units", close_unit),
}
