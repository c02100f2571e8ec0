"""Trust 4 for links out: partners that are dead, slow, lying or poisoned, and a deliverer that is killed again and again."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from accounts.choices import Role
from accounts.models import User
from common import clock
from common.changes import start_reader
from common.models import AuditRow, ChangeReader, ChangeRow
from exchange import tasks
from exchange.choices import MessageState
from exchange.models import Disclosure, Dispute, OutboxMessage, Partner
from exchange.services import outbox_fanout
from exchange.services.delivery import deliver_due
from exchange.services.disputes import stated_of
from exchange.services.recall import resend_all
from exchange.services.receipts import reconcile
from tests.factories.claims import claim as said
from tests.factories.claims import submit
from tests.factories.partners import allow, fan_out, give_key, inbox, make_contract, make_partner
from tests.factories.users import make_user
from tests.standins.processes import STANDINS, StandIn, wait_until

pytestmark = pytest.mark.usefixtures("committed_city")
CODES = ("market", "transport", "housing")
SOURCES = ("market", "transport")
_CHILD = """
import sys, time
import django
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
settings.EXCHANGE_PEERS = sys.argv[2].split(",")
from common import clock
from exchange.services import delivery, outbox_fanout
from exchange.services import delivery_results
delivery_results.LONGEST_PAUSE_S = 1.0
delivery_results.FIRST_PAUSE_S = 0.2
while True:
    outbox_fanout.fan_out(now=clock.now())
    delivery.deliver_due(now=clock.now())
    time.sleep(0.05)
"""


def uscc(number: int) -> str:
    """An invented code of the right form: the check digit is not looked at below the importer."""
    return f"91370683MA3C{number:05d}0"


def unit(number: int, version: int) -> None:
    submit("MARKET", "UNIT", said(version, uscc=uscc(number), grid=0, name=f"试验公司{number}-{version:04d}"))


@contextmanager
def started(codes: Sequence[str], folder: Path, settings: Any) -> Iterator[dict[str, StandIn]]:
    """The stand-ins of these departments, and the platform let through to them."""
    made = {}
    for code in codes:
        (folder / code).mkdir()
        made[code] = StandIn("partner", folder / code, "--code", code)
        keys = json.loads((folder / code / "keys.json").read_text())
        # Key ids are one name space on our side.
        (folder / code / "keys.json").write_text(json.dumps({f"key-{code}": keys["platform"]}))
    allow(settings, *made.values())
    try:
        yield made
    finally:
        for one in made.values():
            if one.is_running:
                one.stop()


def introduce(standins: dict[str, StandIn], subject: str, *fields: str) -> dict[str, Partner]:
    """A partner for each stand-in, with its key and a contract."""
    found = {}
    for code, standin in standins.items():
        found[code] = make_partner(code, url=f"{standin.url}/inbox", source=code.upper() if code in SOURCES else None)
        give_key(found[code], f"key-{code}", json.loads((standin.folder / "keys.json").read_text())[f"key-{code}"])
        make_contract(found[code], subject, *fields)
    return found


@pytest.fixture
def standins(tmp_path, settings) -> Iterator[dict[str, StandIn]]:
    with started(CODES, tmp_path, settings) as made:
        yield made


@pytest.fixture
def partners(standins) -> dict[str, Partner]:
    return introduce(standins, "UNIT", "name", "uscc")


def received_at(standin: StandIn) -> list[datetime]:
    with sqlite3.connect(f"file:{standin.folder / 'received.db'}?mode=ro", uri=True) as kept:
        return [datetime.fromisoformat(at) for (at,) in kept.execute("SELECT received_at FROM message ORDER BY serial")]


def test_a_dead_and_a_slow_partner_do_not_hold_the_healthy_one_back(standins, partners):
    for number in range(3):
        unit(number, 1)
    standins["transport"].fault("slow", seconds=3)
    standins["housing"].kill()
    fan_out()
    tasks.deliver()

    healthy, slow = received_at(standins["market"]), received_at(standins["transport"])
    # All of the healthy one's came while the slow one was still at its first.
    assert len(healthy) == 3 and healthy[-1] < slow[0]
    standins["transport"].fault("")
    standins["housing"].start(standins["housing"].port)
    Partner.objects.update(next_try_at=None)
    wait_until(lambda: deliver_due(now=clock.now()) == 0, 20)
    assert {code: len(inbox(one)) for code, one in standins.items()} == dict.fromkeys(CODES, 3)
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {MessageState.ACKNOWLEDGED}


def test_a_partner_disputes_over_a_real_socket(standins, partners, live_server):
    """The stand-in's own words: no number, `theirs` for what it says."""
    unit(0, 1)
    fan_out()
    deliver_due(now=clock.now())
    command = [sys.executable, str(STANDINS / "dispute.py"), "--partner", standins["transport"].url, "--url",
               f"{live_server.url}/api/v1/partners/disputes", "--field", "name", "--ours", "甲", "--theirs", "试验公司", "--reason",
               "名称有误"]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert json.loads(run.stdout)["status"] == 202, run.stdout + run.stderr
    dispute = Dispute.objects.get()
    assert (dispute.partner.code, dispute.field, stated_of(dispute)) == ("transport", "name", "试验公司")


