"""Makes seed.json from the agency files of a made city: `seed_from_city.py --city DIR --out FILE [--most N]`.

Reads what other agencies could read: addresses.csv and the files of DIR/agency; never the truth beside the city.
Rows whose number does not check are left out, so that what the stand-ins send can meet the registers.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import identifiers
from agency import write_whole
from openpyxl import load_workbook

Row = dict[str, Any]
_CITIZEN = re.compile(r"\d{17}[\dX]")
_CREDIT = re.compile(r"[0-9A-HJ-NP-RT-UW-Y]{18}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_PLATE = re.compile(r"鲁[FY][A-HJ-NP-Z0-9]{5,6}")
_COLOURS = {"01": "黄色", "02": "蓝色", "51": "黄绿色", "52": "渐变绿色"}
# The traffic police's file names the kind now and then instead of coding it.
_COLOURS |= {"大型汽车": "黄色", "小型汽车": "蓝色", "大型新能源汽车": "黄绿色", "小型新能源汽车": "渐变绿色"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes seed.json from the agency files of a made city.")
    parser.add_argument("--city", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=300, help="rows of each kind")
    arguments = parser.parse_args()
    document = make_seed(arguments.city, arguments.most)
    write_whole(arguments.out, json.dumps(document, ensure_ascii=False, indent=0).encode())
    counts = {kind: len(rows) for kind, rows in document.items() if isinstance(rows, list)}
    print(f"as of {document['as_of']}: {counts}")
    return 0


def make_seed(city: Path, most: int) -> dict[str, Any]:
    """The document that README.md describes."""
    agency = city / "agency"
    manifest = (agency / "manifest.toml").read_text(encoding="utf-8")
    as_of = re.search(r'as_of\s*=\s*"?(\d{4}-\d{2}-\d{2})', manifest)
    if as_of is None:
        raise SystemExit("agency/manifest.toml names no as_of")
    addresses = _evenly(list(_csv(city / "addresses.csv", "utf-8")), most)
    vehicles = list(_csv(_one(agency, "jdc_????????.csv"), "gb18030"))
    return {
        "as_of": as_of[1],
        "addresses": addresses,
        "persons": _take(most, map(_person, _csv(_one(agency, "实有人口_??????.csv"), "utf-8-sig"))),
        "houses": _take(most, map(_house, _csv(_one(agency, "实有房屋_??????.csv"), "gb18030"))),
        "units": _take(most, map(_unit, _workbook(_one(agency, "企业登记_????????.xlsx")))),
        "vehicles": _take(most, map(_key_vehicle, _csv(_one(agency, "重点营运车辆_??????.csv"), "gb18030", ";"))),
        "buses": _take(most, (_vehicle(row) for row in vehicles if row["SYXZ"] in {"C", "公交客运"})),
        "tractors": _take(most, (_tractor(row) for row in vehicles if row["HPZL"] in {"14", "拖拉机"})),
        "operators": [],
    }


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise SystemExit(f"{folder}: no file {pattern}")
    return found[0]


def _csv(path: Path, encoding: str, delimiter: str = ",") -> Iterator[Row]:
    with path.open(encoding=encoding, newline="") as stream:
        for row in csv.DictReader(stream, delimiter=delimiter):
            yield {key: (value or "").strip() for key, value in row.items() if key}


def _workbook(path: Path) -> Iterator[Row]:
    sheet = load_workbook(path, read_only=True).worksheets[0]
    lines = sheet.iter_rows(values_only=True)
    headers = [str(cell) for cell in next(lines)]
    for line in lines:
        yield {
            key: str(cell)[:200].strip() if cell is not None else "" for key, cell in zip(headers, line, strict=True)
        }


def _evenly(rows: list[Row], most: int) -> list[Row]:
    """Spread over the whole list, which is in the order of streets."""
    return rows[:: max(len(rows) // most, 1)][:most]


def _take(most: int, rows: Iterator[Row | None]) -> list[Row]:
    taken: list[Row] = []
    for row in rows:
        if len(taken) == most:
            break
        if row is not None:
            taken.append(row)
    return taken


def _is_citizen(number: str) -> bool:
    return bool(_CITIZEN.fullmatch(number)) and identifiers.citizen_check(number[:17]) == number[17]


def _is_credit(number: str) -> bool:
    return bool(_CREDIT.fullmatch(number)) and identifiers.credit_check(number[:17]) == number[17]


def _is_vin(number: str) -> bool:
    return bool(_VIN.fullmatch(number)) and identifiers.vin_check(number) == number[8]


def _person(row: Row) -> Row | None:
    if not _is_citizen(row["公民身份号码"]):
        return None
    number = row["公民身份号码"]
    return {
        "name": row["姓名"],
        "sex": row["性别"],
        "citizen_id": number,
        "birth_on": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        "phone": row["联系电话"],
        "household": row["户籍地址"],
        "residence": row["现住址"],
        "house_number": row["房屋编号"],
    }


def _house(row: Row) -> Row | None:
    if not row["FWBH"]:
        return None
    return {
        "number": row["FWBH"],
        "name": row["FWMC"],
        "usage": row["FWYT"],
        "area_m2": row["JZMJ"],
        "storeys": row["CS"],
        "owner_name": row["CQR"],
        "owner_number": row["CQRZJHM"],
        "address": row["ZL"],
    }


def _unit(row: Row) -> Row | None:
    if not _is_credit(row["统一社会信用代码"]):
        return None
    founded = row["成立日期"][:10]
    return {
        "name": row["企业名称"],
        "uscc": row["统一社会信用代码"],
        "unit_type": row["企业类型"],
        "legal_person_name": row["法定代表人"],
        "legal_person_number": row["法定代表人身份证号"],
        "phone": row["联系电话"],
        "state": row["登记状态"],
        "established_on": founded if re.fullmatch(r"\d{4}-\d{2}-\d{2}", founded) else "",
        "registered": row["住所"],
        "business": row["经营场所"],
    }


def _key_vehicle(row: Row) -> Row | None:
    plate = row["车牌号"].replace("·", "")
    if not _is_vin(row["车架号"]) or not _PLATE.fullmatch(plate):
        return None
    return {
        "plate": plate,
        "plate_colour": row["车牌颜色"],
        "vin": row["车架号"],
        "vehicle_type": row["车辆类型"],
        "use_nature": row["经营范围"],
        "owner_name": row["业户名称"],
        "owner_number": row["业户信用代码"],
        "seats": row["核定载客"],
        "total_mass_kg": row["总质量(kg)"],
        "inspection_valid_to": row["年审有效期"],
        "parking": row["停放地址"],
        "driver_name": row["驾驶员"],
        "driver_number": row["驾驶人身份证号"],
    }


def _vehicle(row: Row) -> Row | None:
    if not _is_vin(row["CLSBDH"]) or not _PLATE.fullmatch(row["HPHM"]):
        return None
    return {
        "plate": row["HPHM"],
        "plate_type": row["HPZL"],
        "plate_colour": _COLOURS.get(row["HPZL"], ""),
        "vin": row["CLSBDH"],
        "vehicle_type": row["CLLX"],
        "use_nature": row["SYXZ"],
        "owner_name": row["SYR"],
        "owner_number": row["SFZMHM"],
        "seats": row["HDZK"],
    }


def _tractor(row: Row) -> Row | None:
    return {
        "plate": row["HPHM"],
        "brand": row["CLPP1"],
        "model": row["CLXH"],
        "vin": row["CLSBDH"],
        "engine_number": row["FDJH"],
        "owner_name": row["SYR"],
        "owner_number": row["SFZMHM"],
        "registered_on": row["CCDJRQ"],
        "inspection_valid_to": row["YXQZ"],
        "address": row["ZSXXDZ"],
    }


if __name__ == "__main__":
    sys.exit(main())
