"""Query sets of elements."""

from __future__ import annotations

from typing import Self

from common.querysets import ScopedQuerySet


class ElementQuerySet(ScopedQuerySet):
    """Elements narrowed by scope and standing."""

    def standing(self) -> Self:
        """Elements that some source owns and nobody merged away: what lists, maps and counts mean."""
        return self.filter(is_owned=True, is_withdrawn=False, merged_into__isnull=True)


class ElementAddressQuerySet(ScopedQuerySet):
    """Addresses of elements, visible with their element."""

    block_path = "element__block_id"
