"""Where the pages of events are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from events.choices import EventKind
from events.list_kinds import EVENT_LISTS

_NAMES: dict[str, str] = {one.code: one.name for one in EVENT_LISTS.values()}


def event_url(kind_code: str, event_id: int) -> str:
    """The page of an event; a party is shown on the page of its accident, whose id it takes."""
    kind = EventKind.ACCIDENT if kind_code == EventKind.PARTY else EventKind(kind_code)
    return reverse("console:event", args=[_NAMES[kind], event_id])


def event_list_url(kind_code: str, **filters: Any) -> str:
    """The list of a kind with filters of its own; a list of values repeats the parameter."""
    return f"{reverse(f'console:events-{_NAMES[kind_code]}')}?{urlencode(filters, doseq=True)}"
