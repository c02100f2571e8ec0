"""Query sets of analysis."""

from __future__ import annotations

from common.querysets import ScopedQuerySet


class HotSpotQuerySet(ScopedQuerySet):
    """Places of a run, by the block that most of their accidents lie in."""

    block_path = "block_id"


class SnapshotQuerySet(ScopedQuerySet):
    """Figures of a day by block."""

    block_path = "block_id"
