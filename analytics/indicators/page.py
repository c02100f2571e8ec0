"""What the templates of indicators need: figures with their lists, words, bars, rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from addresses.choices import AreaKind
from analytics.indicators.asked import SETTING, IndicatorAsked, sorted_readings
from analytics.indicators.charts import trend
from analytics.indicators.counting import Tally
from analytics.indicators.parts import Place as Params
from analytics.indicators.parts import span_last_year, span_of
from analytics.indicators.registry import Indicator
from analytics.selectors.indicator_areas import Place
from analytics.selectors.indicators import Board, Reading


def rows_url(indicator: Indicator, board: Board, *, met: bool, params: Params, before: bool = False) -> str:
    """The page that shows exactly the rows of a figure: the list, or of several registries the page that adds them up."""
    span = span_last_year(board.day) if before else span_of(board.day)
    if len(indicator.parts) == 1:
        return indicator.parts[0].url(span, met=met, place=params)
    query = urlencode({"which": "met" if met else "all", **params})
    return f"{reverse('analytics:indicator-rows', args=[indicator.key])}?{query}"


def figure(value: int, url: str) -> dict[str, Any]:
    """A number that opens its rows."""
    return {"value": value, "text": f"{value:,}", "url": url}


def cells(reading: Reading, board: Board) -> dict[str, Any]:
    """Everything that is said of one indicator at one place."""
    one, params = reading.indicator, reading.place.params
    found = {
        "indicator": one,
        "numerator": figure(reading.now.numerator, rows_url(one, board, met=True, params=params)),
        "change": change_words(reading),
        "before": before_words(reading),
        "before_unknown": reading.before is None,
    }
    if one.is_share:
        found |= {
            "denominator": figure(reading.now.denominator, rows_url(one, board, met=False, params=params)),
            "value": percent_words(reading.percent), "width": _width(reading.percent),
            "target": reading.target, "target_x": _width(reading.target), "gap": gap_words(reading),
        }  # fmt: skip
    elif reading.before is not None:
        url = rows_url(one, board, met=True, params=params, before=True)
        found["before_figure"] = figure(reading.before.numerator, url)
    return found


def percent_words(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:.2f}%"


def _width(value: Decimal | None) -> str:
    return "" if value is None else f"{min(Decimal(100), value):.1f}"


def before_words(reading: Reading) -> str:
    """The share a year ago; 未知 where nobody kept it."""
    if reading.before is None:
        return _("未知")
    return percent_words(reading.percent_before) if reading.indicator.is_share else f"{reading.before.numerator:,}"


def change_words(reading: Reading) -> dict[str, str]:
    """Text and level (ok, bad, idle) of the change in a year."""
    if reading.compared is not None:
        chance = _("，可能是偶然波动") if reading.compared.may_be_chance else ""
        difference = reading.compared.difference
        return {
            "text": reading.compared.text,
            "level": _level(difference, reading.indicator),
            "note": chance.strip("，"),
        }
    if reading.change is None:
        return {"text": "—", "level": "idle", "note": ""}
    text = _("%(points)s 个百分点") % {"points": f"{reading.change:+.2f}"}
    return {"text": text, "level": _level(reading.change, reading.indicator), "note": ""}


def gap_words(reading: Reading) -> dict[str, str]:
    """How far above or below the target."""
    if reading.gap is None:
        return {"text": "—", "level": "idle"}
    text = _("%(points)s 个百分点") % {"points": f"{reading.gap:+.2f}"}
    return {"text": text, "level": "ok" if reading.gap >= 0 else "bad"}


def _level(change: Decimal | int | None, indicator: Indicator) -> str:
    if not change:
        return "idle"
    return "ok" if (change > 0) == indicator.is_higher_better else "bad"


def card(reading: Reading, board: Board, days: list[tuple[Any, Tally]], is_chosen: bool) -> dict[str, Any]:
    """One indicator of all that the reader sees."""
    points = [
        (day, Decimal(one.numerator) * 100 / one.denominator if reading.indicator.is_share else Decimal(one.numerator))
        for day, one in days
        if one.denominator or not reading.indicator.is_share
    ]
    return cells(reading, board) | {
        "is_chosen": is_chosen, "url": f"?{urlencode({'indicator': reading.indicator.key})}#indicator-table",
        "trend": trend(points, reading.target if reading.indicator.is_share else None),
    }  # fmt: skip


def table_rows(board: Board, asked: IndicatorAsked) -> list[dict[str, Any]]:
    """Rows of the table: squadrons with what was opened below them, or town and country."""
    if asked.by == SETTING:
        places = board.tree.settings()
        return [_row(one, board, asked, 0) for one in _read(board, asked, places)]
    path = board.tree.chain(asked.opened)
    return _branch(board, asked, board.tree.places(AreaKind.SQUADRON), path, 0)


def _branch(
    board: Board, asked: IndicatorAsked, places: list[Place], path: list[int], depth: int
) -> list[dict[str, Any]]:
    found = []
    for reading in _read(board, asked, places):
        place = reading.place
        is_open = place.area_id in path and place.kind != AreaKind.GRID
        found.append(_row(reading, board, asked, depth, is_open=is_open))
        if is_open and place.area_id is not None:
            below = [board.tree.place(pk) for pk in board.tree.children(place.area_id)]
            found += _branch(board, asked, below, path, depth + 1)
    return found


def _read(board: Board, asked: IndicatorAsked, places: list[Place]) -> list[Reading]:
    return sorted_readings([board.at(asked.indicator, place) for place in places], asked.sort)


def _row(reading: Reading, board: Board, asked: IndicatorAsked, depth: int, *, is_open: bool = False) -> dict[str, Any]:
    place = reading.place
    row = cells(reading, board) | {"place": place, "depth": depth, "is_open": is_open, "open_url": ""}
    if place.kind in (AreaKind.SQUADRON, AreaKind.DISTRICT) and place.area_id is not None:
        # Closing a district leaves its squadron open.
        above = board.tree.chain(place.area_id)[1:2] if place.kind == AreaKind.DISTRICT else []
        opened = str(above[0]) if is_open and above else "" if is_open else str(place.area_id)
        row["open_url"] = f"?{urlencode(asked.query | {'opened': opened})}#indicator-table"
    return row


def tabs(asked: IndicatorAsked) -> list[dict[str, Any]]:
    """By area, or town and country."""
    return [
        {"label": label, "url": f"?{urlencode(asked.query | {'by': by, 'opened': ''})}#indicator-table", "active": asked.by == by}
        for by, label in (("area", _("按责任区")), (SETTING, _("按城乡")))
    ]  # fmt: skip


def sort_links(asked: IndicatorAsked) -> dict[str, dict[str, Any]]:
    """Column → link that puts its worst first; a second click goes back to the order of the codes."""
    return {
        name: {
            "url": f"?{urlencode(asked.query | {'sort': '' if asked.sort == name else name})}#indicator-table",
            "active": asked.sort == name,
        }
        for name in ("gap", "value", "change")
    }