@pytest.mark.deep
def test_under_faults_and_kills_everybody_gets_the_last_words_in_order(standins, partners, record_property):
    seed = int(os.environ.get("CHAOS_SEED", "20260501"))
    draw, ends = random.Random(seed), time.monotonic() + 60
    versions = dict.fromkeys(range(12), 0)
    # Children that are killed before they come to it must not decide from when on changes count.
    start_reader(outbox_fanout.READER)
    child = deliverer(standins)
    while time.monotonic() < ends:
        number = draw.randrange(12)
        versions[number] += 1
        unit(number, versions[number])
        if draw.random() < 0.15:
            _hurt(draw, standins)
        if draw.random() < 0.1:
            child.kill()
            child.wait()
            child = deliverer(standins)
    for one in standins.values():
        one.fault("")
    try:
        wait_until(lambda: not _unread() and not _open(), 90)
    finally:
        child.kill()
        child.wait()
    # What a partner lost or refused for good is found and goes again.
    for partner in Partner.objects.all():
        reconcile(partner=partner, now=clock.now() + timedelta(minutes=10))
        resend_all(partner=partner, actor=admin(), now=clock.now())
    wait_until(lambda: deliver_due(now=clock.now() + timedelta(hours=1)) == 0, 60)

    record_property("seed", seed)
    record_property("changes", sum(versions.values()))
    record_property("messages", OutboxMessage.objects.count())
    expected = {uscc(number): f"试验公司{number}-{version:04d}" for number, version in versions.items() if version}
    for code, standin in standins.items():
        told: dict[str, list[str]] = {}
        for message in inbox(standin):
            told.setdefault(message["fields"]["uscc"], []).append(message["fields"]["name"])
        assert {key: names[-1] for key, names in told.items()} == expected, code
        assert all(names == sorted(names) for names in told.values()), f"{code}: out of order"
        known = Disclosure.objects.filter(partner__code=code, superseded_at=None, acknowledged_at__isnull=False)
        assert known.count() == 2 * len(expected)


def admin():
    return User.objects.filter(username="chaos").first() or make_user("chaos", Role.ADMIN)


def _unread() -> bool:
    """Changes that were not fanned out."""
    read_to = ChangeReader.objects.get(name=outbox_fanout.READER).xid
    return ChangeRow.objects.filter(xid__gte=read_to, subject_table__in=outbox_fanout.TABLES).exists()


def _open() -> bool:
    return (
        OutboxMessage.objects.filter(state__in=[MessageState.PENDING])
        .exclude(partner__in=Partner.objects.filter(messages__state=MessageState.DEAD))
        .exists()
        or OutboxMessage.objects.filter(state=MessageState.SENT, sent_at=None).exists()
    )


def _hurt(draw: random.Random, standins: dict[str, StandIn]) -> None:
    standin = standins[draw.choice(CODES)]
    mode = draw.choice(["outage", "slow", "poison", "lose", "error_page", "truncate", "duplicate", ""])
    standin.fault(mode, for_s=draw.uniform(0.5, 4), **({"seconds": 1} if mode == "slow" else {}))


def deliverer(standins: dict[str, StandIn]) -> subprocess.Popen:
    """A process that fans out and delivers without end, with short pauses."""
    peers = ",".join(f"127.0.0.1/32:{one.port}" for one in standins.values())
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "laizhou.settings", "REDIS_URL": django_settings.REDIS_URL}
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, connection.settings_dict["NAME"], peers], env=environment,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip


@pytest.mark.parametrize(("silent_days", "is_found"), [(1, True), (8, True), (40, False)])
def test_what_a_partner_lost_before_an_outage_is_compared_after_it(standins, partners, silent_days, is_found):
    """With `LOOKS_BACK` alone what was lost eight days ago would never be compared."""
    forgets = partners["transport"]
    unit(1, 1)
    fan_out()
    standins["transport"].fault("lose")
    deliver_due(now=clock.now())
    standins["transport"].fault("")
    unit(2, 1)
    fan_out()
    deliver_due(now=clock.now())
    # The last comparison was before they were sent; then nobody rang for so long.
    now = clock.now() + timedelta(days=silent_days, minutes=10)
    AuditRow.objects.create(at=now - timedelta(days=silent_days, hours=1), verb="PARTNER_RECONCILED", subject_table="exchange_partner",
                            subject_id=str(forgets.pk))  # fmt: skip

    result = reconcile(partner=forgets, now=now)

    assert [len(inbox(standins[code])) for code in ("market", "transport")] == [2, 1]
    assert (result.compared, len(result.lost)) == ((2, 1) if is_found else (0, 0))
    said = AuditRow.objects.filter(verb="PARTNER_RECONCILED").order_by("-pk").values_list("reason", flat=True)[0]
    assert ("已跳过" in said) is not is_found
