"""Findings about events as a list: which ones a reader sees, their order, what a row says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from addresses.models import Area
from common.codes import code_table
from common.errors import NotVisible
from common.querysets import ScopedQuerySet
from common.scope import Actor
from elements.selectors.keyset_pages import RowPage, order_among, read_models
from elements.selectors.masking import may_read_names
from elements.selectors.paging import Order
from events.choices import EventFindingKind, EventFindingState, EventKind
from events.models import Capture, EventFinding
from events.selectors.wording import moment_text, shown_value

LIST_NAME = "event-findings"
# Of two captures of one finding, the other is at most so much earlier: that leads to the parts of the table.
_APART = timedelta(hours=2)


def visible_findings(user: Actor) -> QuerySet[EventFinding]:
    """Findings in the blocks of the reader."""
    return ScopedQuerySet(EventFinding).visible_to(user)


def visible_finding(finding_id: int, user: Actor) -> EventFinding:
    """One finding: one query.

    Raises:
        NotVisible: there is none, or it is outside the scope.
    """
    found = visible_findings(user).filter(pk=finding_id).first()
    if found is None:
        raise NotVisible
    return found


def open_count(vehicle_id: int, user: Actor) -> int:
    """How many findings about a vehicle wait for somebody: one query."""
    return visible_findings(user).filter(element_id=vehicle_id, closed_at__isnull=True).count()


def order_of(text: str) -> Order:
    """The order of rows that `sort=` asks for: by time alone.

    Raises:
        DomainError: it cannot be sorted by that.
    """
    return order_among(EventFinding, text, usual="-occurred_at", sortable=("occurred_at",))


def read_page(findings: QuerySet[EventFinding], *, order: Order, size: int, cursor: str) -> RowPage[EventFinding]:
    """One page: which ones, then these.

    Raises:
        DomainError: the cursor is not one of this list and order.
    """
    shown = EventFinding.objects.all()
    return read_models(findings, list_name=LIST_NAME, order=order, size=size, cursor=cursor, shown=shown)


def finding_rows(findings: Sequence[EventFinding], user: Actor) -> list[dict[str, Any]]:
    """What rows and pages show of findings, plates masked for who may not read them: two queries however many.

    Returns:
        `{finding, kind, state, is_open, at, plate, evidence, block, event_id, other_id, has_other}` of each; `event_id` and
        `other_id` are ids of captures that the reader may open, else None.
    """
    captures = _captures(findings, user)
    blocks = dict(Area.objects.filter(pk__in={one.block_id for one in findings}).values_list("pk", "name"))
    in_full = may_read_names(user)
    return [
        {
            "finding": one,
            "kind": str(EventFindingKind(one.kind).label),
            "state": state_word(one),
            "is_open": one.closed_at is None,
            "at": moment_text(one.occurred_at),
            "plate": shown_value("plate_number", captures.get(one.event_id), in_full=in_full) or "",
            "evidence": evidence_words(one),
            "block": blocks.get(one.block_id, ""),
            "event_id": one.event_id if one.event_id in captures else None,
            "other_id": one.other_id if one.other_id in captures else None,
            "has_other": one.other_id is not None,
        }
        for one in findings
    ]


def state_word(finding: EventFinding) -> str:
    """Whether it waits, or what a person said that it was."""
    return str(EventFindingState(finding.state).label)


def _captures(findings: Sequence[EventFinding], user: Actor) -> dict[int, str | None]:
    """Capture that the reader may see → its plate."""
    about = [one for one in findings if one.event_kind == EventKind.CAPTURE]
    if not about:
        return {}
    moments = [one.occurred_at for one in about]
    ids = {pk for one in about for pk in (one.event_id, one.other_id) if pk is not None}
    found = Capture.objects.visible_to(user).filter(
        pk__in=ids, occurred_at__gte=min(moments) - _APART, occurred_at__lte=max(moments)
    )
    return dict(found.values_list("pk", "plate_number"))


def evidence_words(finding: EventFinding) -> str:
    """What was compared: "4 分钟内相距 12.3 千米，相当于 184 千米/时", "颜色：卡口看到红，登记为白"."""
    said = finding.evidence
    if finding.kind == EventFindingKind.IMPOSSIBLE_PAIR:
        if not {"seconds", "metres", "kmh"} <= said.keys():
            return ""
        return _("%(time)s内相距 %(distance)s 千米，相当于 %(speed)s 千米/时") % {
            "time": _time_words(said["seconds"]),
            "distance": f"{said['metres'] / 1000:.1f}",
            "speed": said["kmh"],
        }
    parts = []
    seen, registered = said.get("colour_seen"), said.get("colour_registered")
    if seen and registered and not set(seen) & set(registered):
        parts.append(_unlike(_("颜色"), _colours(seen), _colours(registered)))
    seen, registered = said.get("type_seen"), said.get("type_registered")
    if seen and registered and seen[0] != registered[0]:
        table = code_table("cllx")
        parts.append(_unlike(_("车型"), table.get(seen, seen), table.get(registered, registered)))
    return "；".join(parts)


def _unlike(what: str, seen: str, registered: str) -> str:
    return _("%(what)s：卡口看到%(seen)s，登记为%(registered)s") % {
        "what": what, "seen": seen, "registered": registered,
    }  # fmt: skip


def _colours(letters: str) -> str:
    table = code_table("csys")
    return "、".join(table.get(one, one) for one in letters)


def _time_words(seconds: int) -> str:
    if seconds < 60:
        return _("%(count)s 秒") % {"count": seconds}
    return _("%(count)s 分钟") % {"count": round(seconds / 60)}
