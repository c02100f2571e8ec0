"""What one person does with corrections of his or her own: one element under its lock, undo within a day, a form sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from common.audit import record_audit
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.jobs import UnwatchedRun
from common.scope import Actor, Right
from elements.choices import CorrectionState
from elements.fold.attach import DIRECT_PREFIX
from elements.fold.rules import CORRECTING
from elements.models import BulkCorrection, ClaimBatch, ClaimLog, Element
from elements.services.bulk_corrections import start_bulk_correction
from elements.services.claims import retract_batch
from elements.services.corrections import correct_elements

UNDO_WITHIN = timedelta(hours=24)
# A second press of the button, not a second decision.
SAME_FORM_WITHIN = timedelta(minutes=2)


@transaction.atomic
def correct_element(
    *,
    element: Element,
    values: dict[str, Any],
    cleared: Sequence[str] = (),
    reason: str,
    actor: Actor,
    now: datetime,
    version: int | None,
) -> ClaimBatch:
    """`correct_elements` for one element whose row is locked: of two who saw the same version, the second is told.

    Raises:
        NotAllowed, NotVisible, DomainError, Conflict: see `correct_elements`.
    """
    Element.objects.select_for_update(of=("self",)).filter(pk=element.pk).values_list("pk").first()
    return correct_elements(
        kind_code=element.kind, element_ids=[element.pk], values=values, cleared=cleared, reason=reason, actor=actor,
        now=now, version=version,
    )  # fmt: skip


@transaction.atomic
def undo_correction(*, batch_id: int, actor: Actor, now: datetime) -> ClaimBatch:
    """Takes back a correction that the actor made within the last day.

    Whose it is decides, not where the element lies now: a corrected address may have moved it out of the actor's scope.

    Raises:
        NotAllowed: the actor may neither correct nor propose any more.
        NotVisible: there is none of this number that is the actor's own.
        Conflict: it was undone already, or a merge rests on it.
        DomainError: it is older than a day.
    """
    if not actor.scope.rights & {Right.CORRECT, Right.PROPOSE}:
        raise NotAllowed
    batch = (
        ClaimBatch.objects.select_for_update(of=("self",))
        .select_related("source")
        .filter(pk=batch_id, actor_id=actor.pk, source__code=CORRECTING, correction__isnull=True)
        .first()
    )
    claims = ClaimLog.objects.filter(batch_id=batch_id, subject_key__startswith=DIRECT_PREFIX)
    if batch is None or not (count := claims.count()):
        raise NotVisible
    if batch.state == ClaimBatch.State.RETRACTED:
        raise Conflict("CORRECTION_UNDONE", "这次更正已经撤销，不用再撤。")
    if batch.created_at < now - UNDO_WITHIN:
        raise DomainError("CORRECTION_OLD", "只能撤销 24 小时以内的更正。请按现在的情况重新更正。")
    retract_batch(batch=batch, actor=actor, run=UnwatchedRun(), job_id=-batch.pk, now=now)
    record_audit(
        actor_id=actor.pk, verb="CORRECTION_UNDONE", subject_table="elements_claimbatch", subject_id=batch.pk,
        count=count, now=now,
    )  # fmt: skip
    batch.refresh_from_db()
    return batch


@transaction.atomic
def start_bulk_once(
    *, registry: str, element_ids: Sequence[int], values: dict[str, Any], reason: str, actor: Actor, now: datetime
) -> BulkCorrection:
    """`start_bulk_correction`, or the one that the same form began a moment ago.

    Raises:
        NotAllowed, NotVisible, DomainError: see `start_bulk_correction`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"bulk-correction:{actor.pk}"])
    begun = BulkCorrection.objects.filter(
        actor_id=actor.pk, registry=registry, element_ids=sorted(set(element_ids)), values=values, reason=reason.strip(),
        state__in=[CorrectionState.PLANNING, CorrectionState.PLANNED], created_at__gte=now - SAME_FORM_WITHIN,
    ).first()  # fmt: skip
    if begun is not None:
        return begun
    return start_bulk_correction(
        registry=registry, element_ids=element_ids, values=values, reason=reason, actor=actor, now=now
    )
