"""Personal numbers are cut from free text; everything else stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.logs import drop_personal_numbers
from common.scrub import CUT_CITIZEN_ID, CUT_PHONE, scrub


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("文昌路街道370683199001010015", f"文昌路街道{CUT_CITIZEN_ID}"),
        ("证件 37068319880520008X。", f"证件 {CUT_CITIZEN_ID}。"),
        ("370683 19900101 0015住", f"{CUT_CITIZEN_ID}住"),
        ("旧证370683660101001", f"旧证{CUT_CITIZEN_ID}"),
        ("电话13812345678转", f"电话{CUT_PHONE}转"),
        ("电话138-1234-5678", f"电话{CUT_PHONE}"),
        ("+86 13812345678", CUT_PHONE),
        ("电话１３８１２３４５６７８", f"电话{CUT_PHONE}"),
    ],
)
def test_personal_numbers_are_cut(text: str, left: str) -> None:
    assert scrub(text) == left


@pytest.mark.parametrize(
    "text",
    ["莱州市文化路1234号3号楼2单元501室", "鲁F12345", "G18荣乌高速K123+456", "2026-10-01 09:00:00", "0535-2212345"],
)
def test_other_text_stays(text: str) -> None:
    assert scrub(text) == text


@given(st.text(alphabet="莱州市文昌路号楼单元室ＡＢ①㎡ ", max_size=60))
def test_text_without_digit_runs_is_returned_unchanged(text: str) -> None:
    assert scrub(text) == text


def test_scrubbing_twice_changes_nothing_more() -> None:
    once = scrub("张某 370683199001010015，13812345678")
    assert scrub(once) == once
    assert not any(character.isdigit() for character in once)


def test_log_events_are_scrubbed_but_their_time_is_not() -> None:
    event = {"event": "row 370683199001010015", "timestamp": "2026-10-01T09:00:00.123456Z"}
    assert drop_personal_numbers(None, "", event) == {
        "event": f"row {CUT_CITIZEN_ID}",
        "timestamp": "2026-10-01T09:00:00.123456Z",
    }
