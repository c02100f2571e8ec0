"""Noisy wording of a large registry, by rules of its own: forms, courier labels, hand-written registers.

`noise` gives texts of addresses that exist, whole or in part; `absent` gives texts of addresses that are in no registry.
Written without a look at the engine or at the generator of `synthetic.py`. The same seed gives the same texts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from addresses.parsing.components import Components

_DIGITS = "〇一二三四五六七八九"
_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_LEADS = (
    "",
    "",
    "",
    "",
    "",
    "现住址：",
    "户籍所在地:",
    "家庭住址 ",
    "送货至",
    "住",
    "联系地址：",
    "车主住址:",
    "地址 ",
)
_COUNTIES = ("", "", "", "莱州市", "莱州市", "莱州", "山东省莱州市", "山东省烟台市莱州市", "烟台市莱州市", "山东 烟台 莱州市", "山东省莱州", "莱州市 ", "莱州市莱州市")  # fmt: skip
_TAILS = (
    *[""] * 12,
    " 13700000000",
    "，手机13700000000",
    "(家)",
    "。",
    "（自有住房）",
    " 0535-2220000",
    "(放门口)",
    "，李女士收",
)
_TYPOS = {
    "庄": "庒",
    "庙": "亩",
    "街": "接",
    "花园": "花圆",
    "营": "莹",
    "沟": "构",
    "路": "络",
    "村": "树",
    "堡": "保",
    "苑": "园",
    "华": "化",
    "家": "佳",
}


@dataclass(frozen=True, slots=True)
class Noisy:
    """A text, the node it means (None: in no registry), and its class: full, partial, or why it is absent."""

    text: str
    answer: Components | None
    kind: str


def spoken(value: int) -> str:
    """12 → 十二, 128 → 一百二十八, 105 → 一百零五."""
    if value >= 1000:
        return "".join(_DIGITS[int(digit)] for digit in str(value))
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if hundreds and rest and not tens:
        text += "零"
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    return text + (_DIGITS[ones] if ones else "") or "〇"


def _numeral(chance: random.Random, digits: str) -> str:
    roll = chance.random()
    if roll < 0.1 and digits.isdigit():
        return spoken(int(digits))
    if roll < 0.13 and digits.isdigit():
        return "".join(_CAPITALS[int(digit)] for digit in digits) if len(digits) == 1 else spoken(int(digits))
    if roll < 0.2:
        return "".join(chr(ord(letter) + 0xFEE0) if letter.isdigit() else letter for letter in digits)
    if roll < 0.23 and len(digits) == 1:
        return f"0{digits}"
    return digits


def _house(chance: random.Random, number: str) -> str:
    if "组" in number or "排" in number:
        word = "组" if "组" in number else "排"
        group, rest = number.rstrip("号").split(word)
        words = ("组", "组", "小组", "村民小组", "队", "生产队") if word == "组" else ("排",)
        return f"{_numeral(chance, group)}{chance.choice(words)}{_numeral(chance, rest)}{chance.choice(('号', '号', '号院'))}"
    if "-" in number:
        main, sub = number.split("-")
        return chance.choice(
            (
                f"{main}号-{sub}",
                f"{main}-{sub}号",
                f"{main}号之{sub}",
                f"{main}之{sub}号",
                f"{main}-{sub}",
                f"{main}号附{sub}号",
            )
        )
    return (
        chance.choice(("", "", "", "第", "门牌"))
        + _numeral(chance, number)
        + chance.choice(("号", "号", "号", " 号", "号院", "#"))
    )


def _inside(chance: random.Random, row: Components) -> str:
    parts = [part for part in (row.building, row.unit, row.room) if part]
    if len(parts) > 1 and chance.random() < 0.3:
        mark = chance.choice(("-", "-", "－", "—", "/", "~", " - "))
        return mark.join(parts)
    text = _numeral(chance, row.building) + chance.choice(
        ("号楼", "号楼", "栋", "幢", "#", "#楼", "楼", "座", " 号楼 ")
    )
    if row.unit:
        text += _numeral(chance, row.unit) + chance.choice(("单元", "单元", "门", "单元 ", "号单元"))
    if row.room:
        floor = row.room[:-2]
        text += chance.choice(("", "", "", f"{floor}楼", f"{_numeral(chance, floor)}层")) + row.room
        text += chance.choice(("室", "", "户", "号", "房"))
    return text


def _town(chance: random.Random, town: str) -> str:
    if town.endswith("街道"):
        return chance.choice((town, town, f"{town}办事处", f"{town}办", town.removesuffix("街道") + "街办"))
    return chance.choice((town, town, town, town.removesuffix("镇"), f"{town}{town}"))


def _village(chance: random.Random, village: str) -> str:
    if village.endswith("社区居委会"):
        stem = village.removesuffix("社区居委会")
        return chance.choice((f"{stem}社区", village, f"{stem}居委会"))
    stem = village.removesuffix("民委员会").removesuffix("委会")
    return chance.choice((stem, stem, stem, village, f"{stem}委会", stem.removesuffix("村")))


def _typo(chance: random.Random, text: str) -> str:
    spots = [(right, wrong) for right, wrong in _TYPOS.items() if right in text]
    if not spots:
        return text
    right, wrong = chance.choice(spots)
    return text.replace(right, wrong, 1)


def _bracketed(chance: random.Random, row: Components) -> str:
    """Road and number behind or before the estate, as forms and maps write it."""
    plot = f"{row.road}{row.number}号"
    return chance.choice(
        (f"{row.estate}({plot})", f"{plot}{row.estate}", f"{plot}({row.estate})", f"{plot} {row.estate}")
    )


def word(chance: random.Random, row: Components) -> tuple[str, bool]:
    """A wording of the row, and whether it says all of it above the house number or building."""
    has_town, has_village = chance.random() < 0.75, not row.road or chance.random() < 0.3
    text = _town(chance, row.town) if has_town else ""
    if has_village and row.village:
        text += _village(chance, row.village)
    is_whole = has_town
    if row.estate:
        shape = chance.random()
        is_whole = shape < 0.4
        text += _bracketed(chance, row) if is_whole else row.estate + chance.choice(("", "", "", "院内"))
        text += _inside(chance, row) if row.building else ""
    else:
        text += row.road + (_house(chance, row.number) if row.number else "")
    if chance.random() < 0.04:
        text = _typo(chance, text)
    return chance.choice(_LEADS) + chance.choice(_COUNTIES) + text + chance.choice(_TAILS), is_whole


def _shallower(chance: random.Random, row: Components) -> Components:
    if row.room and chance.random() < 0.8:
        return chance.choice((replace(row, room=""), replace(row, room="", unit="")))
    return row


def noise(seed: int, rows: Sequence[Components], count: int) -> Iterator[Noisy]:
    """`count` texts of rows chosen at random; about a third say less than the whole row."""
    chance = random.Random(seed)
    for _ in range(count):
        row = chance.choice(rows)
        stated = _shallower(chance, row) if chance.random() < 0.2 else row
        text, is_whole = word(chance, stated)
        yield Noisy(text, stated, "full" if is_whole and stated == row else "partial")


def _absent_row(chance: random.Random, row: Components, kind: str) -> Components:
    if kind == "number":
        return replace(row, number=str(chance.randint(1200, 1999)), estate="", building="", unit="", room="")
    if kind == "building":
        return replace(row, building=str(chance.randint(41, 99)))
    if kind == "estate":
        return replace(
            row,
            estate=chance.choice(("新", "老", "东", "")) + row.estate + chance.choice(("二期", "东区", "北院", "三期")),
        )
    if kind == "village":
        stem = chance.choice(("新", "老", "赛", "程", "邢")) + row.village
        return replace(row, village=stem)
    return row


def absent(seed: int, rows: Sequence[Components], count: int) -> Iterator[Noisy]:
    """`count` texts of house numbers, buildings, estates and villages that are in no registry, and of other counties."""
    chance = random.Random(seed)
    by_kind: Mapping[str, list[Components]] = {
        "number": [row for row in rows if not row.estate],
        "building": [row for row in rows if row.building],
        "estate": [row for row in rows if row.building],
        "village": [row for row in rows if not row.road],
        "abroad": list(rows),
    }
    villages = {row.village for row in rows}
    made = 0
    while made < count:
        kind = chance.choice(tuple(by_kind))
        row = _absent_row(chance, chance.choice(by_kind[kind]), kind)
        if kind == "village" and row.village in villages:
            continue
        text, _ = word(chance, row)
        if kind == "abroad":
            text = (
                chance.choice(
                    ("平度市", "山东省招远市", "山东省烟台市龙口市", "青岛市即墨区", "河北省沧州市", "昌邑市")
                )
                + text
            )
        made += 1
        yield Noisy(text, None, kind)
