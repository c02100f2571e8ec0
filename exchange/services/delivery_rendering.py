"""What a message says, written when it is sent from the record as it is then: the contract decides, then what is held.

Nothing leaves that the contract does not name. Once it is over, only what the partner already holds is still corrected,
deleted or recalled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone

from common.encryption import SealBroken
from exchange.choices import DisputeState, Verb
from exchange.contracts import SUBJECTS, SubjectSpec
from exchange.models import Contract, Dispute, OutboxMessage, Partner, PartnerRecord
from exchange.selectors.partners_holdings import Holding, holdings, is_in_force, latest_contracts
from exchange.selectors.partners_values import as_sent, read_values, value_hash

GONE = (Verb.DELETE, Verb.RECALL)
# Why a message need not go, or cannot; shown in words by the pages.
NO_CHANGE, NOT_HELD, CONTRACT_OVER, NOT_SELECTED, SEAL_BROKEN = (
    "NO_CHANGE", "NOT_HELD", "CONTRACT_OVER", "NOT_SELECTED", "SEAL_BROKEN"
)  # fmt: skip


@dataclass(slots=True)
class Rendered:
    """One message as it will be sent.

    Attributes:
        fields: contract field → value in JSON; empty when the record is to be deleted.
        withdrawn: fields that the partner holds and has no longer a contract for: it is asked to delete them.
        partner_number: the partner's own number of the record, "" while it gave none.
    """

    message: OutboxMessage
    contract: Contract
    verb: str
    fields: dict[str, Any] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    partner_number: str = ""
    disputes: list[dict[str, str]] = field(default_factory=list)

    def hashes(self) -> dict[str, bytes]:
        """Field → keyed hash of what is sent: what the ledger keeps."""
        return {name: value_hash(self.contract.subject, name, value) for name, value in self.fields.items()}

    def document(self, sent_at: datetime) -> dict[str, Any]:
        """The body of the message."""
        record: dict[str, Any] = {"id": self.message.subject_id}
        if self.partner_number:
            record["partner_id"] = self.partner_number
        document: dict[str, Any] = {
            "message_id": str(self.message.uid), "subject": self.message.subject, "verb": str(self.verb), "record": record,
            "fields": self.fields,
            "contract": {"id": self.contract.pk, "version": self.contract.version, "purpose": self.contract.purpose},
            "sent_at": timezone.localtime(sent_at).isoformat(timespec="seconds"),
        }  # fmt: skip
        if self.withdrawn:
            document["withdrawn_fields"] = self.withdrawn
        if self.disputes:
            document["disputes"] = self.disputes
        if self.verb == Verb.RECALL:
            document["reason"] = self.message.error_message
        return document

    def body(self, sent_at: datetime) -> bytes:
        return orjson.dumps(self.document(sent_at))


@dataclass(slots=True)
class Rendering:
    """What became of some messages: to send, in their order; not to send, each with the reason; broken."""

    ready: list[Rendered] = field(default_factory=list)
    skipped: list[tuple[OutboxMessage, str]] = field(default_factory=list)
    broken: list[OutboxMessage] = field(default_factory=list)


def render(partner: Partner, messages: Sequence[OutboxMessage], now: datetime) -> Rendering:
    """Writes the messages of one partner; a constant number of queries for each subject."""
    contracts = {one.subject: one for one in latest_contracts(partner=partner)}
    made: dict[int, Rendered | str | None] = {}
    for subject in dict.fromkeys(message.subject for message in messages):
        own = [message for message in messages if message.subject == subject]
        made |= _render_subject(contracts[subject], own, now)
    result = Rendering()
    for message in messages:
        one = made[message.pk]
        if one is None:
            result.broken.append(message)
        elif isinstance(one, str):
            result.skipped.append((message, one))
        else:
            result.ready.append(one)
    return result


def _render_subject(
    contract: Contract, messages: Sequence[OutboxMessage], now: datetime
) -> dict[int, Rendered | str | None]:
    """Message id → what it says, or why it says nothing; None: a sealed value cannot be opened."""
    spec = SUBJECTS[contract.subject]
    ids = [message.subject_id for message in messages]
    held = holdings(contract.partner_id, contract.subject, ids)
    values = read_values(spec, ids, contract.fields)
    selected: set[int] = set()
    if is_in_force(contract, timezone.localdate(now)):
        selected = set(spec.selected(spec.standing(ids), contract.selection).values_list("pk", flat=True))
    numbers = dict(
        PartnerRecord.objects.filter(
            partner_id=contract.partner_id, subject=contract.subject, subject_id__any=ids
        ).values_list("subject_id", "number")
    )
    answers = _answers(contract, ids)
    made: dict[int, Rendered | str | None] = {}
    for message in messages:
        record = message.subject_id
        is_current = is_in_force(contract, timezone.localdate(now))
        try:
            one = decide(
                spec,
                contract,
                message,
                held.get(record) or Holding(),
                values.get(record),
                record in selected,
                is_current,
            )
        except SealBroken:
            made[message.pk] = None
            continue
        if isinstance(one, Rendered):
            one.partner_number, one.disputes = numbers.get(record, ""), answers.get(record, [])
        made[message.pk] = one
    return made


def decide(
    spec: SubjectSpec, contract: Contract, message: OutboxMessage, held: Holding, raw: dict[str, Any] | None,
    is_selected: bool, is_current: bool,
) -> Rendered | str:  # fmt: skip
    """What to say about one record; a reason when nothing is to be said."""
    if message.verb == Verb.RECALL:
        return Rendered(message, contract, Verb.RECALL) if held.maybe else NOT_HELD
    if is_selected and raw is not None:
        fields = {name: as_sent(spec.fields[name], value) for name, value in raw.items()}
        withdrawn = sorted(held.maybe - set(fields))
        changed = _changed(contract.subject, fields, held)
        if not changed and not withdrawn:
            return NO_CHANGE
        return Rendered(message, contract, _verb(spec, changed, held), fields, withdrawn)
    if not held.maybe:
        return NOT_SELECTED if is_current else CONTRACT_OVER
    if raw is None or is_current:
        return Rendered(message, contract, Verb.DELETE)
    corrected = {name: as_sent(spec.fields[name], raw[name]) for name in sorted(held.known) if name in raw}
    fields = {name: corrected[name] for name in _changed(contract.subject, corrected, held)}
    return Rendered(message, contract, Verb.UPDATE, fields) if fields else CONTRACT_OVER


def _changed(subject: str, fields: dict[str, Any], held: Holding) -> list[str]:
    """Fields that the partner does not surely have in these words."""
    return [name for name, value in fields.items() if held.known.get(name) != value_hash(subject, name, value)]


def _verb(spec: SubjectSpec, changed: Sequence[str], held: Holding) -> str:
    if not held.known:
        return Verb.CREATE
    is_transition = bool(changed) and all(spec.fields[name].is_state for name in changed)
    return Verb.TRANSITION if is_transition else Verb.UPDATE


def _answers(contract: Contract, ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    """Record → the partner's disputes that were decided: they ride with the next message about it."""
    found: dict[int, list[dict[str, str]]] = {}
    decided = Dispute.objects.filter(
        partner_id=contract.partner_id, subject=contract.subject, subject_id__in=ids
    ).exclude(state=DisputeState.OPEN)
    for one in decided.order_by("pk"):
        found.setdefault(one.subject_id, []).append(
            {"number": one.number, "state": str(one.state), "answer": one.answer}
        )
    return found
