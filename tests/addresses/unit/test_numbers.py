"""The number grammar: shape, span and canonical parts of each token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addresses.parsing.accounting import covers, shown, unread_spans
from addresses.parsing.numbers import lex
from addresses.parsing.tokens import Shape, Token


def shapes(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Tokens as (shape, text, parts)."""
    return [(token.shape.value, text[token.start : token.end], token.parts) for token in lex(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("128号", [("number", "128号", ("128",))]),
        ("128号之1", [("number", "128号之1", ("128", "1"))]),
        ("128-1号", [("number", "128-1号", ("128", "1"))]),
        ("甲128号", [("number", "甲128号", ("甲128",))]),
        ("128号院内", [("number", "128号院", ("128",)), ("filler", "内", ())]),
        ("3号楼", [("building", "3号楼", ("3",))]),
        ("03栋", [("building", "03栋", ("3",))]),
        ("A座", [("building", "A座", ("A",))]),
        ("东楼", [("building", "东楼", ("东",))]),
        ("3#", [("hash", "3#", ("3",))]),
        ("3楼", [("tower", "3楼", ("3",))]),
        ("2单元", [("unit", "2单元", ("2",))]),
        ("5层", [("floor", "5层", ("5",))]),
        ("501室", [("room", "501室", ("501",))]),
        ("东户", [("room", "东户", ("东",))]),
        ("3-2-501室", [("chain", "3-2-501室", ("3", "2", "501"))]),
        ("3-501", [("chain", "3-501", ("3", "501"))]),
        ("5组6号", [("group", "5组", ("5",)), ("number", "6号", ("6",))]),
        ("-1号", [("dash", "-", ()), ("number", "1号", ("1",))]),
        ("K19+906", [("stake", "K19+906", ("19", "906"))]),
        ("19公里906米", [("stake", "19公里906米", ("19", "906"))]),
        ("西约100米处", [("distance", "西约100米处", ("西", "100"))]),
        ("北2公里", [("distance", "北2公里", ("北", "2000"))]),
        ("128-3号楼", [("bare", "128", ("128",)), ("dash", "-", ()), ("building", "3号楼", ("3",))]),
        ("13900000000", [("personal", "13900000000", ())]),
        ("139-0000-0000", [("personal", "139-0000-0000", ())]),
        ("370683199001010017", [("personal", "370683199001010017", ())]),
        ("电话0535-2200000", [("personal", "电话0535-2200000", ())]),
        ("〔证件号〕", [("personal", "〔证件号〕", ())]),
    ],
)
def test_number_words(text: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert shapes(text) == expected


@pytest.mark.parametrize("text", ["1234567", "1" * 30, "IX", "期", "3.5"])
def test_what_is_not_understood_is_unread_or_stays_apart(text: str) -> None:
    tokens = lex(text, 0, len(text))
    assert covers(tokens, len(text))
    assert not any(token.shape is Shape.ROOM or token.shape is Shape.CHAIN for token in tokens)


def test_unread_runs_are_joined() -> None:
    assert unread_spans(lex("三期12号西厢", 0, 7)) == [(0, 2), (5, 7)]


def test_a_gap_or_an_overlap_is_no_cover() -> None:
    first, second = Token(Shape.BARE, 0, 2), Token(Shape.BARE, 2, 4)
    assert covers([first, second], 4)
    assert not covers([first], 4)
    assert not covers([first, Token(Shape.BARE, 1, 4)], 4)
    assert not covers([second, first], 4)


def test_shown_spans_hide_long_digits() -> None:
    assert shown("甲1390000000乙") == "甲…乙"
    assert len(shown("光" * 100)) == 41


@given(st.text(alphabet="0123456789-号楼栋单元室层组之附AB#K+米东西路口电话内 ", max_size=60))
def test_the_grammar_covers_every_text(text: str) -> None:
    assert covers(lex(text, 0, len(text)), len(text))
