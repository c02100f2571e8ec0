"""A small registry on real village names, and a generator of noisy texts, for the tests of the address engine.

The villages, communities and roads are real names of Laizhou; estates and numbers are invented. Everything is made from
a seed: the same seed gives the same registry and the same texts.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from addresses.matching.names import NameEntry, NameIndex, official_entries
from addresses.matching.outside import outside_names
from addresses.matching.result import Node
from addresses.parsing.components import Components, canonical, full_text, link_key, prefixes, stable_code

COMMUNITIES = (
    ("文昌路街道", "定海社区居委会"),
    ("文昌路街道", "云峰社区居委会"),
    ("文昌路街道", "东关社区居委会"),
    ("文昌路街道", "教育路社区居委会"),
    ("文昌路街道", "双岭社区居民委员会"),
    ("永安路街道", "西苑社区居委会"),
    ("永安路街道", "北苑社区居委会"),
    ("城港路街道", "玉皇苑社区居委会"),
)
VILLAGES = (
    ("沙河镇", "路个庄村委会"),
    ("城港路街道", "路个庄村委会"),
    ("文昌路街道", "东关村村民委员会"),
    ("文昌路街道", "饮马池村委会"),
    ("文峰路街道", "十里堡村委会"),
    ("三山岛街道", "吴家一村村委会"),
    ("三山岛街道", "吴家二村村委会"),
    ("朱桥镇", "大原一村村委会"),
    ("程郭镇", "五佛刘家村委会"),
    ("土山镇", "海沧一村村委会"),
    ("沙河镇", "三教村委会"),
    ("平里店镇", "八里庄村委会"),
)
ROADS = ("光州路", "文昌路", "北苑路", "教育路", "府前街", "云峰北路", "玉皇路", "G206(烟汕线)", "文化东路", "定海路")
ESTATES = (
    "光州花园",
    "北苑小区",
    "金都名城",
    "书香苑",
    "东苑新村",
    "怡景花园",
    "凤凰家园",
    "玉龙公馆",
    "1号公馆",
    "海景丽园",
)


@dataclass(frozen=True, slots=True)
class Registry:
    """An in-memory registry: its address rows, all nodes by key, and the name index."""

    rows: tuple[Components, ...]
    nodes: Mapping[str, Node]
    names: NameIndex

    def lookup(self, keys: Collection[str]) -> Mapping[str, Node]:
        """Nodes of the keys that exist, as the database look-up gives them."""
        return {key: self.nodes[key] for key in keys if key in self.nodes}


def build_registry(
    rows: Collection[Components], aliases: Collection[NameEntry] = (), today: date | None = None
) -> Registry:
    """Registry of the rows and of all divisions above; the dates of the aliases count only when a day is given."""
    divisions = [Components(town, village) for town, village in (*COMMUNITIES, *VILLAGES)]
    canonical_rows = tuple(dict.fromkeys(canonical(row) for row in rows))
    nodes: dict[str, Node] = {}
    for row in (*divisions, *canonical_rows):
        for node in prefixes(row):
            key = link_key(node)
            nodes.setdefault(key, Node(key, stable_code(node), node, node.level(), len(nodes) + 1))
    entries = official_entries(node.components for node in nodes.values())
    names = NameIndex.build([*entries, *aliases], outside_names(), today)
    return Registry(canonical_rows, nodes, names)


def _estate_rows(chance: random.Random, estate: Components, count: int) -> list[Components]:
    rows = []
    for _ in range(count):
        building = chance.randint(1, 24)
        # Even buildings are towers with one staircase, written without a unit.
        unit = "" if building % 4 == 0 else str(chance.randint(1, 4))
        room = f"{chance.randint(1, 17)}{chance.randint(1, 4):02d}"
        rows.append(replace(estate, building=str(building), unit=unit, room=room))
    return rows


def random_rows(seed: int, count: int) -> list[Components]:
    """At least `count` address rows of all kinds: villages, groups, roads, estates."""
    chance = random.Random(seed)
    rows: dict[Components, None] = {}
    estates = [
        Components(*chance.choice(COMMUNITIES), chance.choice(ROADS), str(chance.randint(1, 300)), name)
        for name in ESTATES
    ]
    while len(rows) < count:
        town, village = chance.choice(VILLAGES)
        number = str(chance.randint(1, 400))
        kind = chance.random()
        if kind < 0.1:
            number = f"{chance.randint(1, 9)}组{number}"
        elif kind < 0.2:
            number = f"{number}-{chance.randint(1, 3)}"
        rows[Components(town, village, "", number)] = None
        road = chance.choice(ROADS)
        rows[Components(*chance.choice(COMMUNITIES), road, str(chance.randint(1, 400)))] = None
        for row in _estate_rows(chance, chance.choice(estates), 2):
            rows[row] = None
    return list(rows)


_CHINESE = "零一二三四五六七八九"


def chinese_numeral(value: int) -> str:
    """A number below 1,000 as it is spoken: 128 → 一百二十八."""
    if value >= 100:
        rest = value % 100
        tail = "" if not rest else ("零" + _CHINESE[rest] if rest < 10 else chinese_tens(rest, full=True))
        return _CHINESE[value // 100] + "百" + tail
    return chinese_tens(value)


def chinese_tens(value: int, *, full: bool = False) -> str:
    """A number below 100: 12 → 十二, after a hundred 一十二."""
    if value < 10:
        return _CHINESE[value]
    tens, ones = divmod(value, 10)
    return (_CHINESE[tens] if tens > 1 or full else "") + "十" + (_CHINESE[ones] if ones else "")


def _number_text(chance: random.Random, number: str) -> str:
    if "组" in number:
        return number + "号"
    if "-" in number:
        main, sub = number.split("-")
        return chance.choice(
            (f"{main}-{sub}号", f"{main}号之{sub}", f"{main}号附{sub}", f"{main}—{sub}号", f"{main}号-{sub}")
        )
    spoken = chinese_numeral(int(number))
    return chance.choice((f"{number}号", f"{number}号", number, f"{spoken}号", f"{number}号院", f"{number} 号"))


def _inside_text(chance: random.Random, row: Components) -> str:
    building, unit, room = row.building, row.unit, row.room
    if chance.random() < 0.25:
        dash = chance.choice(("-", "－", "—", "–"))
        return dash.join(part for part in (building, unit, room) if part)
    spoken = chinese_numeral(int(building))
    text = chance.choice(
        (f"{building}号楼", f"{building}栋", f"{building}幢", f"{building}#", f"{spoken}号楼", f"{building}#楼")
    )
    if unit:
        text += chance.choice((f"{unit}单元", f"{chinese_numeral(int(unit))}单元", f"{unit}门", f"{unit}-"))
    floor = room[:-2]
    return text + chance.choice((f"{room}室", room, f"{room}户", f"{floor}层{room}室", f"{floor}楼{room}"))


def _short_village(chance: random.Random, village: str) -> str:
    if "社区" in village:
        stem = village[: village.index("社区")]
        return chance.choice((stem + "社区", stem + "社区居委会", stem + "居委会", village))
    stem = village.removesuffix("委会").removesuffix("村民委员会")
    stem = stem.removesuffix("村")
    return chance.choice((stem + "村", stem + "村委会", stem, village))


def _short_town(chance: random.Random, town: str) -> str:
    if town.endswith("街道"):
        stem = town.removesuffix("街道")
        bare = stem.removesuffix("路")
        return chance.choice((town, town + "办事处", bare + "街道", stem + "办事处"))
    return chance.choice((town, town, town.removesuffix("镇")))


def noisy_text(chance: random.Random, row: Components) -> str:
    """One wording of an address row as the agencies write it. Does not always say enough to find it."""
    county = chance.choice(("山东省烟台市莱州市", "山东省莱州市", "莱州市", "莱州市莱州市", "", "", "莱州", "山东莱州"))
    town = _short_town(chance, row.town) if chance.random() < 0.75 else ""
    has_village = not row.road or chance.random() < 0.5
    village = _short_village(chance, row.village) if has_village else ""
    road, number, estate = row.road, "", row.estate
    if row.road and row.estate and chance.random() < 0.4:
        road = ""
    elif row.number:
        number = _number_text(chance, row.number)
    if number and not number.endswith(("号", "院")) and (estate or row.building):
        number += "号"
    if row.estate and road and chance.random() < 0.15:
        estate = ""
    inside = _inside_text(chance, row) if row.building else ""
    text = f"{county}{town}{village}{road}{number}{estate}{inside}"
    if chance.random() < 0.1:
        text = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)
    if chance.random() < 0.1:
        text = chance.choice(("地址：", "现住址:", "家庭住址 ")) + text
    if chance.random() < 0.1:
        text += chance.choice(("，电话13900000000", " 联系电话：0535-2200000", "（）"))
    return text


__all__ = ["Registry", "build_registry", "full_text", "noisy_text", "random_rows"]
