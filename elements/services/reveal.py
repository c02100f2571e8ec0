"""Opening one personal number of one element, with a reason, on record."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.audit import record_audit
from common.encryption import unseal
from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.kinds import KINDS
from elements.selectors.detail import folded_values, visible_element

MIN_REASON = 4
MAX_REASON = 200


@transaction.atomic
def reveal_field(*, element_id: int, field: str, reason: str, actor: Actor, now: datetime) -> str:
    """The value in full. The audit row is written with it or nothing is shown.

    Raises:
        NotAllowed: the user's posts do not carry the right.
        NotVisible: the element is outside the scope, or the field is none that can be revealed or has no value.
        DomainError: no real reason.
    """
    if Right.REVEAL not in actor.scope.rights:
        raise NotAllowed
    element = visible_element(element_id, actor)
    purpose = KINDS[element.kind].sealed_fields.get(field)
    sealed = folded_values(element).get(field) if purpose else None
    if purpose is None or sealed is None:
        raise NotVisible
    return open_sealed(
        purpose, sealed, table="elements_element", pk=element.pk, field=field, reason=reason, actor=actor, now=now
    )


def open_sealed(
    purpose: str, sealed: bytes, *, table: str, pk: int, field: str, reason: str, actor: Actor, now: datetime
) -> str:
    """Opens one value for who gives a reason; inside the caller's transaction, with its audit row.

    Raises:
        DomainError: no real reason.
    """
    reason = reason.strip()
    if not MIN_REASON <= len(reason) <= MAX_REASON:
        raise DomainError("REVEAL_REASON", f"请写明查看理由（{MIN_REASON} 至 {MAX_REASON} 个字），例如案由或核查事项。")
    record_audit(
        actor_id=actor.pk,
        verb="REVEALED",
        subject_table=table,
        subject_id=pk,
        fields=[field],
        count=1,
        reason=reason,
        now=now,
    )
    return unseal(purpose, sealed)
