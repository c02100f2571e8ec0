"""Which elements were chosen in a list: their numbers, or everything that the list's query finds when it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from typing import Any

from django.http import QueryDict

from common.errors import DomainError, NotVisible
from elements.filters import filtered_elements
from elements.registries import Registry
from elements.selectors.saved_filters import with_saved_filter
from elements.services.bulk_corrections import MAX_ELEMENTS

MAX_QUERY = 2_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen elements.

    Attributes:
        ids: sorted.
        query: of the list, when everything that it finds was chosen.
        is_all: it was.
    """

    ids: tuple[int, ...]
    query: str
    is_all: bool

    @property
    def mark(self) -> str:
        """Equal exactly for the same elements: what was counted is what is corrected."""
        return blake2s(",".join(map(str, self.ids)).encode(), digest_size=16).hexdigest()

    @property
    def ids_text(self) -> str:
        return "" if self.is_all else ",".join(map(str, self.ids))


def ids_of(values: list[str]) -> tuple[int, ...]:
    """Numbers of one or several parameters, joined by commas or not.

    Raises:
        NotVisible: something that is no number.
    """
    texts = [text for value in values for text in value.split(",") if text]
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        raise NotVisible
    return tuple(sorted({int(text) for text in texts}))


def selection_of(registry: Registry, data: QueryDict, user: Any) -> Selection:
    """Reads `ids`, or `all=1` with `query`; the query is asked again, inside the user's scope.

    Raises:
        NotVisible: a number that is not in the user's list.
        DomainError: nothing or too much chosen, or a filter that is not valid.
    """
    query = data.get("query", "").replace("\x00", "")[:MAX_QUERY]
    is_all = data.get("all") == "1"
    if is_all:
        asked, _saved = with_saved_filter(QueryDict(query), list_name=registry.name, user=user)
        queryset, _filterset = filtered_elements(registry, asked, user)
    else:
        wanted = ids_of(data.getlist("ids"))
        _require_size(len(wanted))
        queryset, _filterset = filtered_elements(registry, QueryDict(""), user)
        queryset = queryset.filter(pk__in=wanted)
    found = tuple(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_ELEMENTS + 1])
    if not is_all and len(found) != len(wanted):
        raise NotVisible
    _require_size(len(found))
    return Selection(found, query if is_all else "", is_all)


def _require_size(count: int) -> None:
    if count == 0:
        raise DomainError("BULK_SIZE", "没有选中任何要素。请回到清单勾选后再点“批量更正”。")
    if count > MAX_ELEMENTS:
        raise DomainError("BULK_SIZE", f"一次最多更正 {MAX_ELEMENTS:,} 个要素。请回到清单缩小筛选范围。")
