"""Names of the other provinces, prefectures and counties of China, to recognise an address that is not ours.

Source: `addresses/data/china_divisions.csv` (national statistics 2023; see PROVENANCE.md there).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from addresses.parsing.components import canonical_name

DIVISIONS_FILE = Path(__file__).resolve().parent.parent / "data" / "china_divisions.csv"

HOME_COUNTY_CODE = "370683"
HOME_NAMES: tuple[tuple[str, str], ...] = (
    ("莱州市", "official"),
    ("莱州", "short"),
    ("莱州市区", "alias"),
    ("莱州城区", "alias"),
    ("掖县", "old"),
)
"""Names of the county. 掖县 is its name until 1988, when it became 莱州市 (county-level)."""

ANCESTOR_NAMES: tuple[tuple[str, str], ...] = (
    ("中国", "short"),
    ("中华人民共和国", "official"),
    ("山东省", "official"),
    ("山东", "short"),
    ("烟台市", "official"),
    ("烟台", "short"),
    ("烟台地区", "old"),
)
"""What may stand before the county; they do not say that an address is in the county."""

# Zones of Yantai that have no row of their own under the name people write, and counties that became districts in 2020.
EXTRA_NAMES: tuple[tuple[str, str], ...] = (
    *(
        (f"{start}{zone}", "烟台经济技术开发区")
        for start in ("烟台", "烟台市")
        for zone in ("开发区", "经济技术开发区")
    ),
    *(
        (f"{start}{zone}", "烟台高新技术产业开发区")
        for start in ("烟台", "烟台市")
        for zone in ("高新区", "高新技术产业开发区")
    ),
    ("蓬莱市", "蓬莱区"),
    ("长岛县", "蓬莱区"),
)

# Two characters that also name a part of an estate (东区3号楼): as a county they are never read.
_PART_NAMES = frozenset({"东区", "西区", "南区", "北区", "中区", "郊区", "城区", "矿区"})
_YANTAI_PREFIX = "3706"


@dataclass(frozen=True, slots=True)
class OutsideName:
    """A surface that means another province, prefecture or county.

    `is_short` surfaces lack the type word (上海, 招远): the parser asks more of what follows them.
    """

    surface: str
    full_name: str
    is_short: bool


def _short_surface(code: str, name: str, level: str) -> str:
    if level == "province":
        for suffix in ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市"):
            if name.endswith(suffix):
                return name[: -len(suffix)]
        return ""
    if len(name) < 3:
        return ""
    # Districts and far counties without their type word are ordinary words (和平, 长安, 文峰): only cities and
    # neighbours.
    if name.endswith("市") or (code.startswith(_YANTAI_PREFIX) and name[-1] in "市区县"):
        return name[:-1]
    return ""


def _read_divisions(path: Path) -> Iterator[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            yield row["code"], row["name"], row["level"]


@lru_cache(maxsize=2)
def outside_names(path: Path = DIVISIONS_FILE) -> tuple[OutsideName, ...]:
    """All surfaces of other divisions; those of our county, prefecture and province are left out."""
    own = {surface for surface, _ in (*HOME_NAMES, *ANCESTOR_NAMES)}
    names: dict[str, OutsideName] = {}
    for code, name, level in _read_divisions(path):
        if name in own or name in _PART_NAMES or code == HOME_COUNTY_CODE:
            continue
        surface = canonical_name(name)
        names[surface] = OutsideName(surface, name, is_short=False)
        short = canonical_name(_short_surface(code, name, level))
        if short and short not in own:
            names.setdefault(short, OutsideName(short, name, is_short=True))
    for extra, name in EXTRA_NAMES:
        names.setdefault(extra, OutsideName(extra, name, is_short=False))
    return tuple(names.values())
