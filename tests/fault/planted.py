"""Faults planted on purpose, one at a time, on a platform that is in balance: a checker that finds one of them not is no checker."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.fault.platform_with_links import Linked

# What is said of it → the loss, the double or the old word in our database; taken back at once.
_OURS = {
    "persons not there exactly once": """DELETE FROM elements_elementkey WHERE id = (SELECT max(k.id) FROM elements_elementkey k
        JOIN elements_personclaim c ON c.element_id = k.element_id WHERE k.scheme = 1)""",
    "persons with old words": """UPDATE elements_person SET phone = NULL WHERE element_id =
        (SELECT max(element_id) FROM elements_personclaim)""",
    "PERSON without a claim": "DELETE FROM elements_personclaim WHERE id = (SELECT max(id) FROM elements_personclaim)",
    "units with old words": """UPDATE elements_unit SET name = 'planted' WHERE element_id =
        (SELECT max(element_id) FROM elements_unitclaim)""",
    "does not balance": """DELETE FROM exchange_landingrow WHERE id = (SELECT max(r.id) FROM exchange_landingrow r
        JOIN exchange_landingbatch b ON b.id = r.batch_id WHERE b.state = 'IMPORTED')""",
    "messages of nobody": "DELETE FROM exchange_outboxmessage WHERE id = (SELECT max(id) FROM exchange_outboxmessage WHERE state = 'ACKNOWLEDGED')",
    "has another receipt": """UPDATE exchange_outboxmessage SET receipt = 'planted' WHERE id =
        (SELECT max(id) FROM exchange_outboxmessage WHERE state = 'ACKNOWLEDGED')""",
    "not at its end": """UPDATE exchange_outboxmessage SET state = 'PENDING' WHERE id =
        (SELECT max(id) FROM exchange_outboxmessage WHERE state = 'ACKNOWLEDGED')""",
    "fields that the ledger does not know": """DELETE FROM exchange_disclosure WHERE id = (SELECT max(d.id)
        FROM exchange_disclosure d JOIN exchange_outboxmessage m ON m.id = d.message_id WHERE m.state = 'ACKNOWLEDGED')""",
    "permit lost": "DELETE FROM elements_nogopermit WHERE id = (SELECT max(id) FROM elements_nogopermit)",
    "permit phantom": "UPDATE elements_nogopermit SET number = 'planted' WHERE id = (SELECT max(id) FROM elements_nogopermit)",
    "upload lost": "UPDATE elements_vehicle SET vin = 'planted' WHERE element_id = (SELECT max(element_id) FROM elements_vehicle)",
    "corrections with old words": "UPDATE elements_vehicle SET brand = 'planted' WHERE element_id = (SELECT min(element_id) FROM elements_vehicle)",
}  # fmt: skip
# The same in the files of an agency: (which, file, statement).
_THEIRS = {
    "persons not there exactly once": ("bureau", "bureau.db", """INSERT INTO row SELECT 'persons', '370683199001010017', stamped, body
        FROM row WHERE kind = 'persons' LIMIT 1"""),
    "units with old words": ("bureau", "bureau.db", """UPDATE row SET body = json_set(body, '$.FDDBR', 'planted') WHERE rowid =
        (SELECT max(rowid) FROM row WHERE kind = 'units')"""),
    "addresses not as they are there": ("bureau", "bureau.db", """UPDATE row SET body = json_set(body, '$.number', '1')
        WHERE rowid = (SELECT max(rowid) FROM row WHERE kind = 'own_address')"""),
    "acknowledged and not there": ("market", "received.db", "DELETE FROM message WHERE serial = (SELECT max(serial) FROM message)"),
    "UNIT never told": ("transport", "received.db", "DELETE FROM message WHERE subject = 'UNIT'"),
    "VEHICLE with old words": ("transport", "received.db", """UPDATE message SET body = CAST(json_set(CAST(body AS TEXT), '$.fields.brand', 'planted')
        AS BLOB) WHERE serial = (SELECT max(serial) FROM message WHERE subject = 'VEHICLE')"""),
}  # fmt: skip


def planted(linked: Linked, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """(what must be said, what is said) for one fault after the other."""
    with linked.rig.cluster.connect("postgres") as outside:
        for word, query in _OURS.items():
            with outside.transaction(force_rollback=True):
                # No trigger and no foreign key stands in the way.
                outside.execute("SET LOCAL session_replication_role = replica")
                assert outside.execute(query).rowcount == 1, word
                yield word, linked.what_does_not_fit(outside, linked.folders)
        for number, (word, (agency, name, query)) in enumerate(_THEIRS.items()):
            copy = folder / f"planted-{number}"
            shutil.copytree(linked.folders[agency], copy)
            with closing(sqlite3.connect(copy / name)) as kept, kept:
                assert kept.execute(query).rowcount > 0, word
            yield word, linked.what_does_not_fit(outside, {**linked.folders, agency: copy})
