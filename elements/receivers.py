"""What elements do when something below them changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from addresses.signals import blocks_moved, texts_changed
from elements.services.placing import request_placing, request_placing_of_texts, tell_changed_texts


@receiver(blocks_moved, dispatch_uid="place_elements_of_moved_blocks")
def place_elements_of_moved_blocks(block_ids: set[int], actor_id: int | None, now: datetime, **_kwargs: Any) -> None:
    """Enqueues in the transaction of the move: the work is neither lost nor done for a move that did not happen."""
    request_placing(block_ids=block_ids, actor_id=actor_id)


@receiver(texts_changed, dispatch_uid="place_elements_of_changed_texts")
def place_elements_of_changed_texts(text_ids: list[int], actor_id: int | None, now: datetime, **_kwargs: Any) -> None:
    """Enqueues in the transaction that changed the texts, as above."""
    tell_changed_texts(text_ids=text_ids, actor_id=actor_id, now=now)
    request_placing_of_texts(text_ids=text_ids, actor_id=actor_id)
