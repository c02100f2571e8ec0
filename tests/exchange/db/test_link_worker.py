"""Links read by the real worker and its beat: nobody calls anything, receipts lie in the folder, letters come by SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from exchange.models import Connector
from tests.e2e.conftest import platform, worker  # noqa: F401
from tests.exchange.db.link_parts import declare, seed_of
from tests.factories.smtp_sink import SmtpSink
from tests.standins.processes import StandIn, wait_until

pytestmark = [pytest.mark.deep, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agencies(committed_city, tmp_path: Path, monkeypatch, settings) -> Iterator[dict]:
    made: dict = {"sink": SmtpSink()}
    for name in ("bureau", "keyvehicle"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "seed.json").write_text(seed_of(committed_city), encoding="utf-8")
        made[name] = StandIn(name, folder)
    peers, root = f"127.0.0.1/32:{made['bureau'].port}", str(tmp_path)
    settings.EXCHANGE_PEERS, settings.EXCHANGE_FERRY_ROOT = [peers], root
    # Asked for before the worker is started, which inherits them.
    for variable, value in (("EXCHANGE_PEERS", peers), ("EXCHANGE_FERRY_ROOT", root), ("EMAIL_URL", f"smtp://127.0.0.1:{made['sink'].port}")):  # fmt: skip
        monkeypatch.setenv(variable, value)
    yield made
    made["sink"].close()
    for name in ("bureau", "keyvehicle"):
        made[name].stop()


def test_the_worker_reads_answers_and_writes_letters(agencies, platform, worker):  # noqa: F811
    bureau, keyvehicle = agencies["bureau"], agencies["keyvehicle"]
    User.objects.filter(username="admin").update(email="owner@police.example")
    link = declare("bureau-persons", OWNER="admin", BUREAU=bureau.url, BUREAU_DATA=bureau.folder)
    declare("keyvehicle-vehicles", OWNER="admin")
    keyvehicle.act("drop_snapshots")
    wait_until(lambda: not Connector.objects.filter(watermark="", transport="HTTP").exists(), 60)
    wait_until(lambda: list((keyvehicle.folder / "receipts").glob("*.json")), 60)
    wait_until(lambda: keyvehicle.state()["ferry"]["accepted"] == 1, 10)

    bureau.fault("rename_column", column="LXDH", to="DHHM")
    bureau.act("add_person")
    Connector.objects.filter(pk=link.pk).update(next_run_at=link.next_run_at)
    wait_until(lambda: agencies["sink"].letters, 90)
    assert "“LXDH”可能改名为“DHHM”" in agencies["sink"].texts()[0]
    assert link.runs.filter(state="HELD").count() == 1
