"""What a request about coverage asks for: by what, which registry, where, by the borders of which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.http import QueryDict

from common.errors import DomainError
from common.scope import Actor
from console.coverage_page import BY, FIRST_REGISTRY, sorted_rows
from elements.registries import REGISTRIES
from elements.selectors.coverage import VILLAGE, CoverageRow, coverage


@dataclass(frozen=True, slots=True)
class CoverageAsked:
    """The parameters of the page, checked; `borders_on` None: the borders of today."""

    by: str
    registry: str
    area_id: int | None
    borders_on: date | None
    sort: str

    def rows(self, user: Actor, now: datetime) -> list[CoverageRow]:
        """Rows of the scope in the order of `sort`."""
        rows = coverage(
            user, by=self.by, area_id=self.area_id, registries=[self.registry], now=now, borders_on=self.borders_on
        )
        return sorted_rows(rows, self.registry, self.sort)


def asked_coverage(data: QueryDict) -> CoverageAsked:
    """Parameters of the page.

    Raises:
        DomainError: one of them cannot be.
    """
    by = by_of(data)
    registry = data.get("registry") or FIRST_REGISTRY[by]
    if registry not in REGISTRIES:
        raise DomainError("BAD_REGISTRY", "没有这种登记，请从页面上重新选择。")
    return CoverageAsked(by, registry, area_of(data), borders_of(data), data.get("sort", ""))


def by_of(data: QueryDict) -> str:
    """District, grid or village.

    Raises:
        DomainError: something else.
    """
    by = data.get("by") or VILLAGE
    if by not in BY:
        raise DomainError("BAD_BY", f"统计口径无效。by 应为 {'、'.join(BY)} 之一。")
    return by


def area_of(data: QueryDict) -> int | None:
    """Id of the area that narrows the rows.

    Raises:
        DomainError: no number.
    """
    text = data.get("area", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise DomainError("BAD_AREA", "责任区编号无效，请从页面上方重新选择责任区。")
    return int(text)


def borders_of(data: QueryDict) -> date | None:
    """Day of the borders; None: today.

    Raises:
        DomainError: no day.
    """
    text = data.get("borders_on", "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DomainError("BAD_DAY", "边界日期无效。请用 2026-11-26 这样的日期，或从页面上重新选择。") from None
