"""Folding of raw texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addresses.parsing.normalise import MAX_LENGTH, cache_key, normalise
from addresses.parsing.numerals import to_integer


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("光州路１２８号", "光州路128号"),
        ("光州路 128 号", "光州路128号"),
        ("光州路12 8号", "光州路12 8号"),
        ("3—2－501", "3-2-501"),
        ("3一2一501", "3-2-501"),
        ("⻄关村⻓路⻔", "西关村长路门"),
        ("⼀号楼", "1号楼"),
        ("路个庄村一百二十三号", "路个庄村123号"),
        ("路个庄村壹佰贰拾叁号", "路个庄村123号"),
        ("三号楼二单元五〇一", "3号楼2单元501"),
        ("三号楼二单元五零一室", "3号楼2单元501室"),
        ("吴家一村", "吴家一村"),
        ("八一社区", "八一社区"),
        ("二十里堡村", "二十里堡村"),
        ("2十号", "2十号"),
        ("a座", "A座"),
        ("沙河镇\x00\u202e路个庄\u200b村", "沙河镇路个庄村"),
        ("①号楼", "1号楼"),
        ("128号之一", "128号之1"),
    ],
)
def test_spellings_are_folded(raw: str, expected: str) -> None:
    assert normalise(raw).text == expected


def test_offsets_point_into_the_raw_text() -> None:
    found = normalise("光州路　一百二十八号")
    assert found.text == "光州路128号"
    assert list(found.offsets) == [0, 1, 2, 4, 4, 4, 9]


@pytest.mark.parametrize("raw", ["①②③", "12²号", "½号"])
def test_decorated_numbers_are_a_problem(raw: str) -> None:
    assert "decorated_number" in normalise(raw).problems


@pytest.mark.parametrize("raw", ["光" * 201, "山东省" * 3000, "5" * 5000, " " * 20_000])
def test_long_texts_are_a_problem_and_stay_short(raw: str) -> None:
    found = normalise(raw)
    assert "too_long" in found.problems
    assert len(found.text) <= 5 * MAX_LENGTH


def test_a_text_of_the_limit_is_read() -> None:
    assert normalise("光" * MAX_LENGTH).problems == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("一百零五", 105),
        ("三百二十一", 321),
        ("五〇一", 501),
        ("一千二百", 1200),
    ],
)
def test_spoken_numbers_have_their_value(text: str, value: int) -> None:
    assert to_integer(text) == value


@pytest.mark.parametrize("text", ["二十三十", "百", "十十", "", "村"])
def test_what_nobody_says_is_no_number(text: str) -> None:
    assert to_integer(text) is None


def test_one_key_for_one_wording_and_none_for_another() -> None:
    assert cache_key("光州路 １２８号") == cache_key("光州路128号")
    assert cache_key("光州路128号") != cache_key("光州路129号")
    assert cache_key("①②") != cache_key("12")
    assert cache_key("山东省" * 3000).startswith("sha256:")
    assert cache_key("光\ud800" * 2000).startswith("sha256:")


@given(st.text(max_size=120))
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once.text).text == once.text
    assert len(once.offsets) == len(once.text)
    assert all(0 <= offset < len(raw) for offset in once.offsets)
    assert list(once.offsets) == sorted(once.offsets)


@given(st.text(alphabet="零一二三十百号楼栋单元室之0123456789- —村社区甲A", max_size=30))
def test_normalising_numbers_twice_changes_nothing(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once.text).text == once.text
