"""Who sees which landing batch."""

from __future__ import annotations

from typing import Self

from django.db.models import Q, QuerySet

from common.scope import Actor, Right


class LandingBatchQuerySet(QuerySet):
    """Raw rows are not placed yet, so they belong to who brought them in, to the source's liaison, and to the brigade."""

    def visible_to(self, user: Actor) -> Self:
        if user is None:
            raise TypeError("visible_to needs a user")
        scope = user.scope
        if Right.IMPORT not in scope.rights:
            return self.none()
        if scope.all_blocks:
            return self
        return self.filter(Q(owner_id=user.pk) | Q(source__code__in=scope.source_codes))
