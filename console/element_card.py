"""An element in short: what the drawers of map, graph and lists show of it."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from common import clock
from console.edit_page import may_edit
from console.element_neighbours import list_state
from console.element_page import card_fields, frame_of
from elements.kinds import KINDS
from elements.models import Element
from elements.selectors import detail
from elements.selectors.dues import dues_of
from elements.selectors.photos import photos_of

PHOTOS = 3


def card_of(element: Element, data: QueryDict, user: Any) -> dict[str, Any]:
    """Context of `console/element_card.html`.

    Args:
        element: from `visible_element`.
        data: of the request; where it names a list (`list=`), the links of the card carry it on.
        user: reader.
    """
    kind = KINDS[element.kind]
    stands = not (element.is_withdrawn or element.merged_into_id) and element.is_owned
    photos = photos_of(element.pk, user)
    return frame_of(element, user) | {
        "fields": card_fields(element, user),
        "addresses": detail.addresses(element),
        "dues": dues_of(element, detail.folded_values(element), clock.today()),
        "conflict_labels": [kind.label_of(name) for name in element.conflicts],
        "open_findings": [one for one in detail.findings(element, user) if one["is_open"]],
        "photos": [{"photo": one, "version": bytes(one.content_hash).hex()[:8]} for one in photos[:PHOTOS]],
        "photo_count": len(photos),
        "page_url": _page_url(element, data),
        "edit_url": _page_url(element, data, "overview") if stands and may_edit(user) else "",
        "values_url": _page_url(element, data, "values"),
        "photos_url": _page_url(element, data, "photos"),
    }


def _page_url(element: Element, data: QueryDict, tab: str = "") -> str:
    """The element's page on a tab, with the list that it is opened from."""
    query = QueryDict(list_state(data), mutable=True)
    if tab:
        query["tab"] = tab
    url = reverse("console:element", args=[element.pk])
    return f"{url}?{query.urlencode()}" if query else url
