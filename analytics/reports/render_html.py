"""A report as HTML: on the page and, with a style sheet of its own, as the source of the PDF."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from analytics.reports import charts, maps
from analytics.reports.paper import Paper, left_out_text


def html_of(paper: Paper, *, is_draft: bool = False) -> str:
    """The paper as a fragment; every count is a link to its rows."""
    blocks = [_shown(one) for one in paper.blocks]
    return render_to_string("analytics/report_paper.html", {"paper": paper, "blocks": blocks, "is_draft": is_draft})


def _shown(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] in {"chart", "map"}:
        drawing = charts.chart(block) if block["type"] == "chart" else maps.drawing_of(block)
        # Made of numbers and escaped texts by `drawing.py`.
        return block | {"svg": mark_safe(drawing.svg())}
    if block["type"] == "text":
        return block | {"lines": block["text"].split("\n")}
    return block | {"left_out_text": left_out_text(block)}
