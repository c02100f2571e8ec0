"""What a request about indicators asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict

from analytics.indicators.registry import INDICATORS, Indicator, indicator_named
from analytics.selectors.indicators import Reading
from common.errors import DomainError

AREA, SETTING = "area", "setting"
LEVELS = ("SQUADRON", "DISTRICT", "GRID")
SORTS = ("", "gap", "value", "change")


@dataclass(frozen=True, slots=True)
class IndicatorAsked:
    """The parameters of the page, checked.

    Attributes:
        indicator: whose table is shown.
        by: area or setting.
        opened: area whose parts are shown below it.
        sort: "" = by code; the worst first otherwise.
    """

    indicator: Indicator
    by: str
    opened: int | None
    sort: str

    @property
    def query(self) -> dict[str, str]:
        """The same as parameters, what is usual left out."""
        found = {"indicator": self.indicator.key, "by": self.by if self.by != AREA else "", "sort": self.sort}
        found["opened"] = str(self.opened) if self.opened else ""
        return {name: value for name, value in found.items() if value}


def asked_indicator(data: QueryDict) -> IndicatorAsked:
    """Parameters of the page.

    Raises:
        NotVisible: no such indicator.
        DomainError: another parameter cannot be.
    """
    indicator = indicator_named(data.get("indicator") or next(iter(INDICATORS)))
    by, sort, opened = data.get("by") or AREA, data.get("sort", ""), data.get("opened", "")
    if by not in (AREA, SETTING):
        raise DomainError("BAD_BY", "统计口径无效。by 应为 area（责任区）或 setting（城乡）。")
    if sort not in SORTS:
        raise DomainError("BAD_SORT", "不能按这一列排序，请点表头上可排序的列。")
    if opened and not (opened.isascii() and opened.isdigit() and len(opened) < 19):
        raise DomainError("BAD_AREA", "责任区编号无效，请从页面上重新选择责任区。")
    return IndicatorAsked(indicator, by, int(opened) if opened else None, sort)


def level_of(data: QueryDict) -> str:
    """Squadron, district, grid or setting: the rows of API and export.

    Raises:
        DomainError: something else.
    """
    level = data.get("level") or LEVELS[0]
    if level not in (*LEVELS, "SETTING"):
        raise DomainError("BAD_LEVEL", "level 应为 SQUADRON、DISTRICT、GRID 或 SETTING 之一。")
    return level


def sorted_readings(readings: list[Reading], sort: str) -> list[Reading]:
    """The worst first; what has no value comes last."""
    if not sort:
        return readings

    def key(one: Reading) -> tuple[bool, Decimal]:
        value = _value(one, sort)
        if value is None:
            return True, Decimal(0)
        return False, value if one.indicator.is_higher_better else -value

    return sorted(readings, key=key)


def _value(one: Reading, sort: str) -> Decimal | None:
    if not one.indicator.is_share:
        difference = one.compared.difference if one.compared else None
        if sort == "value":
            return Decimal(one.now.numerator)
        return None if difference is None or sort == "gap" else Decimal(difference)
    return {"gap": one.gap, "value": one.percent, "change": one.change}[sort]
