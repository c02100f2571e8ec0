"""Invented vehicles with valid VINs and plates, as a registry's CSV has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta

from common.identifiers import vin_check_digit

HEADERS = (
    "车辆识别代号", "号牌号码", "号牌种类", "车辆类型", "使用性质", "品牌", "型号", "发动机号", "车身颜色", "燃料种类", "核定载客", "总质量",
    "初次登记日期", "检验有效期止", "强制报废期止", "保险终止日期", "机动车状态", "发证机关", "所有人", "登记地址", "停放地址",
)  # fmt: skip
# Field of each column, in order; also the columns of the peer's plain table.
FIELDS = (
    "vin", "plate_number", "plate_type", "vehicle_type", "use_nature", "brand", "model", "engine_number", "colour", "fuel",
    "seats", "total_mass_kg", "first_registered_on", "inspection_valid_to", "scrap_due_on", "insurance_valid_to", "state",
    "issuing_authority", "owner_name", "registered_address", "parking_address",
)  # fmt: skip
_BRANDS = ("五菱", "长城", "比亚迪", "解放", "东风", "哈弗", "吉利", "福田")
_SERIALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_FIRST_DAY = date(2015, 1, 1)
# About a third of vehicles are parked elsewhere than where they are registered.
_PARKED_ELSEWHERE = 3


def vehicle_rows(first: int, count: int, addresses: Sequence[str]) -> list[tuple[str, ...]]:
    """Rows of vehicles number `first` and on, every cell a text, in the order of `HEADERS`."""
    return [_row(number, addresses) for number in range(first, first + count)]


def as_csv(rows: Sequence[tuple[str, ...]]) -> bytes:
    """The file: UTF-8, comma, one header."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(HEADERS)
    writer.writerows(rows)
    return stream.getvalue().encode()


def vin_of(number: int) -> str:
    """Seventeen places with the check digit of GB 16735."""
    draft = f"LZB{number % 10}A1B2000{number:07d}"[:17]
    return draft[:8] + vin_check_digit(draft) + draft[9:]


def plate_of(number: int) -> str:
    """An ordinary plate of 鲁F: a letter and four digits, then two letters and three, …; unique to 8 million."""
    block, serial = divmod(number, 10_000)
    if block < len(_SERIALS):
        return f"鲁F{_SERIALS[block]}{serial:04d}"
    block, serial = divmod(number, 1_000)
    first, second = divmod(block, len(_SERIALS))
    return f"鲁{'FYU'[first // 24 % 3]}{_SERIALS[first % 24]}{_SERIALS[second]}{serial:03d}"


def _row(number: int, addresses: Sequence[str]) -> tuple[str, ...]:
    registered = _FIRST_DAY + timedelta(days=number * 7 % 3_600)
    home = addresses[number % len(addresses)]
    parked = addresses[number * 31 % len(addresses)] if number % _PARKED_ELSEWHERE == 0 else ""
    return (
        vin_of(number), plate_of(number), "02", ("K33", "H31", "K31")[number % 3], "AB"[number % 2], _BRANDS[number % 8],
        f"LZ{number % 997:04d}", f"E{number:08d}", "ABCDEFGHIJ"[number % 10], "ABC"[number % 3], str(5 + number % 3),
        str(1_500 + number % 900), registered.isoformat(), (registered + timedelta(days=4_000)).isoformat(),
        (registered + timedelta(days=5_475)).isoformat(), (registered + timedelta(days=3_800)).isoformat(), "A", "鲁F",
        f"车主{number}", home, parked,
    )  # fmt: skip
