"""Figures are the rows of their lists: every dimension of every list, for readers of different scopes, from counts and from events."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addresses.models import Area
from analytics.dimensions import dimensions_of
from analytics.models import DayCount, StaleDay
from analytics.periods import Span
from analytics.query import Query
from analytics.selectors import counting
from analytics.selectors.counting import crossed, grouped, indices, total
from analytics.selectors.day_counts import is_held
from analytics.services.day_counts import count_stale_days
from common import clock
from common.errors import DomainError
from tests.factories.events import days_ago, event, make_events, report, row, take_back
from tests.factories.users import make_users

LISTS = ("accidents", "violations", "incidents", "captures")


@pytest.fixture(scope="module")
def module_users(module_city):
    make_events()
    return make_users(module_city)


def whole() -> Span:
    # Each part of a table that a question touches costs: what lies further back adds nothing to what is asked here.
    return Span(clock.today() - timedelta(60), clock.today())


def rows_of(query: Query, user) -> int:
    return query.rows(user).count()


@pytest.mark.parametrize(
    ("name", "reader", "is_counted"),
    [
        ("accidents", "brigade", False), ("accidents", "officer-1", False), ("violations", "brigade", False),
        ("violations", "brigade", True), ("violations", "officer-1", True), ("incidents", "brigade", True),
        ("captures", "squadron-1", True), ("captures", "brigade", False), ("violations", "liaison-1", True),
    ],
)  # fmt: skip
def test_every_value_of_every_dimension_opens_as_many_rows(users, name, reader, is_counted):
    if is_counted:
        assert count_stale_days() > 0
    user, query = users[reader], Query.of(name).during(whole())
    assert total(query, user) == rows_of(query, user)
    for key in dimensions_of(name):
        cells = grouped(query, key, user)
        assert [(one.label, one.count) for one in cells] == [(one.label, rows_of(one.query, user)) for one in cells], (
            key
        )
        if not dimensions_of(name)[key].party:
            assert sum(one.count for one in cells) == total(query, user), key


def test_crossed_cells_open_their_rows(users):
    query = Query.of("accidents").during(whole())
    for first, second in (
        ("hour", "form_code"),
        ("squadron", "severity"),
        ("party_mode", "weekday"),
        ("month", "party_age"),
    ):
        cross = crossed(query, first, second, users["brigade"])
        for row_ in cross.rows:
            for column in cross.columns:
                shown = cross.counts.get((row_.value, column.value), 0)
                assert shown == rows_of(cross.query(row_, column), users["brigade"]), (first, second, row_.label)


@pytest.mark.parametrize(("first", "second", "code"), [
    ("hour", "hour", "SAME_DIMENSION"), ("party_mode", "party_age", "TWO_PARTY_DIMENSIONS"), ("hour", "colour", "NO_SUCH_DIMENSION"),
])  # fmt: skip
def test_what_cannot_be_crossed_is_refused(users, first, second, code):
    with pytest.raises(DomainError) as refused:
        crossed(Query.of("accidents"), first, second, users["brigade"])
    assert refused.value.code == code


def test_indices_add_up_what_was_stated(users):
    found = indices(Query.of("accidents").during(whole()), users["brigade"])
    assert (found.count, found.deaths, found.injured, found.loss_yuan) == (4, 1, 2, 9_000)


def test_a_change_is_in_the_figures_at_once_and_counted_later(users):
    query = Query.of("violations").during(whole())
    assert is_held(query, (), users["brigade"])
    count_stale_days()
    assert StaleDay.objects.count() == 0
    before = total(query, users["brigade"])
    at_eight = {one.value: one.count for one in grouped(query, "hour", users["brigade"])}[8]

    batch = report("VIOLATION", row("VIOLATION", "V9", grid=0, occurred_at=days_ago(5, 8), code="1712", method="1"))
    assert StaleDay.objects.filter(kind="VIOLATION", day=days_ago(5).date()).exists()
    assert total(query, users["brigade"]) == before + 1
    assert {one.value: one.count for one in grouped(query, "hour", users["brigade"])}[8] == at_eight + 1

    assert count_stale_days() == 1
    assert total(query, users["brigade"]) == before + 1
    take_back(batch)
    assert total(query, users["brigade"]) == before
    count_stale_days()
    assert total(query, users["brigade"]) == before
    assert not DayCount.objects.filter(kind="VIOLATION", day=days_ago(5).date()).exists()


def test_an_event_that_moves_to_another_day_leaves_the_first(users):
    count_stale_days()
    at = event("VIOLATION", "V1").occurred_at
    report("VIOLATION", row("VIOLATION", "V1", occurred_at=at - timedelta(days=2)))
    days = set(StaleDay.objects.filter(kind="VIOLATION").values_list("day", flat=True))
    assert {
        at.astimezone(days_ago(0).tzinfo).date(),
        (at - timedelta(days=2)).astimezone(days_ago(0).tzinfo).date(),
    } <= days


def test_counting_twice_changes_nothing(users):
    count_stale_days()
    fields = ("kind", "dimension", "day", "area_id", "value", "count")
    first = sorted(DayCount.objects.values_list(*fields))
    assert count_stale_days() == 0
    StaleDay.objects.bulk_create([StaleDay(kind=kind, day=day) for kind, _d, day, *_rest in first])
    assert count_stale_days() > 0
    assert sorted(DayCount.objects.values_list(*fields)) == first


def test_a_block_in_another_district_is_counted_there(users, city):
    count_stale_days()
    query, grid = Query.of("violations").during(whole()), city.grids[0]
    other = next(one for one in city.districts if one.pk != grid.parent_id)
    before = {one.value: one.count for one in crossed(query, "district", "hour", users["brigade"]).rows}

    Area.objects.filter(pk=grid.pk).update(parent=other)
    for _ in range(2):
        now = {one.value: one.count for one in crossed(query, "district", "hour", users["brigade"]).rows}
        assert now[other.pk] == before.get(other.pk, 0) + rows_of(query.narrowed(area=str(grid.pk)), users["brigade"])
        count_stale_days()


def test_too_many_cells_are_refused(users, monkeypatch):
    monkeypatch.setattr(counting, "MOST_CELLS", 1)
    with pytest.raises(DomainError) as refused:
        crossed(Query.of("accidents").during(whole()), "day", "grid", users["brigade"])
    assert refused.value.code == "TOO_MANY_CELLS"


def test_a_drawn_shape_keeps_what_lies_in_it(users):
    point = event("ACCIDENT", "A1").point
    west, east, south, north = point.x - 0.001, point.x + 0.001, point.y - 0.001, point.y + 0.001
    around = f"{west},{south};{east},{south};{east},{north};{west},{north}"
    found = Query.of("accidents", shape=around).rows(users["brigade"])
    assert list(found.values_list("number", flat=True)) == ["A1"]


@pytest.mark.parametrize("text", ["1,2", "x", "120,37;120.1,37.1;120,37.1;120.1,37", "0,0;1,0;1,1", "120,37;120.1,37"])
def test_a_shape_that_is_none_is_refused(users, text):
    with pytest.raises(DomainError) as refused:
        Query.of("accidents", shape=text).rows(users["brigade"])
    assert refused.value.code == "BAD_SHAPE"
