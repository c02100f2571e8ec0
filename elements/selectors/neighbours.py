"""The rows before and after an element in a list, across the borders of its pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from common.errors import NotVisible
from common.scope import Actor
from elements.models import Element
from elements.registries import Registry
from elements.selectors import paging
from elements.selectors.lists import with_main_part
from elements.selectors.paging import Order, Place

# As far as a list counts its rows.
POSITION_CAP = 10_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an element stands in a list.

    Attributes:
        previous_id: element before it, None at the start.
        next_id: element after it, None at the end.
        position: its number from 1; None when it is not in the list, or further down than the list counts.
        is_listed: whether the list still has it: an edit may have taken it out.
        place: its place as text for a URL. After an edit the rows beside it are those of the place it had.
        page_cursor: of the page on which it stands first; "" = the list begins with it.
    """

    previous_id: int | None
    next_id: int | None
    position: int | None
    is_listed: bool
    place: str
    page_cursor: str


def neighbours_of(
    element_id: int, queryset: QuerySet, *, registry: Registry, order: Order, user: Actor, place: str = ""
) -> Neighbours:
    """Rows beside an element: one keyset statement in each direction, one for its place, one for its number.

    Args:
        element_id: in the user's scope.
        queryset: from `filtered_elements`, so already inside the scope.
        registry: whose list.
        order: from `order_of`.
        user: reader.
        place: from an earlier answer; "" = where the element stands by its values of now.

    Raises:
        NotVisible: the element does not exist or lies outside the user's scope.
        DomainError: the place is not one of this list and order.
    """
    if order.path and "__" in order.path:
        queryset = with_main_part(queryset, registry)
    value, is_listed = _value(element_id, queryset, order, user)
    if place:
        stood = paging.read_cursor(registry.name, order, place)
        here, back = Place(stood.value, stood.row_id, False), Place(stood.value, stood.row_id, True)
    else:
        here, back = Place(value, element_id, False), Place(value, element_id, True)
    # After an edit of the column that orders, the element may stand beside its own old place.
    others = queryset.exclude(pk=element_id)
    paths = ["pk", order.path or "pk"]
    following = paging.read_slice(others, order, paths, 1, here).rows
    preceding = paging.read_slice(others, order, paths, 1, back).rows
    before = paging.count_before(others, order, back, POSITION_CAP) if is_listed else POSITION_CAP
    return Neighbours(
        previous_id=preceding[0][0] if preceding else None,
        next_id=following[0][0] if following else None,
        position=before + 1 if before < POSITION_CAP else None,
        is_listed=is_listed,
        place=paging.write_cursor(registry.name, order, here),
        page_cursor=_cursor_after(registry, order, preceding[0]) if preceding else "",
    )


def page_ids(queryset: QuerySet, *, registry: Registry, order: Order, size: int, cursor: str) -> list[int]:
    """Ids of one page of the list, as `read_page` shows it: one query, two where values end and blanks begin."""
    if order.path and "__" in order.path:
        queryset = with_main_part(queryset, registry)
    place = paging.read_cursor(registry.name, order, cursor) if cursor else None
    return [row_id for (row_id,) in paging.read_slice(queryset, order, ["pk"], size, place).rows]


def _value(element_id: int, queryset: QuerySet, order: Order, user: Actor) -> tuple[object, bool]:
    """The element's value in the column of the order, and whether the list has it."""
    path = order.path or "pk"
    found = queryset.filter(pk=element_id).values_list(path).first()
    is_listed = found is not None
    if found is None:
        found = Element.objects.visible_to(user).filter(pk=element_id).values_list(path).first()
    if found is None:
        raise NotVisible
    return (found[0] if order.path else None), is_listed


def _cursor_after(registry: Registry, order: Order, row: tuple[int, object]) -> str:
    row_id, value = row
    return paging.write_cursor(registry.name, order, Place(value if order.path else None, row_id, False))
