"""What an undo may not pull away: the data under a decision that a person made."""

from __future__ import annotations

from common.errors import Conflict
from elements.models import ClaimBatch, Merge


def merges_resting_on(batch: ClaimBatch) -> list[Merge]:
    """Merges in force of elements that the batch speaks of: it cannot be taken back under them."""
    return list(
        Merge.objects.filter(undone_at__isnull=True, keep__claims__batch=batch)
        .select_related("keep", "drop")
        .order_by("pk")
        .distinct()[:20]
    )


def require_no_merge_on(batch: ClaimBatch) -> None:
    """Nothing that a person decided rests on the batch.

    Raises:
        Conflict: names the merges to undo first.
    """
    if merges := merges_resting_on(batch):
        named = "、".join(f"合并 {merge.pk}（{merge.drop_id} → {merge.keep_id}）" for merge in merges)
        raise Conflict("BATCH_MERGED_ON", f"这批数据上有人作过合并决定，撤销前请先撤销：{named}。")
