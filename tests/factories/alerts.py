"""Tags that alert, and things that bear them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from common import clock
from elements.models import Element
from exchange.importers.rows import point_hex
from tagging.choices import AlertLevel, Effect
from tagging.models import Alert, Assignment, OutcomeEffect, Tag
from tagging.services.alerts import raise_for_tags
from tests.factories.claims import claim, submit, vehicle_of
from tests.factories.numbers import plate, vin
from tests.factories.places import point_in


def alerting_tag(code: str = "LATE", level: int = AlertLevel.URGENT, **values: Any) -> Tag:
    """A tag of vehicles with the outcome 已教育, which takes it off for thirty days, and 未找到, which keeps it."""
    given = {"name": f"标签{code}", "kind": "VEHICLE", "group": "试验", "guidance": "上门告知"} | values
    tag = Tag.objects.create(code=code, alert_level=level, **given)
    OutcomeEffect.objects.create(tag=tag, outcome="TAUGHT", name="已教育", effect=Effect.END, days=30, position=1)
    OutcomeEffect.objects.create(tag=tag, outcome="NOT_FOUND", name="未找到", effect=Effect.KEEP, position=2)
    return tag


def vehicle_at(number: int, grid: int, east: float = 0.5, **values: Any) -> Element:
    """A vehicle in a grid, so far east of its western border (a share of its width)."""
    point = point_hex(*point_in(grid, east))
    submit(
        "TMRI_VEHICLE", "VEHICLE", claim(vin=vin(number), plate_number=plate(number), plate_type="02", point=point, **values)
    )  # fmt: skip
    return vehicle_of(vin(number))


def tagged(tag: Tag, element: Element, now: datetime | None = None, **values: Any) -> Assignment:
    """The element bears the tag, by hand."""
    asked = {"text": "年检已过期", "value": "是", "is_met": True, "table": "", "records": []}
    given = {"since": now or clock.now(), "evidence": [asked]} | values
    return Assignment.objects.create(tag=tag, element=element, **given)


def alert_on(tag: Tag, element: Element, now: datetime | None = None) -> Alert:
    """The alert of a tag that was just given."""
    now = now or clock.now()
    raise_for_tags([tagged(tag, element, now)], now=now)
    return Alert.objects.get(tag=tag, element=element, state="NEW")


def told(alert: Alert) -> dict[int, str]:
    """User → why he was told."""
    return dict(alert.recipients.values_list("user_id", "reason"))
