"""Lists whose filters people keep: the registries and the lists of events, by the name under which a filter is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from common.errors import NotVisible
from elements.filters import filtered_elements
from elements.registries import REGISTRIES, Registry
from events.filters import filtered_events
from events.list_kinds import EVENT_LISTS, EventList


@dataclass(frozen=True, slots=True)
class SavedList:
    """A list: its name, its page, and its rows for a query."""

    name: str
    url: str
    rows: Callable[[QueryDict, Any], QuerySet[Any]]


def saved_list(name: str) -> SavedList:
    """The list of that name.

    Raises:
        NotVisible: there is none.
    """
    if name in REGISTRIES:
        return _of_registry(REGISTRIES[name])
    found = next((one for one in EVENT_LISTS.values() if one.export_name == name), None)
    if found is None:
        raise NotVisible
    return _of_events(found)


def _of_registry(registry: Registry) -> SavedList:
    url = reverse("elements:list", args=[registry.name])
    return SavedList(registry.name, url, lambda data, user: filtered_elements(registry, data, user)[0])


def _of_events(chosen: EventList) -> SavedList:
    url = reverse(chosen.url_name)
    return SavedList(chosen.export_name, url, lambda data, user: filtered_events(chosen, data, user)[0])
