"""Standard addresses and areas as tables to take out: the rows of their lists, in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from addresses.choices import AreaKind
from addresses.models import Area, StandardAddress
from console.forms import AddressFilterForm, valid_filter
from console.selectors import places
from exchange.exporters.elements_table import CHUNK_ROWS

ADDRESS_HEADINGS = ("标准地址", "级别", "镇街", "村居", "责任块", "警务区", "经度", "纬度", "编码", "临时")
AREA_HEADINGS = ("名称", "种类", "上级", "城乡", "勤务网格数", "要素数", "启用日期", "代码")


@dataclass(frozen=True, slots=True)
class Filtered:
    """The form by which rows were chosen, as filter sets have it."""

    form: forms.Form


def filtered_addresses(data: QueryDict, user: Any) -> tuple[QuerySet[StandardAddress], Filtered]:
    """Addresses of the list with these parameters.

    Raises:
        DomainError: a filter value is not valid.
    """
    form = AddressFilterForm(data)
    return places.filtered_addresses(user, valid_filter(form)), Filtered(form)


def address_rows(found: QuerySet[StandardAddress], _data: QueryDict, _user: Any) -> Iterator[list[Sequence[Any]]]:
    """Cells of some addresses at a time, by number; memory stays that of one chunk."""
    joined = found.select_related("town", "village", "block__parent").defer("block__geom", "block__parent__geom")
    last = 0
    while chunk := list(joined.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]):
        yield [_address_cells(address) for address in chunk]
        last = chunk[-1].pk


def _address_cells(address: StandardAddress) -> list[Any]:
    village, block, point = address.village, address.block, address.point
    district = block.parent if block else None
    return [
        address.full_text, address.get_level_display(), address.town.name, village.name if village else "",
        block.name if block else "", district.name if district else "", point.x if point else None,
        point.y if point else None, address.code, "是" if address.is_provisional else "",
    ]  # fmt: skip


def filtered_areas(_data: QueryDict, user: Any) -> tuple[QuerySet[Area], Filtered]:
    """Areas of the list; it has no filters."""
    form = forms.Form({})
    form.full_clean()
    shown = [row["area"].pk for row in places.areas_with_counts(user)]
    return Area.objects.filter(pk__in=shown).defer("geom"), Filtered(form)


def area_rows(_found: QuerySet[Area], _data: QueryDict, user: Any) -> Iterator[list[Sequence[Any]]]:
    """Cells of all areas, each below the one that it belongs to."""
    yield [
        [
            row["area"].name, row["area"].get_kind_display(), row["area"].parent.name if row["area"].parent else "",
            _urban(row["area"]), row["blocks"], row["total"], row["area"].valid_from, row["area"].code,
        ]
        for row in places.areas_with_counts(user)
    ]  # fmt: skip


def _urban(area: Area) -> str:
    """Said of districts only, as on the page."""
    return ("城区" if area.is_urban else "乡村") if area.kind == AreaKind.DISTRICT else ""
