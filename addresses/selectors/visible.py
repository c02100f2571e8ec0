"""Standard addresses inside the reader's scope."""

from __future__ import annotations

from django.db.models import QuerySet

from addresses.choices import AddressState
from addresses.models import StandardAddress
from common.scope import Actor, Right


def visible_addresses(user: Actor) -> QuerySet[StandardAddress]:
    """Standard addresses in force in the reader's blocks; what lies in no block is for who sees everything."""
    scope = user.scope
    addresses = StandardAddress.objects.filter(state=AddressState.ACTIVE)
    if Right.READ not in scope.rights or scope.sees_nothing:
        return addresses.none()
    return addresses if scope.all_blocks else addresses.filter(block_id__any=scope.block_ids)
