"""Drawings of indicators as figures for SVG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

WIDTH, HEIGHT, EDGE = 240, 48, 4


def trend(points: Sequence[tuple[date, Decimal]], target: Decimal | None) -> dict[str, Any] | None:
    """A line over the days that are known, and the target; None of fewer than two days.

    Args:
        points: (day, value), the oldest first; a missing day is bridged, its place on the axis stays.
    """
    if len(points) < 2:
        return None
    first, span = points[0][0], (points[-1][0] - points[0][0]).days
    values = [value for _day, value in points] + ([target] if target is not None else [])
    low, high = min(values), max(values)
    # A share that hardly moves is a flat line, not a mountain range of hundredths.
    room = max(high - low, Decimal(1))
    middle = (high + low) / 2

    def y(value: Decimal) -> float:
        return round(float(HEIGHT / 2 - float((value - middle) / room) * (HEIGHT - 2 * EDGE)), 1)

    def x(day: date) -> float:
        return round(EDGE + (day - first).days / span * (WIDTH - 2 * EDGE), 1)

    dots = [{"x": x(day), "y": y(value), "day": day, "value": value} for day, value in points]
    return {
        "width": WIDTH, "height": HEIGHT, "dots": dots, "line": " ".join(f"{one['x']},{one['y']}" for one in dots),
        "target_y": y(target) if target is not None else None, "last": dots[-1],
        "first_day": first, "last_day": points[-1][0],
    }  # fmt: skip
