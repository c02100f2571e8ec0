"""What became of a message that was sent: written down message by message, each in one transaction."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet

from exchange.choices import MessageState, Verb
from exchange.models import Disclosure, OutboxMessage, Partner, PartnerRecord
from exchange.services.delivery_rendering import GONE, Rendered

MAX_REFUSALS = 3
# First pause after a failure, and the longest one; a refused message waits by the same rule.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 1_800.0
# Rows of a record that a later message told anew, and those that the partner was asked to delete.
_SUPERSEDE = """
    UPDATE exchange_disclosure d SET superseded_at = %(now)s FROM exchange_disclosure n
    WHERE n.message_id = ANY(%(ids)s) AND d.partner_id = n.partner_id AND d.subject = n.subject AND d.subject_id = n.subject_id
      AND d.field = n.field AND d.message_id < n.message_id AND d.superseded_at IS NULL AND d.recalled_at IS NULL"""
_RECALL = """
    UPDATE exchange_disclosure d SET recalled_at = %(now)s FROM exchange_outboxmessage m
    WHERE m.id = ANY(%(ids)s) AND d.partner_id = m.partner_id AND d.subject = m.subject AND d.subject_id = m.subject_id
      AND d.message_id < m.id AND d.recalled_at IS NULL"""
REFUSED, SUPERSEDED, LOST = "REFUSED", "SUPERSEDED", "LOST"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The partner took it; without a `receipt` one is awaited."""

    receipt: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner read this message and will not have it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing about this message: the partner as a whole is not to be had."""

    code: str
    message: str


Answer = Delivered | Refused | Unreachable


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures on end: doubling, half of it by chance, 30 minutes at most."""
    whole = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 20))
    return timedelta(seconds=whole * random.uniform(0.5, 1.0))


def _in_flight(message: OutboxMessage) -> Q:
    return Q(pk=message.pk, state=MessageState.SENT, sent_at__isnull=True)


@transaction.atomic
def note_delivered(delivered: Sequence[tuple[Rendered, Delivered]], now: datetime) -> None:
    """The partner has them: the ledger knows what it holds now, and what it was asked to delete. A constant number of statements."""
    if not delivered:
        return
    ids = [one.message.pk for one, _answer in delivered]
    flying = OutboxMessage.objects.select_for_update().filter(pk__in=ids, state=MessageState.SENT, sent_at__isnull=True)
    # A receipt that came by itself may have been quicker than the answer.
    in_flight = set(flying.values_list("pk", flat=True))
    messages = []
    for one, answer in delivered:
        message = one.message
        message.state = MessageState.ACKNOWLEDGED if answer.receipt else MessageState.SENT
        message.sent_at, message.acknowledged_at = now, now if answer.receipt else None
        message.receipt, message.error_code = answer.receipt[:80], ""
        if message.pk in in_flight:
            messages.append(message)
    OutboxMessage.objects.bulk_update(messages, ["state", "sent_at", "acknowledged_at", "receipt", "error_code"])
    _settle_ledger([one for one, _answer in delivered], now)
    receipted = [one.message for one, answer in delivered if answer.receipt]
    Disclosure.objects.filter(message__in=receipted).update(acknowledged_at=now)
    note_numbers([(one.message, answer.number) for one, answer in delivered if answer.number], now)
    _settle_parked(ids)


def _settle_ledger(rendered: Sequence[Rendered], now: datetime) -> None:
    """Older rows of the records: told anew, or to be deleted by the partner."""
    ids = [one.message.pk for one in rendered]
    gone = [one.message.pk for one in rendered if one.verb in GONE]
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE, {"now": now, "ids": ids})
        if gone:
            cursor.execute(_RECALL, {"now": now, "ids": gone})
    for one in rendered:
        if one.withdrawn:
            older = Disclosure.objects.filter(message_id__lt=one.message.pk, recalled_at__isnull=True)
            older.filter(
                partner_id=one.message.partner_id, subject=one.message.subject, subject_id=one.message.subject_id,
                field__in=one.withdrawn,
            ).update(recalled_at=now)  # fmt: skip


