"""The fields of an event on its page, in groups; each field of a kind stands in one of them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.scope import Right
from elements.selectors.masking import may_read_names
from events.choices import EventKind
from events.kinds import EVENT_TABLES, EventTable
from events.list_kinds import EventList
from events.points import NEW_SCALE_FROM
from events.selectors.wording import moment_text, worded_event

# Shown with the map, with the vehicle and person, and in the time line.
PLACE_FIELDS = ("place_text", "road_name", "stake_m", "point")
PARTY_FIELDS = ("plate_read", "plate_number", "plate_type", "person_name", "citizen_id")
STEP_FIELDS = ("occurred_at", "dispatched_at", "arrived_at", "closed_at")

GROUPS: dict[str, tuple[tuple[Any, tuple[str, ...]], ...]] = {
    EventKind.ACCIDENT: (
        (gettext_lazy("后果"), ("deaths", "injured", "property_loss_yuan")),
        (
            gettext_lazy("经过"),
            ("occurred_at", "accident_type", "form", "collision", "main_cause", "scene", "description"),
        ),
        (
            gettext_lazy("道路与环境"),
            ("weather", "light", "visibility", "surface", "road_condition", "road_class", "alignment", "junction", "control", "terrain"),
        ),
        (gettext_lazy("办理"), ("handled_by", "closed_on")),
    ),
    EventKind.VIOLATION: (
        (
            gettext_lazy("发现"),
            ("occurred_at", "code", "method", "speed_kmh", "limit_kmh", "device_number", "seen_by"),
        ),
        (
            gettext_lazy("处理"),
            ("processed_at", "processed_by", "decision_number", "fine_yuan", "is_paid", "points"),
        ),
    ),
    EventKind.INCIDENT: (
        (
            gettext_lazy("警情"),
            ("category", "channel", "caller_phone", "description", "handled_by", "result", "accident_number"),
        ),
    ),
    EventKind.CAPTURE: (
        (
            gettext_lazy("过车"),
            ("occurred_at", "device_number", "direction", "lane", "speed_kmh", "limit_kmh", "vehicle_type", "colour",
             "confidence_pct", "picture_ref"),
        ),
    ),
}  # fmt: skip


def field_groups(chosen: EventList, event: Any, user: Any) -> list[dict[str, Any]]:
    """{label, fields} for `includes/definition_list.html`: what was said; empty fields and groups are left out."""
    groups = []
    for label, names in GROUPS[chosen.code]:
        fields = [row for name in names if (row := field_row(chosen.table, event, name, user))]
        if "processed_at" in names:
            fields = _with_rule(event, fields)
        if fields:
            groups.append({"label": label, "fields": fields})
    return groups


def field_row(kind: EventTable, event: Any, name: str, user: Any) -> dict[str, Any] | None:
    """One field in words, a number with the way to open it; None when nobody said it."""
    value = worded_event(kind, name, getattr(event, name), in_full=may_read_names(user))
    if not value:
        return None
    return {"name": name, "label": kind.label_of(name), "value": value, **_way_to_open(kind, event, name, user)}


def _way_to_open(kind: EventTable, event: Any, name: str, user: Any) -> dict[str, Any]:
    if name not in kind.sealed_fields:
        return {}
    may_open = Right.REVEAL in user.scope.rights
    url = reverse("console:event-reveal", args=[kind.code.lower(), event.pk, name]) if may_open else ""
    return {"is_masked": True, "reveal_url": url}


def _with_rule(violation: Any, fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points that the source states beside those of the rules in force on the day, the rules by their name."""
    if violation.processed_at is None:
        fields = [{"name": "processed_at", "label": _("处理时间"), "value": _("未处理")}, *fields]
    is_new = moment_text(violation.occurred_at)[:10] >= NEW_SCALE_FROM
    scale = _("公安部令第163号（2022年4月1日起）") if is_new else _("公安部令第139号（2022年3月31日止）")
    if violation.points_by_rule is None:
        text = _("不推定：规则给出的是区间，或没有这个代码")
    else:
        text = _("%(points)s 分") % {"points": violation.points_by_rule}
    row: dict[str, Any] = {"name": "points_by_rule", "label": _("按当日规则应记分"), "value": text, "source": scale}
    if None not in (violation.points, violation.points_by_rule) and violation.points != violation.points_by_rule:
        row["conflict"] = _("与来源记分不一致")
    return [*fields, row]


def party_rows(parties: list[Any], ties: dict[int, dict[str, Any]], user: Any) -> list[dict[str, Any]]:
    """{party, cells: {field: text}, number: row of its citizen ID or None, vehicle, person} of each party, masked."""
    in_full = may_read_names(user)
    kind = EVENT_TABLES[EventKind.PARTY]
    names = [name for name in kind.fields if name not in {"occurred_at", "accident_number"}]
    return [
        {
            "party": one,
            "cells": {name: worded_event(kind, name, getattr(one, name), in_full=in_full) for name in names},
            "number": field_row(kind, one, "citizen_id", user),
            "vehicle": ties.get(one.vehicle_id),
            "person": ties.get(one.person_id),
        }
        for one in parties
    ]


def time_line(incident: Any) -> list[dict[str, Any]]:
    """The steps of an incident: {label, at, minutes}; minutes since the step before that is known, None at the first."""
    labels = {"occurred_at": _("接警"), "dispatched_at": _("派警"), "arrived_at": _("到场"), "closed_at": _("处结")}
    steps: list[dict[str, Any]] = []
    last = None
    for name, label in labels.items():
        at = getattr(incident, name)
        minutes = round((at - last).total_seconds() / 60) if at and last else None
        steps.append({"label": label, "at": at, "minutes": minutes, "is_backward": minutes is not None and minutes < 0})
        last = at or last
    return steps
