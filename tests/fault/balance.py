"""Both sides of every link against each other, by SQL from outside: ours over psycopg, theirs in the SQLite files they keep.

Every function says what does not fit, in words; nothing does when it says nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from common.encryption import unseal, value_index

Outside = psycopg.Connection[Any]
# Our kind of a record: its table, the look-up key of a message's record, the fields that the contract names.
UNIT_FIELDS, VEHICLE_FIELDS = (
    ("uscc", "name", "legal_person_name", "state"),
    ("vin", "plate_number", "brand", "use_nature"),
)
_TABLES = {"UNIT": ("elements_unit", UNIT_FIELDS), "VEHICLE": ("elements_vehicle", VEHICLE_FIELDS)}
_BALANCE = ("created", "updated", "unchanged", "to_review", "rejected")
MOST_SHOWN = 5


def _shown(what: str, found: Any) -> list[str]:
    found = sorted(found, key=str)
    return [f"{what}: {len(found)}, e.g. {found[:MOST_SHOWN]}"] if found else []


def rows_of(agency: Path, kind: str) -> dict[str, dict[str, Any]]:
    """What the bureau holds of a kind: key → columns."""
    with closing(sqlite3.connect(f"file:{agency / 'bureau.db'}?mode=ro", uri=True)) as kept:
        return {
            key: json.loads(body) for key, body in kept.execute("SELECT key, body FROM row WHERE kind = ?", (kind,))
        }


def persons(outside: Outside, agency: Path) -> list[str]:
    """Every person of the bureau is one element and one claim, with name and telephone as they are there."""
    theirs = rows_of(agency, "persons")
    by_index = {value_index("citizen_id", key).hex(): row for key, row in theirs.items()}
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    query = """SELECT k.value, p.name, p.phone FROM elements_elementkey k JOIN elements_element e ON e.id = k.element_id
               JOIN elements_person p ON p.element_id = e.id WHERE k.scheme = 1 AND NOT e.is_withdrawn"""
    for value, name, phone in outside.execute(query):
        found[value].append((name, unseal("phone", phone) if phone else ""))
    return [
        *_shown("persons not there exactly once", [key for key in by_index if len(found.get(key, [])) != 1]),
        *_shown(
            "persons with old words",
            [key for key, row in by_index.items() if found.get(key, [])[:1] != [(row["XM"], row["LXDH"])]],
        ),
        *_claims(outside, "PERSON", "SECURITY_PERSON", {f"CITIZEN_ID:{key}" for key in by_index}),
    ]


def units(outside: Outside, agency: Path) -> list[str]:
    """The same for units."""
    theirs = rows_of(agency, "units")
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    query = """SELECT k.value, u.name, u.legal_person_name FROM elements_elementkey k
               JOIN elements_element e ON e.id = k.element_id JOIN elements_unit u ON u.element_id = e.id
               WHERE k.scheme = 2 AND NOT e.is_withdrawn"""
    for value, name, boss in outside.execute(query):
        found[value].append((name, boss))
    return [
        *_shown("units not there exactly once", [key for key in theirs if len(found.get(key, [])) != 1]),
        *_shown(
            "units with old words",
            [key for key, row in theirs.items() if found.get(key, [])[:1] != [(row["DWMC"], row["FDDBR"])]],
        ),
        *_claims(outside, "UNIT", "SECURITY_UNIT", {f"USCC:{key}" for key in theirs}),
    ]


def _claims(outside: Outside, kind: str, source: str, expected: set[str]) -> list[str]:
    query = f"""SELECT c.subject_key FROM elements_{kind.lower()}claim c JOIN elements_source s ON s.id = c.source_id
                WHERE s.code = %s"""
    found = Counter(key for (key,) in outside.execute(query, [source]))
    doubled = [key for key, times in found.items() if times > 1]
    return [
        *_shown(f"{kind} without a claim", expected - found.keys()),
        *_shown(f"{kind} claims of nobody", found.keys() - expected),
        *_shown(f"{kind} with two claims", doubled),
    ]


def addresses(outside: Outside, agency: Path) -> list[str]:
    """Every address that the bureau holds stands once, with the number that it has there."""
    theirs = {key: row["number"] for key, row in rows_of(agency, "own_address").items()}
    query = "SELECT code, number FROM addresses_standardaddress WHERE state = 'ACTIVE' AND code = ANY(%s)"
    found: dict[str, list[str]] = defaultdict(list)
    for code, number in outside.execute(query, [list(theirs)]):
        found[code].append(number.removesuffix("号"))
    return _shown("addresses not as they are there", [key for key in theirs if found.get(key) != [theirs[key]]])


def batches(outside: Outside) -> list[str]:
    """Every batch that went in balances: what was received is what became of its rows, and all of them are final."""
    problems = []
    query = """SELECT b.id, b.counts, count(r.id), count(r.id) FILTER (WHERE r.outcome IS NOT NULL AND r.is_final)
               FROM exchange_landingbatch b LEFT JOIN exchange_landingrow r ON r.batch_id = b.id
               WHERE b.state = 'IMPORTED' GROUP BY b.id"""
    for batch_id, counts, rows, ended in outside.execute(query):
        received = counts["received"]
        if not received == rows == sum(counts[name] for name in _BALANCE):
            problems.append(f"batch {batch_id} does not balance: {counts}, {rows} rows")
        if counts["to_review"] + counts["rejected"] == 0 and ended != rows:
            problems.append(f"batch {batch_id}: {rows - ended} rows are not final")
    # Addresses are acts: what was overtaken before it was read is no row of its own.
    runs = """SELECT r.id, r.rows, r.counts FROM exchange_connectorrun r JOIN exchange_connector c ON c.id = r.connector_id
              WHERE r.state = 'DONE' AND c.kind <> 'ADDRESS'"""
    for run_id, rows, counts in outside.execute(runs):
        if rows != counts["received"]:
            problems.append(f"run {run_id}: {rows} fetched, {counts['received']} received")
    return problems


def messages_of(partner: Path) -> list[dict[str, Any]]:
    """What a partner holds, in the order in which it came, with the receipt that it gave."""
    with closing(sqlite3.connect(f"file:{partner / 'received.db'}?mode=ro", uri=True)) as kept:
        rows = kept.execute("SELECT message_id, receipt, body FROM message ORDER BY serial").fetchall()
    return [json.loads(body) | {"message_id": uid, "receipt": receipt} for uid, receipt, body in rows]


def partner(outside: Outside, code: str, folder: Path, subjects: tuple[str, ...]) -> list[str]:
    """What we told a partner is what it holds: every record, the last words, every message by its id, every field in the ledger."""
    theirs = messages_of(folder)
    problems = []
    for subject in subjects:
        problems += _last_words(outside, code, subject, theirs)
    return [*problems, *_ids(outside, code, theirs), *_ledger(outside, code, theirs)]


def _last_words(outside: Outside, code: str, subject: str, theirs: list[dict[str, Any]]) -> list[str]:
    table, fields = _TABLES[subject]
    columns = ", ".join(f"r.{name}" for name in fields)
    query = (
        f"SELECT e.id, {columns} FROM {table} r JOIN elements_element e ON e.id = r.element_id WHERE NOT e.is_withdrawn"
    )
    ours = {row[0]: [str(value or "") for value in row[1:]] for row in outside.execute(query)}
    told: dict[int, list[str] | None] = {}
    for message in theirs:
        if message["subject"] == subject:
            told[message["record"]["id"]] = list(_words(message, fields)) if message["fields"] else None
    return [
        *_shown(f"{code}: {subject} never told", ours.keys() - told.keys()),
        *_shown(
            f"{code}: {subject} with old words", [key for key in ours.keys() & told.keys() if told[key] != ours[key]]
        ),
        *_shown(f"{code}: {subject} that is not ours", [key for key, said in told.items() if said and key not in ours]),
    ]


def _words(message: Mapping[str, Any], fields: tuple[str, ...]) -> Iterator[str]:
    """Values as we hold them: a code leaves as code and name."""
    for name in fields:
        value = message["fields"][name]
        yield str((value["code"] if isinstance(value, dict) else value) or "")


def _ids(outside: Outside, code: str, theirs: list[dict[str, Any]]) -> list[str]:
    query = """SELECT m.uid::text, m.subject, m.subject_id, m.state, m.receipt FROM exchange_outboxmessage m
               JOIN exchange_partner p ON p.id = m.partner_id WHERE p.code = %s"""
    ours = {uid: rest for uid, *rest in outside.execute(query, [code])}
    received = {message["message_id"]: message for message in theirs}
    problems = _shown(f"{code}: messages of nobody", received.keys() - ours.keys())
    problems += _shown(
        f"{code}: acknowledged and not there",
        [u for u, rest in ours.items() if rest[2] == "ACKNOWLEDGED" and u not in received],
    )
    problems += _shown(
        f"{code}: not at its end", [u for u, rest in ours.items() if rest[2] not in {"ACKNOWLEDGED", "SKIPPED"}]
    )
    for uid, (subject, record, state, receipt) in ours.items():
        message = received.get(uid)
        if message is None:
            continue
        if (message["subject"], message["record"]["id"]) != (subject, record):
            problems.append(f"{code}: {uid} was told of another record")
        if state == "ACKNOWLEDGED" and receipt != message["receipt"]:
            problems.append(f"{code}: {uid} has another receipt")
    return problems


def _ledger(outside: Outside, code: str, theirs: list[dict[str, Any]]) -> list[str]:
    query = """SELECT m.uid::text, d.field FROM exchange_disclosure d JOIN exchange_outboxmessage m ON m.id = d.message_id
               JOIN exchange_partner p ON p.id = m.partner_id WHERE p.code = %s"""
    known = {(uid, name) for uid, name in outside.execute(query, [code])}
    holds = {(message["message_id"], name) for message in theirs for name in message["fields"]}
    return _shown(f"{code}: fields that the ledger does not know", holds - known)
