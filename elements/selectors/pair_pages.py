"""Pages of pairs that look like one thing: for the list and for machines."""

from __future__ import annotations

from django.db.models import QuerySet

from elements.models import DuplicatePair
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.paging import Order

LIST_NAME = "duplicates"
SORTABLE = ("score", "proposed_at")
USUAL_ORDER = "-score"
_SIDES = ("low", "high")


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(DuplicatePair, text, usual=USUAL_ORDER, sortable=SORTABLE)


def read_page(pairs: QuerySet[DuplicatePair], *, order: Order, size: int, cursor: str) -> RowPage[DuplicatePair]:
    """A page of the list: which rows, then the rows with both elements."""
    shown = with_elements(DuplicatePair.objects.all())
    return read_models(pairs, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def with_elements(pairs: QuerySet[DuplicatePair]) -> QuerySet[DuplicatePair]:
    """The pairs with what a row shows of both elements."""
    related = [f"{side}__{part}" for side in _SIDES for part in ("block__parent", "licence", "danger", "road")]
    heavy = [
        f"{side}__{field}"
        for side in _SIDES
        for field in ("point", "block__geom", "block__parent__geom", "road__line", "road__point")
    ]
    return pairs.select_related(*related).defer(*heavy)
