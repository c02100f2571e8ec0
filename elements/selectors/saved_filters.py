"""Filters that people kept: which ones a reader sees, and what they ask for."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import QueryDict

from common.errors import NotVisible
from common.scope import Actor
from elements.models import SavedFilter

# Parameters of a page that are no filter: they are neither kept nor counted.
PAGE_PARAMETERS = frozenset({"cursor", "filter", "page_size", "sort"})
NO_FILTER = "none"


def saved_filters(user: Actor, list_name: str) -> QuerySet[SavedFilter]:
    """The reader's own filters of a list and those that colleagues share; own ones first."""
    visible = Q(user_id=user.pk) | Q(is_shared=True)
    return SavedFilter.objects.filter(visible, list_name=list_name).order_by("-is_default", "name", "pk")


def default_filter(user: Actor, list_name: str) -> SavedFilter | None:
    """The one of the reader's own filters that the list opens with."""
    return SavedFilter.objects.filter(user_id=user.pk, list_name=list_name, is_default=True).first()


def with_saved_filter(data: QueryDict, *, list_name: str, user: Actor) -> tuple[QueryDict, SavedFilter | None]:
    """The query with the filter that `?filter=<id>` names put under it: what the URL itself says goes first.

    Raises:
        NotVisible: no such filter, or it is somebody else's and not shared.
    """
    text = data.get("filter", "")
    if not text or text == NO_FILTER:
        return data, None
    saved = saved_filters(user, list_name).filter(pk=text).first() if text.isascii() and text.isdigit() else None
    if saved is None:
        raise NotVisible
    merged = QueryDict(saved.query, mutable=True)
    for name, values in data.lists():
        merged.setlist(name, values)
    return merged, saved
