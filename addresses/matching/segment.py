"""Cuts a normalised text into name tokens and the number, filler and unread tokens between them."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from addresses.matching.names import NameIndex
from addresses.matching.places import OUTSIDE, Surface
from addresses.parsing.numbers import lex
from addresses.parsing.tokens import Shape, Token

# After a foreign city without its type word these make a road or an estate of it: 上海路, 北京东路, 杭州花园.
_NAME_CONTINUES = re.compile(
    "[东西南北中]?[一二三四五]?(?:路|街|道|大道|大街|巷|胡同|里|花|小区|新|村|苑|城|广场|大厦|公馆|名|庄|家|镇|乡|社区|桥|府|湾|湖|河|山"
    "|岛|港|屯|沟|疃|坡|埠|洼|线|高速)"
)
_SHORT_MAY_STAND_BEFORE = re.compile(
    "第[0-9]|门牌|附近|周边|一带|[正斜]?对[面过]|旁边|路口|村口|口(?=$|[^一-鿿]|[东西南北])|内|境内|辖区|与|和"
    "|以?[东西南北]{1,2}(?:[角侧边面邻首头端门]|方向|[0-9])|K[0-9]"
)
MAX_HITS = 256
"""More name hits than this in one text of 200 characters: it is no address."""


@dataclass(slots=True)
class NameToken(Token):
    """A token that is a name of the index."""

    surface: Surface | None = None


_Hit = tuple[int, int, Surface]
"""Start, end and surface of a name in the text; a plain tuple, because a text has dozens of them."""


def _is_cjk(character: str) -> bool:
    return "一" <= character <= "鿿" or character >= "𠀀" or "㐀" <= character <= "䶿"


def _edge_is_clean(text: str, start: int, end: int, surface: Surface) -> bool:
    """A name that begins or ends in a digit or letter must not be cut out of a longer number."""
    if surface.starts_ascii and start and text[start - 1].isascii() and text[start - 1].isalnum():
        return False
    return not (surface.ends_ascii and end < len(text) and text[end].isascii() and text[end].isalnum())


def _all_hits(text: str, index: NameIndex) -> list[_Hit]:
    hits: list[_Hit] = []
    for last, surface in index.automaton.iter(text):
        start = last + 1 - surface.length
        if (surface.starts_ascii or surface.ends_ascii) and not _edge_is_clean(text, start, last + 1, surface):
            continue
        hits.append((start, last + 1, surface))
        if len(hits) >= MAX_HITS:
            break
    return hits


def _short_name_may_stand(text: str, hit: _Hit, starts: set[int]) -> bool:
    """Short names count before a number, a name or the end only; a foreign city before all but a road word."""
    _, end, surface = hit
    if end == len(text) or not _is_cjk(text[end]):
        return True
    if end in starts:
        return True
    if surface.admin == OUTSIDE:
        return _NAME_CONTINUES.match(text, end) is None
    return _SHORT_MAY_STAND_BEFORE.match(text, end) is not None


def _usable_hits(text: str, index: NameIndex) -> list[_Hit]:
    hits = _all_hits(text, index)
    starts = {start for start, _, _ in hits}
    usable = [hit for hit in hits if not hit[2].is_bounded or _short_name_may_stand(text, hit, starts)]
    if any(hit[2].is_bounded and hit[2].admin == OUTSIDE for hit in usable):
        return _without_cut_names(usable, hits)
    return usable


def _without_cut_names(usable: list[_Hit], hits: list[_Hit]) -> list[_Hit]:
    """Drops a foreign city without its type word that one of our own names begins with, even one that may not stand.

    Our town 龙泉寺 before a village that nobody entered is not the city of 龙泉.
    """
    own_ends: dict[int, int] = {}
    for start, end, surface in hits:
        if surface.admin != OUTSIDE:
            own_ends[start] = max(end, own_ends.get(start, 0))
    return [
        hit
        for hit in usable
        if not (hit[2].is_bounded and hit[2].admin == OUTSIDE and own_ends.get(hit[0], 0) > hit[1])
    ]


def _by_start(hit: _Hit) -> tuple[int, int]:
    return hit[0], -hit[1]


def _best_cover(hits: list[_Hit]) -> list[_Hit]:
    """Hits without overlap that cover the most characters; of equal covers the one with fewer, longer names."""
    ordered = sorted(hits, key=_by_start)
    outer: list[_Hit] = []
    reach = -1
    for hit in ordered:
        if hit[1] <= reach:
            continue
        if hit[0] < reach:
            return _weighted_cover(ordered)
        outer.append(hit)
        reach = hit[1]
    return outer


def _weighted_cover(ordered: list[_Hit]) -> list[_Hit]:
    """Weighted interval scheduling from the right, O(n log n)."""
    starts = [start for start, _, _ in ordered]
    best: list[tuple[int, int]] = [(0, 0)] * (len(ordered) + 1)
    takes = [False] * len(ordered)
    for position in range(len(ordered) - 1, -1, -1):
        start, end, _ = ordered[position]
        covered, minus_names = best[bisect_left(starts, end)]
        taken = (covered + end - start, minus_names - 1)
        takes[position] = taken >= best[position + 1]
        best[position] = taken if takes[position] else best[position + 1]
    cover: list[_Hit] = []
    position = 0
    while position < len(ordered):
        if takes[position]:
            cover.append(ordered[position])
            position = bisect_left(starts, ordered[position][1])
        else:
            position += 1
    return cover


def segment(text: str, index: NameIndex) -> list[Token]:
    """Tokens that cover the text once, in order; what is no name goes through the number grammar."""
    hits = _usable_hits(text, index)
    cover = hits if len(hits) < 2 else _best_cover(hits)
    tokens: list[Token] = []
    position = 0
    for start, end, surface in cover:
        if start > position:
            tokens += lex(text, position, start)
        tokens.append(NameToken(Shape.NAME, start, end, (), "", surface))
        position = end
    if position < len(text):
        tokens += lex(text, position, len(text))
    return tokens
