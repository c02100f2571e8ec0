"""Query sets of events."""

from __future__ import annotations

from typing import Self

from common.querysets import ScopedQuerySet


class EventQuerySet(ScopedQuerySet):
    """Events narrowed by scope and standing."""

    block_path = "block_id"

    def standing(self) -> Self:
        """Events that nobody took back: what lists, maps and counts mean."""
        return self.filter(is_withdrawn=False)
