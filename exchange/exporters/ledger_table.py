"""A ledger on its way out: rows of the list in its order, in the ledger's columns, masked as the reader sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice

from django.db.models import QuerySet

from common.scope import Actor
from elements.registries import REGISTRIES
from elements.selectors import paging
from elements.selectors.masking import may_read_names
from elements.selectors.paging import Order
from exchange.exporters.elements_table import CHUNK_ROWS, Cell, ElementTable, safe_cell
from exchange.ledgers import Ledger, LedgerRow
from exchange.ledgers.posts import responsible_by_block

_READ_CHUNK = 2_000


class LedgerTable(ElementTable):
    """The rows of one ledger as one reader may take them out: two statements however many rows, three where the order has blanks.

    Attributes:
        widths: of the columns, in characters.
        said: what the rows are, for the line below the title.
    """

    def __init__(
        self, queryset: QuerySet, *, ledger: Ledger, order: Order, user: Actor, mark: str, said: str, today: date
    ) -> None:
        """A table that has read nothing yet; `queryset` is from `ledger_rows`, so already inside the user's scope."""
        super().__init__(queryset, registry=REGISTRIES[ledger.registry], order=order, user=user, mark=mark)
        self._ledger, self._today = ledger, today
        self.title, self.said = str(ledger.title), said
        self.headings = [*(str(column.label) for column in ledger.columns), *self.headings[-2:]]
        self.widths = [*(column.width for column in ledger.columns), 12, 24]

    def chunks(self) -> Iterator[list[list[Cell]]]:
        """Cells of some rows at a time; memory stays that of one chunk."""
        posts, in_full = responsible_by_block(self._user, self._today), may_read_names(self._user)
        extra = dict(self._ledger.annotations(self._user, self._today))
        paths = ["pk", "block_id", *self._ledger.paths, *extra]
        found = iter(paging.read_all(self._queryset.annotate(**extra), self._order, paths, _READ_CHUNK))
        mark = safe_cell(self.mark)
        while chunk := list(islice(found, CHUNK_ROWS)):
            rows = (dict(zip(paths, values, strict=True)) for values in chunk)
            yield [
                [*self._cells(LedgerRow(row, in_full, self._today, posts.get(row["block_id"], ""))), row["pk"], mark]
                for row in rows
            ]

    def _cells(self, row: LedgerRow) -> list[Cell]:
        return ["" if column.value is None else safe_cell(column.value(row)) for column in self._ledger.columns]
