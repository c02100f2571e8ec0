"""Query sets of tags, grades and alerts: each is seen with its element or block."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Self

from django.db.models import Exists, OuterRef, Q

from addresses.models import Area
from common.querysets import ScopedQuerySet
from common.scope import Actor
from tagging.choices import OPEN_ALERTS, AlertState
from tagging.workflow import TAKEN, ladders

# Degrees that surely hold the 300 m of `tagging.services.routing` at 37° north.
NEAR_DEG = 0.0045


class AssignmentQuerySet(ScopedQuerySet):
    """Tags of elements."""

    block_path = "element__block_id"

    def standing(self) -> Self:
        """Those that hold now."""
        return self.filter(until__isnull=True)


class GradeQuerySet(ScopedQuerySet):
    """Grades of elements."""

    block_path = "element__block_id"

    def standing(self) -> Self:
        """Those that hold now."""
        return self.filter(until__isnull=True)


class AlertQuerySet(ScopedQuerySet):
    """Alerts of blocks."""

    def unanswered(self, now: datetime) -> Self:
        """Those that nobody took in time: `workflow.is_unanswered`."""
        late = [Q(level=level, first_at__lte=now - one.answer_within) for level, one in ladders().items()]
        return self.filter(reduce(or_, late), state=AlertState.NEW)

    def overdue(self, now: datetime) -> Self:
        """Those that somebody took and did not close in time: `workflow.is_overdue`."""
        late = [Q(level=level, accepted_at__lte=now - one.close_within) for level, one in ladders().items()]
        return self.filter(reduce(or_, late), state__in=TAKEN)

    def visible_to(self, user: Actor) -> Self:
        """Those of the scope; and open ones beside it of which the user was told, as long as his scope reaches that near."""
        scope = user.scope
        if self.right not in scope.rights or scope.sees_nothing or scope.all_blocks:
            return super().visible_to(user)
        told = self.model._default_manager.filter(pk=OuterRef("pk"), recipients__user_id=user.pk)
        near = Area.objects.filter(pk__in=list(scope.block_ids), geom__dwithin=(OuterRef("element__point"), NEAR_DEG))
        return self.filter(
            Q(block_id__any=scope.block_ids) | (Q(state__in=list(OPEN_ALERTS)) & Exists(told) & Exists(near))
        )
