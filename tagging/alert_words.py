"""Alerts in words and figures: what a browser is told, how long things took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.scope import Actor
from elements.selectors.masking import may_read_names
from tagging.models import Alert
from tagging.selectors.alert_list import label_of
from tagging.selectors.alert_times import SquadronTimes

STAGE_LABELS = {
    "delivered": gettext_lazy("到达"), "seen": gettext_lazy("看到"), "accepted": gettext_lazy("接收"), "closed": gettext_lazy("办结"),
}  # fmt: skip
# Width of the drawing of the times, in its own units.
_BAR = 100


def news_row(alert: Alert, user: Actor) -> dict[str, Any]:
    """What a note on the page says of an alert, as this reader may see it."""
    district = alert.element.block.parent
    return {
        "id": alert.pk,
        "title": alert.title,
        "label": label_of(alert, in_full=may_read_names(user)),
        "level": alert.level,
        "text": alert.text,
        "place": f"{district.name if district else ''} {alert.element.block.name}".strip(),
        "at": timezone.localtime(alert.last_at).strftime("%H:%M"),
        "count": alert.count,
        "url": reverse("tagging:alert", args=[alert.pk]),
    }


def times_rows(found: Sequence[SquadronTimes]) -> list[dict[str, Any]]:
    """Rows of the table and widths of its bars; all bars share one scale."""
    longest = max((span.p90_s or 0.0 for one in found for span in one.spans), default=0.0)

    def width(seconds: float | None) -> float:
        # A root, since minutes and days stand beside each other.
        return round(_BAR * (seconds / longest) ** 0.5, 1) if seconds and longest else 0.0

    return [
        {
            "name": one.name or _("中队以外"),
            "area_id": one.area_id,
            "alerts": one.alerts,
            "spans": [
                {
                    "label": STAGE_LABELS[span.stage],
                    "count": span.count,
                    "median": spoken_span(span.median_s),
                    "p90": spoken_span(span.p90_s),
                    "median_width": width(span.median_s),
                    "p90_width": width(span.p90_s),
                }
                for span in one.spans
            ],
        }
        for one in found
    ]


def spoken_span(seconds: float | None) -> str:
    """A span in the largest unit that says enough; "—" = there is none."""
    if seconds is None:
        return "—"
    if seconds < 60:
        return _("%(count)s 秒") % {"count": round(seconds, 1) if seconds < 10 else round(seconds)}
    if seconds < 3_600:
        return _("%(count)s 分") % {"count": round(seconds / 60)}
    if seconds < 172_800:
        return _("%(count)s 小时") % {"count": round(seconds / 3_600, 1)}
    return _("%(count)s 天") % {"count": round(seconds / 86_400, 1)}


def map_url(alert: Alert) -> str:
    """The map at the place of the thing; "" = it has none."""
    point = alert.element.point
    return f"{reverse('map:page')}?z=16&lat={point.y:.6f}&lon={point.x:.6f}" if point else ""
