"""The platform's own Chinese font on paper: which of its pieces hold the characters of a text. Nothing comes from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

_FACE = re.compile(r"url\(\./files/([^)]+\.woff2)\).*?unicode-range: ([^;]+);", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the font and the characters that it is for."""

    path: Path
    ranges: tuple[tuple[int, int], ...]

    @property
    def family(self) -> str:
        """What the piece is called in a style sheet of paper: each its own name, since WeasyPrint reads no `unicode-range`."""
        return self.path.stem.replace("-wght-normal", "")

    def has(self, character: str) -> bool:
        return any(first <= ord(character) <= last for first, last in self.ranges)


@cache
def pieces() -> tuple[Piece, ...]:
    """All pieces, those of the commonest characters first."""
    folder = next(Path(settings.BASE_DIR, "static", "vendor").glob("noto-sans-sc-*"))
    found = _FACE.findall((folder / "wght.css").read_text(encoding="utf-8"))
    read = [Piece(folder / "files" / name, tuple(_range(one) for one in ranges.split(","))) for name, ranges in found]
    return tuple(reversed(read))


def _range(text: str) -> tuple[int, int]:
    first, _dash, last = text.strip().removeprefix("U+").partition("-")
    return int(first, 16), int(last or first, 16)


@cache
def piece_of(character: str) -> Piece | None:
    """The piece that holds a character."""
    return next((one for one in pieces() if one.has(character)), None)


def pieces_of(text: str) -> list[Piece]:
    """The pieces that a text needs, in a fixed order."""
    needed = {piece_of(one) for one in set(text)} | {piece_of(one) for one in "0123456789，。"}
    return [one for one in pieces() if one in needed]


def face_css(used: Iterable[Piece]) -> str:
    """`@font-face` rules; the files are read by the renderer's own fetcher."""
    return "\n".join(f"@font-face {{ font-family: '{one.family}'; src: url('{one.path.as_uri()}'); }}" for one in used)


def family_list(used: Iterable[Piece]) -> str:
    """The value of `font-family`."""
    return ", ".join(f"'{one.family}'" for one in used) + ", sans-serif"


@cache
def picture_font(piece: Piece, size_px: int, weight: int) -> Any:
    """A piece as Pillow draws with it."""
    from PIL import ImageFont

    font = ImageFont.truetype(piece.path, size_px)
    font.set_variation_by_axes([weight])
    return font
