"""From what changed to what partners are to be told: change rows become waiting messages, contract by contract, in sets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from common.changes import Changes, read_changes, start_reader
from exchange.choices import Verb
from exchange.contracts import ELEMENT_TABLE, SUBJECTS, TABLES, SubjectSpec
from exchange.models import Contract
from exchange.selectors.partners_holdings import held_ids, is_in_force, latest_contracts, recalled_ids

READER = "exchange.outbox"
# A record waits once for a partner: what is said is written when it is sent, so only the verb may still change. An ordered
# recall stays one.
_ENQUEUE = """
    INSERT INTO exchange_outboxmessage AS m (uid, partner_id, contract_id, subject, subject_id, verb, state, created_at, due_at,
        attempts, error_code, error_message, receipt, parcel)
    SELECT gen_random_uuid(), %(partner)s, %(contract)s, %(subject)s, r.id, r.verb, 'PENDING', %(now)s, %(due)s,
           0, '', %(note)s, '', ''
    FROM unnest(%(ids)s::bigint[], %(verbs)s::text[]) AS r(id, verb) ORDER BY r.id
    ON CONFLICT (partner_id, subject, subject_id) WHERE state = 'PENDING'
    DO UPDATE SET verb = EXCLUDED.verb, contract_id = EXCLUDED.contract_id,
                  error_message = CASE WHEN EXCLUDED.error_message <> '' THEN EXCLUDED.error_message ELSE m.error_message END,
                  due_at = CASE WHEN EXCLUDED.verb IN ('RECALL', 'DELETE') THEN least(m.due_at, EXCLUDED.due_at) ELSE m.due_at END
    WHERE m.verb <> 'RECALL' AND (m.verb <> EXCLUDED.verb OR m.contract_id <> EXCLUDED.contract_id)"""


def enqueue(
    *, contract: Contract, told: Sequence[tuple[int, str]], now: datetime, due_at: datetime | None = None, note: str = ""
) -> int:  # fmt: skip
    """Makes a waiting message for each (record, verb); one that waits already takes the verb over. Returns how many."""
    if not told:
        return 0
    ids, verbs = zip(*told, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _ENQUEUE,
            {"partner": contract.partner_id, "contract": contract.pk, "subject": contract.subject, "now": now,
             "due": due_at or now, "note": note[:300], "ids": list(ids), "verbs": [str(verb) for verb in verbs]},
        )  # fmt: skip
        return int(cursor.rowcount)


def verbs_for(contract: Contract, ids: Collection[int], now: datetime) -> list[tuple[int, str]]:
    """What the partner is to be told about these records as they are now: (record, verb); nothing where nothing is due."""
    spec = SUBJECTS[contract.subject]
    is_current = is_in_force(contract, timezone.localdate(now))
    held = held_ids(contract.partner_id, contract.subject, ids)
    standing = spec.standing(ids)
    selected = set(spec.selected(standing, contract.selection).values_list("pk", flat=True)) if is_current else set()
    # Whom a person ordered to forget a record is not told of it anew.
    selected -= recalled_ids(contract.partner_id, contract.subject, selected - held)
    there = set(standing.filter(pk__any=list(held)).values_list("pk", flat=True)) if not is_current and held else set()
    told: list[tuple[int, str]] = []
    for record in sorted(selected | held):
        if record in selected:
            told.append((record, Verb.UPDATE if record in held else Verb.CREATE))
        else:
            # Once the contract is over, what the partner holds is still corrected; nothing new is told.
            told.append((record, Verb.UPDATE if record in there else Verb.DELETE))
    return told


def fan_out(*, now: datetime) -> int:
    """Takes the next changes and makes the messages they call for, in one transaction; returns how many."""
    start_reader(READER)
    with read_changes(READER, tables=TABLES) as changes:
        if changes is None:
            return 0
        contracts = latest_contracts()
        touched = {subject: _touched(SUBJECTS[subject], changes) for subject in {one.subject for one in contracts}}
        return sum(
            enqueue(contract=one, told=verbs_for(one, touched[one.subject], now), now=now)
            for one in contracts
            if touched[one.subject]
        )


def announce(*, contract: Contract, now: datetime, with_existing: bool) -> int:
    """After a new version: what the partner holds is looked at again; with `with_existing` all that it selects is told.

    Nothing leaves before the contract begins.
    """
    if contract.partner.is_test:
        return 0
    spec = SUBJECTS[contract.subject]
    begin = timezone.make_aware(datetime.combine(contract.valid_from, datetime.min.time()))
    held = held_ids(contract.partner_id, contract.subject)
    records = set(held)
    if with_existing:
        records |= set(spec.selected(spec.everything(), contract.selection).values_list("pk", flat=True))
    told = [(record, Verb.UPDATE if record in held else Verb.CREATE) for record in sorted(records)]
    with transaction.atomic():
        start_reader(READER)
        return enqueue(contract=contract, told=told, now=now, due_at=max(now, begin))


def _touched(spec: SubjectSpec, changes: Changes) -> set[int]:
    """Records of the subject that the changes are about or concern."""
    narrowed = f"SELECT subject_id FROM ({changes.rows_sql}) r WHERE r.subject_table = %(own_table)s"
    with connection.cursor() as cursor:
        if spec.is_event:
            cursor.execute(narrowed, {**changes.parameters, "own_table": spec.table})
        else:
            cursor.execute(
                f"SELECT id FROM elements_element WHERE kind = %(kind)s AND id IN ({narrowed})",
                {**changes.parameters, "own_table": ELEMENT_TABLE, "kind": str(spec.kind.code)},
            )
        found = {record for (record,) in cursor.fetchall()}
        for table, concerned in spec.concerned.items():
            cursor.execute(
                concerned.replace("%(ids)s", f"ARRAY({narrowed})"), {**changes.parameters, "own_table": table}
            )
            found |= {record for (record,) in cursor.fetchall()}
    return found
