"""What partners hold: which records, which fields, told in which words, by the recipient ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import F, QuerySet

from exchange.choices import Verb
from exchange.models import Contract, Disclosure, OutboxMessage


@dataclass(slots=True)
class Holding:
    """What a partner has of one record.

    Attributes:
        known: field → hash of the value that it surely has.
        maybe: every field that it has or may have: what was sent and never answered counts.
    """

    known: dict[str, bytes] = field(default_factory=dict)
    maybe: set[str] = field(default_factory=set)


def _standing(partner_id: int, subject: str) -> QuerySet[Disclosure]:
    return Disclosure.objects.filter(
        partner_id=partner_id, subject=subject, recalled_at__isnull=True, superseded_at__isnull=True
    )


def held_ids(partner_id: int, subject: str, ids: Collection[int] | None = None) -> set[int]:
    """Records of which the partner has, or may have, a field; among `ids`, or all."""
    found = _standing(partner_id, subject)
    if ids is not None:
        found = found.filter(subject_id__any=list(ids))
    return set(found.values_list("subject_id", flat=True).distinct())


def recalled_ids(partner_id: int, subject: str, ids: Collection[int]) -> set[int]:
    """Records of `ids` that a person ordered the partner to forget."""
    ordered = OutboxMessage.objects.filter(partner=partner_id, subject=subject, verb=Verb.RECALL)
    return set(ordered.filter(subject_id__any=list(ids)).values_list("subject_id", flat=True))


def holdings(partner_id: int, subject: str, ids: Collection[int]) -> dict[int, Holding]:
    """Record → what the partner has of it; records of which it has nothing are left out. One query."""
    rows = (
        _standing(partner_id, subject)
        .filter(subject_id__any=list(ids))
        .order_by("message_id")
        .values_list("subject_id", "field", "value_hash", F("message__sent_at"))
    )
    found: dict[int, Holding] = {}
    for subject_id, name, value_hash, sent_at in rows:
        one = found.setdefault(subject_id, Holding())
        one.maybe.add(name)
        if sent_at is not None:
            one.known[name] = bytes(value_hash)
    return found


def is_in_force(contract: Contract, today: date) -> bool:
    """Whether something may be told by it today."""
    return contract.ended_at is None and contract.valid_from <= today < contract.valid_to


def latest_contracts(**narrowed: Any) -> list[Contract]:
    """The newest version of every contract, in force or over. A test partner gets invented values alone, by hand."""
    found = Contract.objects.filter(partner__is_test=False, **narrowed).select_related("partner")
    return list(found.order_by("partner_id", "subject", "-version").distinct("partner_id", "subject"))
