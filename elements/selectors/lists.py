"""Rows of a registry: the same rows, order and masks for list, API and export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import Any

import orjson
from django.db import connection
from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, JSONObject

from addresses.choices import ACCEPTED
from common.errors import DomainError
from common.scope import Actor
from elements.choices import ElementKind
from elements.kinds import KINDS, Kind
from elements.models import Element, ElementAddress
from elements.registries import REGISTRIES, Registry
from elements.selectors import paging
from elements.selectors.columns import COLUMNS, NAMING_KINDS, Column
from elements.selectors.masking import may_read_names, shown_label, shown_sealed, shown_text
from elements.selectors.paging import Order, Place

PAGE_SIZES = (20, 50, 100)
DEFAULT_PAGE_SIZE = 50
EXPORT_CHUNK = 2_000
# Which detail table a kind always has; sorting by its column begins there.
_MAIN_PART = {kind: kind.lower() for kind in ElementKind}


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by column name, beside `id`, and the cursors of the pages before and after (None = there is none).

    `is_whole`: the query has no other rows, so that nobody need count them.
    """

    rows: list[dict[str, Any]]
    next_cursor: str | None
    previous_cursor: str | None
    is_whole: bool


def sortable_columns(registry: Registry, user: Actor) -> list[Column]:
    """Columns this reader may sort by: indexed, and not a name or plate he or she may not read."""
    hides_label = registry.kind in NAMING_KINDS and not may_read_names(user)
    return [c for c in COLUMNS[registry.name] if c.sort_path and not (c.name == "label" and hides_label)]


def order_of(registry: Registry, text: str, user: Actor) -> Order:
    """The order that `sort=` asks for; blank = by label, or by number for who may not read labels.

    Raises:
        DomainError: no such column, or it cannot be sorted by.
    """
    columns = {column.name: column for column in sortable_columns(registry, user)}
    if not text:
        text = "label" if "label" in columns else "id"
    name = text.removeprefix("-")
    if name == "id":
        return Order(text, None, "pk", None)
    column = columns.get(name)
    if column is None:
        raise DomainError("BAD_SORT", "不能按这一列排序，请点表头上可排序的列。", {"sort": name[:40]})
    table, _, field_name = column.sort_path.rpartition("__")
    if not table:
        return Order(text, column.sort_path, "pk", _field(registry.kind, column.sort_path))
    part = next(p for p in KINDS[registry.kind].parts if _part_name(p.model) == table)
    return Order(text, column.sort_path, f"{table}__element_id", part.model._meta.get_field(field_name))


def _part_name(model: Any) -> str:
    return model._meta.get_field("element").remote_field.related_name


def _field(kind: str, path: str) -> Any:
    element = KINDS[kind].parts[0].model._meta.get_field("element").related_model
    field = element._meta.get_field(path.removesuffix("_id"))
    return field.target_field if field.is_relation else field


def _address(kind: Kind) -> Subquery:
    """The address to show: an accepted one before the others, then in the kind's order of roles."""
    is_accepted = Case(When(text__status__in=ACCEPTED, then=Value(0)), default=Value(1), output_field=IntegerField())
    ranks = [When(role=role, then=Value(i)) for i, (role, _name) in enumerate(kind.address_fields)]
    # A road has no addresses: a CASE without a branch would be a bare number, which ORDER BY reads as a column.
    by_role = [Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())] if ranks else []
    addresses = ElementAddress.objects.filter(element=OuterRef("pk")).order_by(is_accepted, *by_role)
    parts = JSONObject(
        role="role", text="text__text", status="text__status", standard="text__address__full_text",
        code="text__address__code",
    )  # fmt: skip
    return Subquery(addresses.values(shown=Cast(parts, TextField()))[:1])


def _source_count(kind: Kind) -> Subquery:
    claims = kind.claim_model._default_manager.filter(element=OuterRef("pk"), rank=0)
    return Subquery(claims.order_by().values("element").annotate(number=Count("pk")).values("number"))


def with_main_part(queryset: QuerySet, registry: Registry) -> QuerySet:
    """Every element of a kind has its main part; saying so makes the join an inner one, which an index order can drive."""
    return queryset.filter(**{f"{_MAIN_PART[registry.kind]}__isnull": False})


def _shown(queryset: QuerySet, registry: Registry) -> QuerySet:
    kind = KINDS[registry.kind]
    return with_main_part(queryset, registry).annotate(shown_address=_address(kind), source_count=_source_count(kind))


def _stored(registry: Registry) -> list[Column]:
    return [column for column in COLUMNS[registry.name] if column.read is None]


def _paths(registry: Registry) -> list[str]:
    return ["pk", *(column.path for column in _stored(registry))]


