"""Which messages go now: taken, written and noted in the ledger in one transaction, before a byte leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from exchange.choices import MessageState, Verb
from exchange.models import Disclosure, OutboxMessage, Partner
from exchange.services.delivery_rendering import GONE, SEAL_BROKEN, Rendered, render
from exchange.services.delivery_results import SUPERSEDED, put_back

# Space of the advisory locks that keep one deliverer to a partner.
_LOCK_SPACE = 7_031


@contextmanager
def only_deliverer(partner: Partner) -> Iterator[bool]:
    """True for the one that delivers to the partner now; the lock ends with its database session, so a kill frees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, partner.pk])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, partner.pk])


def recover(partner: Partner) -> int:
    """What a killed deliverer left in flight goes again under the same uid. Only with the lock in hand."""
    orphans = list(OutboxMessage.objects.filter(partner=partner, state=MessageState.SENT, sent_at__isnull=True))
    for message in orphans:
        put_back(message)
    return len(orphans)


@transaction.atomic
def claim(
    partner: Partner, *, now: datetime, limit: int, parcel: str = "", with_ledger: bool = True
) -> tuple[list[Rendered], int]:
    """Takes the next messages of a partner in their order and writes them.

    They are in flight (SENT without a time) and in the ledger when this returns; whatever happens then, the ledger misses
    nothing that left. A parked message holds back the later ones of its record, except that it is to be deleted.

    Returns:
        What is to be sent now, and how many messages were looked at.
    """
    messages = _next(partner, now, limit)
    found = render(partner, messages, now)
    for message, reason in found.skipped:
        message.state, message.error_code = MessageState.SKIPPED, reason
    for message in found.broken:
        message.state, message.error_code = MessageState.DEAD, SEAL_BROKEN
    OutboxMessage.objects.bulk_update(
        [*(one for one, _reason in found.skipped), *found.broken], ["state", "error_code"]
    )
    _renew_changed(found.ready)
    _take(found.ready, parcel)
    if with_ledger:
        note_disclosed(found.ready, now)
    return found.ready, len(messages)


def _next(partner: Partner, now: datetime, limit: int) -> list[OutboxMessage]:
    parked = OutboxMessage.objects.filter(
        partner_id=OuterRef("partner_id"), subject=OuterRef("subject"), subject_id=OuterRef("subject_id"),
        state=MessageState.DEAD, pk__lt=OuterRef("pk"),
    )  # fmt: skip
    due = OutboxMessage.objects.filter(partner=partner, state=MessageState.PENDING, due_at__lte=now)
    free = due.filter(Q(verb__in=GONE) | ~Exists(parked)).order_by("pk")
    return list(free.select_for_update(skip_locked=True, of=("self",))[:limit])


def _renew_changed(rendered: Sequence[Rendered]) -> None:
    """A message that was tried before and now says something else becomes another one.

    The partner may have the first one and tells it again by its uid: it would keep the old words.
    """
    tried = [one.message.pk for one in rendered if one.message.attempts]
    if not tried:
        return
    said: dict[int, dict[str, bytes]] = {}
    for message_id, name, value_hash in Disclosure.objects.filter(message__in=tried).values_list(
        "message_id", "field", "value_hash"
    ):
        said.setdefault(message_id, {})[name] = bytes(value_hash)
    for one in rendered:
        if one.message.attempts and said.get(one.message.pk, {}) != one.hashes():
            one.message = _renewed(one.message)


def _renewed(old: OutboxMessage) -> OutboxMessage:
    OutboxMessage.objects.filter(pk=old.pk).update(state=MessageState.SKIPPED, error_code=SUPERSEDED)
    return OutboxMessage.objects.create(
        partner_id=old.partner_id, contract_id=old.contract_id, subject=old.subject, subject_id=old.subject_id, verb=old.verb,
        created_at=old.created_at, due_at=old.due_at, error_message=old.error_message if old.verb == Verb.RECALL else "",
    )  # fmt: skip


def _take(rendered: Sequence[Rendered], parcel: str) -> None:
    """In flight; the objects keep how often they were tried before."""
    messages = [one.message for one in rendered]
    for one in rendered:
        message = one.message
        message.state, message.sent_at, message.parcel = MessageState.SENT, None, parcel
        message.verb, message.contract = one.verb, one.contract
    OutboxMessage.objects.bulk_update(messages, ["state", "sent_at", "parcel", "verb", "contract"])
    OutboxMessage.objects.filter(pk__in=[one.pk for one in messages]).update(attempts=F("attempts") + 1)


def note_disclosed(rendered: Sequence[Rendered], now: datetime) -> None:
    """The recipient ledger: a row for each field of each message; a repetition renews its row."""
    rows = [
        Disclosure(
            partner_id=one.message.partner_id, message=one.message, subject=one.message.subject,
            subject_id=one.message.subject_id, field=name, value_hash=value_hash, disclosed_at=now,
        )
        for one in rendered
        for name, value_hash in one.hashes().items()
    ]  # fmt: skip
    Disclosure.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["message", "field"], update_fields=["value_hash", "disclosed_at"]
    )
