"""A department: believes signed requests only, keeps every message once, answers, disputes, and misbehaves on order."""

import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from common.clock import now
from common.signing import sign, verify
from tests.standins.processes import STANDINS, Answer, StandIn, wait_until


def signature(secret: str, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The written rule, once more."""
    lines = ["v1", method, target, timestamp, nonce, hashlib.sha256(body).hexdigest()]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), "sha256").hexdigest()


def headers(partner: StandIn, method: str, target: str, body: bytes = b"", age_s: int = 0) -> dict[str, str]:
    secret = json.loads((partner.folder / "keys.json").read_text())["platform"]
    timestamp, nonce = str(int(time.time()) - age_s), secrets.token_hex(8)
    return {
        "X-Key-Id": "platform",
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": signature(secret, method, target, timestamp, nonce, body),
    }


def push(partner: StandIn, message_id: str, **more) -> Answer:
    body = json.dumps({"message_id": message_id, "subject": "VIOLATION", **more}).encode()
    return partner.send("POST", "/inbox", body, headers(partner, "POST", "/inbox", body))


def received(partner: StandIn, target: str = "/api/received") -> dict:
    return partner.send("GET", target, headers=headers(partner, "GET", target)).json()


@pytest.fixture
def partner(start) -> StandIn:
    return start("partner", "--code", "education")


def test_a_signed_message_is_kept_once_and_always_has_the_same_receipt(partner):
    first, again, changed = push(partner, "M-1"), push(partner, "M-1"), push(partner, "M-1", note="other")

    assert first.status == again.status == 200
    assert first.json() | {"duplicate": True} == again.json() == changed.json()
    assert first.json()["accepted"] is True and first.json()["partner_id"] == "JY-000001"
    assert partner.state()["counts"] == {"messages": 1, "duplicates": 2, "altered": 1}
    assert push(partner, "M-2").json()["partner_id"] == "JY-000002"


def test_what_is_not_rightly_signed_is_refused_and_not_kept(partner):
    body = b'{"message_id": "M-1"}'
    good = headers(partner, "POST", "/inbox", body)
    old = headers(partner, "POST", "/inbox", body, age_s=400)

    answers = [
        partner.send("POST", "/inbox", body, {}),
        partner.send("POST", "/inbox", body + b" ", good),
        partner.send("POST", "/inbox?x=1", body, good),
        partner.send("POST", "/inbox", body, good | {"X-Key-Id": "stranger"}),
        partner.send("POST", "/inbox", body, good | {"X-Signature": "é"}),
        partner.send("POST", "/inbox", body, old),
        partner.send("GET", "/api/received"),
    ]

    assert {answer.status for answer in answers} == {401}
    assert [answer.json()["code"] for answer in answers] == [
        "SIGNATURE_MISSING",
        "SIGNATURE_WRONG",
        "SIGNATURE_WRONG",
        "KEY_UNKNOWN",
        "SIGNATURE_WRONG",
        "CLOCK_SKEW",
        "SIGNATURE_MISSING",
    ]
    assert partner.state()["counts"] == {"messages": 0, "duplicates": 0, "altered": 0, "refused": 7}


def test_a_replay_is_refused_and_counted(partner):
    body = b'{"message_id": "M-1"}'
    good = headers(partner, "POST", "/inbox", body)

    first, replay = (partner.send("POST", "/inbox", body, good) for _ in range(2))

    assert (first.status, replay.status, replay.json()["code"]) == (200, 409, "REPLAY")
    assert partner.state()["counts"] == {"messages": 1, "duplicates": 0, "altered": 0, "replays": 1}


def test_the_platforms_own_signatures_fit(partner, platform):
    secrets_of_keys = {"platform": json.loads((partner.folder / "keys.json").read_text())["platform"].encode()}
    target, body = "/inbox?part=1", '{"message_id": "M-1", "place": "莱州"}'.encode()
    signed = sign(
        secrets_of_keys["platform"], key_id="platform", method="POST", path=target, body=body, at=now(),
        nonce=secrets.token_hex(16),
    )  # fmt: skip

    assert partner.send("POST", target, body, signed).status == 200
    partner.post("/_dispute", {"url": f"http://127.0.0.1:{platform.server_port}/disputes", "field": "WFSJ"})
    ((path, heads, said),) = _Platform.taken
    key_id = verify(heads, method="POST", path=path, body=said, secrets=secrets_of_keys, now=now())
    assert key_id == "platform"


def test_killed_in_the_middle_of_work_it_has_all_that_it_acknowledged(partner):
    acknowledged: list[str] = []

    def work() -> None:
        for number in range(100_000):
            try:
                if push(partner, f"M-{number}").status == 200:
                    acknowledged.append(f"M-{number}")
            except (OSError, HTTPException):
                return

    worker = threading.Thread(target=work)
    worker.start()
    wait_until(lambda: len(acknowledged) >= 20)
    partner.kill()
    worker.join(20)
    partner.start()

    kept = [row["message_id"] for row in received(partner)["data"]]
    # The last one may have been kept and never acknowledged.
    assert kept[: len(acknowledged)] == acknowledged and len(kept) - len(acknowledged) in {0, 1}


def test_what_was_acknowledged_outlives_a_kill_and_is_listed(partner):
    receipts = {f"M-{n}": push(partner, f"M-{n}").json()["receipt"] for n in range(5)}
    partner.kill()
    partner.start()

    rows = received(partner)["data"]
    since = f"/api/received?since={rows[3]['received_at']}"

    assert {row["message_id"]: row["receipt"] for row in rows} == receipts
    assert [row["message_id"] for row in received(partner, since)["data"]] == ["M-3", "M-4"]
    assert push(partner, "M-2").json() == {
        "receipt": receipts["M-2"],
        "partner_id": "JY-000003",
        "accepted": True,
        "duplicate": True,
    }


def test_poison_refuses_one_message_and_lose_forgets(partner):
    partner.fault("poison", for_s=60)
    poison, other, again = push(partner, "M-1"), push(partner, "M-2"), push(partner, "M-1")
    partner.fault("poison", message_id="M-3", for_s=60)
    named, spared = push(partner, "M-3"), push(partner, "M-4")
    partner.fault("lose", for_s=60)
    lost = push(partner, "M-5")
    partner.fault("")

    assert [a.status for a in (poison, other, again, named, spared)] == [422, 200, 422, 422, 200]
    assert (lost.status, lost.json()["accepted"]) == (200, True)
    assert [row["message_id"] for row in received(partner)["data"]] == ["M-2", "M-4"]
    found_later = push(partner, "M-5").json()
    assert (found_later["receipt"], found_later["duplicate"]) == (lost.json()["receipt"], False)
    assert partner.state()["counts"] == {"messages": 3, "duplicates": 0, "altered": 0, "poisoned": 3, "lost": 1}


def test_with_its_clock_years_off_it_believes_nobody(partner):
    partner.fault("clock_years", for_s=60)

    answer = push(partner, "M-1")

    assert (answer.status, answer.json()["code"]) == (401, "CLOCK_SKEW")
    assert partner.state()["counts"]["messages"] == 0


def test_two_departments_run_side_by_side_with_their_own_keys(start):
    transport, market = start("partner"), start("partner", "--code", "market")
    body = b'{"message_id": "M-1"}'

    strange = market.send("POST", "/inbox", body, headers(transport, "POST", "/inbox", body))

    assert strange.json()["code"] == "SIGNATURE_WRONG"
    assert push(market, "M-1").json()["partner_id"] == "SC-000001"
    assert transport.state()["counts"]["messages"] == 0


class _Platform(BaseHTTPRequestHandler):
    """Takes disputes and keeps them as they came."""

    taken: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.path, dict(self.headers), body))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_values) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[HTTPServer]:
    _Platform.taken = []
    server = HTTPServer(("127.0.0.1", 0), _Platform)
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_dispute_reaches_the_platform_signed(partner, platform):
    push(partner, "M-1")
    url = f"http://127.0.0.1:{platform.server_port}/api/v1/disputes?from=education"
    words = {"field": "WFSJ", "ours": "2026-05-01 08:00", "theirs": "2026-05-02 08:00", "reason": "当日停运"}
    options = [part for name, value in words.items() for part in (f"--{name}", value)]

    run = subprocess.run(
        [sys.executable, str(STANDINS / "dispute.py"), "--partner", partner.url, "--url", url, *options],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip

    assert run.returncode == 0 and json.loads(run.stdout)["status"] == 202
    ((path, heads, body),) = _Platform.taken
    assert json.loads(body) == {"message_id": "M-1", "subject": "VIOLATION", **words}
    secret = json.loads((partner.folder / "keys.json").read_text())["platform"]
    expected = signature(secret, "POST", path, heads["X-Timestamp"], heads["X-Nonce"], body)
    assert path == "/api/v1/disputes?from=education" and heads["X-Signature"] == expected


def test_a_dispute_about_nothing_is_refused(partner, platform):
    url = f"http://127.0.0.1:{platform.server_port}/"

    assert partner.post("/_dispute", {"url": url}).status == 404
    push(partner, "M-1")
    assert partner.post("/_dispute", {"url": "file:///etc/hostname"}).status == 400
    assert _Platform.taken == []


def _ferry(partner: StandIn, name: str, body: bytes, **more) -> Path:
    inbox = partner.folder / "inbox"
    (inbox / name).write_bytes(body)
    manifest = {"file": name, "sha256": hashlib.sha256(body).hexdigest(), "rows": 1, "kind": "accidents"} | more
    part = inbox / f"{name}.part"
    part.write_text(json.dumps(manifest))
    part.rename(inbox / f"{name}.manifest.json")
    return partner.folder / "receipts" / f"{name}.receipt.json"


def test_the_file_department_answers_with_files_and_leaves_half_written_ones_alone(start):
    housing = start("partner", "--code", "housing", "--takes", "files")
    (housing.folder / "inbox" / "alone.csv").write_bytes(b"a")
    broken = _ferry(housing, "broken.csv", b"id\n1\n", sha256="0" * 64)
    first, second = _ferry(housing, "a.csv", b"id\n1\n", message_id="M-1"), _ferry(housing, "b.csv", b"id\n2\n")

    wait_until(lambda: first.exists() and second.exists() and broken.exists())

    receipt = json.loads(first.read_text())
    assert (receipt["message_id"], receipt["accepted"], receipt["partner_id"]) == ("M-1", True, "ZJ-000001")
    assert json.loads(broken.read_text())["reason"] == "校验和不符"
    assert not (housing.folder / "receipts" / "alone.csv.receipt.json").exists()
    assert housing.state()["counts"] == {"messages": 2, "duplicates": 0, "altered": 0}
