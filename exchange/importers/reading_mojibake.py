"""Chinese that was read by a Western code page on its way here ("å¼ ä¸‰" or "ÕÅÈý" for 张三), and letters that got lost (U+FFFD)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from common.masking import mask_name

# A cell or two may be a typing error; more is a wrong code page. In a small reading half of what is no ASCII is enough.
HANDFUL, LEAST = 5, 2
SHOWN = 2
LOST = "\ufffd"
# What Windows-1252 makes of the bytes 80–9F; Latin-1 makes control characters of them, as Windows does of five.
_WINDOWS = {
    ord(bytes([byte]).decode("cp1252")): byte for byte in range(0x80, 0xA0) if byte not in b"\x81\x8d\x8f\x90\x9d"
}
_SIGNS = re.compile(f"[\x80-\xff{LOST}{''.join(map(chr, _WINDOWS))}]")
_CHINESE = re.compile("[\u4e00-\u9fff]")
# Letters of GB 2312 and its marks: pairs, both of them far from ASCII, as accents in a Western word hardly ever stand.
_PAIRS = re.compile(rb"(?:[\x00-\x7f]|[\xb0-\xf7][\xa1-\xfe]|[\xa1\xa3][\xa1-\xfe])+")


@dataclass(slots=True)
class GarbledText:
    """What was found in the cells of a reading.

    Attributes:
        count: cells that are garbled.
        foreign: cells that hold more than ASCII.
        examples: the first ones, masked, with what they were.
    """

    count: int = 0
    foreign: int = 0
    examples: list[str] = field(default_factory=list)

    def look(self, cells: Sequence[str]) -> None:
        """Counts the garbled cells of a row."""
        for cell in cells:
            if cell.isascii():
                continue
            self.foreign += 1
            if not _SIGNS.search(cell):
                continue
            was = restored(cell)
            if was or LOST in cell:
                self.count += 1
                if len(self.examples) < SHOWN:
                    self.examples.append(_example(cell, was))

    @property
    def is_much(self) -> bool:
        """Whether it is more than a slip."""
        return self.count > HANDFUL or (self.count >= LEAST and self.count * 2 >= self.foreign)


def restored(cell: str) -> str:
    """The Chinese that a cell was before it was misread; "" where it was none."""
    try:
        data = cell.translate(_WINDOWS).encode("latin-1")
    except UnicodeEncodeError:
        return ""
    return _by_utf8(data) or _by_gb2312(data)


def _by_utf8(data: bytes) -> str:
    try:
        # Of the last letter a byte may be gone that passed for a blank.
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return ""
    return text if _CHINESE.search(text) else ""


def _by_gb2312(data: bytes) -> str:
    # One mark again and again is a drawn line or something crossed out.
    if len({byte for byte in data if byte > 0x7F}) < 2 or not _PAIRS.fullmatch(data):
        return ""
    text = data.decode("gb18030")
    return text if _CHINESE.search(text) else ""


def _example(cell: str, was: str) -> str:
    if not was:
        return f"“{cell[:1].replace(LOST, '')}…{LOST}”：有残缺的字"
    shown = "".join(letter if letter.isprintable() else "·" for letter in cell[:2])
    return f"“{shown}…”应为“{mask_name(was)}”"
