"""Notes drawn into a picture, in the process of its own that decodes pictures: the browser sends places and words, never pixels.

Regions are made coarse before anything is drawn over them; what they held is not in the new file. No Django here.
"""

from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from common.errors import DomainError
from elements.pictures import answer_with, encoded, opened_picture, set_limits

# Debian fonts-wqy-microhei, which the set-up installs. A collection: its first face is the proportional one.
FONT_FILE = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
RED, WHITE = (224, 0, 0), (255, 255, 255)
# A face or a plate keeps at most so many squares along its longer side: too few to guess it from.
SQUARES = 6


def font_bytes() -> bytes:
    """The font, read while files can still be opened; empty when the machine has none."""
    return FONT_FILE.read_bytes() if FONT_FILE.is_file() else b""


def draw_notes(data: bytes, notes: list[dict[str, Any]], font: bytes) -> dict[str, Any]:
    """A picture with its notes, encoded anew; the answer is that of `pictures.write_anew`.

    Raises:
        DomainError: the picture is damaged, or a text is asked for and there is no font.
    """
    picture, facts = opened_picture(data, 0)
    if any(note["kind"] == "text" for note in notes) and not font:
        raise DomainError("NOTES_FONT", "服务器没有装中文字体，不能写文字。请改用箭头或圆圈，把话写进照片说明。")
    for note in notes:
        if note["kind"] == "pixelate":
            _pixelate(picture, _box(note, picture.size))
    pen = ImageDraw.Draw(picture)
    for note in notes:
        if note["kind"] == "arrow":
            _arrow(pen, picture.size, note)
        elif note["kind"] == "circle":
            _circle(pen, picture.size, note)
        elif note["kind"] == "text":
            _text(pen, picture.size, note, font)
    return facts | encoded(picture)


def stroke_px(size: tuple[int, int]) -> int:
    """Width of a line: about the same to the eye on every picture."""
    return max(2, round(max(size) / 220))


def _box(note: dict[str, Any], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels, outwards: what was asked for is covered."""
    (left, right), (top, bottom) = sorted((note["x1"], note["x2"])), sorted((note["y1"], note["y2"]))
    return (
        math.floor(left * size[0]),
        math.floor(top * size[1]),
        max(math.ceil(right * size[0]), math.floor(left * size[0]) + 1),
        max(math.ceil(bottom * size[1]), math.floor(top * size[1]) + 1),
    )


def _pixelate(picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    region = picture.crop(box)
    edge = max(1.0, max(region.size) / SQUARES)
    few = (max(1, round(region.width / edge)), max(1, round(region.height / edge)))
    picture.paste(
        region.resize(few, Image.Resampling.BOX).resize(region.size, Image.Resampling.NEAREST), box[:2]
    )  # fmt: skip


def _arrow(pen: ImageDraw.ImageDraw, size: tuple[int, int], note: dict[str, Any]) -> None:
    start, tip = (note["x1"] * size[0], note["y1"] * size[1]), (note["x2"] * size[0], note["y2"] * size[1])
    stroke = stroke_px(size)
    length = math.dist(start, tip)
    angle = math.atan2(tip[1] - start[1], tip[0] - start[0])
    head = min(stroke * 5, length * 0.6)
    neck = (tip[0] - head * 0.8 * math.cos(angle), tip[1] - head * 0.8 * math.sin(angle))
    wings = [(tip[0] - head * math.cos(angle + turn), tip[1] - head * math.sin(angle + turn)) for turn in (0.45, -0.45)]
    edge = max(1, stroke // 3)
    pen.line([start, neck], fill=WHITE, width=stroke + 2 * edge)
    pen.polygon([tip, *wings], fill=RED, outline=WHITE, width=edge)
    pen.line([start, neck], fill=RED, width=stroke)


def _circle(pen: ImageDraw.ImageDraw, size: tuple[int, int], note: dict[str, Any]) -> None:
    left, top, right, bottom = _box(note, size)
    stroke = stroke_px(size)
    edge = max(1, stroke // 3)
    pen.ellipse((left - edge, top - edge, right + edge, bottom + edge), outline=WHITE, width=stroke + 2 * edge)
    pen.ellipse((left, top, right, bottom), outline=RED, width=stroke)


def _text(pen: ImageDraw.ImageDraw, size: tuple[int, int], note: dict[str, Any], font: bytes) -> None:
    """The words, made smaller and moved until they lie inside the picture."""
    height_px = max(14, round(max(size) / 36))
    face = _face(font, height_px)
    margin = max(2, height_px // 6)
    width = pen.textlength(note["text"], font=face)
    room = size[0] - 2 * margin
    if width > room:
        face = _face(font, max(8, math.floor(height_px * room / width)))
    left, top, right, bottom = pen.textbbox((0, 0), note["text"], font=face)
    x = min(max(note["x1"] * size[0], margin), max(margin, size[0] - margin - (right - left)))
    y = min(max(note["y1"] * size[1], margin), max(margin, size[1] - margin - (bottom - top)))
    pen.rectangle((x - margin, y - margin, x + right - left + margin, y + bottom - top + margin), fill=WHITE)
    pen.text((x - left, y - top), note["text"], font=face, fill=RED)


def _face(font: bytes, height_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(font), height_px, layout_engine=ImageFont.Layout.BASIC)


def main() -> None:
    """Entry of the child: a line of JSON (the notes) and a picture on stdin; a line of JSON and two JPEGs on stdout."""
    font = font_bytes()
    if font:
        _face(font, 16)
    set_limits()
    line, _, data = sys.stdin.buffer.read().partition(b"\n")
    answer_with(lambda: draw_notes(data, json.loads(line), font))
