"""Sources whose last full reading no longer held an element."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from elements.kinds import KINDS
from elements.models import Element


class Absence(NamedTuple):
    """A source, and since when it does not hold the element any more."""

    source: str
    since: datetime


def absences(element: Element) -> list[Absence]:
    """Whoever no longer has it, longest first; what they said stands all the same: one query."""
    claims = KINDS[element.kind].claim_model._default_manager.filter(element=element, absent_since__isnull=False)
    found = claims.order_by("absent_since").values_list("source__name", "absent_since")
    return [Absence(source, since) for source, since in found]
