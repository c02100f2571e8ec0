"""Opening one personal number of one event, or of one party of an accident, with a reason, on record."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.errors import NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.services.reveal import open_sealed
from events.kinds import EventTable
from events.selectors.detail import visible_row


@transaction.atomic
def reveal_event_field(*, kind: EventTable, event_id: int, field: str, reason: str, actor: Actor, now: datetime) -> str:
    """The value in full. The audit row is written with it or nothing is shown.

    Raises:
        NotAllowed: the user's posts do not carry the right.
        NotVisible: the event is outside the scope, or the field is none that can be revealed or has no value.
        DomainError: no real reason.
    """
    if Right.REVEAL not in actor.scope.rights:
        raise NotAllowed
    event = visible_row(kind, event_id, actor)
    purpose = kind.sealed_fields.get(field)
    sealed = getattr(event, field) if purpose else None
    if purpose is None or sealed is None:
        raise NotVisible
    return open_sealed(
        purpose, bytes(sealed), table=kind.table, pk=event.pk, field=field, reason=reason, actor=actor, now=now
    )
