"""What an event is called, without any name or plate, and which of some events a reader may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from common.codes import code_table
from common.scope import Actor
from events.choices import EventKind
from events.kinds import EVENT_TABLES, EventTable
from events.models import EventKey

# The fields that say most of what happened, the best first.
TELLING: dict[str, tuple[str, ...]] = {
    EventKind.ACCIDENT: ("collision", "form"),
    EventKind.PARTY: ("travel_mode",),
    EventKind.VIOLATION: ("code",),
    EventKind.INCIDENT: ("category",),
    EventKind.CAPTURE: ("device_number",),
}
# A fifth digit of a violation code is a local refinement.
_NATIONAL_DIGITS = 4


@dataclass(frozen=True, slots=True)
class EventLabels:
    """Labels by id of the events that the reader may see, and the ids of all that there are.

    `pages`: id → id of the event whose page shows it, which for a party is its accident (None while that is not known).
    """

    visible: dict[int, str]
    pages: dict[int, int | None]
    known: frozenset[int]


def telling_word(kind_code: str, values: Sequence[str | None]) -> str:
    """What happened, in the words of its code table; the kind where nothing is said or the code is unknown.

    Args:
        kind_code: of the event.
        values: of its telling fields, in their order.
    """
    kind = EventKind(kind_code)
    if kind == EventKind.CAPTURE and values[0]:
        return _("卡口 %(number)s") % {"number": values[0]}
    name, value = next(((n, v) for n, v in zip(TELLING[kind], values, strict=True) if v), ("", ""))
    coded = EVENT_TABLES[kind].coded_fields
    table = code_table(coded[name]) if name in coded else {}
    return table.get(value) or table.get(value[:_NATIONAL_DIGITS]) or f"{kind.label} {value}".strip()


def event_label(kind_code: str, occurred_at: datetime | None, values: Sequence[str | None]) -> str:
    """When and what: "2024-03-05 14:20 追尾碰撞"; `values` are those of the telling fields."""
    moment = f"{timezone.localtime(occurred_at):%Y-%m-%d %H:%M}" if occurred_at else _("时间不详")
    return f"{moment} {telling_word(kind_code, values)}"


def event_labels(kind: EventTable, event_ids: Collection[int], user: Actor) -> EventLabels:
    """Labels of these events: one query, two where numbers lead to the parts of the table."""
    if not event_ids:
        return EventLabels({}, {}, frozenset())
    if kind.is_observation:
        # What devices report has no number of the platform: all parts are asked.
        found: Any = kind.model._default_manager.filter(pk__in=event_ids)
        known = frozenset(found.values_list("pk", flat=True))
    else:
        moments = dict(EventKey.objects.filter(pk__in=event_ids, kind=kind.code).values_list("pk", "occurred_at"))
        found = kind.model._default_manager.filter(pk__in=moments)
        if kind.code != EventKind.PARTY:
            found = found.filter(occurred_at__in={moment for moment in moments.values() if moment})
        known = frozenset(moments)
    page = "accident_id" if kind.code == EventKind.PARTY else "pk"
    shown = list(found.visible_to(user).values_list("pk", page, "occurred_at", *TELLING[kind.code]))
    labels = {pk: event_label(kind.code, at, values) for pk, _page, at, *values in shown}
    return EventLabels(labels, {pk: page_id for pk, page_id, *_ in shown}, known)
