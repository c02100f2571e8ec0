"""What a place text says about roads: a stake on one, the crossing of two, or a road alone.

Numbers of routes and names of roads as people write them: "G206线K12+300处", "文三线12公里300米", "光州路与文化路交叉口".
Everything else is an address and is left to the address engine.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ROUTE = r"(?P<route>[GSXYCZ]\d{1,4}[A-Z0-9]{0,4}?)(?=线|[^A-Z0-9]|K\d|$)"
_NAME = r"(?P<name>[\u4e00-\u9fff]{1,12}?(?:线|路|街|大道|公路|国道|省道|县道|乡道|快速路|高速))"
_STAKE = (
    r"(?:K(?P<km>\d{1,4})(?:\+(?P<m>\d{1,3}))?|(?P<km2>\d{1,4})(?:公里|千米)(?:\+?(?P<m2>\d{1,3})(?:米|M)?)?"
    r"|(?P<km3>\d{1,4})\+(?P<m3>\d{3}))"
)
_ON_ROUTE = re.compile(rf"{_ROUTE}[线段路国省县乡道]*[^K\d]{{0,6}}{_STAKE}")
_ON_ROAD = re.compile(rf"{_NAME}[^K\d]{{0,6}}{_STAKE}")
_ROAD_NAME = r"[\u4e00-\u9fffA-Z0-9]{1,14}?(?:大道|路|街|线|道)"
_CROSSING = re.compile(
    rf"(?P<a>{_ROAD_NAME})[与和、/](?P<b>{_ROAD_NAME})(?:交叉口|交叉路口|交汇处|交汇口|路口|交口|十字路口)"
)
_ALONE = re.compile(rf"(?P<name>{_ROAD_NAME})(?:路段|段|上|沿线|附近)?$")
# What stands before a road's own name: divisions, and how people lead in.
_BEFORE_NAME = re.compile(r"^.*(?:省|市|镇|街道|村|在|沿|至|处)(?=.{2,}$)")


@dataclass(frozen=True, slots=True)
class RoadPlace:
    """A stake on a road (metres from its origin), the crossing of two roads, or a road; names as written."""

    road: str
    stake_m: int | None = None
    crossing: str = ""


def read_road_place(text: str) -> RoadPlace | None:
    """What the text says about roads; None when it is an address."""
    folded = unicodedata.normalize("NFKC", text).upper().replace(" ", "")
    if crossing := _CROSSING.search(folded):
        return RoadPlace(_own_name(crossing["a"]), crossing=_own_name(crossing["b"]))
    if on_route := _ON_ROUTE.search(folded):
        return RoadPlace(on_route["route"], _metres(on_route))
    if on_road := _ON_ROAD.search(folded):
        return RoadPlace(_own_name(on_road["name"]), _metres(on_road))
    if alone := _ALONE.search(folded):
        return RoadPlace(_own_name(alone["name"]))
    return None


def _own_name(name: str) -> str:
    return _BEFORE_NAME.sub("", name)


def _metres(match: re.Match[str]) -> int:
    found = match.groupdict()
    kilometres = next(found[k] for k in ("km", "km2", "km3") if found[k])
    metres = next((found[k] for k in ("m", "m2", "m3") if found[k]), "0")
    # "K12+3" of a hasty hand is three metres; nobody writes hundreds that way.
    return int(kilometres) * 1_000 + int(metres)
