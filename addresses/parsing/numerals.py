"""Chinese numerals as they stand in addresses: 三, 十二, 一百二十三, 五〇一, 壹贰叁.

Source: GB/T 15835-2011 (use of numerals in publications) for the characters.
"""

from __future__ import annotations

import re

DIGITS = {
    **dict(zip("零〇一二三四五六七八九", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True)),
    "两": 2,
}
MULTIPLIERS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
NUMERAL = "[零〇一二三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟两]"
"""Character class of the numerals."""

# A unit word makes the run before it a number; 社区 and 楼村 are names, so that 八一社区 keeps its characters.
UNIT_AFTER = r"(?:号|栋|幢|座|单元|门(?!峡|楼)|层|室|户(?!村)|(?:村民|居民)?小?组|(?:生产)?队|社(?!区)|房(?!村)|楼(?!村|社区|街|路)|公里|米|弄|排(?!村)|巷(?!子)|胡同|期|区|#)"
# A run next to another digit (2十号) is no number of its own and stays as it is.
_ALONE = rf"(?<![0-9])(?<!{NUMERAL})"
_BEFORE_UNIT = re.compile(rf"{_ALONE}{NUMERAL}{{1,9}}(?={UNIT_AFTER})")
_AFTER_UNIT = re.compile(
    rf"(?:(?<=单元)|(?<=号楼)|(?<=栋)|(?<=楼)|(?<=层)|(?<=幢)|(?<=座)|(?<=组)|(?<=之)|(?<=附)|(?<=负)){NUMERAL}{{1,9}}(?=$|号)"
)
_ANY = re.compile(NUMERAL)


def to_integer(text: str) -> int | None:
    """Value of a run of Chinese numerals, or None when the run is not one number.

    Positional runs (五〇一 = 501) and runs with multipliers (一百二十三 = 123, 十二 = 12) are read; a mixture that
    no one would say (二十三十) is refused rather than guessed.
    """
    if not any(character in MULTIPLIERS for character in text):
        value = 0
        for character in text:
            digit = DIGITS.get(character)
            if digit is None:
                return None
            value = value * 10 + digit
        return value if text else None
    return _with_multipliers(text)


def _with_multipliers(text: str) -> int | None:
    total, pending, last_multiplier = 0, None, 10_000
    for character in text:
        if character in MULTIPLIERS:
            multiplier = MULTIPLIERS[character]
            if multiplier >= last_multiplier or pending == 0:
                return None
            if pending is None and (multiplier != 10 or total):
                return None
            total += (1 if pending is None else pending) * multiplier
            pending, last_multiplier = None, multiplier
        else:
            digit = DIGITS.get(character)
            if digit is None or (pending not in (None, 0)):
                return None
            pending = digit
    return total + (pending or 0)


def numeral_spans(text: str) -> list[tuple[int, int, str]]:
    """Spans (start, end, Arabic digits) of the numerals that stand before or behind a unit word, in order."""
    if not _ANY.search(text):
        return []
    spans: dict[int, tuple[int, int, str]] = {}
    for pattern in (_BEFORE_UNIT, _AFTER_UNIT):
        for match in pattern.finditer(text):
            run = match.group()
            value = to_integer(run)
            if value is None:
                continue
            digits = str(value) if any(c in MULTIPLIERS for c in run) else "".join(str(DIGITS[c]) for c in run)
            spans.setdefault(match.start(), (match.start(), match.end(), digits))
    return [spans[start] for start in sorted(spans)]


def replace_numerals(text: str) -> str:
    """The text with its unit-bound Chinese numerals as Arabic digits (三号楼 → 3号楼)."""
    pieces, position = [], 0
    for start, end, digits in numeral_spans(text):
        if start < position:
            continue
        pieces += [text[position:start], digits]
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
