"""What the bar above an element needs: the list it was opened from stands in the URL, as the list itself wrote it."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from common.errors import DomainError
from elements.filters import Count, capped_count, filtered_elements
from elements.list_page import page_size_of
from elements.registries import REGISTRIES, Registry
from elements.selectors.lists import order_of
from elements.selectors.neighbours import Neighbours, neighbours_of, page_ids
from elements.selectors.saved_filters import with_saved_filter

# Parameters of the element's page, which its list knows nothing of.
_PAGE = ("tab", "at")


def list_state(data: QueryDict) -> str:
    """The part of an element's query that names the list it was opened from; "" when it names none."""
    return _without(data, *_PAGE).urlencode() if data.get("list") in REGISTRIES else ""


def bar_url(element_id: int, data: QueryDict, place: str = "") -> str:
    """Where the bar of an element is fetched; `place` keeps the rows beside it those of the place it had."""
    state = list_state(data)
    if not state:
        return ""
    changed = QueryDict(state, mutable=True)
    for name, value in (("tab", data.get("tab", "")), ("at", place)):
        if value:
            changed[name] = value
    return f"{reverse('console:element-neighbours', args=[element_id])}?{changed.urlencode()}"


def neighbour_bar(element_id: int, registry: Registry, data: QueryDict, user: Any) -> dict[str, Any]:
    """Context of `console/element_neighbours.html`.

    Raises:
        DomainError: the list's query is not valid any more, such as a search that has expired.
    """
    own = _without(data, "list", *_PAGE)
    query, _saved = with_saved_filter(own, list_name=registry.name, user=user)
    queryset, _filters = filtered_elements(registry, query, user)
    order = order_of(registry, query.get("sort", ""), user)
    found = neighbours_of(
        element_id, queryset, registry=registry, order=order, user=user, place=data.get("at", "")
    )  # fmt: skip
    cursor = query.get("cursor", "")
    shown = page_ids(queryset, registry=registry, order=order, size=page_size_of(query), cursor=cursor)
    is_walked_on = found.is_listed and element_id not in shown
    return {
        "registry": registry,
        "back_url": _back_url(registry, own, found.page_cursor if is_walked_on else cursor, element_id),
        "previous_url": _element_url(found.previous_id, data),
        "next_url": _element_url(found.next_id, data),
        "is_listed": found.is_listed,
        "position_text": _position_text(found, capped_count(queryset)),
        "refresh_url": bar_url(element_id, data, found.place),
    }


def broken_bar(registry: Registry, error: DomainError) -> dict[str, Any]:
    """Context of the bar when the list cannot be asked any more: why, and the way to the whole list."""
    return {"registry": registry, "message": error.message, "back_url": f"{_list_url(registry)}?filter=none"}


def _position_text(found: Neighbours, count: Count) -> str:
    if found.position is None:
        return _("%(count)s 条") % {"count": count} if count.is_capped else _("共 %(count)s 条") % {"count": count}
    words = _("第 %(position)s 条，%(count)s 条") if count.is_capped else _("第 %(position)s 条，共 %(count)s 条")
    return words % {"position": f"{found.position:,}", "count": count}


def _list_url(registry: Registry) -> str:
    return reverse("elements:list", args=[registry.name])


def _back_url(registry: Registry, own: QueryDict, cursor: str, element_id: int) -> str:
    """The list with the same filter, on the page that has the element, whose row the browser finds by its id."""
    query = own
    if cursor != own.get("cursor", ""):
        query = _without(own, "cursor")
        query.update({"cursor": cursor} if cursor else {})
    text = f"?{query.urlencode()}" if query else ""
    return f"{_list_url(registry)}{text}#element-{element_id}"


def _element_url(element_id: int | None, data: QueryDict) -> str:
    """The page of the next element, on the same tab."""
    return f"{reverse('console:element', args=[element_id])}?{_without(data, 'at').urlencode()}" if element_id else ""


def _without(data: QueryDict, *names: str) -> QueryDict:
    kept = data.copy()
    for name in names:
        kept.pop(name, None)
    return kept
