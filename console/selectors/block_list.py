"""The blocks of a reader with what is in them, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.http import QueryDict

from addresses.models import Area
from addresses.selectors.blocks import block_ids_of_areas
from common import clock
from common.scope import Actor
from console.selectors.block import visible_blocks
from elements.models import Element


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A block and how many standing things it has."""

    block: Area
    total: int


@dataclass(frozen=True, slots=True)
class BlocksPage:
    """Rows with the total of all; `is_single`: the reader has one block and asked for no other."""

    rows: list[BlockRow]
    total: int
    number: int
    pages: int
    name: str
    area: str
    is_single: bool


def blocks_page(user: Actor, data: QueryDict, size: int) -> BlocksPage:
    """Blocks of the scope by code, placed ones first, narrowed by `area=` and by part of a name `name=`: four statements."""
    blocks = visible_blocks(user)
    area, name = data.get("area", ""), data.get("name", "").replace("\x00", "").strip()[:40]
    if area.isascii() and area.isdigit() and len(area) < 19:
        blocks = blocks.filter(pk__in=block_ids_of_areas([int(area)], clock.today()))
    if name:
        blocks = blocks.filter(name__contains=name)
    total = blocks.count()
    pages = max(1, -(-total // size))
    asked = data.get("page", "")
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    shown = blocks.select_related("village", "town", "parent").order_by("is_pseudo", "code")
    found = list(shown[(number - 1) * size : number * size])
    things = Element.objects.visible_to(user).standing().filter(block_id__in=[block.pk for block in found]).order_by()
    totals = dict(things.values_list("block_id").annotate(n=Count("pk")))
    rows = [BlockRow(block, totals.get(block.pk, 0)) for block in found]
    is_single = total == 1 and not name and not area
    return BlocksPage(rows, total, number, pages, name, area, is_single)
