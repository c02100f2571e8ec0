"""Drawings of grades as figures for SVG: where each bar begins and ends, nothing about elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

WIDTH, ROW, LABELS = 640, 28, 190
TREND_WIDTH, TREND_HEIGHT = 260, 64


def waterfall(
    items: Sequence[Mapping[str, Any]], thresholds: Sequence[tuple[str, Decimal]], score: Decimal
) -> dict[str, Any]:
    """Bars of points, each beginning where the one before ended, and a line for each threshold.

    Args:
        items: kept indicators of a grade, with `label` and `points`.
        thresholds: name and score of the levels above the lowest.
    """
    counted = [item for item in items if "weight" in item and Decimal(item["points"]) > 0]
    span = float(max([score, *(edge for _name, edge in thresholds)]) or 1) * 1.08
    room = WIDTH - LABELS - 60

    def x(points: float) -> int:
        return LABELS + round(points / span * room)

    bars, reached = [], 0.0
    for number, item in enumerate(counted):
        points = float(item["points"])
        bars.append(
            {"label": _short(item["label"]), "points": item["points"], "x": x(reached), "y": number * ROW + 30,
             "width": max(x(reached + points) - x(reached), 2), "text_x": x(reached + points) + 4, "text_y": number * ROW + 44}
        )  # fmt: skip
        reached += points
    bottom = len(counted) * ROW + 30
    end = {
        "y": bottom,
        "x": LABELS,
        "width": max(x(float(score)) - LABELS, 2),
        "text_x": x(float(score)) + 4,
        "text_y": bottom + 14,
    }
    lines = [{"x": x(float(edge)), "label": f"{name} {edge.normalize():f}"} for name, edge in thresholds]
    return {
        "width": WIDTH,
        "height": bottom + ROW + 4,
        "bottom": bottom + ROW,
        "bars": bars,
        "end": end,
        "lines": lines,
        "score": score,
    }


def trend(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns of counts by level over time, stacked.

    Args:
        points: `{day, levels: [{colour, count}]}`, levels from below.
    """
    most = max((sum(level["count"] for level in point["levels"]) for point in points), default=0) or 1
    step = TREND_WIDTH / max(len(points), 1)
    columns = []
    for number, point in enumerate(points):
        bottom, boxes = TREND_HEIGHT, []
        for level in point["levels"]:
            height = round(level["count"] / most * (TREND_HEIGHT - 2))
            if level["count"] and not height:
                height = 1
            bottom -= height
            boxes.append({"y": max(bottom, 0), "height": height, "colour": level["colour"]})
        columns.append(
            {"x": round(number * step) + 1, "width": max(round(step) - 4, 3), "boxes": boxes, "day": point["day"]}
        )
    return {"width": TREND_WIDTH, "height": TREND_HEIGHT, "columns": columns}


def _short(label: str) -> str:
    return label if len(label) <= 13 else f"{label[:12]}…"
