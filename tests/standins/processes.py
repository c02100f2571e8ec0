"""Starts a stand-in as the real process it is, and talks to it over real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

STANDINS = Path(__file__).resolve().parents[2] / "bin" / "standins"


class Answer:
    """An answer, read whole."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def json(self, encoding: str = "utf-8") -> Any:
        return json.loads(self.body.decode(encoding))


class StandIn:
    """A running stand-in.

    Attributes:
        folder: its data.
        url: where it listens.
    """

    def __init__(self, name: str, folder: Path, *options: str, speed: str = "0", port: int = 0) -> None:
        self.folder = folder
        self._command = [
            sys.executable,
            str(STANDINS / "run.py"),
            name,
            "--data",
            str(folder),
            "--speed",
            speed,
            *options,
        ]
        self._process: subprocess.Popen[str] | None = None
        self.start(port)

    def start(self, port: int = 0) -> None:
        """Starts, and returns when it says that it listens."""
        # No PYTHONPATH: it must find nothing of the product.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "DJANGO"))}
        self._process = subprocess.Popen(
            [*self._command, "--port", str(port)], stdout=subprocess.PIPE, text=True, env=environment, cwd="/"
        )
        line = self._process.stdout.readline()
        assert line, f"ended with {self._process.wait(5)}"
        self.url = json.loads(line)["url"]
        self.port = urlsplit(self.url).port

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self._process.kill()
        self._process.wait(10)
        self._process.stdout.close()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self._process.terminate()
        code = self._process.wait(15)
        self._process.stdout.close()
        return code

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def send(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def post(self, target: str, document: Any) -> Answer:
        return self.send("POST", target, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def act(self, act: str, **arguments: Any) -> dict[str, Any]:
        answer = self.post("/_act", {"act": act, **arguments})
        assert answer.status == 200, answer.body
        return answer.json()

    def fault(self, mode: str, **options: Any) -> None:
        answer = self.post("/_fault", {"mode": mode, **options})
        assert answer.status == 200, answer.body

    def state(self) -> dict[str, Any]:
        return self.send("GET", "/_state").json()


def wait_until(is_true: Callable[[], Any], seconds: float = 10) -> None:
    """Waits for something that another process does on its own clock."""
    ends = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.05)
