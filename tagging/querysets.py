"""Query sets of tags, grades and alerts: each is seen with its element or block."""

from __future__ import annotations

from typing import Self

from common.querysets import ScopedQuerySet


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
