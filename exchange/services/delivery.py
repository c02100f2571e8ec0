"""Telling partners: who is due, one deliverer to each, all of them at the same time so that none waits for another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from django.db import connections
from django.db.models import Exists, OuterRef, Q

from exchange.choices import MessageState, PartnerTransport
from exchange.models import OutboxMessage, Partner
from exchange.services.delivery_claim import claim, only_deliverer, recover
from exchange.services.delivery_email import send_letter
from exchange.services.delivery_folder import collect_receipts, settle_written, write_parcel
from exchange.services.delivery_http import push
from exchange.services.delivery_rendering import Rendered
from exchange.services.delivery_results import (
    LONGEST_PAUSE_S,
    Delivered,
    Refused,
    Unreachable,
    note_delivered,
    note_reached,
    note_refused,
    note_unreachable,
    release,
)
from exchange.services.partner_keys import valid_keys

logger = structlog.get_logger(__name__)
# Messages that are written before they are sent: what was written is at most that old when it leaves.
BATCH = 20
# One run holds a partner at most about this long, and one answer more.
RUN_S = 5.0
MAX_THREADS = 6


def due_partners(now: datetime) -> list[int]:
    """Partners with something to send or to recover, whose pause is over."""
    waiting = OutboxMessage.objects.filter(partner_id=OuterRef("pk")).filter(
        Q(state=MessageState.PENDING, due_at__lte=now) | Q(state=MessageState.SENT)
    )
    found = Partner.objects.filter(Exists(waiting), is_active=True)
    # No pause is that long: a clock was ahead when it was set.
    resting = Q(next_try_at__gt=now, next_try_at__lte=now + timedelta(seconds=LONGEST_PAUSE_S))
    return list(found.exclude(resting).order_by("pk").values_list("pk", flat=True))


def deliver_due(*, now: datetime) -> int:
    """Delivers to every due partner, each in a thread with a connection of its own; returns how many messages left."""
    partner_ids = due_partners(now)
    if not partner_ids:
        return 0
    with ThreadPoolExecutor(min(MAX_THREADS, len(partner_ids))) as pool:
        return sum(pool.map(lambda partner_id: _in_own_thread(partner_id, now), partner_ids))


def _in_own_thread(partner_id: int, now: datetime) -> int:
    try:
        return deliver_partner(partner_id=partner_id, now=now)
    except Exception:  # edge of a thread: one partner's fault is not another's
        logger.exception("delivery_failed", partner_id=partner_id)
        return 0
    finally:
        connections.close_all()


def deliver_partner(*, partner_id: int, now: datetime) -> int:
    """Delivers what is due to one partner, unless another process does; returns how many messages it took."""
    partner = Partner.objects.get(pk=partner_id)
    with only_deliverer(partner) as is_ours:
        if not is_ours:
            return 0
        if partner.transport == PartnerTransport.FOLDER:
            settle_written(partner, now)
        recover(partner)
        if partner.transport == PartnerTransport.HTTP:
            return _push_all(partner, now)
        if partner.transport == PartnerTransport.FOLDER:
            collect_receipts(partner, now)
            return write_parcel(partner, now)
        return send_letter(partner, now)


def _push_all(partner: Partner, now: datetime) -> int:
    ends, sent = time.monotonic() + RUN_S, 0
    keys = valid_keys(partner, now)
    while time.monotonic() < ends:
        rendered, looked_at = claim(partner, now=now, limit=BATCH)
        taken, goes_on = _push_batch(partner, rendered, keys, ends, now)
        sent += taken
        if not goes_on or looked_at == 0:
            break
    return sent


def _push_batch(
    partner: Partner, rendered: Sequence[Rendered], keys: Sequence[tuple[str, bytes]], ends: float, now: datetime
) -> tuple[int, bool]:
    """Sends in order; (how many were taken, whether to go on). What is not sent any more is given back.

    What was taken is noted at the end of the batch: a kill before that repeats it under the same uids.
    """
    delivered: list[tuple[Rendered, Delivered]] = []
    left: Sequence[Rendered] = ()
    unreachable: tuple[Rendered, Unreachable] | None = None
    for position, one in enumerate(rendered):
        if time.monotonic() >= ends:
            left = rendered[position:]
            break
        match push(partner.url, keys, one.body(now)):
            case Delivered() as answer:
                delivered.append((one, answer))
            case Refused() as refusal:
                note_refused(one.message, refusal, now)
            case Unreachable() as failure:
                unreachable, left = (one, failure), rendered[position + 1 :]
                break
    note_delivered(delivered, now)
    if delivered:
        note_reached(partner, now)
    if unreachable:
        note_unreachable(partner, unreachable[0].message, unreachable[1], now)
    if left:
        release([one.message for one in left])
    return len(delivered), not (unreachable or left)
