"""Whole numbers as people write them in Chinese: 123 → 一百二十三."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")


def chinese_numeral(number: int) -> str:
    """A number from 0 to 9,999; ten to nineteen without the leading one (十二).

    Raises:
        ValueError: outside that range.
    """
    if not 0 <= number <= 9999:
        raise ValueError(f"no numeral for {number}")
    if number == 0:
        return _DIGITS[0]
    text, gap = "", False
    for power in range(3, -1, -1):
        digit = number // 10**power % 10
        if digit:
            text += (_DIGITS[0] if gap else "") + _DIGITS[digit] + _UNITS[power]
            gap = False
        elif text:
            gap = True
    return text[1:] if text.startswith("一十") else text