def _settle_parked(ids: Sequence[int]) -> None:
    """What was refused before is overtaken by what was taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE exchange_outboxmessage d SET state = 'SKIPPED', error_code = %(superseded)s FROM exchange_outboxmessage m
               WHERE m.id = ANY(%(ids)s) AND d.partner_id = m.partner_id AND d.subject = m.subject
                 AND d.subject_id = m.subject_id AND d.state = 'DEAD' AND d.id < m.id""",
            {"superseded": SUPERSEDED, "ids": list(ids)},
        )


def note_numbers(numbers: Sequence[tuple[OutboxMessage, str]], now: datetime) -> None:
    """The partner's own numbers of records; the last one of a record counts."""
    latest = {(one.partner_id, one.subject, one.subject_id): number for one, number in numbers}
    PartnerRecord.objects.bulk_create(
        [
            PartnerRecord(partner_id=partner, subject=subject, subject_id=record, number=number[:80], updated_at=now)
            for (partner, subject, record), number in latest.items()
        ],
        update_conflicts=True, unique_fields=["partner", "subject", "subject_id"], update_fields=["number", "updated_at"],
    )  # fmt: skip


@transaction.atomic
def note_refused(message: OutboxMessage, answer: Refused, now: datetime) -> None:
    """One refusal more; the third parks the message for a person. Others go on meanwhile."""
    times = refusals(message) + 1
    said = {"error_code": f"{REFUSED}_{times}", **_said(message, f"{answer.code} {answer.message}")}
    if times >= MAX_REFUSALS:
        OutboxMessage.objects.filter(_in_flight(message)).update(state=MessageState.DEAD, parcel="", **said)
    else:
        wait_again(message, due_at=now + pause(times), **said)


def refusals(message: OutboxMessage) -> int:
    """How often the partner refused it."""
    word, _, number = message.error_code.partition(f"{REFUSED}_")
    return int(number) if not word and number.isdigit() else 0


@transaction.atomic
def note_unreachable(partner: Partner, tried: OutboxMessage, answer: Unreachable, now: datetime) -> None:
    """The partner rests for a while; the message that was tried may have arrived and goes again under the same uid."""
    put_back(tried, f"{answer.code} {answer.message}")
    rest_partner(partner, now)


def rest_partner(partner: Partner, now: datetime) -> None:
    """One failure more: nothing is tried for a pause."""
    Partner.objects.filter(pk=partner.pk).update(
        failures=F("failures") + 1, next_try_at=now + pause(partner.failures + 1)
    )  # fmt: skip
    partner.refresh_from_db(fields=["failures", "next_try_at"])


def note_reached(partner: Partner, now: datetime) -> None:
    """The partner answers again."""
    Partner.objects.filter(pk=partner.pk).update(failures=0, next_try_at=None, last_ok_at=now)
    partner.failures = 0


def put_back(message: OutboxMessage, error: str = "") -> None:
    """A message whose fate is not known goes again, under the same uid."""
    wait_again(message, **(_said(message, error) if error else {}))


def wait_again(message: OutboxMessage, **values: Any) -> None:
    """From in flight back to waiting; if a later message of the record waits already, that says it all and this one ends.

    An ordered recall does not end: the later message becomes it.
    """
    try:
        with transaction.atomic():
            OutboxMessage.objects.filter(_in_flight(message)).update(state=MessageState.PENDING, parcel="", **values)
    except IntegrityError:
        if message.verb == Verb.RECALL:
            _of_record(message).filter(state=MessageState.PENDING).update(
                verb=Verb.RECALL, error_message=message.error_message
            )
        OutboxMessage.objects.filter(_in_flight(message)).update(
            state=MessageState.SKIPPED, error_code=SUPERSEDED, error_message="由后一条消息代替"
        )


def _said(message: OutboxMessage, error: str) -> dict[str, str]:
    """What went wrong, for the page; the text of an ordered recall is its reason and stays."""
    return {} if message.verb == Verb.RECALL else {"error_message": error[:300]}


@transaction.atomic
def release(messages: Sequence[OutboxMessage]) -> None:
    """Messages that were written and not sent after all: what the ledger noted of them never left."""
    never_tried = [one.pk for one in messages if one.attempts == 0]
    Disclosure.objects.filter(message__in=never_tried).delete()
    for one in messages:
        put_back(one)
    OutboxMessage.objects.filter(pk__in=[one.pk for one in messages]).update(attempts=F("attempts") - 1)


def _of_record(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(
        partner_id=message.partner_id, subject=message.subject, subject_id=message.subject_id
    )
