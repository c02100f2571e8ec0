"""Events at one place of the map, as cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from common.scope import Actor
from console.selectors.event_map import FATAL, INCIDENT, INJURY, LOSS, VIOLATION
from events.choices import EventKind, EventPlaceQuality, Procedure
from events.kinds import EVENT_TABLES
from events.links import event_url
from events.models import EventKey
from events.selectors.labels import TELLING, telling_word
from events.selectors.wording import moment_text

PLACE_LIMIT = 50
_ON_MAP = (EventKind.ACCIDENT, EventKind.VIOLATION, EventKind.INCIDENT)


def events_at(user: Actor, event_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Cards of the named events that the user may see, newest first: at most one query a kind and one more."""
    keys = EventKey.objects.filter(pk__in=event_ids[:PLACE_LIMIT], kind__in=_ON_MAP, occurred_at__isnull=False)
    moments: dict[EventKind, dict[int, datetime]] = defaultdict(dict)
    for pk, kind, at in keys.values_list("pk", "kind", "occurred_at"):
        moments[EventKind(kind)][pk] = at
    cards = [_card(kind, row) for kind, known in moments.items() for row in _rows(kind, known, user)]
    return sorted(cards, key=lambda card: (card["at"], card["id"]), reverse=True)


def _rows(kind: EventKind, moments: dict[int, datetime], user: Actor) -> Any:
    found: Any = EVENT_TABLES[kind].model._default_manager.filter(pk__in=moments, occurred_at__in=set(moments.values()))
    accident = ("accident_type", "deaths", "injured", "procedure") if kind == EventKind.ACCIDENT else ()
    return found.visible_to(user).standing().values(
        "pk", "occurred_at", "place_text", "place_quality", *TELLING[kind], *accident, block_name=F("block__name")
    )  # fmt: skip


def _card(kind: EventKind, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["pk"],
        "at": moment_text(row["occurred_at"]),
        "dot": _dot(kind, row),
        "kind_label": str(kind.label),
        "what": telling_word(kind, [row[name] for name in TELLING[kind]]),
        "notes": _victims(row) if kind == EventKind.ACCIDENT else "",
        "place": row["place_text"] or "",
        "quality": str(EventPlaceQuality(row["place_quality"]).label),
        "block": row["block_name"],
        "url": event_url(kind, row["pk"]),
    }


def _dot(kind: EventKind, row: dict[str, Any]) -> str:
    if kind != EventKind.ACCIDENT:
        return VIOLATION if kind == EventKind.VIOLATION else INCIDENT
    if (row["deaths"] or 0) > 0 or row["accident_type"] == "1":
        return FATAL
    return INJURY if (row["injured"] or 0) > 0 or row["accident_type"] == "2" else LOSS


def _victims(row: dict[str, Any]) -> str:
    """Procedure, deaths and injured."""
    parts = [str(Procedure(row["procedure"]).label)]
    if row["deaths"]:
        parts.append(_("死亡 %(n)s 人") % {"n": row["deaths"]})
    if row["injured"]:
        parts.append(_("受伤 %(n)s 人") % {"n": row["injured"]})
    return " · ".join(parts)
