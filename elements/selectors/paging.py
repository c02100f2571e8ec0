"""Keyset paging: a page begins after a row, not at a number, so that page 20,000 costs as much as page 1.

The place is compared as a row, `(column, id) > (x, y)`, which one index range answers; what has no value stands last in
either direction and is a second range. The cursor holds the last row's value encrypted, since that may be a name or a
plate and stands in a URL.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Field, Func, OrderBy, QuerySet, Value

from common.encryption import SealBroken, decrypt_bytes, encrypt_bytes
from common.errors import DomainError

_PURPOSE = "cursor"


@dataclass(frozen=True)
class Order:
    """An order of rows, unique by the id at its end.

    Attributes:
        name: as in the URL, `-` in front for descending.
        path: look-up of the column; None sorts by id alone.
        id_path: look-up of the id in the table of the column, so that one index holds both.
        field: model field of the column.
    """

    name: str
    path: str | None
    id_path: str
    field: Field | None

    @property
    def is_descending(self) -> bool:
        return self.name.startswith("-")

    @property
    def is_nullable(self) -> bool:
        return self.field is not None and self.field.null


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the row with this value and id, or before it when going back."""

    value: Any
    row_id: int
    is_back: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """Tuples of one page, and whether there is something on either side."""

    rows: list[tuple[Any, ...]]
    has_next: bool
    has_previous: bool


class _Row(Func):
    template = "(%(expressions)s)"


def _beyond(order: Order, place: Place, operator: str) -> Func:
    held: list[Any] = [F(order.id_path)]
    asked: list[Any] = [Value(place.row_id)]
    if order.path is not None:
        held.insert(0, F(order.path))
        asked.insert(0, Value(place.value, output_field=order.field))
    return Func(
        _Row(*held), _Row(*asked), arg_joiner=f" {operator} ", template="%(expressions)s", output_field=BooleanField()
    )


def _segments(order: Order, queryset: QuerySet, place: Place | None, is_back: bool) -> Iterator[QuerySet]:
    """Ranges to read one after the other, each ordered and begun at the place."""
    is_down = order.is_descending != is_back
    by_id = OrderBy(F(order.id_path), descending=is_down)
    operator = "<" if is_down else ">"
    if order.path is None:
        yield (queryset.filter(_beyond(order, place, operator)) if place else queryset).order_by(by_id)
        return
    valued = queryset.filter(**{f"{order.path}__isnull": False}) if order.is_nullable else queryset
    valued = valued.order_by(OrderBy(F(order.path), descending=is_down), by_id)
    parts = [(False, valued)]
    if order.is_nullable:
        parts.append((True, queryset.filter(**{f"{order.path}__isnull": True}).order_by(by_id)))
    if is_back:
        parts.reverse()
    for is_null, part in parts:
        if place is None or is_null is not (place.value is None):
            # A range that lies wholly beyond the place, unless it was left behind.
            if place is None or is_null is not is_back:
                yield part
        elif is_null:
            yield part.filter(_beyond(Order(order.name, None, order.id_path, None), place, operator))
        else:
            yield part.filter(_beyond(order, place, operator))


def read_slice(queryset: QuerySet, order: Order, paths: list[str], size: int, place: Place | None) -> Slice:
    """One page as tuples of `paths`: one query, two where values end and blanks begin."""
    is_back = place is not None and place.is_back
    rows: list[tuple[Any, ...]] = []
    for segment in _segments(order, queryset, place, is_back):
        rows += segment.values_list(*paths)[: size + 1 - len(rows)]
        if len(rows) > size:
            break
    has_more = len(rows) > size
    rows = rows[:size]
    if is_back:
        return Slice(rows[::-1], has_next=True, has_previous=has_more)
    return Slice(rows, has_next=has_more, has_previous=place is not None)


def read_all(queryset: QuerySet, order: Order, paths: list[str], chunk: int) -> Iterator[tuple[Any, ...]]:
    """Every row in order, through a cursor of the server: memory stays that of one chunk."""
    for segment in _segments(order, queryset, None, is_back=False):
        yield from segment.values_list(*paths).iterator(chunk_size=chunk)


def count_before(queryset: QuerySet, order: Order, place: Place, cap: int) -> int:
    """Rows before the place, counted up to one more than the cap: one query, two where values end and blanks begin."""
    number = 0
    for segment in _segments(order, queryset, place, is_back=True):
        number += segment.order_by()[: cap + 1 - number].values("pk").count()
        if number > cap:
            break
    return number


def write_cursor(list_name: str, order: Order, place: Place) -> str:
    """The place as text for a URL; nobody but us reads or alters it."""
    # What JSON does not know, such as a decimal, goes as its text; `to_python` of the field reads it back.
    plain = orjson.dumps([list_name, order.name, place.value, place.row_id, place.is_back], default=str)
    return base64.urlsafe_b64encode(encrypt_bytes(_PURPOSE, plain)).decode().rstrip("=")


def read_cursor(list_name: str, order: Order, text: str) -> Place:
    """The place that a cursor names.

    Raises:
        DomainError: it is of another list or order, or was altered.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        name, sort, value, row_id, is_back = orjson.loads(decrypt_bytes(_PURPOSE, raw))
        typed = order.field.to_python(value) if order.field is not None and value is not None else None
    except (binascii.Error, SealBroken, ValueError, ValidationError) as error:
        raise _bad_cursor() from error
    if (name, sort) != (list_name, order.name):
        raise _bad_cursor()
    return Place(typed, row_id, is_back)


def _bad_cursor() -> DomainError:
    return DomainError("BAD_CURSOR", "翻页位置已失效，请从首页重新翻起。")
