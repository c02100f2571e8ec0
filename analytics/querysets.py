"""Query sets of analysis."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db.models import Exists, OuterRef, Q, QuerySet

from analytics.choices import RiskState
from common.querysets import ScopedQuerySet


class HotSpotQuerySet(ScopedQuerySet):
    """Places of a run, by the block that most of their accidents lie in."""

    block_path = "block_id"


class SnapshotQuerySet(ScopedQuerySet):
    """Figures of a day by block."""

    block_path = "block_id"


class RiskSheetQuerySet(QuerySet):
    """Risk sheets."""

    def in_force(self) -> Self:
        """Signed, and no later edition about the same is."""
        same = self.model._default_manager.filter(
            subject_key=OuterRef("subject_key"), state=RiskState.SIGNED, edition__gt=OuterRef("edition")
        )
        return self.filter(~Exists(same), state=RiskState.SIGNED)

    def review_overdue(self, today: date) -> Self:
        """In force, and to be looked at again before today."""
        return self.in_force().filter(review_on__lt=today)

    def with_late_measures(self, today: date) -> Self:
        """In force, with a measure that was to be done before today and was not."""
        late = Q(measures__done_on__isnull=True, measures__due_on__lt=today)
        return self.in_force().filter(pk__in=self.model._default_manager.filter(late).values("pk"))
