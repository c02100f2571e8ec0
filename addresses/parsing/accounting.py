"""The accounting invariant: every character is read, or the address is not accepted.

A resolver that skips what it does not understand accepts the building and drops the digit that changes it. So each
character of the normalised text belongs to exactly one token, and one unread token is enough to send the text to
review.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from addresses.parsing.tokens import NUMBER_SHAPES, Fault, Shape, Token

UNREAD_TEXT = "unread_text"
UNREAD_NUMBER = "unread_number"
STRAY_DASH = "stray_dash"
ZERO_NUMBER = "zero_number"
_LONG_DIGITS = re.compile("[0-9]{7,}")
_SPAN_LIMIT = 40
_UNITS_AFTER_DASH = frozenset(
    {Shape.CHAIN, Shape.BUILDING, Shape.HASH, Shape.UNIT, Shape.FLOOR, Shape.ROOM, Shape.TOWER}
)


def covers(tokens: Sequence[Token], length: int) -> bool:
    """Whether the tokens cover [0, length) without gap or overlap, in order."""
    position = 0
    for token in tokens:
        if token.start != position or token.end <= token.start:
            return False
        position = token.end
    return position == length


def shown(text: str) -> str:
    """A span as it may be shown and stored: long runs of digits could be a personal number and are cut."""
    cut = _LONG_DIGITS.sub("…", text)
    return cut if len(cut) <= _SPAN_LIMIT else cut[:_SPAN_LIMIT] + "…"


def unread_spans(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Maximal runs of unread tokens."""
    spans: list[tuple[int, int]] = []
    for token in tokens:
        if token.shape is not Shape.UNREAD:
            continue
        if spans and spans[-1][1] == token.start:
            spans[-1] = (spans[-1][0], token.end)
        else:
            spans.append((token.start, token.end))
    return spans


def _is_zero(part: str) -> bool:
    return part == "0"


def _joins_names(tokens: Sequence[Token], position: int) -> bool:
    if not 0 < position < len(tokens) - 1 or tokens[position].shape is not Shape.DASH:
        return False
    return tokens[position - 1].shape is Shape.NAME and tokens[position + 1].shape is Shape.NAME


def _stray_dash(tokens: Sequence[Token], position: int) -> bool:
    """A dash is a joint between two read parts; before a lone number it could be a sign (-1号)."""
    if position == 0 or position + 1 >= len(tokens):
        return True
    before, after = tokens[position - 1].shape, tokens[position + 1].shape
    if after is Shape.NAME:
        return before is not Shape.NAME and before not in NUMBER_SHAPES
    if before in NUMBER_SHAPES:
        return after not in NUMBER_SHAPES
    if before is Shape.NAME and after in NUMBER_SHAPES:
        # 光州花园-3号楼 is a joint; 路个庄村-1号 may be minus one.
        # With dashes between its names too (沙河镇-路个庄村-128号), a dash is how this text separates.
        return after not in _UNITS_AFTER_DASH and not any(_joins_names(tokens, i) for i in range(len(tokens)))
    return True


def _may_be_part_of_name(text: str, tokens: Sequence[Token], position: int) -> bool:
    """内 right before a name may belong to it: 内王家村 is not 王家村."""
    is_inside = text[tokens[position].start : tokens[position].end] == "内"
    return is_inside and position + 1 < len(tokens) and tokens[position + 1].shape is Shape.NAME


def account(text: str, tokens: Sequence[Token]) -> list[Fault]:
    """Faults of a text whose tokens cover it: what was not read, dashes without meaning, numbers that are zero."""
    faults: list[Fault] = []
    for start, end in unread_spans(tokens):
        span = text[start:end]
        is_number = any(character.isdigit() for character in span)
        faults.append(Fault(UNREAD_NUMBER if is_number else UNREAD_TEXT, shown(span)))
    for position, token in enumerate(tokens):
        if token.shape is Shape.FILLER and _may_be_part_of_name(text, tokens, position):
            faults.append(Fault(UNREAD_TEXT, shown(text[token.start : tokens[position + 1].end])))
        elif token.shape is Shape.DASH and _stray_dash(tokens, position):
            faults.append(Fault(STRAY_DASH, shown(text[token.start : token.end + 1])))
        elif token.shape in NUMBER_SHAPES and any(map(_is_zero, token.parts)):
            faults.append(Fault(ZERO_NUMBER, shown(text[token.start : token.end])))
    return faults
