"""Notes on a picture as the browser posts them, read strictly: what is not exactly this is refused.

Places are shares of the picture's width and height, so that a note is where it was drawn at any size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypedDict

import orjson

from common.errors import DomainError

MAX_NOTES = 50
MAX_NOTE_TEXT = 40
MAX_NOTES_BYTES = 32 * 1024
# A share of the picture: shorter or narrower than this nobody sees it.
LEAST = 0.004
ARROW, CIRCLE, PIXELATE, TEXT = "arrow", "circle", "pixelate", "text"
_PLACES = {
    ARROW: ("x1", "y1", "x2", "y2"),
    CIRCLE: ("x1", "y1", "x2", "y2"),
    PIXELATE: ("x1", "y1", "x2", "y2"),
    TEXT: ("x1", "y1"),
}


class Note(TypedDict, total=False):
    """One note: an arrow from 1 to 2, a circle or a region between the corners 1 and 2, or a text that begins at 1."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float
    text: str


def read_notes(body: bytes) -> list[Note]:
    """Notes of a JSON body `{"notes": [{kind, x1, y1, x2, y2} | {kind: "text", x1, y1, text}]}`.

    Raises:
        DomainError: no JSON, no notes or too many, an unknown kind or key, a place outside the picture, a text too long.
    """
    if len(body) > MAX_NOTES_BYTES:
        raise DomainError("NOTES_TOO_LARGE", f"标注太多。最多 {MAX_NOTES} 处，请删去一些再保存。")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _not_notes() from error
    if not isinstance(content, dict) or set(content) != {"notes"} or not isinstance(content["notes"], list):
        raise _not_notes()
    notes = content["notes"]
    if not notes:
        raise DomainError("NOTES_MISSING", "还没有标注。请先在照片上画箭头、圆圈、文字或打码区域。")
    if len(notes) > MAX_NOTES:
        raise DomainError("NOTES_TOO_MANY", f"一张照片最多 {MAX_NOTES} 处标注，请删去一些再保存。")
    return [_note(one) for one in notes]


def _note(one: Any) -> Note:
    if not isinstance(one, dict) or not isinstance(one.get("kind"), str) or one["kind"] not in _PLACES:
        raise _not_notes()
    kind = one["kind"]
    names = _PLACES[kind]
    if set(one) != {"kind", *names, *(("text",) if kind == TEXT else ())}:
        raise _not_notes()
    note: Note = {"kind": kind}
    note.update({name: _share(one[name]) for name in names})  # type: ignore[typeddict-item]
    if kind == TEXT:
        note["text"] = _text(one["text"])
    else:
        _require_size(note)
    return note


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1:
        raise DomainError("NOTES_PLACE", "标注超出了照片的范围，请移回照片内再保存。")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _not_notes()
    text = " ".join(value.split())
    if not text or not text.isprintable():
        raise DomainError("NOTES_TEXT", "标注文字是空的，或含有不能显示的字符。请改写后再保存。")
    if len(text) > MAX_NOTE_TEXT:
        raise DomainError("NOTES_TEXT", f"标注文字不超过 {MAX_NOTE_TEXT} 个字。")
    return text


def _require_size(note: Mapping[str, Any]) -> None:
    width, height = abs(note["x2"] - note["x1"]), abs(note["y2"] - note["y1"])
    is_seen = max(width, height) >= LEAST if note["kind"] == ARROW else min(width, height) >= LEAST
    if not is_seen:
        raise DomainError("NOTES_SMALL", "有一处标注太小，看不见。请画大一些，或撤销它再保存。")


def _not_notes() -> DomainError:
    return DomainError("NOTES_BAD", "认不出这些标注。请刷新页面后重新标注。")
