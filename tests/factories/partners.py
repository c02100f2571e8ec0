"""Partners with contracts and keys, and the change rows of a test that rolls back made readable."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

from common import clock
from common.changes import start_reader
from common.encryption import encrypt_bytes
from common.models import ChangeReader, ChangeRow
from elements.models import Source
from exchange.contracts import SUBJECTS
from exchange.models import Contract, OutboxMessage, Partner, PartnerKey
from exchange.services import delivery, outbox_fanout
from tests.standins.processes import StandIn

SINCE, UNTIL = date(2020, 1, 1), date(2099, 1, 1)


def make_partner(code: str, standin: StandIn | None = None, *, key_id: str = "platform", **values: Any) -> Partner:
    """A partner; told by the stand-in's address with its first key when there is one."""
    values = {
        "name": code,
        "transport": "HTTP",
        "url": f"{standin.url}/inbox" if standin else "http://10.9.9.9/inbox",
    } | values
    if (source := values.pop("source", None)) is not None:
        values["source"] = Source.objects.get(code=source)
    partner = Partner.objects.create(code=code, **values)
    if standin is not None and values["transport"] == "HTTP":
        give_key(partner, key_id, json.loads((standin.folder / "keys.json").read_text())[key_id])
    return partner


def give_key(partner: Partner, key_id: str, secret: str, *, valid_from: datetime | None = None) -> PartnerKey:
    """A key that both sides hold; its id is told apart by partner on our side only if it must be."""
    return PartnerKey.objects.create(
        partner=partner, key_id=key_id, secret=encrypt_bytes("partner_key", secret.encode()),
        valid_from=valid_from or clock.now() - timedelta(days=1),
    )  # fmt: skip


def make_contract(partner: Partner, subject: str, *fields: str, **values: Any) -> Contract:
    """A contract in force; without fields it names all there are."""
    values = {"selection": "ALL", "version": 1, "valid_from": SINCE, "valid_to": UNTIL} | values
    return Contract.objects.create(
        partner=partner, subject=subject, fields=list(fields or SUBJECTS[subject].fields), purpose="试验用途",
        legal_basis="试验依据", signed_by="试验签署人", created_at=clock.now(), **values,
    )  # fmt: skip


def allow(settings: Any, *standins: StandIn) -> None:
    """Lets the platform talk to these, and to nobody else."""
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{one.port}" for one in standins]


def fan_out(now: datetime | None = None) -> int:
    """Fans out what changed since the last call. Changes of a running transaction are not settled: they are made old."""
    start_reader(outbox_fanout.READER)
    ChangeRow.objects.filter(xid=1).update(xid=0)
    ChangeRow.objects.filter(xid__gt=1).update(xid=1)
    ChangeReader.objects.filter(name=outbox_fanout.READER).update(xid=1)
    return outbox_fanout.fan_out(now=now or clock.now())


def deliver(partner: Partner, now: datetime | None = None) -> int:
    """Delivers to one partner in this process."""
    return delivery.deliver_partner(partner_id=partner.pk, now=now or clock.now())


def states(partner: Partner) -> list[tuple[str, str]]:
    """(verb, state) of the partner's messages in their order."""
    return list(OutboxMessage.objects.filter(partner=partner).order_by("pk").values_list("verb", "state"))


def inbox(standin: StandIn) -> list[dict[str, Any]]:
    """What the stand-in keeps, as it came, in the order of arrival."""
    with sqlite3.connect(f"file:{standin.folder / 'received.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT body FROM message ORDER BY serial").fetchall()
    return [json.loads(body) for (body,) in rows]
