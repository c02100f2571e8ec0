"""Statistics by old borders: the things of today, counted where they lay on that day."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict

from addresses.models import Area
from addresses.selectors.borders import block_at
from addresses.selectors.past_blocks import border_changes
from addresses.services.borders import schedule_move
from common import clock, jobs
from common.models import Job
from elements.filters import filtered_elements
from elements.models import Element
from elements.registries import REGISTRIES
from elements.selectors.coverage import coverage
from elements.services.placing import PLACE_ELEMENTS
from exchange.importers.rows import point_hex
from tests.factories.borders import NOW, TODAY, box, move_piece
from tests.factories.claims import claim, submit
from tests.factories.places import SmallCity, point_in

pytestmark = pytest.mark.usefixtures("city")
BEFORE = date(2026, 11, 26)
EASTS = (0.1, 0.3, 0.65, 0.7, 0.9)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def moved(city: SmallCity, users) -> None:
    """Facilities along G-1 to G-3 and one without a point; then the east of G-2 from 0.6 on goes to G-3."""
    placed = [
        claim(
            1,
            number=f"F-{grid}-{east}",
            name=f"F-{grid}-{east}",
            facility_type="11",
            point=point_hex(*point_in(grid, east)),
        )
        for grid in (0, 1, 2)
        for east in EASTS
    ]
    submit("FACILITY_LEDGER", "FACILITY", *placed, claim(1, number="F-none", name="F-none", facility_type="11"))
    move = move_piece(city, box(1.6, 2), 1, 2, actor=users["admin"])
    schedule_move(move_id=move.pk, actor=users["admin"], now=NOW)
    move.refresh_from_db()
    jobs.run(move.job_id)
    jobs.run(Job.objects.get(kind=PLACE_ELEMENTS).pk)


def by_grid(user, day: date | None) -> dict[str, int]:
    rows = coverage(user, by="grid", area_id=None, registries=["facilities"], now=NOW, borders_on=day)
    return {row.area.code: row.figures["facilities"].known for row in rows if row.area and not row.area.is_pseudo}


def listed(user, area: Area, day: date | None) -> set[str]:
    query = f"area={area.pk}" + (f"&borders_on={day}" if day else "")
    return set(filtered_elements(REGISTRIES["facilities"], QueryDict(query), user)[0].values_list("label", flat=True))


@pytest.mark.usefixtures("moved")
def test_the_same_things_by_new_and_by_old_borders(city, users):
    codes = [grid.code for grid in city.grids[:3]]
    now, then = by_grid(users["brigade"], None), by_grid(users["brigade"], BEFORE)

    assert [now[code] for code in codes] == [5, 2, 8]
    assert [then[code] for code in codes] == [5, 5, 5]
    assert by_grid(users["brigade"], TODAY) == now
    assert border_changes() == [TODAY]


@pytest.mark.usefixtures("moved")
def test_the_list_has_the_rows_of_the_number_and_agrees_with_the_single_question(city, users):
    user = users["brigade"]
    for day in (None, BEFORE):
        for grid in city.grids:
            at = day or TODAY
            by_point = {
                element.label
                for element in Element.objects.exclude(point=None)
                if block_at(element.point, at) == grid.pk
            }
            assert listed(user, grid, day) == by_point
            assert len(by_point) == by_grid(user, day)[grid.code]
    assert listed(user, city.districts[0], BEFORE) > listed(user, city.districts[0], None)


@pytest.mark.usefixtures("moved")
def test_what_left_the_scope_is_not_counted_by_old_borders_either(city, users):
    """The officer of the giving district sees by old borders only what is still in it."""
    officer = users["officer-1"]
    then = by_grid(officer, BEFORE)
    assert set(then) == set(by_grid(officer, None))
    assert sum(then.values()) == filtered_elements(REGISTRIES["facilities"], QueryDict(), officer)[0].count() == 7


@pytest.mark.usefixtures("moved")
def test_the_number_of_statements_does_not_grow(users, django_assert_num_queries):
    user = users["brigade"]
    by_grid(user, BEFORE)
    with django_assert_num_queries(4):
        by_grid(user, BEFORE)
