"""Pages of the worklist of address texts: groups of equal open texts by keyset, forwards and back, and how many there are.

A million texts may be open and a reader may see nearly all of them or nearly none. First some thousand texts are asked one by
one in their order, which is enough wherever the reader sees a few in a hundred; only when they do not fill the page all
texts of the scope are read, beginning with its elements.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from addresses.choices import WORKLIST
from addresses.models import AddressText
from common.scope import Actor
from elements.selectors.address_texts import group_heads, open_texts, with_first
from elements.selectors.keyset_pages import RowPage, read_tuples
from elements.selectors.paging import Order, read_cursor

LIST = "address-texts"
ORDER = Order("id", None, "pk", None)
# Texts asked one by one before all of the scope are read: about 0.05 s.
LOOKED_AT = 5_000
# Texts asked one by one to count them: a county of the usual size has fewer.
COUNTED = 20_000


@dataclass(frozen=True, slots=True)
class OpenTexts:
    """What of the worklist is asked for; None or "" = everything."""

    block_id: int | None = None
    block_ids: Collection[int] | None = None
    source_id: int | None = None
    status: str = ""
    town: str = ""

    def read(self, user: Actor, *, is_in_order: bool = False) -> QuerySet[AddressText]:
        """These texts, as `open_texts` reads them."""
        texts = open_texts(
            user, self.block_id, block_ids=self.block_ids, source_id=self.source_id, is_in_order=is_in_order
        )
        return self._narrow(texts)

    def end_of_look(self, number: int, after: int | None = None, *, is_back: bool = False) -> int | None:
        """Id of the last of so many texts from a place on, whoever carries them; None = they are fewer."""
        texts = self._narrow(AddressText.objects.filter(status__in=WORKLIST))
        if after is not None:
            texts = texts.filter(pk__lt=after) if is_back else texts.filter(pk__gt=after)
        ids = texts.order_by("-pk" if is_back else "pk").values_list("pk", flat=True)
        return next(iter(ids[number - 1 : number]), None)

    def _narrow(self, texts: QuerySet[AddressText]) -> QuerySet[AddressText]:
        if self.status:
            texts = texts.filter(status=self.status)
        return texts.filter(town=self.town) if self.town else texts


@dataclass(frozen=True, slots=True)
class GroupPage:
    """One page of groups (`normalised`, `first`: the lowest id) and the number of texts: at least so many when capped."""

    page: RowPage[dict[str, Any]]
    number: int
    is_capped: bool


def read_groups(user: Actor, asked: OpenTexts, *, size: int, cursor: str) -> GroupPage:
    """One page of groups of open texts in scope, in the order of their oldest text.

    Raises:
        DomainError: the cursor is not one of this list.
    """
    place = read_cursor(LIST, ORDER, cursor) if cursor else None
    is_back = place is not None and place.is_back
    texts = asked.read(user, is_in_order=True)
    end = asked.end_of_look(LOOKED_AT, place.row_id if place else None, is_back=is_back)
    near = group_heads(texts)
    if end is not None:
        near = near.filter(pk__gte=end) if is_back else near.filter(pk__lte=end)
    page = _read(near, size, cursor)
    if end is not None and (page.previous_cursor if is_back else page.next_cursor) is None:
        return _read_whole(user, asked, size, cursor)
    return GroupPage(page, *_count(asked, texts))


def _read(heads: QuerySet[Any], size: int, cursor: str) -> RowPage[dict[str, Any]]:
    # The last column is that of the cursor.
    page = read_tuples(
        heads, list_name=LIST, order=ORDER, paths=["pk", "normalised", "first"], size=size, cursor=cursor
    )
    rows = [{"normalised": form, "first": pk} for pk, form, _pk in page.rows]
    return RowPage(rows, page.next_cursor, page.previous_cursor)


def _read_whole(user: Actor, asked: OpenTexts, size: int, cursor: str) -> GroupPage:
    first: dict[str, int] = {}
    number = 0
    for pk, form in asked.read(user).order_by("pk").values_list("pk", "normalised"):
        first.setdefault(form, pk)
        number += 1
    heads = AddressText.objects.filter(pk__any=list(first.values()))
    return GroupPage(_read(with_first(heads), size, cursor), number, False)


def _count(asked: OpenTexts, texts: QuerySet[AddressText]) -> tuple[int, bool]:
    end = asked.end_of_look(COUNTED)
    near = texts if end is None else texts.filter(pk__lte=end)
    return near.order_by().count(), end is not None
