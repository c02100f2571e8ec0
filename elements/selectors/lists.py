"""Rows of a registry: the same rows, order and masks for list, API and export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject

from addresses.choices import ACCEPTED
from common.errors import DomainError
from common.scope import Actor
from elements.choices import ElementKind
from elements.kinds import KINDS, Kind
from elements.models import ElementAddress
from elements.registries import Registry
from elements.selectors import paging
from elements.selectors.columns import COLUMNS, NAMING_KINDS, Column
from elements.selectors.masking import may_read_names, shown_label, shown_sealed, shown_text
from elements.selectors.paging import Order, Place

PAGE_SIZES = (20, 50, 100)
DEFAULT_PAGE_SIZE = 50
EXPORT_CHUNK = 2_000
# Which detail table a kind always has; sorting by its column begins there.
_MAIN_PART = {ElementKind.PERSON: "person", ElementKind.VEHICLE: "vehicle", ElementKind.UNIT: "unit"}


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by column name, beside `id`, and the cursors of the pages before and after (None = there is none)."""

    rows: list[dict[str, Any]]
    next_cursor: str | None
    previous_cursor: str | None


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
    addresses = ElementAddress.objects.filter(element=OuterRef("pk")).order_by(
        is_accepted, Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
    )
    return Subquery(
        addresses.values(
            shown=JSONObject(
                role="role", text="text__text", status="text__status", standard="text__address__full_text",
                code="text__address__code",
            )
        )[:1]
    )  # fmt: skip


def _source_count(kind: Kind) -> Subquery:
    claims = kind.claim_model._default_manager.filter(element=OuterRef("pk"), rank=0)
    return Subquery(claims.order_by().values("element").annotate(number=Count("pk")).values("number"))


def _shown(queryset: QuerySet, registry: Registry) -> QuerySet:
    kind = KINDS[registry.kind]
    # Every element of a kind has its main part; saying so makes the join an inner one, which an index order can drive.
    queryset = queryset.filter(**{f"{_MAIN_PART[registry.kind]}__isnull": False})
    return queryset.annotate(shown_address=_address(kind), source_count=_source_count(kind))


def _paths(registry: Registry) -> list[str]:
    return ["pk", *(column.path for column in COLUMNS[registry.name])]


class _Writer:
    """Turns tuples of a registry's paths into rows as one reader sees them."""

    def __init__(self, registry: Registry, user: Actor) -> None:
        self._columns = COLUMNS[registry.name]
        self._kind = registry.kind
        self._in_full = may_read_names(user)

    def row(self, values: tuple[Any, ...]) -> dict[str, Any]:
        row = {"id": values[0]}
        for column, value in zip(self._columns, values[1:], strict=True):
            row[column.name] = self._shown(column, value)
        return row

    def _shown(self, column: Column, value: Any) -> Any:
        if column.purpose:
            return shown_sealed(column.purpose, value)
        if column.name == "label":
            return shown_label(self._kind, value, in_full=self._in_full)
        if column.name == "address":
            return _address_row(value)
        if column.name == "source_count":
            return value or 0
        return shown_text(self._kind, column.name, value, in_full=self._in_full)


def _address_row(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """{role, text, status, code}: the standard address where the text was accepted, else the text as received."""
    if value is None:
        return None
    is_accepted = value["status"] in ACCEPTED
    return {
        "role": value["role"],
        "text": value["standard"] if is_accepted else value["text"],
        "status": value["status"],
        "code": value["code"] if is_accepted else None,
    }


def read_page(queryset: QuerySet, *, registry: Registry, order: Order, size: int, cursor: str, user: Actor) -> Page:
    """One page of a filtered query: one query, two where values end and blanks begin.

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
    # The value of the order comes last in each tuple, as stored: what is shown may be masked.
    paths = [*_paths(registry), order.path or "pk"]
    part = paging.read_slice(_shown(queryset, registry), order, paths, size, place)

    def cursor_at(values: tuple[Any, ...], is_back: bool) -> str:
        value = values[-1] if order.path else None
        return paging.write_cursor(registry.name, order, Place(value, values[0], is_back))

    writer = _Writer(registry, user)
    return Page(
        rows=[writer.row(values[:-1]) for values in part.rows],
        next_cursor=cursor_at(part.rows[-1], False) if part.rows and part.has_next else None,
        previous_cursor=cursor_at(part.rows[0], True) if part.rows and part.has_previous else None,
    )


def read_rows(queryset: QuerySet, *, registry: Registry, order: Order, user: Actor) -> Iterator[dict[str, Any]]:
    """Every row of a filtered query in order, as `read_page` shows them, through a cursor of the server."""
    writer = _Writer(registry, user)
    for values in paging.read_all(_shown(queryset, registry), order, _paths(registry), EXPORT_CHUNK):
        yield writer.row(values)
