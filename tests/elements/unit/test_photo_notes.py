"""Notes as they are posted: what is not exactly a note is refused, with a message that names the cure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.errors import DomainError
from elements.photo_notes import MAX_NOTES, read_notes

ARROW = {"kind": "arrow", "x1": 0.1, "y1": 0.2, "x2": 0.3, "y2": 0.4}
TEXT = {"kind": "text", "x1": 0, "y1": 1, "text": "护栏破损"}


def body(*notes: Any) -> bytes:
    return json.dumps({"notes": notes}).encode()


def test_notes_are_read_as_they_were_drawn():
    circle, region = ARROW | {"kind": "circle"}, ARROW | {"kind": "pixelate"}

    assert read_notes(body(ARROW, circle, region, TEXT | {"text": "  护栏\n破损 "})) == [
        ARROW, circle, region, {"kind": "text", "x1": 0.0, "y1": 1.0, "text": "护栏 破损"},
    ]  # fmt: skip
    assert len(read_notes(body(*[ARROW] * MAX_NOTES))) == 50
    assert len(read_notes(body(TEXT | {"text": "字" * 40}))) == 1


REFUSED = {
    "not-json": (b"{", "NOTES_BAD"),
    "a-list": (b"[]", "NOTES_BAD"),
    "another-key": (b'{"notes": [], "user": 1}', "NOTES_BAD"),
    "no-list": (b'{"notes": {}}', "NOTES_BAD"),
    "none": (body(), "NOTES_MISSING"),
    "51": (body(*[ARROW] * 51), "NOTES_TOO_MANY"),
    "33-KiB": (b" " * 33 * 1024, "NOTES_TOO_LARGE"),
    "no-object": (body(1), "NOTES_BAD"),
    "unknown-kind": (body(ARROW | {"kind": "image"}), "NOTES_BAD"),
    "kind-no-text": (body(ARROW | {"kind": ["arrow"]}), "NOTES_BAD"),
    "more-keys": (body(ARROW | {"href": "http://example.org"}), "NOTES_BAD"),
    "fewer-keys": (body({"kind": "arrow", "x1": 0.1, "y1": 0.2, "x2": 0.3}), "NOTES_BAD"),
    "text-on-arrow": (body(ARROW | {"text": "x"}), "NOTES_BAD"),
    "outside": (body(ARROW | {"x2": 1.001}), "NOTES_PLACE"),
    "negative": (body(ARROW | {"y1": -0.001}), "NOTES_PLACE"),
    "truth": (body(ARROW | {"x1": True}), "NOTES_PLACE"),
    "words-for-number": (body(ARROW | {"x1": "0.1"}), "NOTES_PLACE"),
    "not-a-number": (b'{"notes": [{"kind": "text", "x1": NaN, "y1": 0, "text": "a"}]}', "NOTES_BAD"),
    "endless": (b'{"notes": [{"kind": "text", "x1": 1e999, "y1": 0, "text": "a"}]}', "NOTES_BAD"),
    "point": (body(ARROW | {"x2": 0.1, "y2": 0.2}), "NOTES_SMALL"),
    "flat-region": (body(ARROW | {"kind": "pixelate", "y2": 0.201}), "NOTES_SMALL"),
    "41-characters": (body(TEXT | {"text": "字" * 41}), "NOTES_TEXT"),
    "blank": (body(TEXT | {"text": "  "}), "NOTES_TEXT"),
    "control": (body(TEXT | {"text": "a\u0000b"}), "NOTES_TEXT"),
    "turned-round": (body(TEXT | {"text": "a\u202eb"}), "NOTES_TEXT"),
    "number-for-text": (body(TEXT | {"text": 7}), "NOTES_BAD"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_note_is_refused(name):
    sent, code = REFUSED[name]

    with pytest.raises(DomainError) as refused:
        read_notes(sent)

    assert refused.value.code == code and refused.value.message.endswith("。")
