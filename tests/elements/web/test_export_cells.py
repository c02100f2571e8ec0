"""Cells of exported files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from elements.models import Source
from elements.services.claims import submit_claims
from exchange.exporters.elements_table import safe_cell
from tests.factories.numbers import plate
from tests.factories.registries import NOW, World, signed_in, vehicle_claim


@pytest.mark.parametrize("text", ["=1+1", "+8", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|x"])
def test_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (-3, -3),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 1, 16, 0, tzinfo=UTC), "2026-01-02 00:00:00"),
        ("鲁FT0001", "鲁FT0001"),
        ("a=b", "a=b"),
    ],
)
def test_other_values_stay_as_they_are(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


@pytest.mark.django_db
def test_no_cell_of_an_exported_list_runs(world: World) -> None:
    """Text that came from a source goes through the guard in every column, an address that was not matched as well."""
    claim = vehicle_claim(103, lon=119.9, owner_name="=1+1", registered_address="@SUM(A1)")
    submit_claims(
        source=Source.objects.get(code="TMRI_VEHICLE"), kind_code="VEHICLE", claims=[claim], actor=None, now=NOW
    )
    answer = signed_in(world, "brigade").get(reverse("console:export", args=["vehicles"]))
    rows = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    (row,) = (row for row in rows if row["号牌号码"] == plate(103))
    assert (row["所有人"], row["地址"]) == ("'=1+1", "'@SUM(A1)")
