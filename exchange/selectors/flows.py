"""How much came in on each way: collected, verified, exchanged, by month; counted from the batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import IntegerField, Min, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncMonth

from common.scope import Actor
from elements.choices import Flow
from exchange.models import LandingBatch

MONTHS = 3
_COUNTS = ("received", "created", "updated", "unchanged", "to_review", "rejected")


@dataclass(frozen=True, slots=True)
class FlowFigure:
    """Rows of one flow in one month; received = accepted + to_review + rejected."""

    flow: str
    month: date
    batches: int
    received: int
    accepted: int
    to_review: int
    rejected: int


def batches_of(flow: str, batches: QuerySet[LandingBatch]) -> QuerySet[LandingBatch]:
    """The imported batches of a flow. The first delivery of a register founds it and is no exchange."""
    found = batches.filter(state=LandingBatch.State.IMPORTED, source__flow=flow)
    if flow != Flow.EXCHANGED:
        return found
    first = (
        LandingBatch.objects.filter(state=LandingBatch.State.IMPORTED)
        .values("source", "kind")
        .annotate(first=Min("pk"))
    )
    return found.exclude(pk__in=first.values("first"))


def flow_figures(user: Actor) -> list[FlowFigure]:
    """Figures of the latest months in which something came in, newest first; one statement a flow."""
    rows: list[FlowFigure] = []
    visible = LandingBatch.objects.visible_to(user)
    for flow in Flow.values:
        summed: dict[str, Any] = {name: Sum(Cast(KT(f"counts__{name}"), IntegerField())) for name in _COUNTS}
        months: Iterable[Any] = (
            batches_of(flow, visible)
            .annotate(month=TruncMonth("observed_at"))
            .values("month")
            .annotate(batches=Sum(1, output_field=IntegerField()), **summed)
            .order_by("-month")[:MONTHS]
        )
        rows += [
            FlowFigure(
                flow, row["month"].date(), row["batches"], row["received"],
                row["created"] + row["updated"] + row["unchanged"], row["to_review"], row["rejected"],
            )
            for row in months
        ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.month.toordinal(), Flow.values.index(row.flow)))
