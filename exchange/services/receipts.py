"""Receipts that come by themselves, and the daily comparison: what we believe the partner has, and what it says it has."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from common.audit import record_audit
from common.errors import DomainError, NotVisible
from common.http_client import PeerError
from common.models import AuditRow
from exchange.choices import MessageState, PartnerTransport, Verb
from exchange.models import Disclosure, OutboxMessage, Partner
from exchange.services.delivery_http import received_list_url, signed_request
from exchange.services.delivery_results import LOST, Refused, note_numbers, note_refused
from exchange.services.partner_keys import valid_keys

logger = structlog.get_logger(__name__)
# How far back the comparison looks, and what is too new for it.
LOOKS_BACK, SETTLES_IN = timedelta(days=2), timedelta(minutes=5)
# After a long silence, of ours or of theirs, the comparison begins where the last one ended, if that is no longer ago.
MOST_BACK = timedelta(days=31)
_MOST_PAGES = 1_000
_TABLE = "exchange_partner"
# What was noted as deleted by the partner when it took the message: both were written with one time.
_NOT_DELETED = """
    UPDATE exchange_disclosure d SET recalled_at = NULL FROM exchange_outboxmessage m
    WHERE m.uid = ANY(%(uids)s) AND d.partner_id = m.partner_id AND d.subject = m.subject AND d.subject_id = m.subject_id
      AND d.message_id < m.id AND d.recalled_at = m.sent_at"""


@dataclass(slots=True)
class Reconciled:
    """Difference between the two ledgers.

    Attributes:
        compared: messages that both sides were asked about.
        lost: those that the partner acknowledged or took and does not have.
        found: those that it has, and whose receipt never arrived.
    """

    compared: int = 0
    lost: list[uuid.UUID] = field(default_factory=list)
    found: list[uuid.UUID] = field(default_factory=list)


def receive_receipt(*, partner: Partner, document: dict[str, Any], now: datetime) -> OutboxMessage:
    """A receipt that the partner pushes for a message that it took: accepted, or refused with a reason.

    Called in the transaction that notes the nonce. The same receipt twice changes nothing.

    Raises:
        NotVisible: no message of this partner.
        DomainError: no receipt in it.
    """
    message = _own_message(partner, document.get("message_id"))
    if document.get("accepted") is False:
        if message.state == MessageState.SENT:
            OutboxMessage.objects.filter(pk=message.pk).update(sent_at=None)
            note_refused(message, Refused("NOT_ACCEPTED", str(document.get("reason") or "")[:200]), now)
        return message
    receipt, number = document.get("receipt"), document.get("partner_id")
    if not isinstance(receipt, str) or not 0 < len(receipt) <= 80:
        raise DomainError("RECEIPT_MISSING", "报文里没有回执编号（receipt，1–80 个字符）。请按接入说明补上后重发。")
    _acknowledge(message, receipt, now)
    if isinstance(number, str) and number:
        note_numbers([(message, number)], now)
    return message


def _own_message(partner: Partner, uid: Any) -> OutboxMessage:
    """Raises NotVisible where the partner was never sent such a message."""
    try:
        asked = uuid.UUID(str(uid))
    except ValueError as error:
        raise NotVisible from error
    found = OutboxMessage.objects.select_for_update().filter(partner=partner, uid=asked).first()
    if found is None:
        raise NotVisible
    return found


def _acknowledge(message: OutboxMessage, receipt: str, now: datetime) -> bool:
    changed = OutboxMessage.objects.filter(pk=message.pk, state=MessageState.SENT).update(
        state=MessageState.ACKNOWLEDGED, sent_at=Coalesce("sent_at", now), acknowledged_at=now, receipt=receipt, error_code=""
    )  # fmt: skip
    if changed:
        Disclosure.objects.filter(message=message).update(acknowledged_at=now)
    return bool(changed)


def reconcile_all(*, now: datetime) -> dict[str, Reconciled]:
    """Compares with every partner that can be asked; one that does not answer is compared tomorrow."""
    done = {}
    for partner in Partner.objects.filter(is_active=True, transport=PartnerTransport.HTTP).order_by("pk"):
        try:
            done[partner.code] = reconcile(partner=partner, now=now)
        except PeerError as error:
            logger.warning("reconcile_failed", partner_id=partner.pk, code=error.code)
    return done


def reconcile(*, partner: Partner, now: datetime) -> Reconciled:
    """Asks the partner what it received and writes the differences down.

    What it acknowledged and does not have is parked with the reason LOST: a person sends it again, by one button. What it has
    though no receipt came is acknowledged.

    Raises:
        PeerError: it does not answer, or not in the form agreed.
    """
    since, is_cut = _since(partner, now)
    theirs = _received(partner, since - SETTLES_IN, now)
    ours = _told(partner, since, now)
    result = Reconciled(compared=len(ours))
    with transaction.atomic():
        for message in ours.select_for_update():
            receipt = theirs.get(str(message.uid))
            if receipt is None:
                result.lost.append(message.uid)
            elif _acknowledge(message, receipt, now):
                result.found.append(message.uid)
        _note_lost(result.lost)
        record_audit(
            actor_id=None, verb="PARTNER_RECONCILED", subject_table=_TABLE, subject_id=partner.pk, now=now,
            count=len(result.lost) + len(result.found), reason=f"{since:%Y-%m-%d} 之前的未对账，已跳过" if is_cut else "",
        )  # fmt: skip
    return result


def _note_lost(uids: Sequence[uuid.UUID]) -> None:
    """Parks them, and takes out of the ledger what followed from them: that the partner has these words, or deleted others."""
    lost = OutboxMessage.objects.filter(uid__in=uids)
    with connection.cursor() as cursor:
        cursor.execute(_NOT_DELETED, {"uids": list(uids)})
    Disclosure.objects.filter(message__in=lost).update(acknowledged_at=None)
    # The reason of an ordered recall is its text, and stays.
    lost.exclude(verb=Verb.RECALL).update(error_message="对方曾经收下，对账时没有这条消息")
    lost.update(state=MessageState.DEAD, error_code=LOST, sent_at=None, acknowledged_at=None)


def _since(partner: Partner, now: datetime) -> tuple[datetime, bool]:
    """From when on to compare, and whether that leaves a gap behind it."""
    done = AuditRow.objects.filter(
        subject_table=_TABLE, subject_id=str(partner.pk), verb="PARTNER_RECONCILED", at__lte=now
    )
    last = done.order_by("-at").values_list("at", flat=True).first()
    if last is None:
        return now - MOST_BACK, False
    begin = min(now - LOOKS_BACK, last - SETTLES_IN)
    return max(begin, now - MOST_BACK), begin < now - MOST_BACK


def _told(partner: Partner, since: datetime, now: datetime) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(
        partner=partner, state__in=[MessageState.SENT, MessageState.ACKNOWLEDGED], sent_at__gte=since,
        sent_at__lt=now - SETTLES_IN,
    )  # fmt: skip


def _received(partner: Partner, since: datetime, now: datetime) -> dict[str, str]:
    """Message → receipt of everything that the partner says it received since."""
    keys = valid_keys(partner, now)
    if not keys:
        raise PeerError("NO_KEY", "没有有效的签名密钥，请在“密钥”页新建一把并交给对方。")
    key_id, secret = keys[0]
    found: dict[str, str] = {}
    cursor = ""
    for _ in range(_MOST_PAGES):
        query = {"since": since.isoformat(timespec="seconds")} | ({"cursor": cursor} if cursor else {})
        url = received_list_url(partner.url, urlencode(query))
        rows, following = _page(signed_request("GET", url, key_id, secret).body)
        found |= {str(row["message_id"]): str(row["receipt"])[:80] for row in rows}
        if not following or following == cursor:
            return found
        cursor = following
    raise PeerError("PEER_REPLY", "对方的收件清单没有尽头，已停止对账。请联系对方检查 /api/received 的翻页。")


def _page(body: bytes) -> tuple[list[dict[str, Any]], str]:
    try:
        document = orjson.loads(body)
        rows = [row for row in document["data"] if row["message_id"] and row["receipt"]]
        return rows, str(document.get("next") or "")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise PeerError("PEER_REPLY", "对方的收件清单无法读取，请联系对方核对 /api/received 的格式。") from error
