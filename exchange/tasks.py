"""Background upkeep of the landing zone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from common import clock
from exchange.services import (
    address_batch,
    connecting,
    delivery,
    disputes,
    files,
    link_alerts,
    link_receipts,
    outbox_fanout,
    partner_alerts,
    partner_keys,
    receipts,
)


@shared_task
def sweep_uploads(**_kwargs: Any) -> None:
    """Removes files that no row names, resolved files of addresses past their days, and ferried files that were answered."""
    files.sweep_uploads(now=clock.now())
    address_batch.sweep_batches(now=clock.now())
    link_receipts.clear_folders(now=clock.now())


@shared_task
def fan_out(**_kwargs: Any) -> None:
    """Makes messages of what changed, and asks for their delivery at once; a bell nobody hears is no fault."""
    if outbox_fanout.fan_out(now=clock.now()):
        with suppress(OperationalError):
            deliver.apply_async(retry=False)


@shared_task
def deliver(**_kwargs: Any) -> None:
    """Tells every partner what is due."""
    delivery.deliver_due(now=clock.now())


@shared_task
def claim_disputes(**_kwargs: Any) -> None:
    """Makes claims of what partners say is wrong."""
    disputes.claim_open(now=clock.now())


@shared_task
def reconcile_partners(**_kwargs: Any) -> None:
    """Compares what we sent with what partners received; forgets nonces that are out of date."""
    receipts.reconcile_all(now=clock.now())
    partner_keys.sweep_nonces(now=clock.now())


@shared_task
def run_links(**_kwargs: Any) -> None:
    """Starts the readings that are due, and takes up those that lost their holder."""
    connecting.start_due_runs(now=clock.now())
    connecting.advance_open_runs(now=clock.now())


@shared_task
def answer_links(**_kwargs: Any) -> None:
    """Receipts to who sent files, letters to who answers for links and partners."""
    link_receipts.write_receipts(now=clock.now())
    link_alerts.tell_owners(now=clock.now())
    partner_alerts.tell_partner_owners(now=clock.now())
