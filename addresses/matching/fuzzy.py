"""Names that a misread or mistyped span may mean: same sound (toneless pinyin) or one character off.

Only names are ever matched loosely, and what is found this way is a suggestion for the reviewer: it carries a fault and
is never accepted. Numbers are never matched loosely.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pypinyin import lazy_pinyin

from addresses.matching.places import Surface

MIN_LENGTH = 3
MAX_LENGTH = 12
MAX_SUGGESTIONS = 4
_MAX_WINDOWS = 40


@lru_cache(maxsize=16_384)
def _sound(character: str) -> str:
    return lazy_pinyin(character)[0]


def _sound_of(text: str) -> str:
    return " ".join(map(_sound, text))


def _shorter_by_one(text: str) -> Iterator[str]:
    for position in range(len(text)):
        yield text[:position] + text[position + 1 :]


def _windows(span: str) -> Iterator[str]:
    """The span itself, then its beginnings and ends, longest first; bounded."""
    longest = min(len(span), MAX_LENGTH)
    seen: set[str] = set()
    for length in range(longest, MIN_LENGTH - 1, -1):
        for window in (span[:length], span[-length:]):
            if window not in seen:
                seen.add(window)
                yield window
                if len(seen) >= _MAX_WINDOWS:
                    return


@dataclass(slots=True)
class FuzzyIndex:
    """Sound and delete-1 index over the full names (no short names: two characters say too little)."""

    by_sound: dict[str, list[str]] = field(default_factory=dict)
    by_deletion: dict[str, list[str]] = field(default_factory=dict)
    surfaces: Mapping[str, Surface] = field(default_factory=dict)

    @classmethod
    def build(cls, surfaces: Mapping[str, Surface], names: Iterable[str] | None = None) -> FuzzyIndex:
        """Builds the index over `names`, by default all full place names of the surfaces."""
        index = cls(surfaces=surfaces)
        # In order of the names, so that the order of the table does not decide which of two near ones is suggested.
        for text in sorted(names if names is not None else surfaces):
            surface = surfaces[text]
            if surface.admin or surface.is_bounded or text.isdigit() or not MIN_LENGTH <= len(text) <= MAX_LENGTH:
                continue
            index.by_sound.setdefault(_sound_of(text), []).append(text)
            for shorter in {text, *_shorter_by_one(text)}:
                index.by_deletion.setdefault(shorter, []).append(text)
        return index

    def _near(self, window: str, *, is_whole: bool) -> list[str]:
        """Names of the same sound; names one character off only for four characters or the whole span."""
        found = dict.fromkeys(self.by_sound.get(_sound_of(window), ()))
        if is_whole or len(window) > MIN_LENGTH:
            for shorter in (window, *_shorter_by_one(window)):
                for name in self.by_deletion.get(shorter, ()):
                    if len(window) > MIN_LENGTH or len(name) == len(window):
                        found.setdefault(name)
        return list(found)

    def suggest(self, span: str) -> list[Surface]:
        """At most `MAX_SUGGESTIONS` surfaces for an unread span, those of the longest matching window."""
        if len(span) < MIN_LENGTH or len(span) > 4 * MAX_LENGTH:
            return []
        for window in _windows(span):
            names = self._near(window, is_whole=window == span)
            if names:
                return [self.surfaces[name] for name in names[:MAX_SUGGESTIONS]]
        return []
