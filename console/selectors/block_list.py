"""The blocks of a reader with what is in them, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet
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


def asked_of(data: QueryDict) -> tuple[str, str]:
    """Area and part of a name that the parameters ask for; "" where they ask for nothing that can be."""
    area = data.get("area", "")
    is_number = area.isascii() and area.isdigit() and len(area) < 19
    return area if is_number else "", data.get("name", "").replace("\x00", "").strip()[:40]


def filtered_blocks(user: Actor, area: str, name: str) -> QuerySet[Area]:
    """Blocks of the scope inside an area, with a part of a name: by code, placed ones first."""
    blocks = visible_blocks(user)
    if area:
        blocks = blocks.filter(pk__in=block_ids_of_areas([int(area)], clock.today()))
    if name:
        blocks = blocks.filter(name__contains=name)
    return blocks.select_related("village", "town", "parent").order_by("is_pseudo", "code")


def block_rows(user: Actor, blocks: Sequence[Area]) -> list[BlockRow]:
    """The blocks with what stands in them, in their order: one statement."""
    things = Element.objects.visible_to(user).standing().filter(block_id__in=[block.pk for block in blocks]).order_by()
    totals = dict(things.values_list("block_id").annotate(n=Count("pk")))
    return [BlockRow(block, totals.get(block.pk, 0)) for block in blocks]


def blocks_page(user: Actor, data: QueryDict, size: int) -> BlocksPage:
    """A page of the blocks that `area=` and `name=` ask for: four statements."""
    area, name = asked_of(data)
    blocks = filtered_blocks(user, area, name)
    total = blocks.count()
    pages = max(1, -(-total // size))
    asked = data.get("page", "")
    number = min(max(1, int(asked)), pages) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    rows = block_rows(user, list(blocks[(number - 1) * size : number * size]))
    return BlocksPage(rows, total, number, pages, name, area, is_single=total == 1 and not name and not area)
