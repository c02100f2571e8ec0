"""One spelling for the many ways to write an address, with a map back to the raw text.

Width, compatibility forms, CJK radicals, dashes and blanks are folded, control and bidi characters dropped, Chinese
numerals read where a unit word makes them numbers. The raw text is never thrown away: `offsets` points into it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from addresses.parsing.numerals import numeral_spans

MAX_LENGTH = 200
"""Longest text, in normalised characters, that is parsed; a longer one is no address and goes to review."""

_RAW_LIMIT = 1_000
"""Raw characters that are looked at: a 20,000-character text costs no more than this."""

TOO_LONG = "too_long"
DECORATED_NUMBER = "decorated_number"

# NFKC leaves most of the CJK Radicals Supplement alone; these stand for the character in badly copied PDF text.
# Source: Unicode EquivalentUnifiedIdeograph.txt, simplified forms.
_RADICALS = dict(
    zip(
        "⺁⺌⺍⺕⺛⺝⺟⺠⺥⺩⺫⺬⺮⺶⺷⺸⺹⻁⻂⻄⻅⻆⻉⻋⻌⻏⻐⻑⻒⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂小小彐旡月母民爪王罒示竹羊羊羊耂虎衤西见角贝车辶邑钅長镸长门阝雨青韦页风飞食食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
_DASHES = frozenset("‐‑‒–—―−﹘﹣－ー─━⁃˗")
_BRACKETS = {"【": "(", "】": ")", "[": "(", "]": ")", "{": "(", "}": ")", "「": "(", "」": ")"}
# Characters that folding leaves alone; one dash, because doubled ones are folded.
_CLEAN = re.compile(r"(?:[一-鿿0-9A-Z#()+,;:/]|-(?!-))*")
_DASH_ONE = re.compile("(?<=[0-9])一(?=[0-9])")
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Normalised:
    """The folded text.

    `offsets[i]` is the index in the raw text of the character that gave `text[i]`. `problems` are named findings that
    forbid acceptance: `too_long`, `decorated_number` (①②, 12²: digits that were not written as one number).
    """

    text: str
    offsets: Sequence[int]
    problems: tuple[str, ...] = ()


@lru_cache(maxsize=16_384)
def _fold_character(character: str) -> str:
    """The character in its plain form, "" when it is dropped, " " for any blank."""
    if character in _DASHES:
        return "-"
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Mn", "Me"):
        return ""
    if category == "Cs":
        return "�"
    character = _RADICALS.get(character, character)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).upper())
    folded = "".join(
        c for c in folded if not unicodedata.category(c).startswith(("C", "M")) or unicodedata.category(c) == "Co"
    )
    # Within the folded form too: ㍍ becomes four characters, the second of them a dash.
    return _BRACKETS.get(folded, "".join("-" if c in _DASHES else c for c in folded))


def _fold(raw: str) -> tuple[list[str], list[int], bool]:
    """Characters, their offsets, and whether a decorated number stands next to another digit."""
    characters: list[str] = []
    offsets: list[int] = []
    decorated = False
    last_was_decorated = False
    for index, character in enumerate(raw):
        if "一" <= character <= "鿿":
            characters.append(character)
            offsets.append(index)
            last_was_decorated = False
            continue
        folded = character if character in _DIGITS else _fold_character(character)
        if not folded:
            continue
        is_decorated = character not in _DIGITS and unicodedata.category(character) == "No"
        is_digit = folded[0] in _DIGITS
        after_digit = bool(characters) and characters[-1] in _DIGITS
        if (is_decorated or last_was_decorated) and ((is_digit and after_digit) or len(folded) > 1):
            decorated = True
        last_was_decorated = is_decorated
        for piece in folded:
            characters.append(piece)
            offsets.append(index)
    return characters, offsets, decorated


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _squeeze(characters: list[str], offsets: list[int]) -> tuple[str, list[int]]:
    """Drops blanks except one between two ASCII words (12 8号 is not 128号), and doubled dashes."""
    kept: list[str] = []
    kept_offsets: list[int] = []
    blank_at = -1
    for character, offset in zip(characters, offsets, strict=True):
        if character == " ":
            blank_at = offset if blank_at < 0 else blank_at
            continue
        if blank_at >= 0 and kept and _is_word(kept[-1]) and _is_word(character):
            kept.append(" ")
            kept_offsets.append(blank_at)
        blank_at = -1
        if character == "-" and kept and kept[-1] == "-":
            continue
        kept.append(character)
        kept_offsets.append(offset)
    return "".join(kept), kept_offsets


def _apply_numerals(text: str, offsets: Sequence[int]) -> tuple[str, Sequence[int]]:
    spans = numeral_spans(text)
    if not spans:
        return text, offsets
    pieces: list[str] = []
    mapped: list[int] = []
    position = 0
    for start, end, digits in spans:
        if start < position:
            continue
        pieces += [text[position:start], digits]
        mapped.extend(offsets[position:start])
        mapped.extend([offsets[start]] * len(digits))
        position = end
    pieces.append(text[position:])
    mapped.extend(offsets[position:])
    return "".join(pieces), mapped


def normalise(text: str) -> Normalised:
    """Folds a raw text. Idempotent on its `text`; never raises, whatever the characters are."""
    problems: list[str] = []
    raw = text
    if len(raw) > _RAW_LIMIT:
        raw = raw[:_RAW_LIMIT]
        problems.append(TOO_LONG)
    offsets: Sequence[int]
    if _CLEAN.fullmatch(raw):
        folded, offsets = raw, range(len(raw))
    else:
        characters, character_offsets, decorated = _fold(raw)
        if decorated:
            problems.append(DECORATED_NUMBER)
        folded, offsets = _squeeze(characters, character_offsets)
    folded = _DASH_ONE.sub("-", folded)
    folded, offsets = _apply_numerals(folded, offsets)
    if len(folded) > MAX_LENGTH and TOO_LONG not in problems:
        problems.append(TOO_LONG)
    return Normalised(folded, offsets, tuple(problems))


def cache_key(text: str) -> str:
    """Key under which the result of a text is kept: the normalised text, or a digest of the raw one when too long.

    Two raw texts with one key resolve alike: problems found by the folding are part of the key. Give it scrubbed text;
    a key is stored in clear.
    """
    normalised = normalise(text)
    if TOO_LONG in normalised.problems:
        return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return "!".join((normalised.text, *normalised.problems))
