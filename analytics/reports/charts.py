"""Charts from the values of a block: bars side by side, told apart by colour and by a word in the legend."""

from __future__ import annotations

from typing import Any

from analytics.reports.drawing import Box, Drawing, Path, Text

WIDTH, HEIGHT = 600, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 34, 40
# Blue and orange stay apart for the colour-blind and in grey.
COLOURS = ("#1c4fa1", "#d97706")
_LINE, _QUIET = "#c3ccd9", "#4c596b"


def chart(block: dict[str, Any]) -> Drawing:
    """The drawing of a chart block. `values` hold None where nothing is known."""
    drawing = Drawing(WIDTH, HEIGHT, block["title"])
    labels, series = block["labels"], block["series"]
    top = _round_up(max([value or 0 for one in series for value in one["values"]] or [0]))
    _grid(drawing, top)
    _legend(drawing, series)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    for number, label in enumerate(labels):
        middle = _LEFT + step * (number + 0.5)
        _label(drawing, middle, step, label)
        _bars(drawing, series, number, middle, step, top)
    return drawing


def _round_up(value: int) -> int:
    """The height of the axis: four round steps."""
    power = 1
    while True:
        for step in (1, 2, 3, 4, 5, 6, 8):
            if 4 * step * power >= value:
                return 4 * step * power
        power *= 10


def _y(value: float, top: int) -> float:
    return HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM)


def _grid(drawing: Drawing, top: int) -> None:
    for number in range(5):
        value = top * number // 4
        y = _y(value, top)
        drawing.shapes.append(Path(((_LEFT, y), (WIDTH - _RIGHT, y)), _LINE if number else _QUIET, 0.8))
        drawing.shapes.append(Text(_LEFT - 6, y + 4, str(value), 11, "end", _QUIET))


def _legend(drawing: Drawing, series: list[dict[str, Any]]) -> None:
    x = _LEFT
    if len(series) < 2:
        return
    for number, one in enumerate(series):
        drawing.shapes.append(Box(x, 8, 12, 12, COLOURS[number % 2 ^ 1]))
        drawing.shapes.append(Text(x + 17, 18, one["name"], 12))
        x += 100


def _label(drawing: Drawing, middle: float, step: float, label: str) -> None:
    """On two lines where one is too narrow; three would not fit."""
    most = max(2, int(step // 11.5))
    lines = [label[:most], label[most : 2 * most]]
    if len(label) > 2 * most:
        lines[1] = lines[1][:-1] + "…"
    for number, line in enumerate(one for one in lines if one):
        drawing.shapes.append(Text(middle, HEIGHT - _BOTTOM + 15 + 14 * number, line, 11, "middle", _QUIET))


def _bars(drawing: Drawing, series: list[dict[str, Any]], number: int, middle: float, step: float, top: int) -> None:
    width = min(30.0, step * 0.8 / len(series))
    left = middle - width * len(series) / 2
    for place, one in enumerate(series):
        value = one["values"][number]
        if value is None:
            continue
        colour = COLOURS[0] if len(series) == 1 else COLOURS[place % 2 ^ 1]
        y = _y(value, top)
        drawing.shapes.append(Box(left + width * place + 0.5, y, width - 1, HEIGHT - _BOTTOM - y, colour))
        drawing.shapes.append(
            Text(left + width * (place + 0.5), y - 4, str(value), 10, "middle", "#1a2433", one["urls"][number], value)
        )
