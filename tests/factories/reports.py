"""Accidents and violations of fixed months, and reports made of them.

October 2026   general: 6 (one fatal, five injured; grids 0 0 0 1 5 5), summary: 1 (grid 0), taken back: 1
September 2026 general: 8 (grid 0)          October 2025 general: 5 (grid 0)
violations     October 2026: 3 (plate of vehicle 1; grids 0 0 5), September: 1
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from addresses.models import Area
from analytics.models import Report, ReportTemplate
from analytics.periods import Span, month_of
from analytics.reports.making import make_report
from analytics.reports.shipping import load_shipped
from common import clock
from tests.factories.events import LAIZHOU, report, row
from tests.factories.numbers import plate

OCTOBER = month_of(date(2026, 10, 1))


def at(month: int, day: int, year: int = 2026) -> datetime:
    """Noon of a day."""
    return datetime(year, month, day, 12, tzinfo=LAIZHOU)


def accident(number: str, when: datetime, grid: int, **values: Any) -> Any:
    usual = {
        "accident_type": "2",
        "form": "11",
        "deaths": 0,
        "injured": 1,
        "property_loss_yuan": 10_000,
        "place_text": "试验路口",
    }
    return row("ACCIDENT", number, grid=grid, occurred_at=when, **usual | values)


def make_accidents() -> None:
    """Those of the table above."""
    october = [accident(f"O{n}", at(10, 5 + n), grid) for n, grid in enumerate((0, 0, 0, 1, 5, 5)) if n]
    fatal = accident("O0", at(10, 5), 0, accident_type="1", deaths=1, injured=0, form="21")
    summary = row("ACCIDENT", "S1", grid=0, occurred_at=at(10, 20), accident_type="4", form="11")
    void = accident("X1", at(10, 21), 0)
    september = [accident(f"P{n}", at(9, 2 + n), 0) for n in range(8)]
    before = [accident(f"Y{n}", at(10, 2 + n, 2025), 0) for n in range(5)]
    report("ACCIDENT", fatal, *october, summary, void, *september, *before)
    report("ACCIDENT", row("ACCIDENT", "X1", is_void=True))
    report(
        "VIOLATION",
        *(row("VIOLATION", f"V{n}", grid=grid, occurred_at=at(month, 6), code="1625", method="1", plate_number=plate(1),
              plate_type="02", place_text="试验路口") for n, (month, grid) in enumerate([(10, 0), (10, 0), (10, 5), (9, 0)])),
    )  # fmt: skip


def make_october(code: str = "brigade-monthly", area: Area | None = None, author_id: int | None = None) -> Report:
    """The monthly report of October 2026."""
    load_shipped()
    template = ReportTemplate.objects.get(code=code)
    made = make_report(template=template, area=area, span=OCTOBER, author_id=author_id, now=clock.now())
    return Report.objects.select_related("template", "area").get(pk=made.pk)


def make_day(area: Area, day: date) -> Report:
    """The morning sheet about a day."""
    load_shipped()
    template = ReportTemplate.objects.get(code="squadron-daily")
    made = make_report(template=template, area=area, span=Span(day, day), author_id=None, now=clock.now())
    return Report.objects.select_related("template", "area").get(pk=made.pk)