@cache
def _statement(name: str) -> tuple[str, tuple[Any, ...], int]:
    """SQL of a registry's rows by their ids, its parameters, and which of these is the list of ids.

    Made once: composing the joins and sub-selects takes longer than running them for a page.
    """
    registry = REGISTRIES[name]
    rows = _shown(Element.objects.filter(pk__any=[]), registry).values_list(*_paths(registry))
    sql, parameters = rows.query.sql_with_params()
    return sql, parameters, parameters.index([])


def _rows_by_id(registry: Registry, ids: list[int]) -> dict[int, tuple[Any, ...]]:
    """Tuples of the registry's paths. The ids come from a query inside the reader's scope."""
    if not ids:
        return {}
    sql, parameters, place = _statement(registry.name)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters[:place], ids, *parameters[place + 1 :]])
        return {values[0]: values for values in cursor.fetchall()}


class _Writer:
    """Turns tuples of a registry's paths into rows as one reader sees them."""

    def __init__(self, registry: Registry, user: Actor) -> None:
        in_full = may_read_names(user)
        self._columns = [(column.name, _shower(registry.kind, column, in_full)) for column in _stored(registry)]

    def row(self, values: tuple[Any, ...]) -> dict[str, Any]:
        row = {"id": values[0]}
        for (name, show), value in zip(self._columns, values[1:], strict=True):
            row[name] = value if show is None else show(value)
        return row


def _shower(kind: str, column: Column, in_full: bool) -> Callable[[Any], Any] | None:
    """What a stored value of the column becomes for the reader; None = it stays as it is."""
    if column.purpose:
        return partial(shown_sealed, column.purpose)
    if column.name == "address":
        return _address_row
    if column.name == "source_count":
        return _number
    if in_full:
        return None
    if column.name == "label":
        return partial(shown_label, kind, in_full=False)
    return partial(shown_text, kind, column.name, in_full=False)


def _number(value: int | None) -> int:
    return value or 0


def _address_row(stored: str | None) -> dict[str, Any] | None:
    """{role, text, status, code}: the standard address where the text was accepted, else the text as received."""
    if stored is None:
        return None
    value = orjson.loads(stored)
    is_accepted = value["status"] in ACCEPTED
    return {
        "role": value["role"],
        "text": value["standard"] if is_accepted else value["text"],
        "status": value["status"],
        "code": value["code"] if is_accepted else None,
    }


def read_page(queryset: QuerySet, *, registry: Registry, order: Order, size: int, cursor: str, user: Actor) -> Page:
    """One page of a filtered query: one query for its ids, two where values end and blanks begin, one for its rows.

    Columns of apps above are left out: `fill_read` adds them.

    Args:
        queryset: from `filtered_elements`, so already inside the user's scope.
        registry: whose columns.
        order: from `order_of`.
        size: rows of the page.
        cursor: "" for the first page.
        user: reader, for the masks.

    Raises:
        DomainError: the cursor is not one of this list and order.
    """
    place = paging.read_cursor(registry.name, order, cursor) if cursor else None
    if order.path and "__" in order.path:
        queryset = with_main_part(queryset, registry)
    # The value of the order as stored: what is shown may be masked.
    part = paging.read_slice(queryset, order, ["pk", order.path or "pk"], size, place)
    found = _rows_by_id(registry, [row_id for row_id, _value in part.rows])

    def cursor_at(row_id: int, value: Any, is_back: bool) -> str:
        return paging.write_cursor(registry.name, order, Place(value if order.path else None, row_id, is_back))

    writer = _Writer(registry, user)
    return Page(
        rows=[writer.row(found[row_id]) for row_id, _value in part.rows if row_id in found],
        next_cursor=cursor_at(*part.rows[-1], False) if part.rows and part.has_next else None,
        previous_cursor=cursor_at(*part.rows[0], True) if part.rows and part.has_previous else None,
        is_whole=not (part.has_next or part.has_previous),
    )


def read_rows(queryset: QuerySet, *, registry: Registry, order: Order, user: Actor) -> Iterator[dict[str, Any]]:
    """Every row of a filtered query in order with all columns, through a cursor of the server."""
    writer = _Writer(registry, user)
    found = paging.read_all(_shown(queryset, registry), order, _paths(registry), EXPORT_CHUNK)
    rows = (writer.row(values) for values in found)
    while chunk := list(islice(rows, EXPORT_CHUNK)):
        fill_read(chunk, registry=registry, user=user)
        yield from chunk


def fill_read(rows: list[dict[str, Any]], *, registry: Registry, user: Actor) -> None:
    """Gives the rows the columns of apps above, which are not read with them: some queries, however many rows."""
    ids = [row["id"] for row in rows]
    for column in COLUMNS[registry.name]:
        if column.read is not None:
            found = column.read(ids, user) if ids else {}
            for row in rows:
                row[column.name] = found.get(row["id"], [])
