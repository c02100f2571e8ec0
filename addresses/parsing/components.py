"""The eight columns of a standard address, their canonical spelling, and the identity of a node.

A row of the registry states up to eight components. Every non-empty prefix in the order of `LEVELS` is a node of the
address tree. A node is identified by its `link_key`, the canonical components written in order; the same key is made
from a text, so that linking is one look-up by equality and SQL can do it too.

Source: levels of GA/T 2000.32-2014 and of the NCAP label scheme, reduced to the columns of the registry.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from addresses.parsing.numerals import NUMERAL, replace_numerals, to_integer

LEVELS: tuple[str, ...] = ("town", "village", "road", "number", "estate", "building", "unit", "room")
"""Order of the components, from the widest to the deepest."""

SEPARATOR = "|"
KEY_LIMIT = 190
_COMPONENT_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Components:
    """One address or one node: canonical strings, "" when absent.

    `number` is "128", "128-1", "5组6", "3排5", "12巷3" or "5组"; `building`, `unit`, `room` are bare ("3", "综合", "2",
    "501"); names are as the registry writes them.
    """

    town: str = ""
    village: str = ""
    road: str = ""
    number: str = ""
    estate: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""

    def values(self) -> tuple[str, ...]:
        """The eight strings in the order of `LEVELS`."""
        return (
            self.town,
            self.village,
            self.road,
            self.number,
            self.estate,
            self.building,
            self.unit,
            self.room,
        )

    def as_dict(self) -> dict[str, str]:
        """The columns as a plain dictionary, in the order of `LEVELS`."""
        return dict(zip(LEVELS, self.values(), strict=True))

    def level(self) -> str:
        """Name of the deepest component present, "" for the empty address."""
        for level, value in zip(reversed(LEVELS), reversed(self.values()), strict=True):
            if value:
                return level
        return ""


_DASHES = re.compile("[‐‑‒–—―−﹣－ー─━]+")
_DROPPED = re.compile(r"[\s\x00-\x1f\x7f]+")
_BARE_NUMERAL = re.compile(rf"{NUMERAL}+")
_PLAIN_NAME = re.compile("[一-鿿]{1,40}")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_NUMBER_PREFIX = re.compile(r"^(?:门牌|第|NO\.?|#)+")
_SUB_NUMBER = re.compile(r"(?<=[0-9A-Z])号?(?:之|附|付|副|-)(?=[0-9])")
_NUMBER_SUFFIX = re.compile(r"(?:号门牌|号院|号|#)$")
_GROUP = re.compile(r"(?<=[0-9])(?:村民小组|居民小组|小组|组|生产队|队|社)")
_BUILDING_SUFFIX = re.compile(r"(?:号住宅楼|号楼|号栋|号幢|栋楼|幢楼|#楼|栋|幢|座|楼|#|号)$")
# A house number that ends in one of these is a group, row or lane of houses and takes no 号.
_UNNUMBERED = ("组", "排", "巷", "弄", "胡同")
_UNIT_SUFFIX = re.compile(r"(?:号单元|单元|门洞|门|#|号)$")
_ROOM_SUFFIX = re.compile(r"(?:号房间|号房|号室|号户|房间|室|户|房|号|#)$")
_FLOOR_BEFORE_ROOM = re.compile(r"^([0-9]{1,2})(?:层|楼|F)-?(?=\1[0-9]{2})")


def _clean(text: str) -> str:
    """Width, dashes and control characters folded; the separator of the key can not occur in a value."""
    folded = _DASHES.sub("-", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper()))
    folded = _DROPPED.sub("", folded).replace(SEPARATOR, "¦")
    if len(folded) > _COMPONENT_LIMIT:
        digest = hashlib.sha256(folded.encode()).hexdigest()[:16]
        folded = f"{folded[: _COMPONENT_LIMIT - 17]}~{digest}"
    return folded


def _clean_number_part(text: str) -> str:
    cleaned = replace_numerals(_clean(text))
    if _BARE_NUMERAL.fullmatch(cleaned):
        value = to_integer(cleaned)
        cleaned = cleaned if value is None else str(value)
    return _LEADING_ZEROS.sub("", cleaned)


def _strip_repeatedly(pattern: re.Pattern[str], text: str) -> str:
    """Cuts suffixes until none is left, so that the result is a fixed point; a bare unit word stays as it is."""
    while shorter := pattern.sub("", text):
        if shorter == text:
            break
        text = shorter
    return text


def canonical_name(text: str) -> str:
    """Canonical spelling of a town, village, road or estate name."""
    return text if not text or _PLAIN_NAME.fullmatch(text) else _clean(text)


@lru_cache(maxsize=65_536)
def canonical_number(text: str) -> str:
    """Canonical house number: 128号 → 128, 128号之1 → 128-1, 5组6号 → 5组6, 一百二十三号 → 123."""
    number = _NUMBER_PREFIX.sub("", _clean_number_part(text))
    number = _SUB_NUMBER.sub("-", _GROUP.sub("组", number))
    return _strip_repeatedly(_NUMBER_SUFFIX, number)


@lru_cache(maxsize=65_536)
def canonical_building(text: str) -> str:
    """Canonical building: 3号楼, 3栋, 3幢, 3#, #3, 第3栋, 三号楼 → 3; A座 → A; 东楼 → 东; 综合楼 → 综合."""
    building = _NUMBER_PREFIX.sub("", _clean_number_part(text))
    return _strip_repeatedly(_BUILDING_SUFFIX, building)


