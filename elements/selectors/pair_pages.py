"""Pages of pairs that look like one thing: for the list and for machines."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from common.errors import DomainError
from elements.models import DuplicatePair
from elements.selectors.paging import Order, Place, read_cursor, read_slice, write_cursor

LIST_NAME = "duplicates"
SORTABLE = ("score", "proposed_at")
USUAL_ORDER = "-score"
_SIDES = ("low", "high")


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    text = text or USUAL_ORDER
    name = text.removeprefix("-")
    if name not in SORTABLE:
        raise DomainError("BAD_SORT", "不能按这一列排序，请点表头上可排序的列。", {"sort": name[:40]})
    return Order(text, name, "pk", DuplicatePair._meta.get_field(name))


@dataclass(frozen=True, slots=True)
class PairPage:
    """One page of pairs and the cursors of its neighbours."""

    rows: list[DuplicatePair]
    next_cursor: str | None
    previous_cursor: str | None


def read_page(pairs: QuerySet[DuplicatePair], *, order: Order, size: int, cursor: str) -> PairPage:
    """A page of the list: which rows, then the rows with both elements."""
    place = read_cursor(LIST_NAME, order, cursor) if cursor else None
    found = read_slice(pairs.select_related(None), order, ["pk", order.path or "pk"], size, place)
    shown = DuplicatePair.objects.filter(pk__in=[pk for pk, _value in found.rows])
    by_id = {pair.pk: pair for pair in with_elements(shown)}

    def cursor_at(index: int, *, is_back: bool) -> str:
        pk, value = found.rows[index]
        return write_cursor(LIST_NAME, order, Place(value, pk, is_back))

    return PairPage(
        [by_id[pk] for pk, _value in found.rows],
        cursor_at(-1, is_back=False) if found.has_next else None,
        cursor_at(0, is_back=True) if found.has_previous and found.rows else None,
    )


def with_elements(pairs: QuerySet[DuplicatePair]) -> QuerySet[DuplicatePair]:
    """The pairs with what a row shows of both elements."""
    related = [f"{side}__{part}" for side in _SIDES for part in ("block__parent", "licence", "danger", "road")]
    heavy = [
        f"{side}__{field}"
        for side in _SIDES
        for field in ("point", "block__geom", "block__parent__geom", "road__line", "road__point")
    ]
    return pairs.select_related(*related).defer(*heavy)
