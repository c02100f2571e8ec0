"""Rows beside an element in a list: the same rows and order as the list, across its pages, within the scope."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from common.errors import DomainError, NotVisible
from elements.filters import filtered_elements
from elements.models import Element
from elements.registries import REGISTRIES
from elements.selectors import neighbours as selector
from elements.selectors.lists import order_of, read_page
from elements.selectors.neighbours import Neighbours, neighbours_of, page_ids
from tests.factories.registries import World

VEHICLES = REGISTRIES["vehicles"]
SORTS = ("", "-label", "inspection_valid_to", "-inspection_valid_to", "block", "-id")


def beside(
    world: World, element_id: int, query: str = "", *, user: str = "brigade", registry=VEHICLES, place: str = ""
) -> Neighbours:
    actor, data = world.users[user], QueryDict(query)
    queryset, _filters = filtered_elements(registry, data, actor)
    order = order_of(registry, data.get("sort", ""), actor)
    return neighbours_of(element_id, queryset, registry=registry, order=order, user=actor, place=place)


def listed(world: World, query: str = "", *, user: str = "brigade", registry=VEHICLES) -> list[int]:
    actor, data = world.users[user], QueryDict(query)
    queryset, _filters = filtered_elements(registry, data, actor)
    order = order_of(registry, data.get("sort", ""), actor)
    page = read_page(queryset, registry=registry, order=order, size=100, cursor="", user=actor)
    return [row["id"] for row in page.rows]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("user", ["brigade", "officer-1", "coordinator-1"])
def test_each_row_has_the_rows_of_the_list_beside_it(world, sort, user):
    """Also where values end and blanks begin, and where many rows have the same value."""
    query = f"sort={sort}"
    ids = listed(world, query, user=user)

    assert len(ids) == {"brigade": 12, "officer-1": 6, "coordinator-1": 6}[user]
    for number, element_id in enumerate(ids):
        found = beside(world, element_id, query, user=user)
        assert (found.previous_id, found.next_id, found.position, found.is_listed) == (
            ids[number - 1] if number else None,
            ids[number + 1] if number + 1 < len(ids) else None,
            number + 1,
            True,
        )


def test_who_may_not_read_names_walks_by_number_and_not_by_name(world):
    drivers = REGISTRIES["drivers"]
    ids = listed(world, user="assistant-1", registry=drivers)

    found = beside(world, ids[1], user="assistant-1", registry=drivers)

    assert ids == sorted(ids) and (found.previous_id, found.next_id) == (ids[0], ids[2])
    with pytest.raises(DomainError) as refused:
        beside(world, ids[1], "sort=label", user="assistant-1", registry=drivers)
    assert refused.value.code == "BAD_SORT"


def test_the_filter_holds_for_the_rows_beside(world):
    ids = listed(world, "use_nature=A")

    assert len(ids) == 6
    assert [beside(world, one, "use_nature=A").next_id for one in ids] == [*ids[1:], None]


def test_a_foreign_element_answers_like_a_missing_one(world):
    foreign = listed(world, user="officer-2")[0]

    for element_id in (foreign, 999_999_999):
        with pytest.raises(NotVisible):
            beside(world, element_id, user="officer-1")


def test_a_row_that_an_edit_took_out_of_the_list_still_leads_on(world):
    ids = listed(world, "use_nature=A&sort=inspection_valid_to")
    query = "use_nature=A&sort=inspection_valid_to"
    place = beside(world, ids[2], query).place
    element = Element.objects.get(pk=ids[2])
    element.vehicle.use_nature = "F"
    element.vehicle.save(update_fields=["use_nature"])

    for found in (beside(world, ids[2], query), beside(world, ids[2], query, place=place)):
        assert (found.previous_id, found.next_id, found.is_listed, found.position) == (ids[1], ids[3], False, None)


def test_a_row_that_an_edit_moved_in_the_list_leads_on_from_where_it_was(world):
    query = "sort=inspection_valid_to"
    ids = listed(world, query)
    place = beside(world, ids[2], query).place
    Element.objects.get(pk=ids[2]).vehicle.__class__.objects.filter(pk=ids[2]).update(inspection_valid_to=None)

    held, moved = beside(world, ids[2], query, place=place), beside(world, ids[2], query)

    assert (held.previous_id, held.next_id, held.is_listed) == (ids[1], ids[3], True)
    after = listed(world, query)
    assert after.index(ids[2]) != 2
    assert moved.position == after.index(ids[2]) + 1


def test_a_place_of_another_list_or_order_is_refused(world):
    ids = listed(world)
    place = beside(world, ids[0], "sort=block").place

    for query, text in (("", place), ("sort=block", place[:-3]), ("sort=block", "x")):
        with pytest.raises(DomainError) as refused:
            beside(world, ids[0], query, place=text)
        assert refused.value.code == "BAD_CURSOR"


def test_the_page_that_begins_with_the_element_is_the_one_its_cursor_names(world):
    ids = listed(world)
    actor = world.users["brigade"]
    queryset, _filters = filtered_elements(VEHICLES, QueryDict(""), actor)
    order = order_of(VEHICLES, "", actor)
    cursor = beside(world, ids[5]).page_cursor

    assert page_ids(queryset, registry=VEHICLES, order=order, size=3, cursor=cursor) == ids[5:8]
    assert page_ids(queryset, registry=VEHICLES, order=order, size=3, cursor="") == ids[:3]
    assert beside(world, ids[0]).page_cursor == ""


def test_beyond_the_cap_there_is_no_number(world, monkeypatch):
    monkeypatch.setattr(selector, "POSITION_CAP", 4)
    ids = listed(world)

    assert [beside(world, one).position for one in ids[:6]] == [1, 2, 3, 4, None, None]


def test_no_page_of_the_list_makes_more_queries_than_another(world, django_assert_num_queries):
    ids = listed(world)
    actor = world.users["brigade"]
    queryset, _filters = filtered_elements(VEHICLES, QueryDict(""), actor)
    order = order_of(VEHICLES, "", actor)

    # Behind the last row it looks among those without a value, too.
    for element_id, number in ((ids[0], 4), (ids[6], 4), (ids[-1], 5)):
        with django_assert_num_queries(number):
            neighbours_of(element_id, queryset, registry=VEHICLES, order=order, user=actor)
