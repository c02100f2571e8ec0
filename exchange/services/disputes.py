"""A partner says that a record is wrong: kept sealed, made a claim of its source where it can be one, answered.

What comes back can only be about what the partner was told. It never changes a record by itself: as a claim it stands as a
conflict beside what the other sources say, and a person decides.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from common.audit import record_audit
from common.encryption import decrypt_bytes, encrypt_bytes
from common.errors import Conflict, DomainError, NotAllowed, NotVisible
from common.scope import Actor, Right
from elements.models import ClaimBatch
from elements.services.claims import StagedClaim, submit_claims
from exchange.choices import DisputeState
from exchange.contracts import SUBJECTS
from exchange.importers.fields import PARSERS
from exchange.models import Disclosure, Dispute, OutboxMessage, Partner

logger = structlog.get_logger(__name__)
TABLE = "exchange_dispute"
_PURPOSE = "dispute"
_MAX_STATED, _MAX_NUMBER, _MAX_REASON = 240, 80, 300


def stated_of(dispute: Dispute) -> str:
    """What the partner says it should be."""
    return decrypt_bytes(_PURPOSE, dispute.stated).decode()


def receive_dispute(*, partner: Partner, document: dict[str, Any], now: datetime) -> tuple[Dispute, bool]:
    """Keeps a dispute; (it, whether it is new). The same number with the same words is the same dispute.

    Called in the transaction that notes the nonce.

    Args:
        document: message_id, field, stated, reason, and number; also in the words of older interfaces: `theirs` for
            `stated`, and no number, which is then made from the content.

    Raises:
        NotVisible: the partner was never told this field of such a record.
        DomainError: something is missing or too long.
        Conflict: the number was used for something else.
    """
    field, stated = _text(document, "field", 40), _text(document, "stated", _MAX_STATED, other="theirs")
    reason = _text(document, "reason", _MAX_REASON)
    message = _told(partner, document.get("message_id"), field)
    number = str(document.get("number") or _made_number(message, field, stated))
    if len(number) > _MAX_NUMBER:
        raise DomainError("DISPUTE_FIELD", f"单号（number）最长 {_MAX_NUMBER} 个字符。")
    made, is_new = Dispute.objects.get_or_create(
        partner=partner, number=number,
        defaults={
            "message": message, "subject": message.subject, "subject_id": message.subject_id, "field": field,
            "stated": encrypt_bytes(_PURPOSE, stated.encode()), "reason": reason, "received_at": now,
        },
    )  # fmt: skip
    if not is_new and (made.message_id, made.field, stated_of(made)) != (message.pk, field, stated):
        raise Conflict("DISPUTE_NUMBER", "这个单号已用于另一条异议，请换一个单号。")
    return made, is_new


def _text(document: dict[str, Any], name: str, limit: int, other: str = "") -> str:
    value = document.get(name) or (document.get(other) if other else None)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= limit:
        raise DomainError("DISPUTE_FIELD", f"报文缺少 {name}，或超过 {limit} 个字符。请按接入说明改正后重发。")
    return value.strip()


def _told(partner: Partner, uid: Any, field: str) -> OutboxMessage:
    try:
        message = OutboxMessage.objects.filter(partner=partner, uid=uuid.UUID(str(uid))).first()
    except ValueError:
        message = None
    told = message and Disclosure.objects.filter(
        partner=partner, subject=message.subject, subject_id=message.subject_id, field=field
    )
    if message is None or not told or not told.exists():
        raise NotVisible
    return message


def _made_number(message: OutboxMessage, field: str, stated: str) -> str:
    return hashlib.sha256(f"{message.uid}|{field}|{stated}".encode()).hexdigest()[:20]


def claim_dispute(*, dispute: Dispute, now: datetime) -> Dispute:
    """Makes an open dispute a claim of the partner's source, where field and words allow; else a person decides.

    Safe to call again: a dispute has one claim.
    """
    spec = SUBJECTS[dispute.subject]
    shared = spec.fields.get(dispute.field)
    source = dispute.partner.source
    if (
        dispute.state != DisputeState.OPEN
        or spec.is_event
        or source is None
        or shared is None
        or not shared.claim_field
    ):
        return dispute
    value, problem = PARSERS[spec.kind.code][shared.claim_field](stated_of(dispute))
    if value is None or problem:
        return dispute
    with transaction.atomic():
        locked = Dispute.objects.select_for_update().get(pk=dispute.pk)
        if locked.state != DisputeState.OPEN:
            return locked
        claim = StagedClaim(1, now, {shared.claim_field: value}, element_id=dispute.subject_id)
        batch = submit_claims(source=source, kind_code=spec.kind.code, claims=[claim], actor=None, now=now)
        _settle(
            locked, DisputeState.CLAIMED, "已作为贵单位的说法登记，与其他来源不一致的由民警核实。", now, batch=batch
        )
    return locked


def claim_open(*, now: datetime) -> int:
    """Claims what came in and is open still: a process that was killed in between left it; returns how many became claims."""
    claimable = [subject for subject, spec in SUBJECTS.items() if not spec.is_event]
    waiting = Dispute.objects.filter(state=DisputeState.OPEN, subject__in=claimable, partner__source__isnull=False)
    found = list(waiting.select_related("partner__source").order_by("-pk")[:200])
    return sum(claim_dispute(dispute=one, now=now).state == DisputeState.CLAIMED for one in found)


@transaction.atomic
def decide_dispute(
    *, partner: Partner, dispute_id: int, is_accepted: bool, answer: str, actor: Actor, now: datetime
) -> Dispute:  # fmt: skip
    """A person decides an open dispute; the answer goes to the partner with the next message and on request.

    Raises:
        NotAllowed: the actor may not decide over records.
        DomainError: no answer.
        Conflict: it is decided already.
    """
    if Right.CORRECT not in actor.scope.rights:
        raise NotAllowed
    if not answer.strip():
        raise DomainError("ANSWER_MISSING", "请写明答复，对方会看到。")
    dispute = Dispute.objects.select_for_update().filter(partner=partner, pk=dispute_id).first()
    if dispute is None:
        raise NotVisible
    if dispute.state != DisputeState.OPEN:
        raise Conflict("DISPUTE_DECIDED", "这条异议已有人处理，请刷新页面。")
    state = DisputeState.CLAIMED if is_accepted else DisputeState.REFUSED
    _settle(dispute, state, answer.strip()[:200], now, actor=actor)
    return dispute


def _settle(
    dispute: Dispute,
    state: str,
    answer: str,
    now: datetime,
    *,
    actor: Actor | None = None,
    batch: ClaimBatch | None = None,
) -> None:
    dispute.state, dispute.answer, dispute.decided_at = state, answer, now  # type: ignore[assignment]
    dispute.decided_by, dispute.claim_batch = actor.pk if actor else None, batch
    dispute.save(update_fields=["state", "answer", "decided_at", "decided_by", "claim_batch"])
    record_audit(
        actor_id=dispute.decided_by, verb="DISPUTE_DECIDED", subject_table=TABLE, subject_id=dispute.pk, fields=[dispute.field],
        reason=str(state), now=now,
    )  # fmt: skip


def dispute_status(*, partner: Partner, number: str) -> Dispute:
    """A dispute of the partner by its number.

    Raises:
        NotVisible: the partner made none of that number.
    """
    found = Dispute.objects.filter(partner=partner, number=number).first()
    if found is None:
        raise NotVisible
    return found
