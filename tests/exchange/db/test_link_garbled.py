"""Chinese that a source sends as Western letters, by a call and by a ferry: held with two masked cells, nothing of it lands."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from common import clock
from elements.models import Element, Source, Unit
from exchange.models import Connector, LandingBatch
from exchange.services import connecting, link_admin
from tests.exchange.db.link_parts import run_link, work
from tests.factories.numbers import uscc

NAMES = ["莱州试验建材有限公司", "莱州试验水产店", "莱州试验运输有限公司", "莱州试验粮油店"]
CODES = [uscc(number) for number in range(1, 5)]


class _Source(BaseHTTPRequestHandler):
    """Answers with what the test gave it."""

    rows: list[dict[str, str]]

    def do_GET(self) -> None:
        body = json.dumps({"rows": self.rows}, ensure_ascii=False).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_values) -> None:
        pass


@pytest.fixture
def http_link(city, users, settings) -> Iterator[Connector]:
    server = HTTPServer(("127.0.0.1", 0), _Source)
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    settings.EXCHANGE_PEERS = [f"127.0.0.1/32:{server.server_port}"]
    yield linked("HTTP", {"url": f"http://127.0.0.1:{server.server_port}/units", "rows": "rows"})
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder_link(city, users, settings, tmp_path) -> Connector:
    (tmp_path / "outbox").mkdir()
    settings.EXCHANGE_FERRY_ROOT = tmp_path
    return linked("FOLDER", {"folder": "outbox"})


def linked(transport: str, options: dict) -> Connector:
    return Connector.objects.create(
        code="some-units", name="某部门·企业", source=Source.objects.get(code="MARKET"), kind="UNIT", transport=transport,
        options=options, next_run_at=clock.now(),
    )  # fmt: skip


def rows_of(names: list[str]) -> list[dict[str, str]]:
    return [{"DWMC": name, "TYSHXYDM": code} for name, code in zip(names, CODES, strict=False)]


def misread(text: str, written: str) -> str:
    return text.encode(written).decode("latin-1")


@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
def test_names_from_a_call_are_held_and_may_be_refused(http_link, users, written):
    _Source.rows = rows_of([misread(name, written) for name in NAMES])
    run = run_link(http_link)

    assert (run.state, run.problem, run.batch) == ("HELD", "TEXT_GARBLED", None)
    shown = {"utf-8": "“è·…”应为“莱*”", "gb18030": "“À³…”应为“莱*”"}[written]
    assert run.counts["finding"] == {"count": 4, "problems": [shown] * 2}
    assert "4 格文字是乱码" in run.message and "莱" not in run.message
    assert (LandingBatch.objects.count(), Element.objects.count()) == (0, 0)
    assert connecting.start_run(connector_id=http_link.pk, now=clock.now()) is None

    link_admin.refuse_run(run=run, actor=users["admin"], now=clock.now())
    _Source.rows = rows_of(NAMES)
    assert run_link(http_link).counts["created"] == 4
    assert set(Unit.objects.values_list("name", flat=True)) == set(NAMES)


def test_a_file_of_a_ferry_is_held_alike(folder_link, tmp_path):
    lines = ["DWMC,TYSHXYDM", *(f"{misread(name, 'utf-8')},{code}" for name, code in zip(NAMES, CODES, strict=True))]
    drop(tmp_path / "outbox", "units-1.csv", "\n".join(lines).encode())
    run = run_link(folder_link)

    assert (run.state, run.problem, run.counts["finding"]["count"]) == ("HELD", "TEXT_GARBLED", 4)
    assert (LandingBatch.objects.count(), Element.objects.count()) == (0, 0)


def drop(folder, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    said = {
        "file": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "rows": 4,
        "sequence": 1,
        "sent_at": "",
    }
    (folder / f"{name}.manifest.json").write_text(json.dumps(said))


def test_letters_that_got_lost_are_held_and_may_be_taken_once(http_link, users):
    _Source.rows = rows_of([f"莱州\ufffd{name[3:]}" for name in NAMES])
    run = run_link(http_link)
    assert (run.state, run.problem) == ("HELD", "TEXT_GARBLED")
    assert run.counts["finding"]["problems"] == ["“莱…\ufffd”：有残缺的字"] * 2

    accepted = work(link_admin.accept_run(run=run, actor=users["admin"], now=clock.now()))
    assert (accepted.state, accepted.counts["received"]) == ("DONE", 4)


def test_foreign_names_are_none(http_link):
    names = ["François Müller 莱州有限公司", "Ångström", "莱州试验建材有限公司", "Citroën"]
    _Source.rows = rows_of(names)
    run = run_link(http_link)

    assert (run.state, run.counts["created"]) == ("DONE", 4)
    assert set(Unit.objects.values_list("name", flat=True)) == set(names)
