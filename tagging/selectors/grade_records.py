"""The records behind the points of a grade, as links: elements and events of the reader's scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from common.scope import Actor
from elements.models import Element
from elements.selectors.masking import may_read_names, shown_label
from events.models import Accident, AccidentParty, Incident, Violation

Link = dict[str, str]
_EVENTS: dict[str, tuple[Any, str, str]] = {
    "events_accident": (Accident, "accidents", "pk"),
    "events_violation": (Violation, "violations", "pk"),
    "events_incident": (Incident, "incidents", "pk"),
    "events_accidentparty": (AccidentParty, "accidents", "accident_id"),
}


def record_links(items: Iterable[Mapping[str, Any]], user: Actor) -> dict[tuple[str, int], Link]:
    """(table, id) → `{label, url}`: one query a table. What is not in the scope has no link."""
    by_table: dict[str, set[int]] = {}
    for item in items:
        if item.get("records"):
            by_table.setdefault(item["table"], set()).update(item["records"])
    found: dict[tuple[str, int], Link] = {}
    for table, ids in by_table.items():
        if table == "elements_element":
            found |= _elements(ids, user)
        elif table in _EVENTS:
            found |= _events(table, ids, user)
    return found


def links_of(item: Mapping[str, Any], links: Mapping[tuple[str, int], Link]) -> tuple[list[Link], int]:
    """Links of one indicator, each once, and how many of its records the reader may not see."""
    records: Sequence[int] = item.get("records") or ()
    shown = [links[item["table"], pk] for pk in records if (item["table"], pk) in links]
    return list({one["url"]: one for one in shown}.values()), len(records) - len(shown)


def _elements(ids: set[int], user: Actor) -> dict[tuple[str, int], Link]:
    in_full = may_read_names(user)
    rows = Element.objects.visible_to(user).filter(pk__in=ids).order_by("pk").values_list("pk", "kind", "label")
    return {
        ("elements_element", pk): {
            "label": shown_label(kind, label, in_full=in_full) or _("（无名称）"),
            "url": reverse("console:element", args=[pk]),
        }
        for pk, kind, label in rows
    }


def _events(table: str, ids: set[int], user: Actor) -> dict[tuple[str, int], Link]:
    model, name, column = _EVENTS[table]
    rows = model.objects.visible_to(user).filter(pk__in=ids, is_withdrawn=False)
    return {
        (table, pk): {
            "label": f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else str(event_id),
            "url": reverse("console:event", args=[name, event_id]),
        }
        for pk, event_id, at in rows.filter(**{f"{column}__isnull": False})
        .order_by("-pk")
        .values_list("pk", column, "occurred_at")
    }
