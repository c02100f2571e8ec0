"""Pages of lists that are no registry: orders, pairs, merges, jobs. Which rows by keyset, then the rows as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from common.errors import DomainError
from elements.selectors.paging import Order, Place, read_cursor, read_slice, write_cursor

Row = TypeVar("Row")
One = TypeVar("One", bound=Model)


@dataclass(frozen=True, slots=True)
class RowPage(Generic[Row]):
    """Rows of one page and the cursors of its neighbours (None = there is none)."""

    rows: list[Row]
    next_cursor: str | None
    previous_cursor: str | None

    @property
    def is_whole(self) -> bool:
        """The query has no other rows, so that nobody need count them."""
        return self.next_cursor is None and self.previous_cursor is None


def order_among(model: type[Model], text: str, *, usual: str, sortable: Sequence[str]) -> Order:
    """The order of rows that `sort=` asks for; blank = the usual one.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    text = text or usual
    name = text.removeprefix("-")
    if name not in sortable:
        raise DomainError("BAD_SORT", "不能按这一列排序，请点表头上可排序的列。", {"sort": name[:40]})
    field: Any = model._meta.get_field(name)
    return Order(text, name, "pk", field)


def read_tuples(
    queryset: QuerySet[Any], *, list_name: str, order: Order, paths: Sequence[str], size: int, cursor: str
) -> RowPage[tuple[Any, ...]]:
    """One page as tuples: one query, two where values end and blanks begin.

    Args:
        queryset: inside the reader's scope already.
        list_name: which the cursor belongs to.
        order: of the rows.
        paths: look-ups of the columns; the first is `pk`, the last that of the order.
        size: rows of the page.
        cursor: "" for the first page.

    Raises:
        DomainError: the cursor is not one of this list and order.
    """
    place = read_cursor(list_name, order, cursor) if cursor else None
    found = read_slice(queryset, order, list(paths), size, place)

    def cursor_at(row: tuple[Any, ...], *, is_back: bool) -> str:
        return write_cursor(list_name, order, Place(row[-1], row[0], is_back))

    rows = found.rows
    return RowPage(
        rows,
        cursor_at(rows[-1], is_back=False) if rows and found.has_next else None,
        cursor_at(rows[0], is_back=True) if rows and found.has_previous else None,
    )


def read_models(
    queryset: QuerySet[One], *, list_name: str, order: Order, size: int, cursor: str, shown: QuerySet[One]
) -> RowPage[One]:
    """One page of models: which rows of `queryset`, then those of `shown`, with all that a row needs.

    Raises:
        DomainError: the cursor is not one of this list and order.
    """
    plain = queryset.select_related(None).order_by()
    page = read_tuples(
        plain, list_name=list_name, order=order, paths=["pk", order.path or "pk"], size=size, cursor=cursor
    )
    by_id = {one.pk: one for one in shown.filter(pk__in=[pk for pk, _value in page.rows])}
    rows = [by_id[pk] for pk, _value in page.rows if pk in by_id]
    return RowPage(rows, page.next_cursor, page.previous_cursor)


def every_page(read: Callable[[str], RowPage[Row]]) -> Iterator[list[Row]]:
    """The rows of one page after the other, from the first to the last; `read` takes a cursor."""
    cursor: str | None = ""
    while cursor is not None:
        page = read(cursor)
        yield page.rows
        cursor = page.next_cursor
