"""`outbox`: changed units to a partner that acknowledges each of them: fan-out, rendering, ledger, signed push, receipt.

One partner, a process of its own on the same machine that keeps every message on its disk before it answers. There is no peer to
compare with; the figure is reported as it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from bench.ground import load_ground
from bench.report import Result
from common import clock
from common.changes import start_reader
from common.encryption import encrypt_bytes
from elements.models import Source
from elements.services.claims import StagedClaim, submit_claims
from exchange.choices import MessageState
from exchange.models import Contract, OutboxMessage, Partner, PartnerKey
from exchange.services import delivery, outbox_fanout

DEFAULT_ROWS = 1_000
DEFAULT_REPEATS = 1
_STANDINS = Path(__file__).resolve().parent.parent / "bin" / "standins" / "run.py"
_FIELDS = ("name", "uscc", "unit_type", "legal_person_name", "state")


def measure(rows: int, repeats: int, tell: Callable[[str], None]) -> Result:
    """Submits units, fans out, delivers until nothing waits; once a repeat, with other units."""
    load_ground(0, tell)
    spent: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder, _standin(Path(folder)) as url:
        partner = _partner(url, Path(folder))
        start_reader(outbox_fanout.READER)
        for repeat in range(repeats):
            tell(f"repeat {repeat + 1}: {rows} units")
            _submit(repeat * rows, rows)
            spent.append(_deliver(partner, rows, (repeat + 1) * rows))
    fanned, sent = min(one for one, _ in spent), min(other for _, other in spent)
    result = Result("outbox")
    result.figures = {
        "messages": rows, "messages_per_s": rows / (fanned + sent), "fan_out_per_s": rows / fanned, "push_per_s": rows / sent,
    }  # fmt: skip
    result.notes.append("One partner, one deliverer, five fields a message; the receiver keeps each on its disk.")
    return result


def _deliver(partner: Partner, rows: int, total: int) -> tuple[float, float]:
    """Seconds of the fan-out and of the delivery."""
    begin = time.perf_counter()
    made = 0
    while made < rows:
        made += outbox_fanout.fan_out(now=clock.now())
    fanned = time.perf_counter()
    while delivery.deliver_partner(partner_id=partner.pk, now=clock.now()):
        pass
    done = time.perf_counter()
    acknowledged = OutboxMessage.objects.filter(state=MessageState.ACKNOWLEDGED).count()
    if acknowledged != total:
        raise RuntimeError(f"{acknowledged} of {total} messages were acknowledged")
    return fanned - begin, done - fanned


def _submit(first: int, count: int) -> None:
    now = clock.now()
    claims = [
        StagedClaim(
            row, now - timedelta(minutes=1),
            {"uscc": f"91370683MA{number:08d}", "name": f"试验公司{number}", "unit_type": "有限责任公司", "state": "存续",
             "legal_person_name": "李试验"},
        )
        for row, number in enumerate(range(first, first + count), 1)
    ]  # fmt: skip
    submit_claims(source=Source.objects.get(code="MARKET"), kind_code="UNIT", claims=claims, actor=None, now=now)


def _partner(url: str, folder: Path) -> Partner:
    now = clock.now()
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{urlsplit(url).port}"]
    partner = Partner.objects.create(code="bench", name="bench", transport="HTTP", url=f"{url}/inbox")
    secret = json.loads((folder / "keys.json").read_text())["platform"]
    PartnerKey.objects.create(
        partner=partner, key_id="platform", secret=encrypt_bytes("partner_key", secret.encode()), valid_from=now
    )
    Contract.objects.create(
        partner=partner, subject="UNIT", version=1, selection="ALL", fields=list(_FIELDS), purpose="bench", legal_basis="bench",
        valid_from=clock.today(), valid_to=clock.today() + timedelta(days=9), signed_by="bench", created_at=now,
    )  # fmt: skip
    return partner


@contextmanager
def _standin(folder: Path) -> Iterator[str]:
    """A partner that listens; ended afterwards."""
    command = [sys.executable, str(_STANDINS), "partner", "--data", str(folder), "--speed", "0", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/")
    try:
        yield json.loads(process.stdout.readline())["url"]  # type: ignore[union-attr]
    finally:
        process.terminate()
        process.wait(15)
