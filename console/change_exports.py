"""Changes of borders and bulk corrections as tables to take out: the rows of their lists, in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from addresses.models.border import BorderMove
from console.list_source import Filtered, ListSource, Rows, nothing_asked
from console.selectors import borders, bulk_preview
from elements.list_view import NEWEST_FIRST
from elements.models import BulkCorrection
from elements.selectors.keyset_pages import RowPage, every_page
from exchange.exporters.elements_table import CHUNK_ROWS

_MOVE_HEADINGS = ("名称", "状态", "生效日期", "网格", "换块地址", "换块要素", "依据", "边界调整编号")
_CORRECTION_HEADINGS = ("编号", "清单", "字段", "要素", "状态", "理由", "时间")


def _pages(read: Callable[..., RowPage[Any]], found: QuerySet[Any]) -> Iterator[list[Any]]:
    page = partial(read, found, order=NEWEST_FIRST, size=CHUNK_ROWS)
    return every_page(lambda cursor: page(cursor=cursor))


def _filtered_moves(_data: QueryDict, user: Any) -> tuple[QuerySet[BorderMove], Filtered]:
    """Changes of borders; the list has no filters.

    Raises:
        NotAllowed: the user configures nothing.
    """
    return borders.moves_with_grids(user), nothing_asked()


def _move_rows(found: QuerySet[BorderMove], _data: QueryDict, _user: Any) -> Rows:
    """Cells of some changes at a time, the latest first."""
    return ([_move_cells(row) for row in borders.move_rows(page)] for page in _pages(borders.read_page, found))


def _move_cells(row: dict[str, Any]) -> list[Any]:
    move = row["move"]
    return [
        move.name, move.get_state_display(), move.effective_on, row["grids"], row["addresses"], row["elements"], move.reason,
        move.pk,
    ]  # fmt: skip


def _filtered_corrections(_data: QueryDict, user: Any) -> tuple[QuerySet[BulkCorrection], Filtered]:
    """The user's own bulk corrections; the list has no filters.

    Raises:
        NotAllowed: the user may not correct.
    """
    return bulk_preview.own_corrections(user), nothing_asked()


def _correction_rows(found: QuerySet[BulkCorrection], _data: QueryDict, _user: Any) -> Rows:
    """Cells of some corrections at a time, the latest first."""
    pages = _pages(bulk_preview.read_page, found)
    return ([_correction_cells(row) for row in bulk_preview.correction_rows(page)] for page in pages)


def _correction_cells(row: dict[str, Any]) -> list[Any]:
    one = row["correction"]
    return [
        one.pk, str(row["registry"]), row["fields"], row["count"], one.get_state_display(), one.reason, one.created_at,
    ]  # fmt: skip


SOURCES = {
    borders.LIST_NAME: ListSource(
        title="边界调整", table="addresses_bordermove", headings=_MOVE_HEADINGS, filtered=_filtered_moves, rows=_move_rows
    ),
    bulk_preview.LIST_NAME: ListSource(
        title="批量更正", table="elements_bulkcorrection", headings=_CORRECTION_HEADINGS, filtered=_filtered_corrections,
        rows=_correction_rows,
    ),
}  # fmt: skip
