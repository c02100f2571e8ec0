"""Numbers of work orders: prefix by cause, day, number within the day."""

from __future__ import annotations

from datetime import date

from django.db import connection

from duty.choices import OrderCause
from duty.models import WorkOrder

PREFIXES = {OrderCause.FAULT: "WX", OrderCause.DANGER: "YH"}


def hold(name: str) -> None:
    """Waits for everybody else who holds the name; it is free again when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"duty:{name}"])


def next_number(cause: OrderCause, day: date) -> str:
    """The next free number of the day, as `WX20261127-0001`; nobody else gets one until the transaction ends."""
    begin = f"{PREFIXES[cause]}{day:%Y%m%d}-"
    hold(begin)
    used = WorkOrder.objects.filter(number__startswith=begin).values_list("number", flat=True)
    return f"{begin}{max((int(number.removeprefix(begin)) for number in used), default=0) + 1:04d}"