@lru_cache(maxsize=65_536)
def canonical_unit(text: str) -> str:
    """Canonical unit (stairwell): 2单元, 2门, 二单元 → 2."""
    unit = _NUMBER_PREFIX.sub("", _clean_number_part(text))
    return _strip_repeatedly(_UNIT_SUFFIX, unit)


@lru_cache(maxsize=65_536)
def canonical_room(text: str) -> str:
    """Canonical room, which carries the floor: 501室, 0501, 5层501室 → 501; 东户 → 东."""
    room = _FLOOR_BEFORE_ROOM.sub("", _clean_number_part(text))
    return _strip_repeatedly(_ROOM_SUFFIX, room)


def canonical(components: Components) -> Components:
    """The components in canonical spelling. Idempotent.

    A registry may write 128号, 3号楼, 2单元, 501室 or the bare numbers: both give the same node.
    """
    return Components(
        town=canonical_name(components.town),
        village=canonical_name(components.village),
        road=canonical_name(components.road),
        number=components.number and canonical_number(components.number),
        estate=canonical_name(components.estate),
        building=components.building and canonical_building(components.building),
        unit=components.unit and canonical_unit(components.unit),
        room=components.room and canonical_room(components.room),
    )


def prefixes(components: Components) -> list[Components]:
    """Every node on the path to the address, widest first; the last one is the address itself.

    Expects canonical components. An absent component adds no node.
    """
    values = components.values()
    nodes = []
    for depth, value in enumerate(values):
        if value:
            nodes.append(Components(*values[: depth + 1]))
    return nodes


def join_key(values: tuple[str, ...]) -> str:
    """Key of the canonical values in the order of `LEVELS` (fewer than eight allowed)."""
    key = SEPARATOR.join(values).rstrip(SEPARATOR)
    if len(key) > KEY_LIMIT:
        digest = hashlib.sha256(key.encode()).hexdigest()[:32]
        return f"{key[: KEY_LIMIT - 33]}~{digest}"
    return key


def link_key(components: Components) -> str:
    """The unique key of a node: its canonical components in order, trailing blanks cut.

    Two nodes have the same key if and only if their components are equal, because no component can hold the
    separator. Keys longer than `KEY_LIMIT` characters end in a digest of the whole key, so that the key is always
    shorter than 200 characters. Expects canonical components.
    """
    return join_key(components.values())


def stable_code(components: Components) -> str:
    """Code of a node that no file gave a code: "LZ" and 16 base32 characters of SHA-256 of the link key.

    80 bits: among 10 million nodes the chance of one collision is below 1 in 10 billion. It carries no meaning.
    """
    digest = hashlib.sha256(link_key(components).encode()).digest()
    return "LZ" + base64.b32encode(digest[:10]).decode("ascii")


def _number_text(number: str) -> str:
    return number if number.endswith(_UNNUMBERED) else f"{number}号"


def _building_text(building: str) -> str:
    if building[-1].isdigit():
        return f"{building}号楼"
    return f"{building}座" if building[-1].isascii() else f"{building}楼"


def _room_text(room: str) -> str:
    return f"{room}户" if room in {"东", "西", "南", "北", "中"} else f"{room}室"


def full_text(components: Components) -> str:
    """The generated text of an address (never typed by anyone): 沙河镇路个庄村委会128号.

    Expects canonical components.
    """
    return "".join(
        (
            components.town,
            components.village,
            components.road,
            _number_text(components.number) if components.number else "",
            components.estate,
            _building_text(components.building) if components.building else "",
            f"{components.unit}单元" if components.unit else "",
            _room_text(components.room) if components.room else "",
        )
    )
