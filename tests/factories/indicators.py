"""Elements and events that indicators count, so many of each in a grid."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

from common import clock
from tests.factories.claims import claim, submit
from tests.factories.events import days_ago, report, row
from tests.factories.numbers import citizen_id, file_number, vin

_numbers = count(500)


def next_number() -> int:
    """A number that no other element of the process has."""
    return next(_numbers)


def _day(days: int) -> date:
    return clock.today() + timedelta(days=days)


def inspected(kept: int, late: int, *, grid: int, **values: object) -> None:
    """Vehicles whose inspection is valid, and others whose inspection is not."""
    dates = [_day(90)] * kept + [_day(-90)] * late
    claims = [claim(vin=vin(next_number()), inspection_valid_to=day, state="A", grid=grid, **values) for day in dates]
    submit("TMRI_VEHICLE", "VEHICLE", *claims)


def reviewed(kept: int, late: int, *, grid: int) -> None:
    """Drivers of lorries with points, whose review is done or more than thirty days late."""
    dates = [_day(90)] * kept + [_day(-90)] * late
    claims = []
    for day in dates:
        number = next_number()
        claims.append(
            claim(
                citizen_id=citizen_id(number), file_no=file_number(number), name="张试验", licence_classes="B2", points=3,
                licence_state="A", review_due_on=day, grid=grid,
            )
        )  # fmt: skip
    submit("TMRI_DRIVER", "PERSON", *claims)


def scrapped(gone: int, still_there: int, *, grid: int) -> None:
    """Vehicles past their last day, cancelled or not."""
    states = ["E"] * gone + ["A"] * still_there
    claims = [claim(vin=vin(next_number()), scrap_due_on=_day(-30), state=state, grid=grid) for state in states]
    submit("TMRI_VEHICLE", "VEHICLE", *claims)


def treated(done: int, waiting: int, *, grid: int) -> None:
    """Dangers past their term, found to be mended or not."""
    results = ["1"] * done + ["2"] * waiting
    claims = [
        claim(
            number=f"Y{next_number()}",
            name="弯道",
            danger="视距不足",
            treat_by_on=_day(-10),
            review_result=one,
            grid=grid,
        )
        for one in results
    ]
    submit("DANGER_LEDGER", "FACILITY", *claims)


def serious(processed: int, waiting: int, *, grid: int) -> None:
    """Violations of twelve points, and one of three that counts nowhere."""
    rows = [
        row("VIOLATION", f"S{next_number()}", grid=grid, occurred_at=days_ago(0, 0), code="1711", method="1",
            processed_at=days_ago(0, 0, 5) if number < processed else None)
        for number in range(processed + waiting)
    ]  # fmt: skip
    rows.append(row("VIOLATION", f"S{next_number()}", grid=grid, occurred_at=days_ago(0, 0), code="1344", method="1"))
    report("VIOLATION", *rows)
