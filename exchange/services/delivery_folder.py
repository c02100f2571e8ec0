"""Partners behind a one-way ferry: parcels go into their folder, receipts come back as files, later."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import structlog
from django.db import transaction

from common.errors import DomainError
from exchange.choices import MessageState
from exchange.models import Disclosure, OutboxMessage, Partner
from exchange.services.delivery_claim import claim
from exchange.services.delivery_parcel import MANIFEST, ferry_folder, remove_parcel, write_parcel_files
from exchange.services.delivery_rendering import Rendered
from exchange.services.delivery_results import (
    Delivered,
    Refused,
    note_delivered,
    note_numbers,
    note_reached,
    note_refused,
    release,
    rest_partner,
)

logger = structlog.get_logger(__name__)
INBOX, RECEIPTS, DONE = "inbox", "receipts", "done"
_MOST_ROWS = 500
_SEQUENCE = re.compile(r".*-(\d{6,})\.jsonl")


def write_parcel(partner: Partner, now: datetime) -> int:
    """One parcel of what is due; returns how many messages it holds."""
    try:
        folder = ferry_folder(partner.folder, INBOX)
        sequence = next_sequence(partner)
        name = f"{partner.code}-{sequence:06d}.jsonl"
        rendered, _looked_at = claim(partner, now=now, limit=_MOST_ROWS, parcel=name)
    except DomainError as error:
        return _rest(partner, error.message, now)
    if not rendered:
        return 0
    try:
        _write(folder, name, sequence, rendered, now)
    except OSError as error:
        release([one.message for one in rendered])
        return _rest(partner, str(error.strerror), now)
    note_delivered([(one, Delivered()) for one in rendered], now)
    note_reached(partner, now)
    return len(rendered)


def _write(folder: Path, name: str, sequence: int, rendered: list[Rendered], now: datetime) -> None:
    subjects = {str(one.message.subject) for one in rendered}
    write_parcel_files(
        folder, name=name, kind=subjects.pop() if len(subjects) == 1 else "MIXED", sequence=sequence,
        documents=[one.document(now) for one in rendered], sent_at=now,
    )  # fmt: skip


def _rest(partner: Partner, why: str, now: datetime) -> int:
    logger.warning("parcel_not_written", partner_id=partner.pk, why=why)
    rest_partner(partner, now)
    return 0


def next_sequence(partner: Partner) -> int:
    """1, 2, 3 … without gaps; a parcel that was never whole leaves its number to the next."""
    last = (
        OutboxMessage.objects.filter(partner=partner)
        .exclude(parcel="")
        .order_by("-parcel")
        .values_list("parcel", flat=True)
        .first()
    )
    found = _SEQUENCE.fullmatch(last) if last else None
    return int(found[1]) + 1 if found else 1


def settle_written(partner: Partner, now: datetime) -> None:
    """A parcel whose manifest stands there left whole, though its deliverer was killed before it could note that.

    To be called before what is in flight is put back.
    """
    try:
        folder = ferry_folder(partner.folder, INBOX)
    except DomainError:
        return
    in_flight = OutboxMessage.objects.filter(partner=partner, state=MessageState.SENT, sent_at__isnull=True)
    for name in set(in_flight.exclude(parcel="").values_list("parcel", flat=True)):
        if (folder / f"{name}{MANIFEST}").exists():
            in_flight.filter(parcel=name).update(sent_at=now)


def collect_receipts(partner: Partner, now: datetime) -> int:
    """Takes the receipts that lie there; a half-written one is left for the next time. Returns how many were taken."""
    try:
        receipts, inbox = ferry_folder(partner.folder, RECEIPTS), ferry_folder(partner.folder, INBOX)
    except DomainError:
        return 0
    if not receipts.is_dir():
        return 0
    taken = 0
    for path in sorted(receipts.glob("*.receipt.json")):
        document = _read(path)
        if document is None:
            continue
        parcel = str(document.get("file", ""))
        take_receipt(partner, parcel, document, now)
        if _SEQUENCE.fullmatch(parcel) and "/" not in parcel:
            remove_parcel(inbox, parcel)
        (receipts / DONE).mkdir(exist_ok=True)
        path.rename(receipts / DONE / path.name)
        taken += 1
    return taken


def _read(path: Path) -> dict[str, Any] | None:
    try:
        document = orjson.loads(path.read_bytes()[:1_000_000])
    except (OSError, orjson.JSONDecodeError):
        return None
    return document if isinstance(document, dict) else None


@transaction.atomic
def take_receipt(partner: Partner, parcel: str, document: dict[str, Any], now: datetime) -> int:
    """What a receipt says of a parcel holds for each of its messages; returns of how many."""
    sent = OutboxMessage.objects.filter(
        partner=partner, parcel=parcel, state=MessageState.SENT, sent_at__isnull=False
    ).exclude(parcel="")
    messages = list(sent.select_for_update())
    if document.get("accepted") is not True:
        reason = str(document.get("reason") or "对方不接收")[:200]
        OutboxMessage.objects.filter(pk__in=[one.pk for one in messages]).update(sent_at=None)
        for message in messages:
            note_refused(message, Refused("NOT_ACCEPTED", reason), now)
        return len(messages)
    OutboxMessage.objects.filter(pk__in=[one.pk for one in messages]).update(
        state=MessageState.ACKNOWLEDGED, acknowledged_at=now, receipt=str(document.get("receipt", ""))[:80]
    )
    Disclosure.objects.filter(message__in=messages).update(acknowledged_at=now)
    numbers = _numbers(document, messages)
    note_numbers([(message, number) for message in messages if (number := numbers.get(str(message.uid)))], now)
    return len(messages)


def _numbers(document: dict[str, Any], messages: list[OutboxMessage]) -> dict[str, str]:
    """Message → the partner's number: one for the whole parcel of a single message, else message by message."""
    if len(messages) == 1 and isinstance(document.get("partner_id"), str):
        return {str(messages[0].uid): document["partner_id"]}
    records = document.get("records")
    if not isinstance(records, list):
        return {}
    return {str(one.get("message_id")): str(one.get("partner_id") or "") for one in records if isinstance(one, dict)}
