"""The kinds of events that people open as lists and pages: the word in the URL, the table, the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from common.errors import NotVisible
from events.choices import EventKind
from events.kinds import EVENT_TABLES, EventTable

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class EventList:
    """One list. `name` stands in URLs of page and API, in the export and in the stored layout.

    `usual_period`: what it opens with when the URL names no time.
    """

    name: str
    code: EventKind
    label: StrOrPromise
    usual_period: str = "last30"

    @property
    def table(self) -> EventTable:
        return EVENT_TABLES[self.code]

    @property
    def url_name(self) -> str:
        """Name of the list's URL."""
        return f"console:events-{self.name}"

    @property
    def export_name(self) -> str:
        """Name of the list in `console:list-export`."""
        return f"events-{self.name}"

    @property
    def is_recorded(self) -> bool:
        """Its events have versions and may be taken back; what a device saw has none and may not."""
        return not self.table.is_observation


EVENT_LISTS: dict[str, EventList] = {
    one.name: one
    for one in (
        EventList("accidents", EventKind.ACCIDENT, _("交通事故")),
        EventList("violations", EventKind.VIOLATION, _("交通违法")),
        EventList("incidents", EventKind.INCIDENT, _("警情")),
        EventList("captures", EventKind.CAPTURE, _("过车记录"), "today"),
    )
}


def event_list(name: str) -> EventList:
    """The list of a URL.

    Raises:
        NotVisible: there is none of this name.
    """
    if name not in EVENT_LISTS:
        raise NotVisible
    return EVENT_LISTS[name]
