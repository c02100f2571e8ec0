"""Widths of the columns of a report's tables."""

from __future__ import annotations

import pytest

from analytics.reports.docx_table import WIDTH_MM, column_widths


def test_a_column_is_as_wide_as_its_longest_text_needs() -> None:
    place, count = column_widths([["地点", "起"], ["沙河镇夏土路", "3"], ["—", "12"]])

    # Six signs and a margin of two against one sign (or two digits) and the margin.
    assert (place / count, place + count) == (pytest.approx(16 / 6), pytest.approx(WIDTH_MM))


def test_where_there_is_no_room_only_the_widest_gives_way() -> None:
    words, count, share = column_widths([["违法行为", "起数", "占全部"], ["驾" * 200, "172", "100.00%"]])

    assert words + count + share == pytest.approx(WIDTH_MM)
    assert count == pytest.approx(8 * 1.85, rel=0.02)
    assert share == pytest.approx(11 * 1.85, rel=0.02)
    assert all(width > 0 for width in column_widths([["字" * 90] * 30]))
