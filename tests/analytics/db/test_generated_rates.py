"""The generator knows rates, the platform counts: a rate is changed, and the figure follows, by the way of files."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from analytics.indicators.registry import INDICATORS
from analytics.selectors.indicators import Board
from common import clock
from console.city.build import build_city
from console.city.rates import Rates, usual_rates
from console.demo import import_file

pytestmark = pytest.mark.django_db
FIGURES = ("VEHICLE_INSPECTION", "DRIVER_REVIEW", "DANGER_TREATMENT")


def figures(folder: Path, rates: Rates, user: User) -> dict[str, float]:
    """The figures of a city of today made by these rates, after its files were imported."""
    city = folder / "city"
    build_city(seed=1, as_of=clock.today(), out=city, addresses=2_000, elements=1_700, rates=rates)
    manifest: dict[str, Any] = tomllib.loads((city / "agency" / "manifest.toml").read_text(encoding="utf-8"))
    for entry in manifest["file"]:
        if entry["source"] in {"TMRI_VEHICLE", "TMRI_DRIVER", "DANGER_LEDGER"}:
            import_file(city / entry["path"], entry, user, lambda _text: None)
    board = Board(user, INDICATORS.values(), clock.today())
    return {key: float(board.at(INDICATORS[key], board.tree.whole("")).percent or 0) for key in FIGURES}


def test_a_changed_rate_moves_its_figure_and_no_other(users, tmp_path):
    """Five hundred vehicles: chance moves their share by two points or so; the same seed draws the same things."""
    usual = usual_rates()
    with transaction.atomic():
        before = figures(tmp_path / "usual", usual, users["brigade"])
        transaction.set_rollback(True)
    assert before["VEHICLE_INSPECTION"] == pytest.approx(100 * (1 - usual.inspection_overdue), abs=6)

    after = figures(tmp_path / "changed", replace(usual, inspection_overdue=0.5), users["brigade"])

    assert after["VEHICLE_INSPECTION"] == pytest.approx(50, abs=8)
    assert after["DANGER_TREATMENT"] == before["DANGER_TREATMENT"] > 0


def test_nobody_reviewed_and_everything_put_right(users, tmp_path):
    """The ends of two rates are free of chance but for what other columns make of them."""
    rates = replace(usual_rates(), driver_states={"S": 1}, danger_reviewed=0)
    found = figures(tmp_path, rates, users["brigade"])
    assert (found["DRIVER_REVIEW"], found["DANGER_TREATMENT"]) == (0, 0)
