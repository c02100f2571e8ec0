"""Plates that a reading may have meant: characters that cameras and people take for each other.

A suggestion never replaces the reading. Scores say how alike the characters are, nothing about how often a plate is met:
1.0 for the reading itself, each confused character times its likeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from common import identifiers

# How alike two characters look on a plate, in whatever order. Own estimate: shapes first, then what recognisers are known for.
_ALIKE = {
    ("8", "B"): 0.8, ("0", "D"): 0.8, ("0", "Q"): 0.8, ("0", "O"): 0.95, ("D", "O"): 0.7, ("D", "Q"): 0.6, ("1", "I"): 0.95,
    ("1", "7"): 0.6, ("5", "S"): 0.75, ("2", "Z"): 0.75, ("6", "G"): 0.6, ("C", "G"): 0.6, ("E", "F"): 0.55, ("P", "R"): 0.5,
    ("U", "V"): 0.6, ("V", "Y"): 0.5, ("M", "N"): 0.5, ("H", "N"): 0.5, ("H", "M"): 0.45, ("K", "X"): 0.45, ("3", "8"): 0.5,
    ("B", "R"): 0.4, ("T", "7"): 0.5, ("L", "1"): 0.45, ("4", "A"): 0.45, ("9", "8"): 0.4,
}  # fmt: skip
MAX_CONFUSED = 2
LEAST_SCORE = 0.3
_READABLE = re.compile(rf"[{identifiers.PROVINCES}][A-Z][A-Z0-9]{{5,6}}")


def _likeness() -> dict[str, list[tuple[str, float]]]:
    alike: dict[str, list[tuple[str, float]]] = {}
    for (one, other), score in _ALIKE.items():
        alike.setdefault(one, []).append((other, score))
        alike.setdefault(other, []).append((one, score))
    return alike


_LIKE = _likeness()


def confused_plates(reading: str) -> list[tuple[str, float]]:
    """(plate, score) of every valid plate within two confused characters of the reading, best first; not the reading itself.

    A reading whose shape is no plate at all gives nothing: there is nothing to compare with.
    """
    folded = identifiers.fold(reading)
    if not _READABLE.fullmatch(folded):
        return []
    found: dict[str, float] = {}
    for plate, score in _variants(folded, 1.0, 1, MAX_CONFUSED):
        if plate != folded and score >= LEAST_SCORE and identifiers.parse_plate(plate).value == plate:
            found[plate] = max(score, found.get(plate, 0.0))
    return sorted(((plate, round(score, 3)) for plate, score in found.items()), key=lambda item: (-item[1], item[0]))


def _variants(plate: str, score: float, start: int, left: int) -> Iterator[tuple[str, float]]:
    """The plate with up to `left` characters from `start` on replaced by ones that look like them."""
    yield plate, score
    if not left:
        return
    for position in range(start, len(plate)):
        for character, likeness in _LIKE.get(plate[position], ()):
            changed = plate[:position] + character + plate[position + 1 :]
            yield from _variants(changed, score * likeness, position + 1, left - 1)
