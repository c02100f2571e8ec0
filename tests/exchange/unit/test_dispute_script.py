"""The script that lets a partner dispute a record: by which key it signs, unless somebody names one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "bin" / "standins" / "dispute.py"
WORDS = {"field": "WFSJ", "ours": "a", "theirs": "b", "reason": "c"}


class _Partner(BaseHTTPRequestHandler):
    """Takes orders and keeps them."""

    orders: list[dict[str, str]]

    def do_POST(self) -> None:
        self.orders.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = b'{"status": 202}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_values) -> None:
        pass


@pytest.fixture
def partner() -> Iterator[str]:
    _Partner.orders = []
    server = HTTPServer(("127.0.0.1", 0), _Partner)
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def dispute(partner: str, *options: str) -> subprocess.CompletedProcess[str]:
    words = [part for name, value in WORDS.items() for part in (f"--{name}", value)]
    command = [
        sys.executable,
        str(SCRIPT),
        "--partner",
        partner,
        "--url",
        "http://127.0.0.1:9/disputes",
        *words,
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    ("options", "key_id"), [([], "given-last"), (["--key-id", "platform"], "platform"), (["--key-id", "x"], "x")]
)
def test_the_last_key_of_the_file_signs_unless_another_is_named(partner, tmp_path, options, key_id):
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"platform": "s1", "given-first": "s2", "given-last": "s3"}))
    run = dispute(partner, "--keys", str(keys), *options)

    assert (run.returncode, run.stderr) == (0, "")
    assert _Partner.orders == [{"url": "http://127.0.0.1:9/disputes", **WORDS, "key_id": key_id}]


@pytest.mark.parametrize("content", ["{}", "[]", "{", None])
def test_a_file_without_a_key_is_said_and_nothing_is_sent(partner, tmp_path, content):
    keys = tmp_path / "keys.json"
    if content is not None:
        keys.write_text(content)
    run = dispute(partner, "--keys", str(keys))

    assert (run.returncode, _Partner.orders) == (1, [])
    assert "no key in" in run.stderr
