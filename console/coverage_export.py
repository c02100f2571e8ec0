"""Coverage as a table to take out: the rows of its page in their order, then their sum."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from common import clock
from console.coverage_page import BY
from console.coverage_query import CoverageAsked, asked_coverage
from console.list_source import Filtered, ListSource, Rows
from elements.registries import REGISTRIES
from elements.selectors.coverage import CoverageRow, Figures, total_of
from elements.selectors.gaps import gaps_of

_HEADINGS = (
    "登记", "口径", "名称", "上级", "代码", "已知", "应有", "其中有应有数的村居已知", "覆盖率（%）", "已填村居", "村居数", "占登记门户（%）",
    "新鲜率（%）", "未落准", "冲突", "有缺项", "边界",
)  # fmt: skip


class _AskedForm(forms.Form):
    """What the table is narrowed by."""

    by = forms.CharField(required=False)
    registry = forms.CharField(required=False)
    area = forms.CharField(required=False)
    borders_on = forms.CharField(required=False)


def _filtered(data: QueryDict, user: Any) -> tuple[list[CoverageRow], Filtered]:
    """Rows of the table with these parameters: a few statements however many rows.

    Raises:
        DomainError: a parameter cannot be.
    """
    rows = asked_coverage(data).rows(user, clock.now())
    form = _AskedForm(data)
    form.full_clean()
    return rows, Filtered(form)


def _rows(found: list[CoverageRow], data: QueryDict, _user: Any) -> Rows:
    """Cells of all rows and, as below the table of the page, of their sum."""
    asked = asked_coverage(data)
    names = [(row.name, row.above, row.area.code if row.area else row.village_code) for row in found]
    figures = [row.figures[asked.registry] for row in found]
    if found:
        names, figures = [*names, ("合计", "", "")], [*figures, total_of(found, asked.registry)]
    yield [_cells(asked, name, one) for name, one in zip(names, figures, strict=True)]


def _cells(asked: CoverageAsked, name: tuple[str, str, str], figures: Figures) -> list[Any]:
    registry = REGISTRIES[asked.registry]
    is_stated = figures.expected is not None
    return [
        str(registry.label), str(BY[asked.by]), *name, figures.known, figures.expected,
        figures.known_there if is_stated else None, _percent(figures.share), figures.stated, figures.villages,
        _percent(figures.door_share) if asked.registry == "houses" else None, _percent(figures.fresh_share),
        figures.unplaced, figures.conflict, figures.gaps if gaps_of(asked.registry) else None,
        asked.borders_on or "现行边界",
    ]  # fmt: skip


def _percent(share: float | None) -> float | None:
    """Per cent with one decimal, as on the page; None where there is no share."""
    return None if share is None else round(100 * share, 1)


SOURCES = {
    "coverage": ListSource(
        title="覆盖率", table="elements_element", headings=_HEADINGS, filtered=_filtered, rows=_rows, count=len
    )
}
