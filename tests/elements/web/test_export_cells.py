"""Cells of exported files."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from exchange.exporters.elements_csv import safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+8", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|x"])
def test_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (-3, "-3"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 1, 16, 0, tzinfo=UTC), "2026-01-02 00:00:00"),
        ("鲁FT0001", "鲁FT0001"),
        ("a=b", "a=b"),
    ],
)
def test_other_values_stay_as_they_are(value: object, text: str) -> None:
    assert safe_cell(value) == text
