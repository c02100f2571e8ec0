"""Lists whose filters people keep, by the name under which a filter is kept: registries, events, alerts, rules, grades, tags."""

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
from tagging.alert_filters import filtered_alerts
from tagging.grade_filters import filtered_grades
from tagging.models import Tag
from tagging.rule_filters import filtered_rules
from tagging.selectors import alert_list, grade_list, rule_list
from tagging.selectors.tag_list import tag_of_kept
from tagging.tag_filters import filtered_assignments


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
    if name in _TAGGING:
        url_name, filtered = _TAGGING[name]
        return SavedList(name, reverse(url_name), lambda data, user: filtered(data, user)[0])
    if found := next((one for one in EVENT_LISTS.values() if one.export_name == name), None):
        return _of_events(found)
    if tag := tag_of_kept(name):
        return _of_tag(name, tag)
    raise NotVisible


_TAGGING: dict[str, tuple[str, Callable[[QueryDict, Any], tuple[QuerySet[Any], Any]]]] = {
    alert_list.LIST_NAME: ("tagging:alerts", filtered_alerts),
    rule_list.LIST_NAME: ("tagging:rules", filtered_rules),
    grade_list.LIST_NAME: ("tagging:grade-list", filtered_grades),
}


def _of_tag(name: str, tag: Tag) -> SavedList:
    url = reverse("tagging:tag", args=[tag.code])
    return SavedList(name, url, lambda data, user: filtered_assignments(data, user, tag)[0])


def _of_registry(registry: Registry) -> SavedList:
    url = reverse("elements:list", args=[registry.name])
    return SavedList(registry.name, url, lambda data, user: filtered_elements(registry, data, user)[0])


def _of_events(chosen: EventList) -> SavedList:
    url = reverse(chosen.url_name)
    return SavedList(chosen.export_name, url, lambda data, user: filtered_events(chosen, data, user)[0])
