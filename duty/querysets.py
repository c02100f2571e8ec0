"""Query sets of duty: everything is visible with the facility that it is about."""

from __future__ import annotations

from datetime import date
from typing import Self

from common.querysets import ScopedQuerySet
from duty.choices import OPEN_STATES, OrderCause


class InspectionQuerySet(ScopedQuerySet):
    """Inspections, visible with their facility."""

    block_path = "facility__block_id"


class WorkOrderQuerySet(ScopedQuerySet):
    """Work orders, visible with their facility."""

    block_path = "facility__block_id"

    def open(self) -> Self:
        """Orders that somebody still has to do something about."""
        return self.filter(state__in=OPEN_STATES)

    def overdue(self, today: date) -> Self:
        """Open orders whose last day is past."""
        return self.open().filter(due_on__lt=today)

    def of_facility(self, facility_id: int) -> Self:
        """Orders of one facility, newest first."""
        return self.filter(facility_id=facility_id).order_by("-reported_at", "-pk")

    def marking_state(self) -> Self:
        """Open orders about faults: those that say in what state the facility is."""
        return self.open().filter(cause=OrderCause.FAULT)
