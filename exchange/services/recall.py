"""What a person orders of messages: a record is recalled from all who have it, a parked message goes again or is given up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from common.audit import record_audit
from common.errors import Conflict, DomainError
from common.scope import Actor
from exchange.choices import MessageState, Subject, Verb
from exchange.models import Disclosure, OutboxMessage, Partner
from exchange.selectors.partners_holdings import latest_contracts
from exchange.services.delivery_results import SUPERSEDED
from exchange.services.outbox_fanout import enqueue
from exchange.services.partner_keys import require_configure

GIVEN_UP = "GIVEN_UP"
_LEAST_REASON = 4


@transaction.atomic
def recall_record(*, subject: str, subject_id: int, reason: str, actor: Actor | None, now: datetime) -> int:
    """Asks every partner that has, or may have, the record to delete it; contracts that are over do not matter.

    For erasures (`actor` None: the system) and records that should never have left. Returns how many partners are asked.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: no reason; a person asked for a record that nobody holds.
    """
    if actor is not None:
        require_configure(actor)
    _require_reason(reason)
    holders = set(
        Disclosure.objects.filter(
            subject=Subject(subject), subject_id=subject_id, recalled_at__isnull=True, superseded_at__isnull=True
        ).values_list("partner_id", flat=True)
    )
    if actor is not None and not holders:
        raise DomainError("RECORD_NOT_HELD", "没有伙伴持有这条记录，没有召回。请核对内容和记录编号。")
    told = [(subject_id, str(Verb.RECALL))]
    for contract in latest_contracts(subject=subject, partner_id__in=holders):
        enqueue(contract=contract, told=told, now=now, note=reason)
    record_audit(
        actor_id=actor.pk if actor else None, verb="RECORD_RECALLED", subject_table="exchange_outboxmessage",
        subject_id=f"{subject}:{subject_id}", count=len(holders), reason=reason, now=now,
    )  # fmt: skip
    return len(holders)


@transaction.atomic
def resend(*, partner: Partner, message_id: int, actor: Actor, now: datetime) -> OutboxMessage:
    """A parked message goes again as the record is now; under the same uid unless that says something else than before.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: there is no such parked message.
    """
    require_configure(actor)
    message = _parked(partner, message_id)
    _send_again([message], actor, now)
    return message


@transaction.atomic
def resend_all(*, partner: Partner, actor: Actor, now: datetime) -> int:
    """Every parked message of a partner goes again; returns how many there were."""
    require_configure(actor)
    parked = OutboxMessage.objects.select_for_update().filter(partner=partner, state=MessageState.DEAD)
    messages = list(parked.order_by("pk"))
    _send_again(messages, actor, now)
    return len(messages)


@transaction.atomic
def try_now(*, partner: Partner, actor: Actor, now: datetime) -> None:
    """After a failure the next try comes later and later; this one comes with the next tick.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: nothing is being waited for.
    """
    require_configure(actor)
    if not Partner.objects.filter(pk=partner.pk, next_try_at__gt=now).update(next_try_at=None):
        raise DomainError("NOT_WAITING", "这家伙伴没有在等下一次尝试。")
    record_audit(
        actor_id=actor.pk, verb="PARTNER_TRIED", subject_table="exchange_partner", subject_id=partner.pk, now=now
    )


def _send_again(messages: list[OutboxMessage], actor: Actor, now: datetime) -> None:
    for message in messages:
        # Without a time of delivery it is not held: else nothing would have changed, and it would not go.
        values: dict[str, Any] = {
            "error_code": "",
            "due_at": now,
            "parcel": "",
            "sent_at": None,
            "acknowledged_at": None,
        }
        try:
            with transaction.atomic():
                OutboxMessage.objects.filter(pk=message.pk).update(state=MessageState.PENDING, **values)
        except IntegrityError:
            # Another message of the record waits and says it all; what it says is not held either, and a recall stays one.
            if message.verb == Verb.RECALL:
                of_record = OutboxMessage.objects.filter(
                    partner_id=message.partner_id, subject=message.subject, subject_id=message.subject_id
                )
                of_record.filter(state=MessageState.PENDING).update(
                    verb=Verb.RECALL, error_message=message.error_message
                )
            OutboxMessage.objects.filter(pk=message.pk).update(
                **values | {"state": MessageState.SKIPPED, "error_code": SUPERSEDED}
            )
        record_audit(
            actor_id=actor.pk, verb="MESSAGE_RESENT", subject_table="exchange_outboxmessage", subject_id=message.pk, now=now
        )  # fmt: skip


@transaction.atomic
def give_up(*, partner: Partner, message_id: int, reason: str, actor: Actor, now: datetime) -> OutboxMessage:
    """A parked message is not sent; later ones of its record go.

    Raises:
        NotAllowed: the actor may not configure.
        DomainError: no reason, or there is no such parked message.
    """
    require_configure(actor)
    _require_reason(reason)
    message = _parked(partner, message_id)
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=MessageState.SKIPPED, error_code=GIVEN_UP, error_message=reason[:300]
    )
    record_audit(
        actor_id=actor.pk, verb="MESSAGE_GIVEN_UP", subject_table="exchange_outboxmessage", subject_id=message.pk, now=now,
        reason=reason,
    )  # fmt: skip
    return message


def _parked(partner: Partner, message_id: int) -> OutboxMessage:
    message = OutboxMessage.objects.select_for_update().filter(partner=partner, pk=message_id).first()
    if message is None or message.state != MessageState.DEAD:
        raise Conflict("NOT_PARKED", "这条消息已不是死信（可能别人处理过），请刷新页面。")
    return message


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < _LEAST_REASON:
        raise DomainError("REASON_MISSING", "请写明理由，至少四个字。")
