"""Facilities and work orders for tests of duty."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from PIL import Image

from duty.models import WorkOrder
from duty.services import orders
from duty.services.steps import ReceivedPhoto
from elements.choices import KeyScheme
from elements.models import Element, Source
from tests.factories.claims import NOW, claim, element_with, submit

_SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def request(number: int) -> UUID:
    """The id that a client made for its request of that number."""
    return uuid5(_SPACE, str(number))


def facility(
    number: int = 1, *, grid: int | None = 0, source: str = "FACILITY_LEDGER", day: int = 1, **values: Any
) -> Element:
    """A signal, or what `values` say, in the ledger of the source."""
    said = {
        "name": f"试验信号灯{number}",
        "facility_type": "01",
        "state": "1",
        "owner_department": "试验市政",
        **values,
    }
    place = {} if grid is None else {"grid": grid}
    submit(source, "FACILITY", claim(day, number=f"F{number}", **said, **place))
    return facility_of(number, source)


def danger_spot(number: int = 50, *, grid: int = 0, **values: Any) -> Element:
    """A danger spot in the squadrons' ledger."""
    said = {"facility_type": "10", "danger": "视距不良", "treated_by": "试验公路站", "review_result": "2", **values}
    return facility(number, grid=grid, source="DANGER_LEDGER", **said)


def facility_of(number: int, source: str = "FACILITY_LEDGER") -> Element:
    """The facility with that number of the source, as it is now."""
    key = f"FACILITY:{Source.objects.get(code=source).pk}:F{number}"
    return element_with(KeyScheme.SOURCE_ID, key)


def picture(shade: int = 90) -> ReceivedPhoto:
    """A small JPEG of one grey."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, shade, shade)).save(stream, "JPEG")
    return ReceivedPhoto(stream.getvalue(), "现场.jpg")


def report(element: Element, actor: Any, number: int = 1, **values: Any) -> WorkOrder:
    """A report of a fault."""
    given = {"cause": "FAULT", "fault": "红灯不亮", "request_id": request(number), "now": NOW, **values}
    return orders.report_fault(facility_id=element.pk, actor=actor, **given)


def dispatched(order: WorkOrder, actor: Any) -> WorkOrder:
    """The order handed on, due in a week."""
    return orders.dispatch(
        number=order.number, owner_department="试验市政", due_on=date(2026, 10, 8), version=order.version, actor=actor,
        now=order.reported_at + timedelta(hours=1),
    )  # fmt: skip


def repaired(order: WorkOrder, actor: Any, *, hours: int = 2, note: str = "已换灯") -> WorkOrder:
    """The order mended, with a picture."""
    return orders.report_repair(
        number=order.number, note=note, photos=[picture()], version=order.version, actor=actor,
        now=order.reported_at + timedelta(hours=hours),
    )  # fmt: skip


def checked(order: WorkOrder, actor: Any, *, hours: int = 3) -> WorkOrder:
    """The repair found good."""
    return orders.check(
        number=order.number, version=order.version, actor=actor, now=order.reported_at + timedelta(hours=hours)
    )  # fmt: skip
