"""Other surfaces of an official name: what people write for 路个庄村委会 or 文昌路街道.

Two classes are kept apart. An *alias* still carries its type word (路个庄村, 文昌街道) and may stand anywhere. A
*short* name lost it (路个庄, 文昌) and says little: 北苑 can be an estate, a community or a road, so that the parser
takes it only before a number, another name or the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMITTEE = re.compile(r"(?:村村民委员会|村民委员会|村委会|居民委员会|居委会|社区居民委员会|社区居委会|委员会)$")
_STREET_OFFICE = re.compile(r"(?:街道办事处|街道办|街办|办事处|街道)$")
_ROAD_CODE = re.compile(r"^([GSXY])(\d{2,4})[(]?([^()]{0,20}?)[)]?$")
_ROAD_CLASS = {"G": "国道", "S": "省道", "X": "县道", "Y": "乡道"}
_ESTATE_SUFFIX = re.compile(r"(?:住宅小区|生活小区|住宅区|生活区|小区)$")
_NOTE = re.compile(r"[(][^()]*[)]")
_PUNCTUATION = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]")


def _town_names(name: str) -> Iterator[tuple[str, str]]:
    office = _STREET_OFFICE.search(name)
    if office:
        stem = name[: office.start()]
        bases = [stem] + ([stem[:-1]] if stem.endswith("路") and len(stem) > 2 else [])
        for base in bases:
            for suffix in ("街道", "街道办事处", "街道办", "街办", "办事处"):
                yield base + suffix, "alias"
            yield base, "short"
    elif len(name) > 2 and name[-1] in "镇乡":
        yield name[:-1], "short"
        yield name[:-1] + ("乡" if name[-1] == "镇" else "镇"), "alias"


def _village_names(name: str) -> Iterator[tuple[str, str]]:
    committee = _COMMITTEE.search(name)
    stem = name[: committee.start()] if committee else name
    is_community = "社区" in name
    if stem.endswith("社区"):
        stem = stem[:-2]
    elif stem.endswith("村") and len(stem) > 2:
        stem = stem[:-1]
    if is_community:
        for suffix in ("社区", "社区居委会", "社区居民委员会", "居委会", "社区委员会", "社区委会"):
            yield stem + suffix, "alias"
    elif "居" in name[len(stem) :]:
        for suffix in ("居委会", "居民委员会", "社区", "村"):
            yield stem + suffix, "alias"
    else:
        if committee and name[: committee.start()] != stem:
            # 吴家一村村委会 is also 吴家一村村.
            yield stem + "村村", "alias"
        for suffix in ("村", "村委会", "村委", "村村委", "村村委会", "村民委员会", "村村民委员会"):
            yield stem + suffix, "alias"
    yield stem, "short"


def _road_names(name: str) -> Iterator[tuple[str, str]]:
    code = _ROAD_CODE.match(name)
    if code:
        letter, digits, own_name = code.groups()
        yield letter + digits, "alias"
        yield f"{digits}{_ROAD_CLASS[letter]}", "alias"
        yield f"{_ROAD_CLASS[letter]}{digits}", "alias"
        yield f"{letter}{digits}{_ROAD_CLASS[letter]}", "alias"
        if len(own_name) > 1:
            yield own_name, "alias"
            yield letter + digits + own_name, "alias"
    elif "(" in name:
        yield _NOTE.sub("", name), "alias"


def _estate_names(name: str) -> Iterator[tuple[str, str]]:
    suffix = _ESTATE_SUFFIX.search(name)
    if suffix:
        yield name[: suffix.start()], "short"
    else:
        yield name + "小区", "alias"
    if "(" in name:
        yield _NOTE.sub("", name), "alias"


_DERIVATIONS = {"town": _town_names, "village": _village_names, "road": _road_names, "estate": _estate_names}


def derived_names(official: str, level: str) -> list[tuple[str, str]]:
    """Surfaces derived from an official name, as (surface, kind) with kind alias or short.

    Args:
        official: canonical official name (width folded).
        level: town, village, road or estate; other levels derive nothing.

    Returns:
        Distinct surfaces of at least two characters, without the official one. A surface that two rules give keeps the
        first kind.
    """
    derive = _DERIVATIONS.get(level)
    if derive is None:
        return []
    surfaces: dict[str, str] = {}
    plain = _PUNCTUATION.sub("", official)
    for surface, kind in ((plain, "alias"), *derive(official)):
        if len(surface) >= 2 and surface != official:
            surfaces.setdefault(surface, kind)
    return list(surfaces.items())


def name_stem(name: str) -> str:
    """The name without its type words, for comparing a stated place with a registered one.

    文昌路街道办事处, 文昌街道 and 文昌路街道 have one stem; so have 路个庄村 and 路个庄村委会.
    """
    office = _STREET_OFFICE.search(name)
    if office:
        stem = name[: office.start()]
        return stem[:-1] if stem.endswith("路") and len(stem) > 2 else stem
    committee = _COMMITTEE.search(name)
    stem = name[: committee.start()] if committee else name
    if "社区" in name:
        # 东关社区 and 东关村 are two places of one town.
        return stem.removesuffix("社区") + "/社区"
    return stem[:-1] if len(stem) > 2 and stem[-1] in "镇乡村" else stem
