"""Charts as data: what `static/js/lib/charts.js` draws, and the table of the same numbers beside it.

The page gives figures, words and links; how they look is the script's matter. Every figure that counts rows carries the URL that
opens them, in the drawing and in the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """One figure. `value` None = not known, which is drawn as a gap and told as —. `text` is how it is written."""

    value: float | None
    text: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one kind, as many as the chart has labels.

    Attributes:
        role: colour of the page: accent, note, warn, bad, ok, idle.
        drawn: bar, line, or mark (a stroke across the bar: a target).
        is_count: the figures count rows.
    """

    name: str
    role: str
    points: list[Point]
    drawn: str = "bar"
    is_count: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    Attributes:
        key: id on the page.
        title, definition: what it shows, and what exactly is counted.
        labels: of the axis; `head` what they are.
        is_lying: bars grow to the right, one below the other.
        is_stacked: bars of a label stand on each other.
    """

    key: str
    title: str
    definition: str
    head: str
    labels: list[str]
    series: list[Series]
    unit: str = ""
    is_lying: bool = False
    is_stacked: bool = False

    @property
    def data_id(self) -> str:
        """Of the element that holds `as_json`."""
        return f"chart-{self.key}-data"

    @property
    def is_empty(self) -> bool:
        """Nothing to draw: no figure is known, or all of them are none."""
        return not any(point.value for one in self.series for point in one.points)

    @property
    def as_json(self) -> dict[str, Any]:
        """For the script."""
        return {
            "title": self.title, "labels": self.labels, "unit": self.unit, "lying": self.is_lying, "stacked": self.is_stacked,
            "series": [
                {
                    "name": one.name, "role": one.role, "drawn": one.drawn,
                    "values": [point.value for point in one.points], "urls": [point.url for point in one.points],
                }
                for one in self.series
            ],
        }  # fmt: skip

    @property
    def rows(self) -> Iterable[tuple[str, list[tuple[Series, Point]]]]:
        """Rows of the table: label, then a figure of each series."""
        return [(label, [(one, one.points[n]) for one in self.series]) for n, label in enumerate(self.labels)]


def count_point(count: int, url: str) -> Point:
    """A number of rows."""
    return Point(count, f"{count:,}", url)
