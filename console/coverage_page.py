"""What the template of the coverage table needs: cells with links, meanings and bars."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from addresses.selectors.past_blocks import border_changes
from elements.registries import REGISTRIES
from elements.selectors.coverage import DISTRICT, GRID, VILLAGE, CoverageRow, Figures, rough_places
from elements.selectors.freshness import fresh_months
from elements.selectors.gaps import gaps_of

BY = {DISTRICT: gettext_lazy("警务区"), GRID: gettext_lazy("勤务网格"), VILLAGE: gettext_lazy("村居")}
# 区不漏路、格不漏企、村不漏车: what is asked first of each.
FIRST_REGISTRY = {DISTRICT: "sections", GRID: "units", VILLAGE: "vehicles"}
_LOW_SHARE = 0.9
_LATEST_CHANGES = 4
_COLUMNS = (
    ("name", gettext_lazy("名称"), False),
    ("known", gettext_lazy("已知"), True),
    ("expected", gettext_lazy("应有"), True),
    ("share", gettext_lazy("覆盖率"), False),
    ("fresh", gettext_lazy("新鲜率"), False),
    ("unplaced", gettext_lazy("未落准"), True),
    ("conflict", gettext_lazy("冲突"), True),
    ("gaps", gettext_lazy("有缺项"), True),
)
SORTS = (*(name for name, _label, _is_numeric in _COLUMNS), "doors")


def columns_of(registry: str, definitions: dict[str, str]) -> list[dict[str, Any]]:
    """Columns of a registry; houses are held against the address register as well, roads lack nothing."""
    columns = [
        {"name": name, "label": label, "is_numeric": is_numeric, "hint": definitions.get(name, "")}
        for name, label, is_numeric in _COLUMNS
        if name != "gaps" or gaps_of(registry)
    ]
    if registry == "houses":
        doors = {"name": "doors", "label": _("占登记门户"), "is_numeric": False, "hint": definitions.get("doors", "")}
        columns.insert(4, doors)
    return columns


def definitions_of(registry: str) -> dict[str, str]:
    """What each column counts, of what, from where."""
    label, months = REGISTRIES[registry].label, fresh_months(REGISTRIES[registry].kind)
    places = "、".join(str(quality.label) for quality in rough_places(REGISTRIES[registry]))
    return {
        "known": _("%(label)s中有来源登记、未撤回、未并入、责任块在该处的") % {"label": label},
        "expected": _("各来源按村居填报的应有数，同一村居取统计日期最新的；没有填报的村居不计"),
        "share": _("分子：已填应有数的村居里已知的；分母：这些村居的应有数之和。没有填报就没有覆盖率"),
        "fresh": _("分子：%(months)s 个月内有来源说过的；分母：已知") % {"months": months},
        "unplaced": _("落地质量为%(places)s的") % {"places": places},
        "conflict": _("至少一个官方字段各来源说法不一的"),
        "gaps": "；".join(str(gap.definition) for gap in gaps_of(registry)),
        "doors": _("分子：已知房屋；分母：登记册里在用、下面没有更细一级的门牌、楼栋、户室"),
    }


def sorted_rows(rows: list[CoverageRow], registry: str, sort: str) -> list[CoverageRow]:
    """Rows in the order of a column; what has no value comes last either way."""
    name, is_down = sort.removeprefix("-"), sort.startswith("-")
    if name not in SORTS:
        return rows
    if name == "name":
        return sorted(rows, key=lambda row: row.name, reverse=is_down)
    valued = [(_value(row.figures[registry], name), row) for row in rows]
    known = sorted((pair for pair in valued if pair[0] is not None), key=lambda pair: pair[0], reverse=is_down)
    return [row for _value_of, row in known] + [row for value, row in valued if value is None]


def _value(figures: Figures, name: str) -> float | None:
    return {"share": figures.share, "fresh": figures.fresh_share, "doors": figures.door_share}.get(
        name, getattr(figures, name, None)
    )


def shown_row(row: CoverageRow, registry: str, borders: dict[str, str]) -> dict[str, Any]:
    """A row of the table; every number leads to its rows, by the same borders."""
    return {
        "name": row.name,
        "above": row.above,
        "url": _deeper(row, borders),
        "cells": shown_cells(row.figures[registry], registry, _place(row) | borders),
    }


def _deeper(row: CoverageRow, borders: dict[str, str]) -> str:
    """A single block leads to its sheet, which says what is missing; a district to its grids."""
    if len(row.blocks) == 1:
        return "" if borders else reverse("console:block", args=[row.blocks[0].code])
    parameters = {"by": GRID, "area": str(row.area.pk)} | borders if row.area else {}
    return f"{reverse('console:coverage')}?{urlencode(parameters)}" if parameters else ""


def border_days(chosen: date | None) -> list[tuple[str, str, bool]]:
    """Value, words, is chosen: the borders of today, and those that the latest changes replaced, by the last day they held."""
    days = {changed - timedelta(days=1) for changed in border_changes()[:_LATEST_CHANGES]} | {chosen} - {None}
    old = [
        (day.isoformat(), _("%(day)s 的边界") % {"day": day.isoformat()}, day == chosen)
        for day in sorted(days, reverse=True)
    ]
    return [("", _("现行边界"), chosen is None), *old]


def _place(row: CoverageRow) -> dict[str, str]:
    return {"area": str(row.area.pk)} if row.area else {"village": row.village_code}


def shown_cells(figures: Figures, registry: str, place: dict[str, str]) -> list[dict[str, Any]]:
    """Cells after the name, in the order of the columns."""
    qualities = [str(quality.value) for quality in rough_places(REGISTRIES[registry])]
    codes = [gap.code for gap in gaps_of(registry)]
    cells = [
        _number(figures.known, registry, place, {}),
        _expected_cell(figures),
        _share_cell(figures.share, _coverage_title(figures)),
        *([_share_cell(figures.door_share, _parts(figures.known, figures.doors or 0))] if registry == "houses" else []),
        _share_cell(figures.fresh_share, _parts(figures.known - figures.stale, figures.known)),
        _number(figures.unplaced, registry, place, {"place": qualities}),
        _number(figures.conflict, registry, place, {"conflict": "true"}),
    ]
    # What is stale is the list behind the fresh share.
    cells[-3]["url"] = _list_url(registry, place, {"stale": "true"}) if figures.stale else ""
    cells += [_number(figures.gaps, registry, place, {"gap": codes})] if codes else []
    for cell, column in zip(cells, columns_of(registry, {})[1:], strict=True):
        cell |= {"label": column["label"], "is_numeric": column["is_numeric"]}
    return cells


def _list_url(registry: str, place: dict[str, str], parameters: dict[str, Any]) -> str:
    return (
        f"{reverse('elements:list', args=[registry])}?{urlencode(parameters | place or {'filter': 'none'}, doseq=True)}"
    )


def _number(value: int, registry: str, place: dict[str, str], parameters: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "number", "value": f"{value:,}", "count": value, "is_zero": not value, "url": _list_url(registry, place, parameters),
            "is_open": bool(parameters and value)}  # fmt: skip


def _expected_cell(figures: Figures) -> dict[str, Any]:
    if figures.expected is None:
        return {"kind": "none", "value": _("未填应有数")}
    note = _("%(stated)s/%(villages)s 村") % {"stated": figures.stated, "villages": figures.villages}
    return {"kind": "plain", "value": f"{figures.expected:,}", "title": _coverage_title(figures),
            "note": note if figures.stated < figures.villages else ""}  # fmt: skip


def _coverage_title(figures: Figures) -> str:
    if figures.expected is None:
        return _("没有村居填报应有数，算不出覆盖率")
    facts = {
        "known": f"{figures.known_there:,}", "expected": f"{figures.expected:,}", "stated": figures.stated,
        "villages": figures.villages, "sources": "、".join(figures.sources), "day": figures.as_of,
    }  # fmt: skip
    return (
        _(
            "分子：已知 %(known)s；分母：应有 %(expected)s（%(stated)s/%(villages)s 个村居已填）；来源：%(sources)s；统计日期不早于 %(day)s"
        )
        % facts
    )


def _parts(part: int, whole: int) -> str:
    return _("分子：%(part)s；分母：%(whole)s") % {"part": f"{part:,}", "whole": f"{whole:,}"}


def _share_cell(share: float | None, title: str) -> dict[str, Any]:
    if share is None:
        return {"kind": "none", "value": "—", "title": title}
    return {
        "kind": "share", "value": f"{100 * share:.1f}%", "width": f"{min(100.0, 100 * share):.1f}", "title": title,
        "is_low": share < _LOW_SHARE, "is_over": share > 1,
    }  # fmt: skip


def figures_json(figures: Figures) -> dict[str, Any]:
    """The figures of one registry as data; shares are null where they cannot be told."""
    return {
        "known": figures.known, "expected": figures.expected, "known_where_expected": figures.known_there,
        "share": figures.share, "villages": figures.villages, "villages_with_expected": figures.stated,
        "sources": figures.sources, "expected_as_of": figures.as_of and figures.as_of.isoformat(),
        "fresh_share": figures.fresh_share, "stale": figures.stale, "unplaced": figures.unplaced,
        "conflict": figures.conflict, "with_gaps": figures.gaps, "doors": figures.doors,
    }  # fmt: skip
