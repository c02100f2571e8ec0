"""The dots of the map's event layer in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from common import clock
from console.selectors.event_map import DOT_KINDS, FATAL, INCIDENT, INJURY, LOSS, VIOLATION

DOT_LABELS = {
    FATAL: _("死亡事故"), INJURY: _("伤人事故"), LOSS: _("财产损失事故"), VIOLATION: _("交通违法"), INCIDENT: _("警情"),
}  # fmt: skip


def layer_context() -> dict[str, Any]:
    """What the panel of layers needs: kinds of dots, and the day up to which a time range goes."""
    return {
        "event_dots": [{"code": dot, "label": DOT_LABELS[dot]} for dot in DOT_KINDS],
        "event_today": clock.today().isoformat(),
    }
