"""What follows from the fields of an event: how grave an accident was, how far an incident is, whether a vehicle is tied."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from events.choices import Severity
from events.models import AccidentParty


class IncidentState(models.TextChoices):
    """The last step that the command centre told of."""

    RECEIVED = "RECEIVED", _("已接警")
    DISPATCHED = "DISPATCHED", _("已派警")
    ARRIVED = "ARRIVED", _("已到场")
    CLOSED = "CLOSED", _("已处结")


class Tie(models.TextChoices):
    """Whether an event has found its vehicle in the registry."""

    TIED = "TIED", _("已关联")
    WAITING = "WAITING", _("等待关联")
    NO_PLATE = "NO_PLATE", _("没有号牌")


_FATAL, _INJURY = Q(deaths__gt=0) | Q(accident_type="1"), Q(injured__gt=0) | Q(accident_type="2")
SEVERITIES: dict[str, Q] = {
    Severity.FATAL: _FATAL,
    Severity.INJURY: ~_FATAL & _INJURY,
    Severity.LOSS: ~_FATAL & ~_INJURY,
}
_OPEN = Q(closed_at__isnull=True)
_AWAY = _OPEN & Q(arrived_at__isnull=True)
INCIDENT_STATES: dict[str, Q] = {
    IncidentState.RECEIVED: _AWAY & Q(dispatched_at__isnull=True),
    IncidentState.DISPATCHED: _AWAY & Q(dispatched_at__isnull=False),
    IncidentState.ARRIVED: _OPEN & Q(arrived_at__isnull=False),
    IncidentState.CLOSED: Q(closed_at__isnull=False),
}
TIES: dict[str, Q] = {
    Tie.TIED: Q(vehicle__isnull=False),
    Tie.WAITING: Q(vehicle__isnull=True, plate_number__isnull=False),
    Tie.NO_PLATE: Q(vehicle__isnull=True, plate_number__isnull=True),
}

# First year of life of each band; what the source did not say is none of them.
_BANDS = ((0, "0-17", _("未满 18 岁")), (18, "18-25", _("18—25 岁")), (26, "26-40", _("26—40 岁")), (41, "41-60", _("41—60 岁")), (61, "61+", _("61 岁以上")))  # fmt: skip
AGE_BANDS = [(code, label) for _first, code, label in _BANDS]


def parties_by_age() -> QuerySet[AccidentParty]:
    """Standing parties of known age with `age_band`."""
    bands = [When(age__gte=first, then=Value(code)) for first, code, _label in reversed(_BANDS)]
    parties = AccidentParty.objects.standing().filter(age__gte=0)
    return parties.annotate(age_band=Case(*bands, output_field=models.CharField()))


def severity_of(row: dict[str, Any]) -> str:
    """The severity of a row with `deaths`, `injured`, `accident_type`: what `SEVERITIES` says in SQL."""
    if (row["deaths"] or 0) > 0 or row["accident_type"] == "1":
        return Severity.FATAL
    return Severity.INJURY if (row["injured"] or 0) > 0 or row["accident_type"] == "2" else Severity.LOSS


def incident_state(row: dict[str, Any]) -> str:
    """The state of a row with `dispatched_at`, `arrived_at`, `closed_at`."""
    for name, state in (
        ("closed_at", IncidentState.CLOSED), ("arrived_at", IncidentState.ARRIVED), ("dispatched_at", IncidentState.DISPATCHED),
    ):  # fmt: skip
        if row[name] is not None:
            return state
    return IncidentState.RECEIVED


def vehicle_tie(row: dict[str, Any]) -> str:
    """The tie of a row with `vehicle_id` and `plate_number`."""
    if row["vehicle_id"] is not None:
        return Tie.TIED
    return Tie.WAITING if row["plate_number"] else Tie.NO_PLATE
