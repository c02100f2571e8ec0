"""The dots of the map's event layer in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from common import clock
from console.selectors.event_map import DOT_KINDS, INCIDENT, VIOLATION
from events.choices import Severity

DOT_LABELS = {
    **{one.value: one.label for one in Severity}, VIOLATION: _("交通违法"), INCIDENT: _("警情"),
}  # fmt: skip


def layer_context() -> dict[str, Any]:
    """What the panel of layers needs: kinds of dots, and the day up to which a time range goes."""
    return {
        "event_dots": [{"code": dot, "label": DOT_LABELS[dot]} for dot in DOT_KINDS],
        "event_today": clock.today().isoformat(),
    }
