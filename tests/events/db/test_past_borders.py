"""Accidents by the borders of a day: list and counts by area agree, before and after a border moved."""

from __future__ import annotations

from datetime import date

import pytest

from addresses.services.borders import schedule_move
from analytics.query import Query
from analytics.selectors.counting import grouped
from common import clock, jobs
from exchange.importers.rows import point_hex
from tests.factories.borders import NOW, box, move_piece
from tests.factories.events import report, row
from tests.factories.places import SmallCity, point_in

BEFORE = date(2026, 11, 26)


@pytest.fixture
def moved(city: SmallCity, users, monkeypatch) -> None:
    """The east of G-2 from 0.6 on goes to G-3; then an accident comes there that happened while it was G-2, and one in the west."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    move = move_piece(city, box(1.6, 2), 1, 2, actor=users["admin"])
    schedule_move(move_id=move.pk, actor=users["admin"], now=NOW)
    move.refresh_from_db()
    jobs.run(move.job_id)
    report(
        "ACCIDENT",
        *(
            row(
                "ACCIDENT",
                f"B{east}",
                occurred_at=NOW.replace(month=6),
                accident_type="4",
                point=point_hex(*point_in(1, east)),
            )
            for east in (0.8, 0.2)
        ),
    )


@pytest.mark.usefixtures("moved")
def test_an_area_is_meant_by_the_borders_of_the_day(city, users):
    query, grids = Query.of("accidents"), city.grids[1:3]
    for day, expected in ((None, [1, 1]), (BEFORE, [2, 0])):
        asked = query.narrowed(borders_on=day.isoformat() if day else None)
        listed = [asked.narrowed(area=str(grid.pk)).rows(users["brigade"]).count() for grid in grids]
        counted = {one.label: one for one in grouped(asked, "grid", users["brigade"])}
        assert listed == expected
        assert [counted[grid.name].count if grid.name in counted else 0 for grid in grids] == expected
        assert all(one.query.rows(users["brigade"]).count() == one.count for one in counted.values())
