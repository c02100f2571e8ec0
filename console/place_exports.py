"""Standard addresses, areas and blocks as tables to take out: the rows of their lists, in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from addresses.choices import AddressLevel, AreaKind
from addresses.models import Area, StandardAddress
from addresses.parsing.components import LEVELS
from addresses.selectors.history import provisional_addresses
from addresses.services.registry_delta import DELTA_COLUMNS
from console.address_forms import value_of
from console.forms import AddressFilterForm, valid_filter
from console.list_source import Filtered, nothing_asked
from console.selectors import block_list, places
from exchange.exporters.elements_table import CHUNK_ROWS

ADDRESS_HEADINGS = ("标准地址", "级别", "镇街", "村居", "责任块", "警务区", "经度", "纬度", "编码", "临时")
AREA_HEADINGS = ("名称", "种类", "上级", "城乡", "勤务网格数", "要素数", "启用日期", "代码")
BLOCK_HEADINGS = ("块", "镇街", "村居", "警务区", "要素数", "代码")
# The bureau's own columns, so that it can certify them as they are; then what the platform calls them until that.
PROVISIONAL_HEADINGS = (*DELTA_COLUMNS, "provisional_code", "full_text")


def filtered_addresses(data: QueryDict, user: Any) -> tuple[QuerySet[StandardAddress], Filtered]:
    """Addresses of the list with these parameters.

    Raises:
        DomainError: a filter value is not valid.
    """
    form = AddressFilterForm(data)
    return places.filtered_addresses(user, valid_filter(form)), Filtered(form)


def address_rows(found: QuerySet[StandardAddress], _data: QueryDict, _user: Any) -> Iterator[list[Sequence[Any]]]:
    """Cells of some addresses at a time, by number."""
    joined = found.select_related("town", "village", "block__parent").defer("block__geom", "block__parent__geom")
    return ([_address_cells(address) for address in chunk] for chunk in _by_number(joined))


def _address_cells(address: StandardAddress) -> list[Any]:
    village, block, point = address.village, address.block, address.point
    district = block.parent if block else None
    return [
        address.full_text, address.get_level_display(), address.town.name, village.name if village else "",
        block.name if block else "", district.name if district else "", point.x if point else None,
        point.y if point else None, address.code, "是" if address.is_provisional else "",
    ]  # fmt: skip


def filtered_provisional(_data: QueryDict, user: Any) -> tuple[QuerySet[StandardAddress], Filtered]:
    """Addresses of the scope that wait for the bureau; there are no filters."""
    return provisional_addresses(user).filter(level__gt=AddressLevel.VILLAGE), nothing_asked()


def provisional_rows(found: QuerySet[StandardAddress], _data: QueryDict, _user: Any) -> Iterator[list[Sequence[Any]]]:
    """Cells of some of them at a time as changes of the register (`op` add), by number."""
    joined = found.select_related("town", "village").defer("town__point", "village__point")
    return ([_provisional_cells(address) for address in chunk] for chunk in _by_number(joined))


def _provisional_cells(address: StandardAddress) -> list[Any]:
    point = address.point
    place = [point.x, point.y] if point else [None, None]
    values = [value_of(address, level) for level in LEVELS]
    return ["add", "", *values, *place, "", address.code, address.full_text]


def _by_number(addresses: QuerySet[StandardAddress]) -> Iterator[list[StandardAddress]]:
    """Some addresses at a time; memory stays that of one chunk."""
    last = 0
    while chunk := list(addresses.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]):
        yield chunk
        last = chunk[-1].pk


def filtered_areas(_data: QueryDict, user: Any) -> tuple[QuerySet[Area], Filtered]:
    """Areas of the list; it has no filters."""
    shown = [row["area"].pk for row in places.areas_with_counts(user)]
    return Area.objects.filter(pk__in=shown).defer("geom"), nothing_asked()


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


class _BlockForm(forms.Form):
    """What the list of blocks is narrowed by."""

    area = forms.IntegerField(required=False)
    name = forms.CharField(required=False)


def filtered_blocks(data: QueryDict, user: Any) -> tuple[QuerySet[Area], Filtered]:
    """Blocks of the list with these parameters; like the list it passes over an area that cannot be."""
    area, name = block_list.asked_of(data)
    form = _BlockForm({"area": area, "name": name})
    form.full_clean()
    return block_list.filtered_blocks(user, area, name), Filtered(form)


def block_rows(found: QuerySet[Area], _data: QueryDict, user: Any) -> Iterator[list[Sequence[Any]]]:
    """Cells of some blocks at a time: which ones and their order, then two statements a chunk."""
    ids = list(found.values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK_ROWS):
        blocks = list(found.filter(pk__in=ids[start : start + CHUNK_ROWS]))
        yield [_block_cells(row) for row in block_list.block_rows(user, blocks)]


def _block_cells(row: block_list.BlockRow) -> list[Any]:
    block = row.block
    return [
        block.name, block.town.name if block.town else "", block.village.name if block.village else "",
        block.parent.name if block.parent else "", row.total, block.code,
    ]  # fmt: skip
