"""The rates that the city is made by, read from `data/rates.toml` or given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.city.reference_data import load_toml


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares between 0 and 1; `driver_states` are weights by the letters of a licence state."""

    inspection_overdue: float
    violation_processed: float
    danger_reviewed: float
    driver_states: Mapping[str, float]


def usual_rates() -> Rates:
    """Those of the demonstration."""
    return Rates(**load_toml("rates.toml"))
